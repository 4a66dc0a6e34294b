"""What the office decides about visits: dispatching, moving, reassigning, cancelling, reviewing them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.promises import meet_milestones
from server.acts.schemas import ArgsSchema, At, Id, Text, one_of, texts
from server.acts.visit import derive, move
from server.acts.work_order import visits_of
from server.models import Defect, User, Visit, VisitContact, WorkOrder, new_id
from server.models.visit import GONE, IllegalTransition
from server.scopes import ZONE
from sync.lifecycle import states

LONGEST_SLOT = timedelta(days=31)


class SlotArgs(ArgsSchema):
    slot_start = At(required=True)
    slot_end = At(required=True)

    @validates_schema
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        start, end = data.get("slot_start"), data.get("slot_end")
        if start and end and not start < end <= start + LONGEST_SLOT:
            raise ValidationError("must end after it starts, within 31 days", "slot_end")


class DispatchArgs(SlotArgs):
    id = Id(required=True)
    work_order_id = Id(required=True)
    mode = one_of(("on_site", "remote"), load_default="on_site")
    lead_id = Id(required=True)
    helper_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=20))
    brief = Text(load_default="")
    checklist_codes = texts(64, load_default=list)
    bring = texts(load_default=list)


class RescheduleArgs(SlotArgs):
    visit_id = Id(required=True)
    reason = Text(load_default="")


class ReassignArgs(SlotArgs):
    visit_id = Id(required=True)
    new_id = Id(required=True)
    lead_id = Id(required=True)
    helper_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=20))
    slot_start = At(load_default=None, allow_none=True)
    slot_end = At(load_default=None, allow_none=True)
    reason = Text(64, 1, required=True)
    note = Text(load_default="")


class CancelVisitArgs(ArgsSchema):
    visit_id = Id(required=True)
    reason = Text(64, 1, required=True)
    note = Text(load_default="")


class ReviewVisitArgs(ArgsSchema):
    visit_id = Id(required=True)
    decision = one_of(("accept", "return"), required=True)
    remarks = Text(load_default="")


def check_crew(ctx: Context, lead_id: str, helper_ids: list[str]) -> None:
    """Rejects a crew that cannot go: unknown, inactive or not engineers."""
    for user_id in (lead_id, *helper_ids):
        user = ctx.load(User, user_id)
        if not user.active or not user.has_role("engineer", "crew_lead"):
            raise Rejected("not-an-engineer", user.name)
    if len({lead_id, *helper_ids}) != 1 + len(helper_ids):
        raise Rejected("args-invalid", "helper_ids: someone twice")


@act("visit.dispatch", DispatchArgs)
def dispatch(ctx: Context, id: str, work_order_id: str, lead_id: str, helper_ids: list[str], **args: Any) -> Outcome:
    order = ctx.lock(WorkOrder, work_order_id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    check_crew(ctx, lead_id, helper_ids)
    visit = Visit(
        id=id, work_order_id=order.id, site_id=order.site_id, sequence=len(visits_of(ctx, order)) + 1, state="planned",
        lead_id=lead_id, helper_ids=helper_ids, times={}, partial=False, customer_signed=False, **args,
    )  # fmt: skip
    send_out(ctx, order, visit)
    ctx.tell(order, "visit.dispatch", id, lead=ctx.load(User, lead_id).name)
    return DONE


def send_out(ctx: Context, order: WorkOrder, visit: Visit) -> None:
    """Dispatches a new visit; its crew learns the contact's name and phone when it is due today (A6)."""
    visit.move("visit.dispatch", ctx.received)
    ctx.add(visit)
    show_contact(ctx, order, visit)
    meet_milestones(ctx, order, ("confirm", "dispatch"), "visit.dispatch")
    derive(ctx, order)


