"""Push: one bounded batch of acts, one transaction, one answer after the commit.

1. lock the device row   2. decide repeats, fresh groups, gap (`sync.engine`)   3. lock what the acts are about
4. apply each group: journal and receipts   5. the device's state   6. commit: the session publishes, the clock row
goes last.

A batch is first applied without savepoints, because nearly every batch is sound and savepoints cost more than the
acts. If anything at all is refused or fails, everything is rolled back and the batch is applied again with a
savepoint per group: the result is the same as if it had been careful from the start.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from server import clock, feed, held
from server.acts import PARKED, REJECTED, Context, Outcome, Parked, Refusal, Rejected, RowUnknown, perform
from server.acts.review import send_to_review
from server.matters import lock_matters, read_ahead
from server.models import Device, JournalEntry, User
from server.models.sync import ActCrash
from server.problems import Problem, disk_is_full, server_full
from server.receipts import keep_receipts
from server.status import keep_status
from sync.engine import CRASHES_BEFORE_PARKING, Cloned, decide
from sync.protocol import MAX_ARGS_BYTES, Act, PushAnswer, PushRequest, Receipt, spoken

_log = logging.getLogger(__name__)

ATTEMPTS = 4  # of a transaction that met a deadlock or a busy database

# Built once: most pushes are one or two acts, and building these would cost as much as asking them.
_DEVICE = (
    select(Device, User)
    .join(User, User.id == bindparam("user"))
    .where(Device.id == bindparam("device"))
    .with_for_update(of=Device)
    .execution_options(populate_existing=True)
)
_RECEIPT = (JournalEntry.id, JournalEntry.n, JournalEntry.user_id, JournalEntry.outcome, JournalEntry.rev,
            JournalEntry.code, JournalEntry.detail)  # fmt: skip
_KNOWN = select(*_RECEIPT).where(JournalEntry.id.in_(bindparam("ids", expanding=True)))
_TAKEN = select(JournalEntry.n, JournalEntry.id).where(
    JournalEntry.device_id == bindparam("device"), JournalEntry.n.in_(bindparam("numbers", expanding=True))
)
_CONTACT = (
    update(Device.__table__)
    .where(Device.id == bindparam("device"))
    .values({name: bindparam(name) for name in ("last_n", "last_push_at", "last_contact_at", "clock_offset_ms")})
)


class Carried(Enum):
    """A batch that came by hand, in a rescue file: no contact with the device, and perhaps not from it at all."""

    PROVEN = "proven"
    UNPROVEN = "unproven"  # nothing of it takes effect before a person has decided: it is parked


class _Careful(Exception):
    """Something in the batch was refused or failed: apply it again with savepoints."""


@dataclass(slots=True)
class Batch:
    """A transaction at work."""

    session: Session
    user: User
    device: Device
    received: datetime
    offset: timedelta
    carried: Carried | None = None
    locked: dict[Any, Any] = field(default_factory=dict)
    read: dict[Any, Any] = field(default_factory=dict)
    receipts: dict[int, Receipt | tuple[Act, Outcome]] = field(default_factory=dict)
    last: int = 0
    queue: dict[str, RowUnknown] = field(default_factory=dict)  # ids that acts held before speak of: who waits for what

    def context(self, act: Act) -> Context:
        return Context(
            self.session,
            self.user,
            self.device.id,
            self.corrected(act.at),
            self.received,
            act.id,
            self.locked,
            self.read,
        )

    def corrected(self, at: str) -> datetime:
        """Device time, corrected by the offset measured at this contact and clamped: evidence, never authority."""
        try:
            instant = clock.parse(at) + self.offset
        except (ValueError, OverflowError):
            return self.received
        earliest = self.device.last_push_at or self.device.created_at - timedelta(days=1)
        return min(max(instant, earliest), self.received)


def push(
    session: Session, user: User, device_id: str, request: PushRequest, carried: Carried | None = None
) -> PushAnswer:
    """Applies a batch of a device of `user` and answers it; raises `Problem` when the device may not push."""
    careful = False
    for attempt in range(ATTEMPTS):
        try:
            return _transaction(session, user.id, device_id, request, careful, carried)
        except _Careful:
            session.rollback()
            careful = True
        except DBAPIError as error:
            careful = careful or is_about_data(error)
            _log.info("a batch goes again: %s", error)
            # A deadlock, a lost connection, a busy file: nothing was committed, so the whole batch may go again.
            session.rollback()
            if disk_is_full(error):
                raise server_full() from None
            if attempt == ATTEMPTS - 1:
                raise Problem("busy", headers={"Retry-After": "2"}) from None
    raise Problem("busy", headers={"Retry-After": "2"})


def _transaction(
    session: Session, user_id: str, device_id: str, request: PushRequest, careful: bool, carried: Carried | None
) -> PushAnswer:
    received = clock.now()
    with session.no_autoflush:
        batch = _open(session, user_id, device_id, request, received)
        batch.carried = carried
        known, taken = _remembered(session, batch.device, request.acts)
        try:
            plan = decide(
                batch.device.last_n, {act_id: entry.n for act_id, entry in known.items()}, taken, request.acts
            )
        except Cloned as clone:
            session.rollback()
            raise Problem("device-cloned", extra={"n": clone.n}) from None
        batch.last = plan.last
        for act in plan.repeats:
            batch.receipts[act.n] = _stored(known.get(act.id), act, user_id)
        batch.queue = held.queue_of(session, device_id) if plan.groups else {}
        fresh = [act for group in plan.groups for act in group]
        lock_matters(session, batch.locked, fresh)
        read_ahead(session, batch.read, fresh)
        for group in plan.groups:
            if not _apply(batch, group, careful):
                batch.last = group[0].n - 1  # the server failed on it: it stays at the head of the queue
                break
        _close(batch, request)
    session.info.pop("rev", None)
    try:
        session.commit()
    except DBAPIError:
        raise
    except Exception:  # a fault that shows only when rows are written: find out with savepoints whose it is
        if careful:
            raise
        raise _Careful from None
    rev, epoch = session.info.get("rev"), session.info.get("epoch")
    if rev is None or epoch is None:  # repeats only: nothing was published
        rev, epoch = feed.current(session)
        session.rollback()
    receipts = [
        _receipt(batch.receipts[act.n], rev) for act in request.acts if act.n <= batch.last and act.n in batch.receipts
    ]
    return PushAnswer(spoken(request.protocol), epoch, clock.wire(clock.now()), batch.last, tuple(receipts))


def _open(session: Session, user_id: str, device_id: str, request: PushRequest, received: datetime) -> Batch:
    row = session.execute(_DEVICE, {"device": device_id, "user": user_id}).one_or_none()
    if row is None:
        raise Problem("device-unknown")
    device, user = row
    if device.user_id != user_id:
        raise Problem("device-foreign")
    offset = timedelta(milliseconds=device.clock_offset_ms)
    if request.sent_at is not None:
        with contextlib.suppress(ValueError, OverflowError):
            offset = received - clock.parse(request.sent_at)
    return Batch(session, user, device, received, offset)


def _remembered(session: Session, device: Device, acts: Sequence[Act]) -> tuple[dict[str, Any], dict[int, str]]:
    """Journal entries (`_RECEIPT`) of these ids, and the ids stored under these numbers of the device."""
    if not acts:
        return {}, {}
    connection = session.connection()  # of plain columns: no noun, so nothing for the session to keep
    entries = {entry.id: entry for entry in connection.execute(_KNOWN, {"ids": [act.id for act in acts]})}
    old = [act.n for act in acts if act.n <= device.last_n]
    if not old:
        return entries, {}
    return entries, {row.n: row.id for row in connection.execute(_TAKEN, {"device": device.id, "numbers": old})}


def _stored(entry: Any | None, act: Act, user_id: str) -> Receipt | tuple[Act, Outcome]:
    if entry is None:  # the second of two equal ids in one batch
        return act, Outcome(code="repeat")
    if entry.user_id != user_id:  # ids are made at random, so this is no accident: nothing is told of the other's act
        return Receipt(act.n, act.id, REJECTED, entry.rev, "id-taken")
    if entry.code == held.ARRIVED:  # it took effect later than it was answered: the rev of now is past that
        return act, Outcome(entry.outcome, entry.code, entry.detail)
    return Receipt(act.n, act.id, entry.outcome, entry.rev, entry.code, entry.detail)


def _receipt(answer: Receipt | tuple[Act, Outcome], rev: int) -> Receipt:
    if isinstance(answer, Receipt):
        return answer
    act, outcome = answer
    return Receipt(act.n, act.id, outcome.outcome, rev, outcome.code, outcome.detail)


def _apply(batch: Batch, group: tuple[Act, ...], careful: bool) -> bool:
    """Applies a group all or none and writes its journal. False: the server itself failed, try again later."""
    if not careful:
        try:
            outcomes = [_perform(batch, act) for act in group]
        except Exception:
            raise _Careful from None
        _write(batch, group, outcomes)
        return True
    waits: RowUnknown | None = None
    try:
        outcomes = _tried(batch, group)
    except Refusal as refusal:
        waits = refusal if isinstance(refusal, RowUnknown) and held.may_come(refusal) else None
        outcome = Outcome(refusal.outcome, "held" if waits else refusal.code, refusal.detail)
        outcomes = [outcome for _ in group]
    except DBAPIError as error:
        if not is_about_data(error):
            raise
        outcomes = [Outcome(PARKED, "data-refused", type(error.orig).__name__) for _ in group]
    except Exception as error:  # a fault of ours must neither lose the act nor block the queue for ever
        if _crashes(batch, group[0].id, error) < CRASHES_BEFORE_PARKING:
            return False
        outcomes = [Outcome(PARKED, "server-fault", type(error).__name__) for _ in group]
    _write(batch, group, outcomes, waits)
    return True


def _tried(batch: Batch, group: tuple[Act, ...]) -> list[Outcome]:
    """The outcomes of a group, in a savepoint that is undone when anything is raised.

    Values the database refuses are tried once more: two devices may have made the first row of the same natural key in
    one moment, and who came second finds it now.
    """
    for last in (False, True):
        savepoint, locked, read = batch.session.begin_nested(), dict(batch.locked), dict(batch.read)
        try:
            outcomes = [_perform(batch, act) for act in group]
            batch.session.flush()
            savepoint.commit()
            return outcomes
        except Exception as error:
            if not isinstance(error, DBAPIError) or is_about_data(error):
                savepoint.rollback()
                batch.locked, batch.read = locked, read
            if last or not isinstance(error, IntegrityError):
                raise
    raise AssertionError("the second try ends one way or the other")


def is_about_data(error: DBAPIError) -> bool:
    """Whether the database refused the values themselves, which will not change by trying again."""
    return type(error).__name__ in ("IntegrityError", "DataError")


def _perform(batch: Batch, act: Act) -> Outcome:
    if act.fault is not None:
        raise _unreadable(act)
    if len(orjson.dumps(act.args)) > MAX_ARGS_BYTES:
        raise Rejected("args-too-large", f"more than {MAX_ARGS_BYTES} bytes")
    if batch.carried is Carried.UNPROVEN:
        raise Parked("unproven")
    if batch.queue:
        held.join_queue(batch.queue, act.args)
    return perform(batch.context(act), act.act, act.v, act.args)


def _unreadable(act: Act) -> Refusal:
    refusal = Refusal("act-unreadable", act.fault or "")
    refusal.outcome = REJECTED
    return refusal


def _crashes(batch: Batch, act_id: str, error: Exception) -> int:
    """Counts that the server failed on this act, in the same transaction."""
    _log.error("act %s failed", act_id, exc_info=error)
    row = batch.session.get(ActCrash, act_id)
    if row is None:
        row = ActCrash(act_id=act_id, count=0)
        batch.session.add(row)
    row.count += 1
    return row.count


def _write(batch: Batch, group: tuple[Act, ...], outcomes: list[Outcome], waits: RowUnknown | None = None) -> None:
    """Journal entries with their receipts; a refused act also goes to review with its payload, a held one meanwhile."""
    until = held.hold(batch.session, batch.device.id, group, waits, batch.received) if waits else None
    if waits:
        batch.queue |= held.queue_behind([act.args for act in group], waits)
    for act, outcome in zip(group, outcomes, strict=True):
        batch.receipts[act.n] = (act, outcome)
        feed.record(
            batch.session,
            {
                "id": act.id, "device_id": batch.device.id, "n": act.n, "user_id": batch.user.id, "act": act.act,
                "v": act.v, "at": act.at, "args": act.args, "group_name": act.group, "received_at": batch.received,
                "outcome": outcome.outcome, "code": outcome.code, "detail": outcome.detail,
            },
        )  # fmt: skip
        # A decision about an item that could not be carried out leaves that item open: a second one would say nothing.
        if outcome.outcome in (PARKED, REJECTED) and act.act != "review.settle":
            send_to_review(batch.context(act), act, outcome, until)


def _close(batch: Batch, request: PushRequest) -> None:
    """The device's memory of this contact.

    `last_push_at` is when the device last had nothing more to send: what it sends later was made later. A contact in
    the middle of a backlog says nothing about the acts still to come, which may be hours old. What somebody carried
    here is no contact: of the device itself it says only which acts are answered.
    """
    if batch.carried is not None:
        batch.device.last_n = max(batch.last, batch.device.last_n)
        return
    answered = not request.acts or batch.last >= request.acts[-1].n
    drained = answered and request.status is not None and request.status.get("pending") == 0
    batch.session.connection().execute(
        _CONTACT,
        {
            "device": batch.device.id,
            "last_n": max(batch.last, batch.device.last_n),
            "last_push_at": batch.received if drained else batch.device.last_push_at,
            "last_contact_at": batch.received,
            "clock_offset_ms": int(batch.offset / timedelta(milliseconds=1)),
        },
    )
    if request.status is not None:
        keep_status(batch.session, batch.user, batch.device.id, request.status, batch.offset, batch.received)
        keep_receipts(batch.session, batch.user, request.status, batch.offset, batch.received)
