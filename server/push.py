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

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server import clock, feed
from server.acts import PARKED, REJECTED, Context, Outcome, Parked, Refusal, perform
from server.acts.review import shown
from server.models import ChecklistRun, Device, JournalEntry, ReviewItem, User, Visit, WorkOrder, new_id
from server.models.sync import ActCrash
from server.problems import Problem, disk_is_full, server_full
from server.status import keep_status
from sync.engine import CRASHES_BEFORE_PARKING, Cloned, decide
from sync.protocol import Act, PushAnswer, PushRequest, Receipt, is_id, spoken

_log = logging.getLogger(__name__)

ATTEMPTS = 4  # of a transaction that met a deadlock or a busy database

# Built once: most pushes are one or two acts, and building these would cost as much as asking them.
_DEVICE = (
    select(Device).where(Device.id == bindparam("device")).with_for_update().execution_options(populate_existing=True)
)
_USER = select(User).where(User.id == bindparam("user"))
_KNOWN = select(JournalEntry).where(JournalEntry.id.in_(bindparam("ids", expanding=True)))
_TAKEN = select(JournalEntry.n, JournalEntry.id).where(
    JournalEntry.device_id == bindparam("device"), JournalEntry.n.in_(bindparam("numbers", expanding=True))
)
_THEIR_ORDERS = (
    select(WorkOrder)
    .where(
        or_(
            WorkOrder.id.in_(bindparam("orders", expanding=True)),
            WorkOrder.id.in_(select(Visit.work_order_id).where(Visit.id.in_(bindparam("visits", expanding=True)))),
        )
    )
    .order_by(WorkOrder.id)
)
_THEIR_VISITS = select(Visit).where(Visit.id.in_(bindparam("visits", expanding=True))).order_by(Visit.id)
_MATTERS = tuple(
    (model, query.with_for_update().execution_options(populate_existing=True))
    for model, query in ((WorkOrder, _THEIR_ORDERS), (Visit, _THEIR_VISITS))
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
class _Batch:
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
            careful = careful or _is_about_data(error)
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
        _lock_matters(batch, [act for group in plan.groups for act in group])
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


def _open(session: Session, user_id: str, device_id: str, request: PushRequest, received: datetime) -> _Batch:
    device = session.scalars(_DEVICE, {"device": device_id}).one_or_none()
    user = session.scalars(_USER, {"user": user_id}).one_or_none()
    if device is None or user is None:
        raise Problem("device-unknown")
    if device.user_id != user_id:
        raise Problem("device-foreign")
    offset = timedelta(milliseconds=device.clock_offset_ms)
    if request.sent_at is not None:
        with contextlib.suppress(ValueError, OverflowError):
            offset = received - clock.parse(request.sent_at)
    return _Batch(session, user, device, received, offset)


def _remembered(
    session: Session, device: Device, acts: Sequence[Act]
) -> tuple[dict[str, JournalEntry], dict[int, str]]:
    """Journal entries of these ids, and the ids stored under these numbers of the device."""
    if not acts:
        return {}, {}
    entries = {entry.id: entry for entry in session.scalars(_KNOWN, {"ids": [act.id for act in acts]})}
    old = [act.n for act in acts if act.n <= device.last_n]
    if not old:
        return entries, {}
    return entries, {row.n: row.id for row in session.execute(_TAKEN, {"device": device.id, "numbers": old})}


def _lock_matters(batch: _Batch, acts: Sequence[Act]) -> None:
    """Locks the work orders the batch is about, then the visits, each by id, before any act does.

    Acts meet their rows in any order: an engineer's the visit first, the office's the work order. Two batches that
    each hold what the other wants would wait until the database kills one, so everybody queues in one order.
    """
    visits = {visit_id for act in acts if is_id(visit_id := act.args.get("visit_id"))}
    orders = {order_id for act in acts if is_id(order_id := act.args.get("work_order_id"))}
    orders |= {order_id for act in acts if act.act.startswith("work_order.") and is_id(order_id := act.args.get("id"))}
    for column, key, name in (
        (ChecklistRun.visit_id, ChecklistRun.id, "run_id"),
        (ReviewItem.visit_id, ReviewItem.id, "id"),
    ):
        named = [act for act in acts if name == "run_id" or act.act == "review.settle"]
        ids = {row_id for act in named if is_id(row_id := act.args.get(name))}
        if ids:
            visits |= {found for found in batch.session.scalars(select(column).where(key.in_(ids))) if found}
    if not visits and not orders:
        return
    values: dict[str, list[Any]] = {"orders": list(orders), "visits": list(visits)}
    for model, query in _MATTERS:
        for row in batch.session.scalars(query, values if model is WorkOrder else {"visits": values["visits"]}):
            batch.locked[model, row.id] = row


def _stored(entry: JournalEntry | None, act: Act, user_id: str) -> Receipt | tuple[Act, Outcome]:
    if entry is None:  # the second of two equal ids in one batch
        return act, Outcome(code="repeat")
    if entry.user_id != user_id:  # ids are made at random, so this is no accident: nothing is told of the other's act
        return Receipt(act.n, act.id, REJECTED, entry.rev, "id-taken")
    return Receipt(act.n, act.id, entry.outcome, entry.rev, entry.code, entry.detail)


def _receipt(answer: Receipt | tuple[Act, Outcome], rev: int) -> Receipt:
    if isinstance(answer, Receipt):
        return answer
    act, outcome = answer
    return Receipt(act.n, act.id, outcome.outcome, rev, outcome.code, outcome.detail)


def _apply(batch: _Batch, group: tuple[Act, ...], careful: bool) -> bool:
    """Applies a group all or none and writes its journal. False: the server itself failed, try again later."""
    if not careful:
        try:
            outcomes = [_perform(batch, act) for act in group]
        except Exception:
            raise _Careful from None
        _write(batch, group, outcomes)
        return True
    savepoint = batch.session.begin_nested()
    locked = dict(batch.locked)
    try:
        outcomes = [_perform(batch, act) for act in group]
        batch.session.flush()
        savepoint.commit()
    except Refusal as refusal:
        _undo(batch, savepoint, locked)
        outcomes = [Outcome(refusal.outcome, refusal.code, refusal.detail) for _ in group]
    except DBAPIError as error:
        if not _is_about_data(error):
            raise
        _undo(batch, savepoint, locked)
        outcomes = [Outcome(PARKED, "data-refused", type(error.orig).__name__) for _ in group]
    except Exception as error:  # a fault of ours must neither lose the act nor block the queue for ever
        _undo(batch, savepoint, locked)
        if _crashes(batch, group[0].id, error) < CRASHES_BEFORE_PARKING:
            return False
        outcomes = [Outcome(PARKED, "server-fault", type(error).__name__) for _ in group]
    _write(batch, group, outcomes)
    return True


def _undo(batch: _Batch, savepoint: Any, locked: dict[Any, Any]) -> None:
    savepoint.rollback()
    batch.locked = locked


def _is_about_data(error: DBAPIError) -> bool:
    """Whether the database refused the values themselves, which will not change by trying again."""
    return type(error).__name__ in ("IntegrityError", "DataError")


def _perform(batch: _Batch, act: Act) -> Outcome:
    if act.fault is not None:
        raise _unreadable(act)
    if batch.carried is Carried.UNPROVEN:
        raise Parked("unproven")
    return perform(batch.context(act), act.act, act.v, act.args)


def _unreadable(act: Act) -> Refusal:
    refusal = Refusal("act-unreadable", act.fault or "")
    refusal.outcome = REJECTED
    return refusal


def _crashes(batch: _Batch, act_id: str, error: Exception) -> int:
    """Counts that the server failed on this act, in the same transaction."""
    _log.error("act %s failed", act_id, exc_info=error)
    row = batch.session.get(ActCrash, act_id)
    if row is None:
        row = ActCrash(act_id=act_id, count=0)
        batch.session.add(row)
    row.count += 1
    return row.count


def _write(batch: _Batch, group: tuple[Act, ...], outcomes: list[Outcome]) -> None:
    """Journal entries with their receipts; a refused act also goes to review with its payload."""
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
            _send_to_review(batch, act, outcome)


def _send_to_review(batch: _Batch, act: Act, outcome: Outcome) -> None:
    visit_id, order_id = act.args.get("visit_id"), act.args.get("work_order_id")
    visit = batch.session.get(Visit, visit_id) if is_id(visit_id) else None
    batch.session.add(
        ReviewItem(
            id=new_id(),
            act_id=act.id,
            user_id=batch.user.id,
            user_name=batch.user.name,
            device_id=batch.device.id,
            n=act.n,
            act=act.act,
            v=act.v,
            args=shown(act.args),
            at=act.at,
            device_at=batch.corrected(act.at),
            server_at=batch.received,
            outcome=outcome.outcome,
            code=outcome.code or "",
            detail=outcome.detail or "",
            state="open",
            created_by=batch.user.id,
            visit_id=visit.id if visit else None,
            resolution_note="",
            work_order_id=visit.work_order_id if visit else (order_id if is_id(order_id) else None),
        )
    )


def _close(batch: _Batch, request: PushRequest) -> None:
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