def show_contact(ctx: Context, order: WorkOrder, visit: Visit) -> None:
    """The contact's name and phone are with the crew from the day of the visit, and not before (A6)."""
    ctx.session.flush()
    card = ctx.session.scalars(select(VisitContact).where(VisitContact.visit_id == visit.id)).first()
    due = (visit.slot_start + ZONE).date() <= (ctx.received + ZONE).date()
    if due and card is None and (order.contact_name or order.contact_phone):
        ctx.add(VisitContact(id=new_id(), visit_id=visit.id, name=order.contact_name, phone=order.contact_phone))
    elif not due and card is not None:
        ctx.session.delete(card)
        ctx.session.flush()


@act("visit.reschedule", RescheduleArgs)
def reschedule(ctx: Context, visit_id: str, slot_start: datetime, slot_end: datetime, reason: str) -> Outcome:
    move_slot(ctx, ctx.lock(Visit, visit_id), slot_start, slot_end, reason)
    return DONE


def move_slot(ctx: Context, visit: Visit, slot_start: datetime, slot_end: datetime, reason: str) -> None:
    """Another time for a visit that is not over, whoever asked for it."""
    if visit.state not in states("visit", "open") and visit.state != "planned":
        raise Parked("illegal-transition", f"visit.reschedule from {visit.state}")
    visit.slot_start, visit.slot_end = slot_start, slot_end
    order = ctx.load(WorkOrder, visit.work_order_id)
    show_contact(ctx, order, visit)
    ctx.tell(order, "visit.reschedule", visit.id, reason=reason)


@act("visit.reassign", ReassignArgs)
def reassign(
    ctx: Context, visit_id: str, new_id: str, lead_id: str, helper_ids: list[str],
    slot_start: datetime | None, slot_end: datetime | None, reason: str, note: str,
) -> Outcome:  # fmt: skip
    """Ends this visit and dispatches another: what the first engineer's phone still holds arrives as late evidence."""
    was = ctx.load(Visit, visit_id)
    start, end = slot_start or was.slot_start, slot_end or was.slot_end
    if not start < end <= start + LONGEST_SLOT:
        raise Rejected("args-invalid", "slot_end: must end after it starts, within 31 days")
    order_id = was.work_order_id
    order, old = ctx.lock(WorkOrder, order_id), ctx.lock(Visit, visit_id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    check_crew(ctx, lead_id, helper_ids)
    try:
        old.move("visit.reassign", ctx.received, reason, note)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    visit = Visit(
        id=new_id, work_order_id=order.id, site_id=order.site_id, sequence=len(visits_of(ctx, order)) + 1,
        mode=old.mode, state="planned", lead_id=lead_id, helper_ids=helper_ids, brief=old.brief,
        checklist_codes=old.checklist_codes, bring=old.bring, slot_start=start, slot_end=end,
        times={}, replaces_id=old.id, partial=False, customer_signed=False,
    )  # fmt: skip
    old.replaced_by_id = visit.id
    send_out(ctx, order, visit)
    names = {"from": ctx.load(User, old.lead_id).name, "to": ctx.load(User, lead_id).name}
    ctx.tell(order, "visit.reassign", visit.id, reason=reason, note=note, **names)
    return DONE


@act("visit.cancel", CancelVisitArgs)
def cancel_visit(ctx: Context, visit_id: str, reason: str, note: str) -> Outcome:
    return move(ctx, "visit.cancel", ctx.lock(Visit, visit_id), reason, note)


@act("visit.review", ReviewVisitArgs)
def review(ctx: Context, visit_id: str, decision: str, remarks: str) -> Outcome:
    visit = ctx.lock(Visit, visit_id)
    if visit.state in GONE:
        raise Parked("illegal-transition", f"visit.review from {visit.state}")
    name = {"accept": "visit.accept_work", "return": "visit.return_work"}[decision]
    outcome = move(ctx, name, visit, data={"remarks": remarks})
    visit.returned_note = remarks if decision == "return" else ""
    if decision == "accept":  # what was verified on it needs nobody any more
        verified = select(Defect).where(Defect.checked_visit_id == visit.id, Defect.state == "verified")
        for defect in ctx.session.scalars(verified.with_for_update()):
            defect.move("defect.close", ctx.received, ctx.user.id, visit.id)
    return outcome
