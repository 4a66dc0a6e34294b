"""Pull: every read of rows. Bodies are served as they are stored; the cost follows the changes, not the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Date, TextClause, bindparam, text
from sqlalchemy.orm import Session

from server import clock, feed
from server.problems import Problem
from server.scopes import ZONE
from sync.feed import PHASES, Cookie, dump_cookie, load_cookie
from sync.protocol import MIN_VERSION, PullRequest, spoken

# What a held scope gives a pass: all its rows when it entered after the cursor, else the rows stamped after it.
# The phase is a function of the subscription and the pinned day only, so it cannot change while a pass goes on.
_DUE = "(s.scope LIKE 'user:%' OR s.scope LIKE 'review:%' OR s.due <= :day)"
_PHASE = {
    0: f"(s.entered_rev <= :since OR {_DUE})",
    1: "({own}s.entered_rev > :since AND s.scope = 'ref')",
    2: "({own}s.entered_rev > :since AND s.scope <> 'ref' AND s.scope NOT LIKE 'user:%' AND s.scope NOT LIKE 'review:%'"
    " AND (s.due IS NULL OR s.due > :day))",
}
# Scope by scope. Subscriptions come in the order of their key and rows in that of ix_feed_scope_rev, so nothing is
# sorted and a page costs its own rows, wherever it begins. PostgreSQL finds this way by its statistics; SQLite is kept
# from indexes in another order by `+`. Only when few of the scopes held are new (phases 1 and 2 of a later pass) is
# the index of `entered_rev` better. `s.scope >= ` says nothing new, but lets both begin at the right scope.
#
# On the first pass of all nothing is said of `since`: PostgreSQL cannot tell how many rows such a condition leaves, and
# took it for so few that it read the whole feed and sorted it for every page.
_ROWS = """
    SELECT f.noun, f.row_id, f.scope, f.rev, f.body
    FROM subscription s JOIN feed f ON f.scope = s.scope {changed} AND f.rev <= :target
    WHERE s.user_id = :user AND {own}s.left_rev IS NULL AND {own}s.entered_rev <= :target AND {phase} {after}
    ORDER BY s.scope, f.rev, f.noun, f.row_id LIMIT :limit
"""
_CHANGED = "AND f.rev > CASE WHEN s.entered_rev > :since THEN 0 ELSE :since END"
_AFTER = "AND s.scope >= :a_scope AND (f.scope, f.rev, f.noun, f.row_id) > (:a_scope, :a_rev, :a_noun, :a_id)"
# Change by change: the same rows as phase 0 above, found from the other end. Who holds twenty thousand scopes would
# otherwise look into each of them to learn that one row changed.
NEAR_CHANGES = 500  # rows of everybody since the cursor; with more, looking into the scopes held is the shorter way
_IS_NEAR = text("SELECT count(*) FROM (SELECT 1 FROM feed WHERE rev > :since AND rev <= :target LIMIT :most) AS found")
_NEAR = f"""
    WITH changed AS MATERIALIZED (
        SELECT noun, row_id, scope, rev, body FROM feed WHERE rev > :since AND rev <= :target
    )
    SELECT f.noun, f.row_id, f.scope, f.rev, f.body FROM (
        SELECT c.noun, c.row_id, c.scope, c.rev, c.body FROM changed c JOIN subscription s ON s.scope = c.scope
        WHERE s.user_id = :user AND {{own}}s.left_rev IS NULL AND s.entered_rev <= :since
      UNION ALL
        SELECT g.noun, g.row_id, g.scope, g.rev, g.body
        FROM subscription s JOIN feed g ON g.scope = s.scope AND g.rev <= :target
        WHERE s.user_id = :user AND s.left_rev IS NULL AND s.entered_rev > :since AND s.entered_rev <= :target
          AND {_DUE}
    ) f WHERE 1 = 1 {{after}}
    ORDER BY f.scope, f.rev, f.noun, f.row_id LIMIT :limit
