"""Faults in the protocol, on purpose: each must be noticed by the simulator within a stated number of seeds.

    python -m tests.simulation.mutants [--only NAME] [--seeds 200]

A mutant is a patch of one rule, in the server or in the client. One JSON line per mutant; the exit code is 1 when one
was not caught. If the simulator does not catch a fault we put in, it would not catch one we made.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest.mock import patch

from server import arrivals, feed, pull, push, rescue, scopes
from server.acts import diagnosis
from server.extensions import db
from server.models import visit
from sync.check import AGREE
from sync.client import checking, journey, outbox, rows, session
from sync.client.memory import MemoryStorage
from sync.client.ports import Refused
from sync.feed import Cookie
from sync.merge import Merged
from sync.rules import rule
from tests.simulation.running import deployment, run
from tests.simulation.world import plan

MOST_SEEDS = 200  # a mutant that lives longer has escaped


@dataclass(frozen=True)
class Mutant:
    """What is wrong, within how many seeds it must be noticed, and the patch."""

    name: str
    within: int
    patch: Callable[[], AbstractContextManager[Any]]


# --- The server -----------------------------------------------------------------------------------------


def _naive_cursor() -> AbstractContextManager[Any]:
    """The cursor moves to the newest row of a page, although rows of older revs are on the pages to come."""
    page = pull._page

    def newest(session: Any, user_id: str, cookie: Cookie, limit: int, phases: tuple[int, ...]) -> Any:
        found = page(session, user_id, cookie, limit, phases)
        if found.rows and not found.complete:
            found.cookie = replace(found.cookie, rev=max(cookie.rev, *(row.rev for row in found.rows)))
        return found

    return patch.object(pull, "_page", newest)


def _left_not_told() -> AbstractContextManager[Any]:
    """The server forgets to say which scopes were left."""
    moves = pull._moves
    return patch.object(pull, "_moves", lambda *args: (moves(*args)[0], []))


def _acknowledge_before_commit() -> AbstractContextManager[Any]:
    """The device's counter is committed and the answer goes out; then, now and then, the acts' commit fails.

    (Were only the answer early, a phone would hear of the lower `last` at its next contact and send again.)
    """
    transaction, count = push._transaction, iter(range(10**9))

    def careless(session: Any, user_id: str, device_id: str, *rest: Any) -> Any:
        commit, fails = session.commit, next(count) % 7 == 6
        session.commit = session.rollback if fails else commit
        try:
            answer = transaction(session, user_id, device_id, *rest)
        finally:
            session.commit = commit
        if fails:
            values = {"last": answer.last, "device": device_id}
            session.execute(db.text("UPDATE device SET last_n = :last WHERE id = :device"), values)
            session.commit()
        return answer

    return patch.object(push, "_transaction", careless)


def _receipts_apart() -> AbstractContextManager[Any]:
    """Receipts are kept in a transaction of their own, which a crash in between can lose."""
    record, count = feed.record, iter(range(10**9))

    def forgetful(session: Any, entry: dict[str, Any]) -> None:
        if next(count) % 9 != 8:
            record(session, entry)

    return patch.object(feed, "record", forgetful)


def _silent_overwrite() -> AbstractContextManager[Any]:
    """Who comes last wins, and nobody is told."""

    def last(policy: str, current: Any, was: Any, now: Any) -> Merged:
        return Merged(now, "applied")

    return patch.object(diagnosis, "merge_field", last)


def _gap_accepted() -> AbstractContextManager[Any]:
    """Numbers may be missing: what comes is applied."""
    decide = push.decide

    def generous(last: int, known: Any, taken: Any, batch: Any) -> Any:
        if batch and batch[0].n > last + 1:
            last = batch[0].n - 1
        return decide(last, known, taken, batch)

    return patch.object(push, "decide", generous)


def _refusals_dropped() -> AbstractContextManager[Any]:
    """What is refused does not go to review."""
    return patch.object(push, "send_to_review", lambda *args: None)


def _any_transition() -> AbstractContextManager[Any]:
    """A visit goes where an act leads, whatever state it is in."""

    def anywhere(noun: str, act: str, state: str, mode: str | None = None) -> str | None:
        table = rule("lifecycles")[noun]["transitions"]
        return next((entry["to"] for entry in table if entry["act"] == act), None)

    return patch.object(visit, "transition", anywhere)


def _everyone_holds_every_order() -> AbstractContextManager[Any]:
    """Whoever is active is given every work order that somebody touched."""
    holders = scopes.holders

    def generous(session: Any, wanted: Any, people: Any) -> Any:
        found = holders(session, wanted, people)
        everyone = dict.fromkeys(user.id for user in people)
        return {scope: {**everyone, **them} if scope.startswith("wo:") else them for scope, them in found.items()}

    return patch.object(scopes, "holders", generous)


def _another_name() -> AbstractContextManager[Any]:
    """A push is filed under the name of whoever pushed before."""
    record, names = feed.record, list[str]()

    def mistaken(session: Any, entry: dict[str, Any]) -> None:
        names.append(entry["user_id"])
        record(session, {**entry, "user_id": names[-2] if len(names) > 1 else names[-1]})

    return patch.object(feed, "record", mistaken)


def _rescue_renames() -> AbstractContextManager[Any]:
    """What comes by hand gets ids of its own, so the phone's later sync does it all again."""
    apply = rescue._apply

    def strange(contents: Any) -> Any:
        contents.acts = [replace(act, id=act.id[:-4] + "ffff") for act in contents.acts]
        return apply(contents)

    return patch.object(rescue, "_apply", strange)


