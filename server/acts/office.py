"""What the office decides: registering and editing work orders; dispatching, reassigning, reviewing visits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.diagnosis import merge_changes
from server.acts.schemas import MAX_TEXT, ArgsSchema, At, Changes, Id, Name, Text, one_of, texts
from server.acts.visit import derive, move
from server.models import (
    Asset,
    Customer,
    DailyNumber,
    Defect,
    Site,
    SlaMilestone,
    User,
    Visit,
    VisitContact,
    WorkOrder,
    new_id,
)
from server.models.base import NAME_LENGTH
from server.models.visit import GONE, IllegalTransition
from server.scopes import ZONE
from sync.lifecycle import states, transition
from sync.rules import rule
from sync.sla import milestones

DISPATCHERS = ("dispatcher", "supervisor")
REGISTRARS = ("dispatcher", "operator", "supervisor")
LEVELS = (1, 2, 3)
PROMISED = ("respond", "arrive", "resolve")
LONGEST_SLOT = timedelta(days=31)
EDITABLE: dict[str, tuple[type, int]] = {
    "title": (str, NAME_LENGTH), "description": (str, MAX_TEXT), "level": (int, 3), "level_reason": (str, MAX_TEXT),
    "asset_id": (str, 36), "kind": (str, 16), "channel": (str, 32), "source": (str, 32), "categories": (list, 20),
}  # fmt: skip


class RegisterArgs(ArgsSchema):
    id = Id(required=True)
    customer_id = Id(required=True)
    site_id = Id(required=True)
    asset_id = Id(load_default=None, allow_none=True)
    kind = one_of(WorkOrder.KINDS, required=True)
    title = Name(required=True)
    description = Text(load_default="")
    level = fields.Integer(required=True, strict=True, validate=validate.OneOf(LEVELS))
    level_reason = Text(shortest=1, required=True)
    channel = Text(32, 1, required=True)
    source = Text(32, 1, required=True)
    reported_at = At(required=True)
    contact_name = Text(NAME_LENGTH, load_default="")
    contact_phone = Text(32, load_default="")
    categories = texts(load_default=list)


class EditArgs(ArgsSchema):
    id = Id(required=True)
    changes = Changes(depth=4, required=True)


class EndArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(64, 1, required=True)
    note = Text(load_default="")


class CloseArgs(ArgsSchema):
    id = Id(required=True)
    note = Text(load_default="")


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


@act("work_order.register", RegisterArgs)
def register(
    ctx: Context, id: str, customer_id: str, site_id: str, asset_id: str | None, reported_at: datetime, **args: Any
) -> Outcome:
    ctx.require(*REGISTRARS)
    customer, site = ctx.load(Customer, customer_id), ctx.load(Site, site_id)
    if site.customer_id != customer.id:
        raise Rejected("args-invalid", "site_id: not a site of this customer")
    if asset_id and ctx.load(Asset, asset_id).site_id != site_id:
        raise Rejected("args-invalid", "asset_id: not at this site")
    reported_at = min(reported_at, ctx.received)
    order = WorkOrder(
        id=id, number=issue_number(ctx), state="ready", customer_id=customer_id, customer_name=customer.name,
        site_id=site_id, site_name=site.name, asset_id=asset_id, reported_at=reported_at, owner_id=ctx.user.id,
        follow_up=False, archived=False, **args,
    )  # fmt: skip
    if not order.contact_name and not order.contact_phone:
        order.contact_name, order.contact_phone = site.contact_name, site.contact_phone
    ctx.add(order)
    promise(ctx, order, customer.sla_policy)
    ctx.tell(order, "work_order.register", number=order.number, level=order.level)
    return DONE


def issue_number(ctx: Context) -> str:
    """`SN20261121001`: the day of the organisation and its next number, widening past 999; no gaps (A2)."""
    day = (ctx.received + ZONE).date()
    row = ctx.session.get(DailyNumber, day, with_for_update=True, populate_existing=True)
    if row is None:
        row = DailyNumber(day=day, last=0)
        ctx.session.add(row)
    row.last += 1
    ctx.session.flush()
    return f"SN{day:%Y%m%d}{row.last:03d}"


def renew_promises(ctx: Context, order: WorkOrder) -> None:
    """Another level has other deadlines (A5); what was met stays met, at the time it was met."""
    dues = deadlines(order, ctx.load(Customer, order.customer_id).sla_policy)
    ctx.session.flush()  # the promises may be of this very batch
    kept = list(ctx.session.scalars(select(SlaMilestone).where(SlaMilestone.work_order_id == order.id)))
    for milestone in kept:
        if milestone.kind in dues:
            milestone.due_at = dues.pop(milestone.kind)
            milestone.breached = milestone.met_at is not None and milestone.met_at > milestone.due_at
        elif milestone.met_at is None:
            ctx.session.delete(milestone)
    kept = [m for m in kept if m.met_at is None and m not in ctx.session.deleted]
    for kind, due_at in dues.items():
        kept.append(
            ctx.add(SlaMilestone(id=new_id(), work_order_id=order.id, kind=kind, due_at=due_at, breached=False))
        )
    order.due_at = min((m.due_at for m in kept), default=None)


def promise(ctx: Context, order: WorkOrder, policy: str) -> None:
    """The milestones of the customer's policy for this level, counted from the customer's report."""
    dues = deadlines(order, policy)
    for kind, due_at in dues.items():
        ctx.add(SlaMilestone(id=new_id(), work_order_id=order.id, kind=kind, due_at=due_at, breached=False))
    order.due_at = min(dues.values(), default=None)


def deadlines(order: WorkOrder, policy: str) -> dict[str, datetime]:
    """When each promise is due. A plan's deadline is left out while nobody can approve plans: it could never be met."""
    policy = policy if policy in rule("sla")["policies"] else "default"
    promised = milestones(policy, order.level, order.reported_at)
    return {entry["kind"]: entry["due_at"] for entry in promised if entry["kind"] in PROMISED}


