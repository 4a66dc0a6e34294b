"""Check: whether a device holds what it should, and what repairs it when it does not.

The first question costs one statement over the scopes held: their digests are kept as rows are published. Only what
has not changed since the device's cookie can be compared, for what has changed is on its way by pull. A digest whose
rev is at or before the cookie is the digest as of the cookie, whenever it is read; hence no snapshot is needed.

The second question is answered from the feed itself, not from the sums: should a sum be wrong, every phone would
start over for ever, so it is summed up anew under the clock's lock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, select, text
from sqlalchemy.orm import Session

from server import clock, feed
from server.extensions import reading
from server.models import Divergence, FeedRow, ScopeDigest, Subscription, new_id
from server.pull import join_rows
from sync.check import (
    AGREE,
    DIFFERS,
    MAX_REPAIRS,
    MOVED,
    CheckAnswer,
    CheckRequest,
    Key,
    RepairRequest,
    dump_check_answer,
)
from sync.digest import EMPTY, Digest, halves, row_hash
from sync.feed import Cookie, load_cookie
from sync.protocol import spoken

GONE = "role"  # why somebody does not hold a scope that they never held or whose leaving is forgotten

# One walk over the user's own subscriptions, with one look by key for each; nobody else's rows are touched.
_TOTAL = text("""
    SELECT coalesce(sum(d.rows), 0), coalesce(sum(d.hi), 0), coalesce(sum(d.lo), 0),
           coalesce(max(d.rev), 0), coalesce(max(s.entered_rev), 0),
           (SELECT coalesce(max(l.left_rev), 0) FROM subscription l WHERE l.user_id = :user AND l.left_rev > :since)
    FROM subscription s LEFT JOIN scope_digest d ON d.scope = s.scope
    WHERE s.user_id = :user AND s.left_rev IS NULL
""")
_SCOPES = text("""
    SELECT s.scope, coalesce(d.rows, 0), coalesce(d.hi, 0), coalesce(d.lo, 0)
    FROM subscription s LEFT JOIN scope_digest d ON d.scope = s.scope
    WHERE s.user_id = :user AND s.left_rev IS NULL AND s.entered_rev <= :since AND coalesce(d.rev, 0) <= :since