def _digest_forgotten() -> AbstractContextManager[Any]:
    """Now and then a change does not reach the digest of its scope."""
    keep, count = feed._keep_digests, iter(range(10**9))

    def careless(session: Any, rows_: Any, before: Any, rev: int) -> None:
        keep(session, rows_ if next(count) % 20 != 19 else rows_[1:], before, rev)

    return patch.object(feed, "_keep_digests", careless)


def _held_for_ever() -> AbstractContextManager[Any]:
    """What an act waited for has come, and nobody releases it."""
    return patch.object(arrivals, "_release_next", lambda noun, row_id: False)


def _deadline_forgotten() -> AbstractContextManager[Any]:
    """Nobody looks after acts whose row has not come in time."""
    return patch("server.tasks.end_held", lambda: None)


def _floor_ignored() -> AbstractContextManager[Any]:
    """A phone that was away longer than the horizon goes on as if it had missed nothing."""
    return patch.object(Cookie, "is_below", lambda cookie, floor: False)


def _one_version() -> AbstractContextManager[Any]:
    """An old page's push is answered in the newest version."""
    return patch.object(push, "spoken", lambda asked: 2)


# --- The client -----------------------------------------------------------------------------------------


def _cookie_before_rows() -> AbstractContextManager[Any]:
    """The cookie is stored in a transaction of its own, before the rows."""
    store = journey.Client._store

    def early(self: Any, page: Any, asked: Any, device: str) -> None:
        with self.storage.transaction():
            for key in ("cookie", "epoch", "rev"):
                self.storage.put(key, page[key])
        store(self, page, page["cookie"], device)

    return patch.object(journey.Client, "_store", early)


def _left_skipped() -> AbstractContextManager[Any]:
    """The phone keeps the rows of scopes it has left."""
    return patch.object(rows, "_leave", lambda *args: None)


def _reset_drops_outbox() -> AbstractContextManager[Any]:
    """A reset begins with an empty storage."""
    reset = rows._reset

    def thorough(storage: Any, epoch: str) -> None:
        reset(storage, epoch)
        for entry in storage.entries():
            storage.drop_entry(entry.id)

    return patch.object(rows, "_reset", thorough)


def _leaves_early() -> AbstractContextManager[Any]:
    """An act leaves the outbox with its receipt, before its effect is on the phone."""
    take = outbox.take_receipts

    def eager(storage: Any, receipts: Any, epoch: str) -> bool:
        found = take(storage, receipts, epoch)
        for entry in storage.entries(settled=False):
            if entry.receipt is not None:
                storage.put_entry(replace(entry, settled_at="2026-12-31T00:00:00.000Z"))
        return found

    return patch.object(outbox, "take_receipts", eager)


def _new_id_on_retry() -> AbstractContextManager[Any]:
    """Each sending gives the acts new ids."""
    send = journey.Client._send

    def fresh(self: Any, batch: Any) -> Any:
        with self.storage.transaction():
            renamed = [replace(entry, id=self.new_id()) for entry in batch]
            for old, new in zip(batch, renamed, strict=True):
                self.storage.drop_entry(old.id)
                self.storage.put_entry(new)
        return send(self, renamed)

    return patch.object(journey.Client, "_send", fresh)


def _epoch_ignored() -> AbstractContextManager[Any]:
    """Nobody sends again what a restored server has lost."""
    return patch.object(outbox, "return_lost", lambda storage, last: 0)


def _line_unproven() -> AbstractContextManager[Any]:
    """After a restore what was answered up to `last` is taken for known, whoever has sent those numbers since."""
    return patch.object(outbox, "prove_line", lambda storage, last: None)


def _refused_is_dropped() -> AbstractContextManager[Any]:
    """A 4xx about the request removes what it carried."""
    send = journey.Client._send

    def hasty(self: Any, batch: Any) -> Any:
        try:
            return send(self, batch)
        except Refused:
            with self.storage.transaction():
                for entry in batch:
                    self.storage.drop_entry(entry.id)
            raise

    return patch.object(journey.Client, "_send", hasty)