@act("work_order.edit", EditArgs)
def edit(ctx: Context, id: str, changes: dict[str, list[Any]]) -> Outcome:
    ctx.require(*REGISTRARS)
    order = ctx.lock(WorkOrder, id)
    for name, (_, now) in changes.items():
        _check_edit(ctx, order, name, now)
    outcome = change(ctx, order, changes)
    ctx.tell(order, "work_order.edit", fields=sorted(changes))
    return outcome


def change(ctx: Context, order: WorkOrder, changes: dict[str, list[Any]]) -> Outcome:
    """Merges checked changes into the work order; what is promised follows its level."""
    level = order.level
    outcome = merge_changes(ctx, order, changes, order.id, None)
    if order.level != level:
        renew_promises(ctx, order)
    return outcome


def _check_edit(ctx: Context, order: WorkOrder, name: str, now: Any) -> None:
    if name not in EDITABLE:
        raise Rejected("args-invalid", f"changes.{name}: not to be edited")
    kind: Any
    kind, limit = EDITABLE[name]
    if name == "asset_id" and now is None:
        return
    if type(now) is not kind:
        raise Rejected("args-invalid", f"changes.{name}: wrong type")
    if (kind is int and now not in LEVELS) or (kind is not int and len(now) > limit) or (name == "title" and not now):
        raise Rejected("args-invalid", f"changes.{name}: out of range")
    if kind is list and not all(isinstance(entry, str) and len(entry) <= NAME_LENGTH for entry in now):
        raise Rejected("args-invalid", f"changes.{name}: not a list of texts")
    if name == "kind" and now not in WorkOrder.KINDS:
        raise Rejected("args-invalid", "changes.kind: unknown kind")
    if name == "asset_id" and ctx.load(Asset, now).site_id != order.site_id:
        raise Rejected("args-invalid", "changes.asset_id: not at this site")


@act("work_order.cancel", EndArgs)
def cancel(ctx: Context, id: str, reason: str, note: str) -> Outcome:
    ctx.require(*DISPATCHERS)
    order = ctx.lock(WorkOrder, id)
    if transition("work_order", "work_order.cancel", order.state) is None:
        raise Parked("illegal-transition", f"work_order.cancel from {order.state}")
    for visit in _visits(ctx, order):
        if transition("visit", "visit.cancel", visit.state, visit.mode):
            ctx.lock(Visit, visit.id).move("visit.cancel", ctx.received, reason, note)
    order.cancel(reason, note, ctx.user.id, ctx.received)
    ctx.tell(order, "work_order.cancel", reason=reason, note=note)
    return DONE


