"""What plans make, and what became of it: the same for the acts, the visits and the hourly task (E1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.models import MaintenancePlan, PlanOccurrence, Visit, WorkOrder
from server.scopes import ZONE
from sync.plans import DUE, EXCUSED, MISSED, due_days, parse, state_of, window

AHEAD = timedelta(days=92)  # how far ahead they are made: a quarter is what is planned at once
DONE_BY = ("submitted", "reviewed")


def occurrence_id(plan_id: str, due: date) -> str:
    """Of the plan and the day, so that whoever makes one makes the same."""
    return str(uuid5(UUID(plan_id), due.isoformat()))


def day_of(instant: datetime) -> date:
    """The day on the organisation's wall clock."""
    return (instant + ZONE).date()


def make_occurrences(session: Session, plan: MaintenancePlan, now: datetime) -> int:
    """Makes what is lacking and takes back what is no longer planned and nobody has touched. The plan is locked, so
    that a task and an act do not both make one. Gives how many were made."""
    today = day_of(now)
    last = min(today + AHEAD, plan.ends_on or date.max)
    wanted = set(due_days(parse(plan.rrule), plan.starts_on, last)) if plan.active else set()
    known = {row.due_on: row for row in session.scalars(select(PlanOccurrence).filter_by(plan_id=plan.id))}
    for due, row in known.items():
        if row.state == DUE and due >= today and due not in wanted:
            session.delete(row)
        elif row.state in (DUE, MISSED) and due in wanted:
            opens, closes = window(due, plan.window_days)
            row.become(opens_on=opens, closes_on=closes, kind=plan.kind)
    for due in sorted(wanted - known.keys()):
        opens, closes = window(due, plan.window_days)
        session.add(PlanOccurrence(
            id=occurrence_id(plan.id, due), plan_id=plan.id, site_id=plan.site_id, kind=plan.kind, due_on=due,
            opens_on=opens, closes_on=closes, state=state_of(today, closes, None, False), server_at=now,
        ))  # fmt: skip
    return len(wanted - known.keys())


def settle_order(session: Session, order: WorkOrder, visits: Iterable[Visit], now: datetime) -> None:
    """A visit was handed in, sent back or ended: what it was made for follows."""
    rows = session.scalars(select(PlanOccurrence).filter_by(work_order_id=order.id).with_for_update())
    visits = list(visits)
    for row in rows:
        settle(row, order, visits, now)


def settle(row: PlanOccurrence, order: WorkOrder | None, visits: Iterable[Visit], now: datetime) -> None:
    """The state that follows from the work order, its visits and the calendar. What was excused stays so, and what
    was recorded as done outside has no work order and stays done."""
    if row.state == EXCUSED or (order is None and row.done_on is not None):
        return
    given_up = order is not None and order.state in ("cancelled", "merged")
    days = [
        day_of(clock.parse(visit.times["submitted"]))
        for visit in visits
        if visit.state in DONE_BY and not visit.partial and "submitted" in visit.times
    ]
    done_on = min(days, default=None)
    if given_up and done_on is None:
        order = None
    state = state_of(day_of(now), row.closes_on, done_on, order is not None)
    row.become(state=state, done_on=done_on, work_order_id=order.id if order else None)
