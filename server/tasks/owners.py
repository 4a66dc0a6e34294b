"""The task that leaves no work order without somebody who answers for it (A7)."""

from __future__ import annotations

from sqlalchemy import or_, select

from server import clock
from server.acts.owner import manager_of
from server.extensions import db
from server.models import Event, User, WorkOrder
from server.models.work_order import ENDED

AT_ONCE = 200  # rows a transaction, so that pushes need not wait long for their turn


def settle_owners() -> None:
    """What nobody took over in time, and what its owner can no longer answer for, is the manager's (A7)."""
    while _settle_some():
        pass


def _settle_some() -> bool:
    now = clock.now()
    here = select(User.id).where(User.active)
    unanswered = WorkOrder.handover_until < now
    lost = or_(WorkOrder.owner_id.is_(None), WorkOrder.owner_id.not_in(here))
    open_ones = select(WorkOrder).where(WorkOrder.state.not_in(ENDED), or_(unanswered, lost))
    found = list(db.session.scalars(open_ones.order_by(WorkOrder.id).limit(AT_ONCE).with_for_update()))
    manager = manager_of(db.session()) if found else None
    if manager is None:
        db.session.rollback()
        return False
    for order in found:
        late = order.handover is not None
        order.own(manager.id)
        data = {"to": manager.name, "late": late}
        db.session.add(
            Event(work_order_id=order.id, kind="work_order.owner_settled", by_name="系统", at=now, data=data)
        )
    db.session.commit()
    return len(found) == AT_ONCE
