"""Publishing: every changed synced row reaches the feed in the transaction that changed it, and the clock goes last.

The order in `publish` is the protocol's foundation (see `sync/feed.py`): flush, serialise, THEN bump the clock row and
write what carries its value, then commit. Between bump and commit the organisation's other writers wait, so nothing
slow may come after it, with two exceptions. The digests of the scopes (`sync/digest.py`) take out the revs that rows
had before, and only the clock's lock keeps those still. And a transaction that moves people between scopes works out
who holds what under that lock. Two that did so at once would each see only their own half: one gives Alice a visit at
a site, the other takes her last one there, and she would lose the site. No row is locked after the clock, so nobody
waits in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, cast

import orjson
from flask import Flask, current_app
from sqlalchemy import Table, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction

from server import held, scopes
from server.bulk import insert_rows
from server.models import Clock, FeedRow, JournalEntry, ScopeDigest, Synced, new_id
from server.publishing import PublishingSession
from sync.digest import halves, row_hash

CLOCK_ID = 1
ROWS_PER_STATEMENT = 500
# What a transaction collects in the session's `info`; a rollback forgets it.
COLLECTED = ("kept", "changed", "born", "held", "deadline", "touched", "users", "journal", "published")

FEED, JOURNAL, DIGESTS = (cast(Table, model.__table__) for model in (FeedRow, JournalEntry, ScopeDigest))
_CLOCK = text("SELECT rev, epoch FROM clock WHERE id = 1")
_FLOOR = text("SELECT floor FROM clock WHERE id = 1")
_BUMP = text("UPDATE clock SET rev = rev + 1 WHERE id = 1 RETURNING rev, epoch")
# Many rows by their keys. A list of pairs after IN makes SQLite read the whole feed; a join from the keys does not.
_BY_KEYS = {
    "sqlite": "SELECT {columns} FROM json_each(:keys) k CROSS JOIN feed f"
    " ON f.noun = json_extract(k.value, '$[0]') AND f.row_id = json_extract(k.value, '$[1]')",
    "postgresql": "SELECT {columns} FROM unnest(CAST(:nouns AS text[]), CAST(:ids AS text[])) k (noun, row_id)"
    " JOIN feed f ON f.noun = k.noun AND f.row_id = k.row_id",
}

_LISTENERS = "feed_listeners"


def on_commit(app: Flask, listener: Callable[[int], None]) -> None:
    """Calls `listener(rev)` after each commit of this app that published something (live pokes)."""
    app.extensions.setdefault(_LISTENERS, []).append(listener)


def current(session: Session) -> tuple[int, str]:
    """The clock's rev and the epoch; the clock row is made with the first transaction of a database."""
    row = session.execute(_CLOCK).one_or_none()
    if row is None:
        # Two processes may be the first: one of them makes the row, both read it.
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        first = dialect.insert(Clock).values(id=CLOCK_ID, rev=0, epoch=new_id())
        session.execute(first.on_conflict_do_nothing())
        row = session.execute(_CLOCK).one()
    return row.rev, row.epoch


def floor(session: Session) -> int:
    """Up to this rev deletions and scopes left may have been forgotten."""
    return session.scalar(_FLOOR) or 0


def record(session: Session, entry: dict[str, Any]) -> None:
    """Keeps a journal entry (a row of `journal` without `rev`) until the rev is known."""
    session.info.setdefault("journal", []).append(entry)


@event.listens_for(PublishingSession, "after_flush")
def _collect(session: Session, flush_context: Any) -> None:
    """Remembers changed nouns while their history is still there: after the flush it is gone."""
    changed = session.info.setdefault("changed", {})
    touched = session.info.setdefault("touched", set())
    born = session.info.setdefault("born", {})
    for row in session.new:
        if isinstance(row, Synced):
            key = row.NOUN, row.id
            if changed.get(key) is born.get(key):  # else one of the same id was there before, and was deleted
                born[key] = row
            changed[key] = row
            touched.update(row.touched_scopes(None))
    for row in session.dirty:
        if isinstance(row, Synced) and session.is_modified(row):
            changed[row.NOUN, row.id] = row
            touched.update(row.touched_scopes(_old_values(row)))
            if row.NOUN == "user":
                session.info.setdefault("users", set()).add(row.id)
    for row in session.new:
        if isinstance(row, Synced) and row.NOUN == "user":
            session.info.setdefault("users", set()).add(row.id)
    for row in session.deleted:
        if isinstance(row, Synced):
            changed[row.NOUN, row.id] = row


def _old_values(row: Synced) -> Callable[[str], Any]:
    state = inspect(row)

    def old(field: str) -> Any:
        history = state.attrs[field].history
        return history.deleted[0] if history.deleted else getattr(row, field)

    return old


@event.listens_for(PublishingSession, "before_commit")
def _publish_before_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        publish(session)


@event.listens_for(PublishingSession, "after_commit")
def _tell(session: Session) -> None:
    rev = session.info.pop("published", None)
    if rev is not None:
        session.info["rev"] = rev
        for listener in current_app.extensions.get(_LISTENERS, ()):
            listener(rev)