@act("work_order.close", CloseArgs)
def close(ctx: Context, id: str, note: str) -> Outcome:
    ctx.require("supervisor", "call_back", "dispatcher")
    order = ctx.lock(WorkOrder, id)
    if transition("work_order", "work_order.close", order.state) is None:
        raise Parked("illegal-transition", f"work_order.close from {order.state}")
    order.close(ctx.received)
    ctx.tell(order, "work_order.close", note=note)
    return DONE


def _visits(ctx: Context, order: WorkOrder) -> list[Visit]:
    ctx.session.flush()
    return list(ctx.session.scalars(select(Visit).where(Visit.work_order_id == order.id).order_by(Visit.sequence)))


def _crew(ctx: Context, lead_id: str, helper_ids: list[str]) -> None:
    """Rejects a crew that cannot go: unknown, inactive or not engineers."""
    for user_id in (lead_id, *helper_ids):
        user = ctx.load(User, user_id)
        if not user.active or not user.has_role("engineer", "crew_lead"):
            raise Rejected("not-an-engineer", user.name)
    if len({lead_id, *helper_ids}) != 1 + len(helper_ids):
        raise Rejected("args-invalid", "helper_ids: someone twice")


@act("visit.dispatch", DispatchArgs)
def dispatch(ctx: Context, id: str, work_order_id: str, lead_id: str, helper_ids: list[str], **args: Any) -> Outcome:
    ctx.require(*DISPATCHERS)
    order = ctx.lock(WorkOrder, work_order_id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    _crew(ctx, lead_id, helper_ids)
    visit = Visit(
        id=id, work_order_id=order.id, site_id=order.site_id, sequence=len(_visits(ctx, order)) + 1, state="planned",
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
    ctx.require(*DISPATCHERS)
    visit = ctx.lock(Visit, visit_id)
    if visit.state not in states("visit", "open") and visit.state != "planned":
        raise Parked("illegal-transition", f"visit.reschedule from {visit.state}")
    visit.slot_start, visit.slot_end = slot_start, slot_end
    order = ctx.load(WorkOrder, visit.work_order_id)
    show_contact(ctx, order, visit)
    ctx.tell(order, "visit.reschedule", visit_id, reason=reason)
    return DONE


@act("visit.reassign", ReassignArgs)
def reassign(
    ctx: Context, visit_id: str, new_id: str, lead_id: str, helper_ids: list[str],
    slot_start: datetime | None, slot_end: datetime | None, reason: str, note: str,
) -> Outcome:  # fmt: skip
    """Ends this visit and dispatches another: what the first engineer's phone still holds arrives as late evidence."""
    ctx.require(*DISPATCHERS)
    was = ctx.load(Visit, visit_id)
    start, end = slot_start or was.slot_start, slot_end or was.slot_end
    if not start < end <= start + LONGEST_SLOT:
        raise Rejected("args-invalid", "slot_end: must end after it starts, within 31 days")
    order_id = was.work_order_id
    order, old = ctx.lock(WorkOrder, order_id), ctx.lock(Visit, visit_id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    _crew(ctx, lead_id, helper_ids)
    try:
        old.move("visit.reassign", ctx.received, reason, note)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    visit = Visit(
        id=new_id, work_order_id=order.id, site_id=order.site_id, sequence=len(_visits(ctx, order)) + 1,
        mode=old.mode, state="planned", lead_id=lead_id, helper_ids=helper_ids, brief=old.brief,
        checklist_codes=old.checklist_codes, slot_start=start, slot_end=end,
        times={}, replaces_id=old.id, partial=False, customer_signed=False,
    )  # fmt: skip
    old.replaced_by_id = visit.id
    send_out(ctx, order, visit)
    names = {"from": ctx.load(User, old.lead_id).name, "to": ctx.load(User, lead_id).name}
    ctx.tell(order, "visit.reassign", visit.id, reason=reason, note=note, **names)
    return DONE


@act("visit.cancel", CancelVisitArgs)
def cancel_visit(ctx: Context, visit_id: str, reason: str, note: str) -> Outcome:
    ctx.require(*DISPATCHERS)
    return move(ctx, "visit.cancel", ctx.lock(Visit, visit_id), reason, note)


@act("visit.review", ReviewVisitArgs)
def review(ctx: Context, visit_id: str, decision: str, remarks: str) -> Outcome:
    ctx.require(*DISPATCHERS)
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
