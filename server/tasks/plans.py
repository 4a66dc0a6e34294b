"""The task that lets plans make what falls due, and closes what was not done in time (E1)."""

from __future__ import annotations

from sqlalchemy import or_, select

from server import clock
from server.extensions import db
from server.models import MaintenancePlan, PlanOccurrence, Visit, WorkOrder
from server.occurrences import day_of, make_occurrences, settle

AT_ONCE = 50  # plans or occurrences a transaction, so that pushes need not wait long for their turn


def keep_plans() -> None:
    """Every plan has what it makes for the quarter to come; what is past its window and not done is missed."""
    ids = list(db.session.scalars(select(MaintenancePlan.id).where(MaintenancePlan.active)))
    db.session.rollback()
    for start in range(0, len(ids), AT_ONCE):
        wanted = select(MaintenancePlan).where(MaintenancePlan.id.in_(ids[start : start + AT_ONCE]))
        for plan in db.session.scalars(wanted.order_by(MaintenancePlan.id).with_for_update()):
            make_occurrences(db.session(), plan, clock.now())
        db.session.commit()
    today = day_of(clock.now())
    over = PlanOccurrence.state.in_(("due", "visit_made")) & (PlanOccurrence.closes_on < today)
    ended = PlanOccurrence.work_order_id.in_(select(WorkOrder.id).where(WorkOrder.state.in_(("cancelled", "merged"))))
    open_ones = PlanOccurrence.state.in_(("due", "visit_made", "missed"))
    ids = list(db.session.scalars(select(PlanOccurrence.id).where(or_(over, open_ones & ended))))
    db.session.rollback()
    for start in range(0, len(ids), AT_ONCE):
        _settle(ids[start : start + AT_ONCE])


def _settle(ids: list[str]) -> None:
    # Work orders before occurrences, as everybody else locks them.
    orders = select(WorkOrder).join(PlanOccurrence, PlanOccurrence.work_order_id == WorkOrder.id)
    known = {order.id: order for order in db.session.scalars(
        orders.where(PlanOccurrence.id.in_(ids)).order_by(WorkOrder.id).with_for_update(of=WorkOrder)
    )}  # fmt: skip
    visits = list(db.session.scalars(select(Visit).where(Visit.work_order_id.in_(known))))
    rows = select(PlanOccurrence).where(PlanOccurrence.id.in_(ids)).order_by(PlanOccurrence.id).with_for_update()
    for row in db.session.scalars(rows):
        order = known.get(row.work_order_id or "")
        settle(row, order, [visit for visit in visits if order and visit.work_order_id == order.id], clock.now())
    db.session.commit()
