"""The check of a device at rest: does it hold what the server thinks it holds, and if not, make it so.

It sums up the rows it really has, asks, and nearly always hears `agree`. For scopes that differ it lists its rows and
puts what comes back, even where the rev is not greater: a repair is no change. A scope that differs again at the next
check is not to be trusted, and the device starts over: pulled rows and cookie go, acts and files never do. Every
answer is applied only while the cookie is still the one it was asked with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.check import AGREE, DIFFERS, MAX_CHECK_ROWS, MAX_CHECK_SCOPES, MOVED
from sync.client import rows
from sync.client.outbox import wire
from sync.client.ports import Json, Refused, Storage
from sync.client.session import Session
from sync.digest import EMPTY, Digest
from sync.protocol import VERSION

CHECK_EVERY = timedelta(hours=1)
MAX_ROUNDS = 1000  # of answers that were full, in one repair: two million rows

Listed = tuple[str, str, int]  # noun, id, rev


@dataclass(slots=True)
class Checked:
    """What a check came to: `agree`, `differs` (now repaired, or to be pulled anew), `moved` (pull, then ask again)."""

    verdict: str
    repaired: int = 0
    started_over: bool = False


@dataclass(slots=True)
class Checking:
    """Asks and repairs; pulling is the journey's affair."""

    storage: Storage
    session: Session

    def is_due(self, now: datetime, every: timedelta | None) -> bool:
        """Whether the first sync is complete and the last check too long ago, or in a future that was none."""
        if every is None or not self.storage.get("complete"):
            return False
        last = self.storage.get("checked_at")
        return last is None or not wire(now - every) < last <= wire(now)

    def run(self, now: datetime) -> Checked | None:
        """One check; None when there is nothing or nobody to check with, or another tab went on meanwhile."""
        cookie, device = self.storage.get("cookie"), self.storage.get("device")
        if cookie is None or not self.storage.get("complete"):
            return None
        here = held(self.storage)
        digests = {scope: Digest.of_rows(listed) for scope, listed in here.items()}
        total = EMPTY
        for digest in digests.values():
            total = total.combine(digest)
        question = {"protocol": VERSION, "device": device, "cookie": cookie}
        try:
            answer = self.session.call("/api/sync/check", {**question, "count": total.count, "digest": total.hex})
        except Refused as refused:
            if refused.status in (404, 405):  # a server of before version 2
                return None
            raise
        if self.storage.get("cookie") != cookie:
            return None
        verdict, there = answer["verdict"], answer["scopes"] or {}
        differing = [s for s, (count, sum_) in there.items() if _said(digests.get(s, EMPTY)) != (count, sum_)]
        if verdict == DIFFERS:  # nothing has moved, so a scope that is not listed is not ours
            differing += [scope for scope in here if scope not in there]
        if not differing:
            if verdict == AGREE:
                self.remember(now, AGREE, suspects=[])
            return Checked(AGREE if verdict == AGREE else MOVED)
        again = set(differing) & set(self.storage.get("suspects", []))
        repaired = self._repair(differing, question)
        if again:
            with self.storage.transaction():
                rows.start_over(self.storage)
        self.remember(now, DIFFERS, repaired, suspects=[] if again else sorted(differing))
        return Checked(DIFFERS, repaired, bool(again))

    def remember(self, now: datetime, verdict: str, repaired: int = 0, suspects: list[str] | None = None) -> None:
        """Keeps what a check came to; without `suspects`, those of the last one stay under suspicion."""
        with self.storage.transaction():
            self.storage.put("checked_at", wire(now))
            self.storage.put("checked", {"verdict": verdict, "repaired": repaired})
            if suspects is not None:
                self.storage.put("suspects", suspects)

    def _repair(self, scopes: Iterable[str], question: Json) -> int:
        """Lists what is here in these scopes, and makes it what the server says; gives how many rows that were."""
        repaired = 0
        for _ in range(MAX_ROUNDS):
            full: set[str] = set()
            here = held(self.storage)
            for part in parts({scope: here.get(scope, []) for scope in sorted(set(scopes))}):
                answer = self.session.call("/api/sync/check", {**question, **part})
                with self.storage.transaction():
                    if (
                        self.storage.get("cookie") != question["cookie"]
                        or self.storage.get("device") != question["device"]
                    ):
                        return repaired
                    repaired += rows.apply_repair(self.storage, answer)
                full |= set(part["scopes"]) if answer["more"] else set()
            scopes = full
            if not scopes:
                break
        return repaired


def _said(digest: Digest) -> tuple[int, str]:
    return digest.count, digest.hex


def held(storage: Storage) -> dict[str, list[Listed]]:
    """The rows of this device by scope, each scope in the order of the keys. Scopes handed over are no longer ours."""
    given_away = {scope for scope, left in storage.scopes().items() if left is not None}
    found: dict[str, list[Listed]] = {}
    for row in storage.rows():
        if row.scope not in given_away:
            found.setdefault(row.scope, []).append((row.noun, row.id, row.rev))
    return {scope: sorted(listed) for scope, listed in found.items()}


def parts(scopes: dict[str, list[Listed]]) -> Iterator[Json]:
    """The rows of these scopes as questions that are not too large: small scopes together, a large one in pieces."""
    together: dict[str, list[Listed]] = {}
    for scope, listed in scopes.items():
        if len(listed) > MAX_CHECK_ROWS:
            yield from _pieces(scope, listed)
            continue
        if len(together) == MAX_CHECK_SCOPES or sum(map(len, together.values())) + len(listed) > MAX_CHECK_ROWS:
            yield {"scopes": together}
            together = {}
        together[scope] = listed
    if together:
        yield {"scopes": together}


def _pieces(scope: str, listed: list[Listed]) -> Iterator[Json]:
    """The first begins before all keys and the last goes on behind them, so that no row falls between."""
    after: tuple[str, str] | None = None
    for start in range(0, len(listed), MAX_CHECK_ROWS):
        piece = listed[start : start + MAX_CHECK_ROWS]
        upto = piece[-1][:2] if start + MAX_CHECK_ROWS < len(listed) else None
        yield {"scopes": {scope: piece}, "after": after, "upto": upto}
        after = upto
