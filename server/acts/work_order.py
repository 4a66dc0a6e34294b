"""The work order in the office: registering it, editing it, ending it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.diagnosis import merge_changes
from server.acts.intake import open_report, take_in
from server.acts.notices import alarm_the_head
from server.acts.promises import ANSWERED, meet_milestones, promise, renew_promises
from server.acts.schemas import MAX_TEXT, ArgsSchema, At, Changes, Id, Name, Text, one_of, texts
from server.models import Asset, Customer, DailyNumber, MaintenancePlan, Site, Visit, WorkOrder
from server.models.base import NAME_LENGTH
from server.occurrences import settle_order
from server.scopes import ZONE
from sync.intake import lacking
from sync.lifecycle import transition

DISPATCHERS = ("dispatcher", "supervisor")
REGISTRARS = ("dispatcher", "operator", "supervisor")
LEVELS = (1, 2, 3)
EDITABLE: dict[str, tuple[type, int]] = {
    "title": (str, NAME_LENGTH), "description": (str, MAX_TEXT), "level": (int, 3), "level_reason": (str, MAX_TEXT),
    "asset_id": (str, 36), "kind": (str, 16), "channel": (str, 32), "source": (str, 32), "categories": (list, 20),
    "purchased_on": (str, 10), "purchased_from": (str, NAME_LENGTH), "happened_at": (str, 32),
    "happened_where": (str, NAME_LENGTH), "demands": (list, 20),
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
    purchased_on = Text(10, load_default="")
    purchased_from = Text(NAME_LENGTH, load_default="")
    happened_at = Text(32, load_default="")
    happened_where = Text(NAME_LENGTH, load_default="")
    demands = texts(load_default=list)
    report_id = Id(load_default=None, allow_none=True)  # what a customer sent by the public form
    answer = Text(load_default="")  # a consultation answered on the spot: recorded, and closed with it (A4)


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


@act("work_order.register", RegisterArgs)
def register(
    ctx: Context, id: str, customer_id: str, site_id: str, asset_id: str | None, reported_at: datetime,
    report_id: str | None, answer: str, **args: Any,
) -> Outcome:  # fmt: skip
    customer, site = ctx.load(Customer, customer_id), ctx.load(Site, site_id)
    if site.customer_id != customer.id:
        raise Rejected("args-invalid", "site_id: not a site of this customer")
    if asset_id and ctx.load(Asset, asset_id).site_id != site_id:
        raise Rejected("args-invalid", "asset_id: not at this site")
    report = open_report(ctx, report_id) if report_id else None
    reported_at = min(reported_at, report.server_at if report else ctx.received, ctx.received)
    order = WorkOrder(
        id=id, number=issue_number(ctx), state="ready", customer_id=customer_id, customer_name=customer.name,
        site_id=site_id, site_name=site.name, asset_id=asset_id, reported_at=reported_at, owner_id=ctx.user.id,
        follow_up=False, archived=False, **args,
    )  # fmt: skip
    if report is not None and not order.contact_name and not order.contact_phone:
        order.contact_name, order.contact_phone = report.contact_name, report.contact_phone
    if not order.contact_name and not order.contact_phone:
        order.contact_name, order.contact_phone = site.contact_name, site.contact_phone
    ctx.add(order)
    promise(ctx, order, customer.sla_policy, "work_order.register")
    ctx.tell(order, "work_order.register", number=order.number, level=order.level, lacking=_lacking(order))
    alarm_the_head(ctx, order)
    if report is not None:
        take_in(ctx, report, order, "registered")
    if answer:
        meet_milestones(ctx, order, ANSWERED, "work_order.answer")
        order.close(ctx.received)
        ctx.tell(order, "work_order.answer", text=answer)
    return DONE


def _lacking(order: WorkOrder) -> list[str]:
    """What nobody asked the caller (A3): the timeline says with what knowledge somebody was sent."""
    contact = {"contact_name": order.contact_name, "contact_phone": order.contact_phone}
    found: list[str] = lacking({**order.values(), **contact})["should"]
    return found


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


@act("work_order.edit", EditArgs)
def edit(ctx: Context, id: str, changes: dict[str, list[Any]]) -> Outcome:
    order = ctx.lock(WorkOrder, id)
    for name, (_, now) in changes.items():
        _check_edit(ctx, order, name, now)
    was = order.level
    outcome = change(ctx, order, changes)
    said: dict[str, Any] = {"fields": sorted(changes)}
    if order.level != was:  # a change of level is logged with its reason (A5)
        said |= {"level": order.level, "was": was, "reason": order.level_reason}
    ctx.tell(order, "work_order.edit", **said)
    alarm_the_head(ctx, order, was)
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
    order = ctx.lock(WorkOrder, id)
    if transition("work_order", "work_order.cancel", order.state) is None:
        raise Parked("illegal-transition", f"work_order.cancel from {order.state}")
    for visit in visits_of(ctx, order):
        if transition("visit", "visit.cancel", visit.state, visit.mode):
            ctx.lock(Visit, visit.id).move("visit.cancel", ctx.received, reason, note)
    order.cancel(reason, note, ctx.user.id, ctx.received)
    if order.kind in MaintenancePlan.KINDS:  # what it was made for is due again (E1)
        settle_order(ctx.session, order, visits_of(ctx, order), ctx.received)
    ctx.tell(order, "work_order.cancel", reason=reason, note=note)
    return DONE


@act("work_order.close", CloseArgs)
def close(ctx: Context, id: str, note: str) -> Outcome:
    order = ctx.lock(WorkOrder, id)
    if transition("work_order", "work_order.close", order.state) is None:
        raise Parked("illegal-transition", f"work_order.close from {order.state}")
    order.close(ctx.received)
    ctx.tell(order, "work_order.close", note=note)
    return DONE


def visits_of(ctx: Context, order: WorkOrder) -> list[Visit]:
    ctx.session.flush()
    return list(ctx.session.scalars(select(Visit).where(Visit.work_order_id == order.id).order_by(Visit.sequence)))