@event.listens_for(PublishingSession, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    """Remembers, at a savepoint, what the transaction had collected until then."""
    if transaction.nested:
        marks = session.info.setdefault("savepoints", {})
        marks[transaction] = {key: copy(session.info[key]) for key in COLLECTED if key in session.info}


@event.listens_for(PublishingSession, "after_soft_rollback")
def _forget(session: Session, previous: SessionTransaction) -> None:
    """What was rolled back is forgotten, and nothing else.

    A row that only a savepoint changed has lost its lock with it. Somebody else may have changed it by now, and to
    publish it once more would lay an older body over a newer one.
    """
    kept: dict[str, Any] = {}
    if previous.nested:
        kept = session.info["savepoints"].pop(previous)
    elif session.in_nested_transaction():
        return  # a flush failed within a savepoint: that is still to be rolled back, and nothing more
    else:
        session.info.pop("savepoints", None)
    for key in COLLECTED:
        session.info.pop(key, None)
    session.info.update(kept)


def publish(session: Session) -> None:
    """Writes the feed, the subscriptions and the journal of this transaction; the clock row is bumped last."""
    session.flush()
    changed = session.info.pop("changed", {})
    journal = session.info.pop("journal", [])
    touched, users = session.info.pop("touched", set()), session.info.pop("users", set())
    born = session.info.pop("born", {})
    session.info.pop("savepoints", None)
    if not changed and not journal:
        return
    rows = [_feed_row(noun, row) for (noun, _), row in changed.items() if _stands(session, row)]
    # The very object that was born here: one of the same id may have been loaded after a savepoint took it back.
    old = [key for key, row in changed.items() if born.get(key) is not row]
    rev, session.info["epoch"] = _bump(session)
    # From here on the clock's lock is held: only these writes and the commit.
    moves = scopes.reconcile(session, touched, users) if touched or users else []
    _keep_digests(session, rows, _published(session, old), rev)
    _write_rows(session, rows, rev)
    held.wake(session, set(born))
    scopes.write(session, moves, rev)
    if journal:
        # The tables themselves, not the models: these rows are written and forgotten, the ORM would only look on.
        insert_rows(session.connection(), JOURNAL, [{**entry, "rev": rev} for entry in journal])
    session.info["published"] = rev


def _bump(session: Session) -> tuple[int, str]:
    row = session.execute(_BUMP).one_or_none()
    if row is None:
        current(session)
        row = session.execute(_BUMP).one()
    return row.rev, row.epoch


def _stands(session: Session, row: Synced) -> bool:
    """A row that lost its place in the session is no longer there; one that was kept never had one."""
    state = inspect(row)
    return state.persistent or state.deleted or state.transient


def _feed_row(noun: str, row: Synced) -> dict[str, Any]:
    deleted = inspect(row).deleted
    body = None if deleted else row.body_text()
    return {"noun": noun, "row_id": row.id, "scope": row.scope(), "body": body}


def by_keys(session: Session, columns: str, keys: Sequence[tuple[str, str]]) -> Sequence[Any]:
    """`columns` of the feed `f` for rows by (noun, id), in any order; who has none is left out."""
    if not keys:
        return ()
    sql, values = by_keys_query(session.get_bind().dialect.name, columns, keys)
    return session.execute(text(sql), values).all()


def by_keys_query(dialect: str, columns: str, keys: Sequence[tuple[str, str]]) -> tuple[str, dict[str, Any]]:
    """The statement of `by_keys` and its values: the same text for any number of keys."""
    sql = _BY_KEYS[dialect].format(columns=columns)
    if dialect == "sqlite":
        return sql, {"keys": orjson.dumps(keys).decode()}
    return sql, {"nouns": [noun for noun, _ in keys], "ids": [row_id for _, row_id in keys]}


def _published(session: Session, keys: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """What the feed says of rows that were there before. Read under the clock's lock: nobody else changes it now."""
    found = by_keys(session, "f.noun, f.row_id, f.scope, f.rev, f.body IS NOT NULL AS live", keys)
    return {(row.noun, row.row_id): row for row in found}


def _keep_digests(session: Session, rows: list[dict[str, Any]], before: dict[tuple[str, str], Any], rev: int) -> None:
    """Takes the old revs out of the digests of the scopes and puts the new ones in; one statement for all scopes."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows:
        noun, row_id = row["noun"], row["row_id"]
        old = before.get((noun, row_id))
        scope = row["scope"] if old is None else old.scope
        kept = sums.setdefault(scope, {"scope": scope, "rows": 0, "hi": 0, "lo": 0, "rev": rev})
        if old is not None and old.live:
            _count(kept, -1, row_hash(noun, row_id, old.rev))
        if row["body"] is not None:
            _count(kept, 1, row_hash(noun, row_id, rev))
    insert_rows(session.connection(), DIGESTS, list(sums.values()), _add_up)


def _count(kept: dict[str, Any], sign: int, value: int) -> None:
    hi, lo = halves(value)
    kept["rows"] += sign
    kept["hi"] += sign * hi
    kept["lo"] += sign * lo


def _write_rows(session: Session, rows: list[dict[str, Any]], rev: int) -> None:
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        some = [{**row, "rev": rev} for row in rows[start : start + ROWS_PER_STATEMENT]]
        insert_rows(session.connection(), FEED, some, _replace)


def _replace(statement: Any) -> Any:
    new = statement.excluded
    return statement.on_conflict_do_update(index_elements=["noun", "row_id"], set_={"rev": new.rev, "body": new.body})


def _add_up(statement: Any) -> Any:
    sums = {name: DIGESTS.c[name] + statement.excluded[name] for name in ("rows", "hi", "lo")}
    return statement.on_conflict_do_update(index_elements=["scope"], set_={**sums, "rev": statement.excluded.rev})