"""
_NEAR_AFTER = "AND (f.scope, f.rev, f.noun, f.row_id) > (:a_scope, :a_rev, :a_noun, :a_id)"
_ENTERED = text(
    "SELECT scope FROM subscription WHERE user_id = :user AND left_rev IS NULL"
    " AND entered_rev > :since AND entered_rev <= :target"
)
_LEFT = text(
    "SELECT scope, reason FROM subscription WHERE user_id = :user AND left_rev > :since AND left_rev <= :target"
)


@dataclass(slots=True)
class Page:
    """A page of a pass: rows as `(noun, id, scope, rev, body text)` and the cookie behind it."""

    rows: list[Any]
    cookie: Cookie
    complete: bool


def pull(
    session: Session, user_id: str, device_last: int, request: PullRequest, clock_read: tuple[int, str] | None = None
) -> bytes:
    """The answer to a pull, as JSON bytes. A device too old to understand it hears so; it may always push.

    `clock_read`: rev and epoch, when they were read earlier in this transaction.
    """
    if request.protocol < MIN_VERSION:
        raise Problem("protocol-too-old")
    protocol = spoken(request.protocol)
    rev, epoch = clock_read or feed.current(session)
    held = load_cookie(request.cookie, epoch, user_id)
    reset = request.cookie is not None and (held is None or held.rev > rev)
    cookie = held if held is not None and not reset else Cookie(epoch, user_id, 0)
    if cookie.rev == rev and not cookie.under_way:
        return _dump(protocol, Page([], cookie, True), rev, [], [], False, device_last)
    page, entered, left = _read(session, user_id, cookie, rev, request.limit)
    # Asked last: what the reading may have missed was forgotten under a floor that was raised before.
    if held is not None and not reset and held.is_below(feed.floor(session)):
        reset = True
        rev, epoch = feed.current(session)
        page, entered, left = _read(session, user_id, Cookie(epoch, user_id, 0), rev, request.limit)
    return _dump(protocol, page, rev, entered, left, reset, device_last)


def _read(
    session: Session, user_id: str, cookie: Cookie, rev: int, limit: int
) -> tuple[Page, list[str], list[dict[str, str]]]:
    """The page after a cookie, with the scopes entered and left when it is the first of its pass."""
    if not cookie.under_way:
        cookie = cookie.begin(rev, (clock.now() + ZONE).date().isoformat())
    entered, left = _moves(session, user_id, cookie)
    page = _page(session, user_id, cookie, limit, PHASES if entered else PHASES[:1])
    if cookie.after is not None or cookie.phase != PHASES[0]:  # told with the first page of the pass
        entered, left = [], []
    return page, entered, left


def _page(session: Session, user_id: str, cookie: Cookie, limit: int, phases: tuple[int, ...]) -> Page:
    rows: list[Any] = []
    phase, after = cookie.phase, cookie.after
    while True:
        found = _rows(session, user_id, cookie, phase, after, limit - len(rows))
        rows += found
        if len(rows) >= limit:
            noun, row_id, scope, rev, _ = rows[-1]
            return Page(rows, cookie.at(phase, (scope, rev, noun, row_id)), False)
        if phase >= phases[-1]:
            return Page(rows, cookie.end(), True)
        phase, after = phase + 1, None


def _rows(
    session: Session, user_id: str, cookie: Cookie, phase: int, after: tuple[str, int, str, str] | None, limit: int
) -> list[Any]:
    day = date.fromisoformat(cookie.day or "")
    values = {"user": user_id, "since": cookie.rev, "target": cookie.target, "day": day, "limit": limit}
    if after is not None:
        values |= dict(zip(("a_scope", "a_rev", "a_noun", "a_id"), after, strict=True))
    near = phase == PHASES[0] and cookie.rev > 0 and _is_near(session, cookie)
    sqlite = session.get_bind().dialect.name == "sqlite"
    return list(session.execute(_query(sqlite, phase, near, cookie.rev == 0, after is not None), values).all())


def _is_near(session: Session, cookie: Cookie) -> bool:
    values = {"since": cookie.rev, "target": cookie.target, "most": NEAR_CHANGES + 1}
    return (session.scalar(_IS_NEAR, values) or 0) <= NEAR_CHANGES


@cache
def _query(sqlite: bool, phase: int, near: bool, first: bool, goes_on: bool) -> TextClause:
    if near:
        sql = _NEAR.format(own="+" if sqlite else "", after=_NEAR_AFTER if goes_on else "")
    else:
        own = "+" if sqlite and (first or phase == PHASES[0]) else ""
        changed, after = "" if first else _CHANGED, _AFTER if goes_on else ""
        sql = _ROWS.format(own=own, changed=changed, phase=_PHASE[phase].format(own=own), after=after)
    return text(sql).bindparams(bindparam("day", type_=Date)) if ":day" in sql else text(sql)


def _moves(session: Session, user_id: str, cookie: Cookie) -> tuple[list[str], list[dict[str, str]]]:
    """Scopes entered and left in this pass.

    Every scope left since the cursor is told, also one that entered after it: it may have been held before, left and
    entered again unseen, and then its rows are on the device. To leave what one does not hold costs nothing.
    """
    values = {"user": user_id, "since": cookie.rev, "target": cookie.target}
    entered = list(session.scalars(_ENTERED, values))
    left = session.execute(_LEFT, values) if cookie.rev > 0 else ()
    return entered, [{"scope": row.scope, "reason": row.reason or "done"} for row in left]


def _dump(
    protocol: int, page: Page, rev: int, entered: list[str], left: list[dict[str, str]], reset: bool, device_last: int
) -> bytes:
    head = {
        "protocol": protocol,
        "epoch": page.cookie.epoch,
        "server_time": clock.wire(clock.now()),
        "reset": reset,
        "cookie": dump_cookie(page.cookie),
        "rev": page.cookie.rev,
        "more": not page.complete or page.cookie.rev < rev,
        "complete": page.complete,
        "last": device_last,
        "entered": entered,
        "left": left,
    }
    return join_rows(head, page.rows)


def join_rows(head: dict[str, Any], rows: list[Any]) -> bytes:
    """An answer with its `rows` (noun, id, scope, rev, body text): stored bodies go in without being decoded."""
    joined = ",".join(
        f'{{"noun":"{noun}","id":"{row_id}","scope":"{scope}","rev":{rev},"body":{body or "null"}}}'
        for noun, row_id, scope, rev, body in rows
    )
    return orjson.dumps(head)[:-1] + b',"rows":[' + joined.encode() + b"]}"