def _relaxed_saving() -> AbstractContextManager[Any]:
    """ "Saved" is said before the disk has it."""
    save = MemoryStorage.transaction
    return patch.object(MemoryStorage, "transaction", lambda self, strict=False: save(self, strict=False))


def _renumbering_renames() -> AbstractContextManager[Any]:
    """A device that registers anew gives its acts new ids as well."""
    renumber = outbox.renumber

    def rename(storage: Any, line: str, *, everything: bool = False) -> None:
        renumber(storage, line, everything=everything)
        for entry in storage.entries(settled=False):
            storage.drop_entry(entry.id)
            storage.put_entry(replace(entry, id=entry.id[:-4] + "ffff"))

    return patch.object(session.outbox, "renumber", rename)


def _drain_drops_outbox() -> AbstractContextManager[Any]:
    """A revoked device is wiped at once, with what it still had to bring."""
    wipe = rows.wipe

    def thorough(storage: Any) -> None:
        wipe(storage)
        for entry in storage.entries(settled=False):
            storage.drop_entry(entry.id)

    return patch.object(rows, "wipe", thorough)


def _digest_adopted() -> AbstractContextManager[Any]:
    """A phone that differs takes the server's word for its own: all is well."""

    def content(self: Any, now: Any) -> Any:
        return checking.Checked(AGREE)

    return patch.object(checking.Checking, "run", content)


def _surplus_stays() -> AbstractContextManager[Any]:
    """A repair brings what is missing and leaves what is too much."""
    apply = rows.apply_repair
    return patch.object(
        rows, "apply_repair",
        lambda storage, answer: apply(storage, {**answer, "rows": [r for r in answer["rows"] if r["body"]]}),
    )  # fmt: skip


MUTANTS = [
    Mutant("naive-cursor", 40, _naive_cursor),
    Mutant("left-not-told", 20, _left_not_told),
    Mutant("acknowledge-before-commit", 20, _acknowledge_before_commit),
    Mutant("receipts-in-another-transaction", 20, _receipts_apart),
    Mutant("silent-overwrite", 60, _silent_overwrite),
    Mutant("gap-accepted", 60, _gap_accepted),
    Mutant("refusals-dropped", 20, _refusals_dropped),
    Mutant("any-transition", 20, _any_transition),
    Mutant("everyone-holds-every-order", 20, _everyone_holds_every_order),
    Mutant("cookie-before-rows", 60, _cookie_before_rows),
    Mutant("left-skipped", 20, _left_skipped),
    Mutant("reset-drops-outbox", 20, _reset_drops_outbox),
    Mutant("leaves-the-outbox-early", 20, _leaves_early),
    Mutant("new-id-on-retry", 20, _new_id_on_retry),
    Mutant("epoch-ignored", 40, _epoch_ignored),
    Mutant("line-unproven", 20, _line_unproven),
    Mutant("refused-is-dropped", 60, _refused_is_dropped),
    Mutant("saved-before-the-disk", 20, _relaxed_saving),
    Mutant("renumbering-renames", 60, _renumbering_renames),
    Mutant("another-name", 20, _another_name),
    Mutant("rescue-renames", 40, _rescue_renames),
    Mutant("drain-drops-outbox", 60, _drain_drops_outbox),
    Mutant("digest-forgotten", 20, _digest_forgotten),
    Mutant("digest-adopted", 60, _digest_adopted),
    Mutant("surplus-stays", 60, _surplus_stays),
    Mutant("held-for-ever", 200, _held_for_ever),
    Mutant("deadline-forgotten", 60, _deadline_forgotten),
    Mutant("floor-ignored", 120, _floor_ignored),
    Mutant("one-version", 20, _one_version),
]


def hunt(server: Any, mutant: Mutant, most: int) -> dict[str, Any]:
    """Runs seeds with the mutant until an invariant breaks. Any other exception is the mutant's fault, and raised."""
    with mutant.patch():
        for count in range(1, most + 1):
            _, broken = run(server, plan(count))
            if broken is not None:
                return {"mutant": mutant.name, "caught": True, "seeds": count, "by": broken.invariant}
    return {"mutant": mutant.name, "caught": False, "seeds": most, "by": None}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants")
    parser.add_argument("--only", nargs="*", default=[], help="names of mutants")
    parser.add_argument("--seeds", type=int, default=MOST_SEEDS)
    options = parser.parse_args()
    tell, escaped = partial(print, flush=True), 0
    with deployment("sqlite") as server:
        for mutant in MUTANTS:
            if not options.only or mutant.name in options.only:
                found = hunt(server, mutant, options.seeds)
                found["within"] = mutant.within
                escaped += not found["caught"] or found["seeds"] > mutant.within
                tell(json.dumps(found))
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
