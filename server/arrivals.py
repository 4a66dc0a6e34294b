"""What was held is applied when what it waited for has come, and handed to a person when that does not come.

Each group is released in a transaction of its own: lock its device (as a push of that device does, so that neither
overtakes the other), what it is about, and its review items; apply it in its author's name; correct the journal.
Everything may be done twice and must not mind: who is no longer held is left alone.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server import clock, held
from server.acts import Outcome, Parked, Refusal, RowUnknown, perform
from server.extensions import db
from server.matters import lock_matters
from server.models import SYNCED, Device, HeldAct, JournalEntry, ReviewItem, Synced, User, Visit, WorkOrder
from server.push import Batch, is_about_data
from sync.protocol import Act


def release_held(noun: str, row_id: str) -> None:
    """Applies all that waits for a row, in the order it came: by contact, device and number."""
    while _release_next(noun, row_id):
        pass


def end_held() -> None:
    """Who has waited long enough goes to a person."""
    session = db.session()
    while True:
        due = select(HeldAct).where(HeldAct.until <= clock.now()).order_by(HeldAct.until, HeldAct.n).limit(1)
        first = session.scalars(due).first()
        if first is None:
            session.rollback()
            return
        group = _locked_group(session, first)
        unknown = RowUnknown(first.noun, first.row_id)
        for one in group:
            _give_up(session, one, _item(session, one.act_id), unknown)
        session.commit()


def _release_next(noun: str, row_id: str) -> bool:
    session = db.session()
    waiting = select(HeldAct).where(HeldAct.noun == noun, HeldAct.row_id == row_id)
    first = session.scalars(waiting.order_by(HeldAct.received_at, HeldAct.device_id, HeldAct.n).limit(1)).first()
    row = session.get(SYNCED[noun], row_id) if first is not None else None
    if first is None or row is None:
        session.rollback()
        return False
    with session.no_autoflush:
        group = _locked_group(session, first)
        if group:
            _release(session, group, row)
    session.commit()
    return True


def _locked_group(session: Session, first: HeldAct) -> list[HeldAct]:
    """The held acts applied together with `first`, by number; none when somebody released them meanwhile."""
    session.execute(select(Device.id).where(Device.id == first.device_id).with_for_update())
    query = select(HeldAct).where(HeldAct.device_id == first.device_id, HeldAct.n >= first.n).order_by(HeldAct.n)
    group: list[HeldAct] = []
    for one in session.scalars(query.execution_options(populate_existing=True)):
        joins = one.group_name is not None and one.group_name == first.group_name
        if one.act_id == first.act_id if not group else joins and one.n == group[-1].n + 1:
            group.append(one)
        else:
            break
    return group


def _release(session: Session, group: list[HeldAct], row: Synced) -> None:
    entries = [session.get_one(JournalEntry, one.act_id) for one in group]
    device = session.get_one(Device, group[0].device_id)
    batch = Batch(session, session.get_one(User, entries[0].user_id), device, clock.now(), timedelta())
    acts = [Act(e.n, e.id, e.act, e.v, e.at, e.args, e.group_name) for e in entries]
    lock_matters(session, batch.locked, acts)
    items = [_item(session, one.act_id) for one in group]
    savepoint, outcomes = session.begin_nested(), []
    try:
        outcomes = [_perform(batch, act, item) for act, item in zip(acts, items, strict=True)]
        session.flush()
        savepoint.commit()
    except RowUnknown as unknown:
        savepoint.rollback()
        if held.may_come(unknown) and (unknown.noun, unknown.row_id) != (group[0].noun, group[0].row_id):
            _wait_on(session, group, items, unknown)
            return
        refusal: Refusal = unknown
    except Refusal as refused:
        savepoint.rollback()
        refusal = refused
    except DBAPIError as error:
        savepoint.rollback()
        if not is_about_data(error):
            raise
        refusal = Parked("data-refused", type(error.orig).__name__)
    else:
        for one, act, item, outcome in zip(group, acts, items, outcomes, strict=True):
            _arrive(batch, one, act, item, outcome, row)
        return
    for one, item in zip(group, items, strict=True):
        _place(session, item, row)
        _give_up(session, one, item, refusal)


def _item(session: Session, act_id: str) -> ReviewItem:
    query = select(ReviewItem).where(ReviewItem.act_id == act_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _perform(batch: Batch, act: Act, item: ReviewItem) -> Outcome:
    if item.state != "waiting":  # somebody decided meanwhile
        return Outcome(code="decided")
    context = batch.context(act)
    context.at = min(item.device_at or batch.received, batch.received)
    return perform(context, act.act, act.v, act.args)


def _arrive(batch: Batch, one: HeldAct, act: Act, item: ReviewItem, outcome: Outcome, row: Synced) -> None:
    """The journal says what came of it after all; the timeline flags it."""
    session = batch.session
    session.delete(one)
    if item.state != "waiting":
        return
    entry = session.get_one(JournalEntry, act.id)
    entry.outcome, entry.code, entry.detail = outcome.outcome, held.ARRIVED, outcome.code
    item.arrived(batch.received)
    order_id = _place(session, item, row)
    order = session.get(WorkOrder, order_id) if order_id else None
    if order is not None:
        context = batch.context(act)
        context.at = batch.received
        context.tell(order, "review.arrived", item.visit_id, act=item.act, by_whom=item.user_name)


def _place(session: Session, item: ReviewItem, row: Synced) -> str | None:
    """Now that the row is known, the item says which visit and work order it is about; gives the latter."""
    visit = row if isinstance(row, Visit) else session.get(Visit, getattr(row, "visit_id", None) or item.visit_id or "")
    order_id = row.id if isinstance(row, WorkOrder) else getattr(visit or row, "work_order_id", None)
    item.visit_id = item.visit_id or (visit.id if visit else None)
    item.work_order_id = item.work_order_id or order_id
    return item.work_order_id


def _wait_on(session: Session, group: list[HeldAct], items: list[ReviewItem], unknown: RowUnknown) -> None:
    """It names a second row that is not here either: the same deadline goes on."""
    for one, item in zip(group, items, strict=True):
        one.noun, one.row_id, item.detail = unknown.noun, unknown.row_id, unknown.detail
    held.await_row(session, unknown)


def _give_up(session: Session, one: HeldAct, item: ReviewItem, refusal: Refusal) -> None:
    session.delete(one)
    entry = session.get_one(JournalEntry, one.act_id)
    if item.state == "waiting":
        entry.outcome, entry.code, entry.detail = refusal.outcome, refusal.code, refusal.detail
        item.open_up(refusal.outcome, refusal.code, refusal.detail)
