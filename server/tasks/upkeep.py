"""Tasks of the calendar: what the passing of days changes."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from server import clock
from server.archive import index_ended
from server.extensions import db
from server.models import Visit, VisitContact, WorkOrder
from server.models.visit import HELD
from server.models.work_order import ENDED
from server.scopes import ZONE

ARCHIVED_AFTER = timedelta(days=35)
AT_ONCE = 200  # rows a transaction, so that pushes need not wait long for their turn


def publish_contact_cards() -> None:
    """Gives the crews of today's and overdue visits the contact's real name and phone (A6)."""
    while _publish_some():
        pass


def _publish_some() -> bool:
    tonight = (clock.now() + ZONE).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - ZONE
    wanted = (
        select(Visit.id, WorkOrder.contact_name, WorkOrder.contact_phone)
        .join(WorkOrder, WorkOrder.id == Visit.work_order_id)
        .outerjoin(VisitContact, VisitContact.visit_id == Visit.id)
        .where(VisitContact.id.is_(None), Visit.slot_start < tonight)
        .where(Visit.state.in_(HELD), WorkOrder.state.not_in(ENDED))
        .where(or_(WorkOrder.contact_name != "", WorkOrder.contact_phone != ""))
        .order_by(Visit.slot_start)
        .limit(AT_ONCE)
    )
    found = db.session.execute(wanted).all()
    for visit_id, name, phone in found:
        db.session.add(VisitContact(visit_id=visit_id, name=name, phone=phone))
    db.session.commit()
    return len(found) == AT_ONCE


def archive_work_orders() -> None:
    """Work orders that ended more than 35 days ago leave the desks; search and reports still find them (F7)."""
    while _archive_some():
        pass


def _archive_some() -> bool:
    old = select(WorkOrder).where(
        ~WorkOrder.archived, WorkOrder.state.in_(ENDED), WorkOrder.ended_at < clock.now() - ARCHIVED_AFTER
    )
    found = list(db.session.scalars(old.order_by(WorkOrder.ended_at).limit(AT_ONCE).with_for_update()))
    for order in found:
        order.archived = True
    db.session.commit()
    return len(found) == AT_ONCE


def index_archive() -> None:
    """What ended can be found in the archive (F7), within minutes."""
    while index_ended(db.session()):
        pass