""")
_LOCK = text("UPDATE clock SET rev = rev WHERE id = 1")  # whoever publishes waits for it; nothing changes
_HELD = (
    select(Subscription.scope, Subscription.entered_rev, Subscription.left_rev, Subscription.reason)
    .where(Subscription.user_id == bindparam("user"))
    .where(Subscription.scope.in_(bindparam("scopes", expanding=True)))
)
_KEYS = select(FeedRow.scope, FeedRow.noun, FeedRow.row_id, FeedRow.rev, FeedRow.body.is_not(None)).where(
    FeedRow.scope.in_(bindparam("scopes", expanding=True))
)
_SUMS = select(ScopeDigest.scope, ScopeDigest.rows, ScopeDigest.hi, ScopeDigest.lo).where(
    ScopeDigest.scope.in_(bindparam("scopes", expanding=True))
)


@dataclass(slots=True)
class _Difference:
    """What a device has in a scope against what the feed has there."""

    scope: str
    cause: str
    device_rows: int
    server_rows: int
    wanted: dict[Key, int] = field(default_factory=dict)  # missing or stale at the device, with the rev of the feed
    surplus: list[Key] = field(default_factory=list)


Keys = dict[Key, int]  # rev by (noun, id) of live rows


def compare(session: Session, user_id: str, request: CheckRequest) -> bytes:
    """The answer to the first question, as JSON bytes."""
    cookie, epoch = _cookie(session, user_id, request.cookie)
    verdict, scopes = MOVED, {}
    if cookie is not None:
        count, hi, lo, *revs = session.execute(_TOTAL, {"user": user_id, "since": cookie.rev}).one()
        there = Digest.of_halves(count, hi, lo)
        if max(revs) <= cookie.rev:
            verdict = AGREE if (there.count, there.hex) == (request.count, request.digest) else DIFFERS
        if verdict != AGREE:
            scopes = _digests(session, user_id, cookie.rev)
    answer = CheckAnswer(
        spoken(request.protocol), epoch, clock.wire(clock.now()), verdict, None if verdict == AGREE else scopes
    )
    return orjson.dumps(dump_check_answer(answer))


def _cookie(session: Session, user_id: str, given: str) -> tuple[Cookie | None, str]:
    """The cookie of a device at rest, and the epoch. None: a pass is under way, or the next pull starts over."""
    rev, epoch = feed.current(session)
    cookie = load_cookie(given, epoch, user_id)
    at_rest = cookie is not None and not cookie.under_way and feed.floor(session) <= cookie.rev <= rev
    return cookie if at_rest else None, epoch


def _digests(session: Session, user_id: str, since: int) -> dict[str, tuple[int, str]]:
    found = session.execute(_SCOPES, {"user": user_id, "since": since})
    return {scope: (int(count), Digest.of_halves(count, hi, lo).hex) for scope, count, hi, lo in found}


def repair(session: Session, user_id: str, device_id: str, request: RepairRequest) -> bytes:
    """The answer to the second question, as JSON bytes. What differed is written down, and committed."""
    cookie, epoch = _cookie(session, user_id, request.cookie)
    since = -1 if cookie is None else cookie.rev  # then nothing can be compared
    left, comparable = _held(session, user_id, request, since)
    feeds = _unchanged(session, comparable, since)
    differences = [found for scope, keys in feeds.items() if (found := _difference(request, scope, keys))]
    rows, more = _bodies(session, differences)
    doubtful = _doubtful_sums(session, feeds)
    gone = [
        _Difference(scope, "scope", len(request.scopes[scope]), 0, surplus=list(request.scopes[scope]))
        for scope in left
        if request.scopes[scope]
    ]
    if differences or gone or doubtful:
        sent = Counter(row[2] for row in rows)
        _write_down(session, user_id, device_id, since, [*differences, *gone], sent, doubtful)
    rows += [(noun, row_id, one.scope, since, None) for one in differences for noun, row_id in one.surplus]
    head = {
        "protocol": spoken(request.protocol),
        "epoch": epoch,
        "server_time": clock.wire(clock.now()),
        "left": [{"scope": scope, "reason": reason} for scope, reason in left.items()],
        "more": more,
    }
    return join_rows(head, rows)


def _held(session: Session, user_id: str, request: RepairRequest, since: int) -> tuple[dict[str, str], list[str]]:
    """Of the scopes asked about: those the user does not hold, with the reason, and those held all the time since.

    What was entered or left after the cookie is in neither: the next pull says it.
    """
    if since < 0:
        return {}, []
    held = {row.scope: row for row in session.execute(_HELD, {"user": user_id, "scopes": list(request.scopes)})}
    left: dict[str, str] = {}
    comparable: list[str] = []
    for scope in request.scopes:
        row = held.get(scope)
        if row is None or (row.left_rev is not None and row.left_rev <= since):
            left[scope] = (row.reason if row else None) or GONE
        elif row.left_rev is None and row.entered_rev <= since:
            comparable.append(scope)
    return left, comparable


def _unchanged(session: Session, scopes: list[str], since: int) -> dict[str, Keys]:
    """The live rows of those scopes in which nothing, not even a deletion, is newer than the cookie."""
    found: dict[str, Keys] = {scope: {} for scope in scopes}
    changed: set[str] = set()
    for scope, noun, row_id, rev, live in session.execute(_KEYS, {"scopes": scopes}) if scopes else ():
        if rev > since:
            changed.add(scope)
        elif live:
            found[scope][noun, row_id] = rev
    return {scope: keys for scope, keys in found.items() if scope not in changed}


def _difference(request: RepairRequest, scope: str, keys: Keys) -> _Difference | None:
    """What would make the device's rows of a scope, or of the part of it that was asked about, those of the feed."""
    here = request.scopes[scope]
    after, upto = request.after, request.upto
    part = {key: rev for key, rev in keys.items() if (after is None or key > after) and (upto is None or key <= upto)}
    wanted = {key: rev for key, rev in sorted(part.items()) if here.get(key) != rev}
    surplus = [key for key in here if key not in part]
    if not wanted and not surplus:
        return None
    return _Difference(scope, "rows", len(here), len(part), wanted, surplus)


def _bodies(session: Session, differences: list[_Difference]) -> tuple[list[Any], bool]:
    """The rows wanted as `(noun, id, scope, rev, body text)`, at most MAX_REPAIRS, and whether there are more."""
    wanted = [(key, rev) for one in differences for key, rev in one.wanted.items()]
    revs = dict(wanted[:MAX_REPAIRS])
    # One that has changed since it was looked at comes by pull, newer than this.
    rows = [
        row
        for row in feed.by_keys(session, "f.noun, f.row_id, f.scope, f.rev, f.body", list(revs))
        if row.body is not None and row.rev == revs[row.noun, row.row_id]
    ]
    return rows, len(wanted) > MAX_REPAIRS


def _doubtful_sums(session: Session, feeds: dict[str, Keys]) -> list[str]:
    """Scopes whose kept digest is not that of their rows, as far as can be seen without a lock."""
    kept = {row.scope: row for row in session.execute(_SUMS, {"scopes": list(feeds)})} if feeds else {}
    return [scope for scope, keys in feeds.items() if _digest_of(keys) != _kept(kept.get(scope))]


def _digest_of(keys: Keys) -> Digest:
    return Digest.of_rows((noun, row_id, rev) for (noun, row_id), rev in keys.items())


def _kept(row: Any) -> Digest:
    return EMPTY if row is None else Digest.of_halves(row.rows, row.hi, row.lo)


def _write_down(
    session: Session, user_id: str, device_id: str, since: int,
    differences: list[_Difference], sent: Counter[str], doubtful: list[str],
) -> None:  # fmt: skip
    """Divergences become rows, and sums that are wrong are made right. A transaction of its own, that writes."""
    session.rollback()
    reading.set(False)
    at = clock.now()
    found = differences + [wrong for scope in doubtful if (wrong := _sum_anew(session, scope))]
    rows = [
        {
            "id": new_id(), "at": at, "user_id": user_id, "device_id": device_id, "scope": one.scope, "rev": since,
            "cause": one.cause, "device_rows": one.device_rows, "server_rows": one.server_rows,
            "repaired": sent[one.scope] + len(one.surplus),
        }
        for one in found
    ]  # fmt: skip
    if rows:
        session.execute(insert(Divergence), rows)
    session.commit()


def _sum_anew(session: Session, scope: str) -> _Difference | None:
    """Makes the digest of a scope that of its rows, while nobody can publish; None when it was right after all."""
    session.execute(_LOCK)
    keys: Keys = {}
    latest = 0
    for _, noun, row_id, rev, live in session.execute(_KEYS, {"scopes": [scope]}):
        latest = max(latest, rev)
        if live:
            keys[noun, row_id] = rev
    kept = session.execute(_SUMS, {"scopes": [scope]}).one_or_none()
    if _kept(kept) == _digest_of(keys):
        return None
    hashes = [halves(row_hash(noun, row_id, rev)) for (noun, row_id), rev in keys.items()]
    session.execute(delete(ScopeDigest).where(ScopeDigest.scope == scope))
    values = {"scope": scope, "rows": len(keys), "rev": latest}
    values |= {"hi": sum(hi for hi, _ in hashes), "lo": sum(lo for _, lo in hashes)}
    session.execute(insert(ScopeDigest), [values])
    return _Difference(scope, "sum", _kept(kept).count, len(keys))
