"""Tickets from the field (D14): an engineer finds a matter on site, the office decides about it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.notices import alarm_the_head
from server.acts.promises import meet_milestones, promise, renew_promises
from server.acts.schemas import ArgsSchema, Id, Name, Text, one_of
from server.acts.work_order import LEVELS, issue_number
from server.models import Asset, Customer, Defect, Site, Visit, WorkOrder
from server.models.base import NAME_LENGTH
from server.models.visit import GONE
from server.scopes import was_sent_to
from sync.lifecycle import transition

CHANNEL, SOURCE = "field", "field"


def _level(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.OneOf(LEVELS), **options)


class TicketArgs(ArgsSchema):
    """What a ticket from the field says, whichever act makes it."""

    title = Name(required=True)
    description = Text(load_default="")
    level = _level(required=True)
    level_reason = Text(shortest=1, required=True)
    contact_name = Text(NAME_LENGTH, load_default="")
    contact_phone = Text(32, load_default="")


class DraftArgs(TicketArgs):
    id = Id(required=True)
    site_id = Id(required=True)
    asset_id = Id(load_default=None, allow_none=True)
    kind = one_of(WorkOrder.KINDS, load_default="repair")


class TriageArgs(ArgsSchema):
    id = Id(required=True)
    level = _level(required=True)
    level_reason = Text(shortest=1, required=True)
    note = Text(load_default="")


class MergeArgs(ArgsSchema):
    id = Id(required=True)
    into_id = Id(required=True)
    note = Text(load_default="")


@act("work_order.draft", DraftArgs)
def draft(ctx: Context, id: str, site_id: str, **said: Any) -> Outcome:
    ctx.permit(Parked("not-your-site"), sent_to_site=was_sent_to(ctx.session, ctx.user, site_id))
    make_ticket(ctx, id, site_id, **said)
    return DONE


def make_ticket(
    ctx: Context, id: str, site_id: str, asset_id: str | None, kind: str = "repair", defect_id: str | None = None,
    **said: Any,
) -> WorkOrder:  # fmt: skip
    """Registers what a phone drafted: the server issues the number, and promises run from when it was reported (A2).

    It is `registered`, not `ready`: a person of the office looks at it before anybody is sent. That the same asset has
    an open work order already is shown to them and refuses nothing.
    """
    site = ctx.load(Site, site_id)
    if asset_id and ctx.load(Asset, asset_id).site_id != site_id:
        raise Rejected("args-invalid", "asset_id: not at this site")
    customer = ctx.load(Customer, site.customer_id)
    order = WorkOrder(
        id=id, number=issue_number(ctx), state="registered", kind=kind, customer_id=customer.id,
        customer_name=customer.name, site_id=site_id, site_name=site.name, asset_id=asset_id, reported_at=ctx.at,
        channel=CHANNEL, source=SOURCE, categories=[], demands=[], owner_id=ctx.user.id, follow_up=False,
        archived=False, raised_by_id=ctx.user.id, defect_id=defect_id, **said,
    )  # fmt: skip
    if not order.contact_name and not order.contact_phone:
        order.contact_name, order.contact_phone = site.contact_name, site.contact_phone
    ctx.add(order)
    promise(ctx, order, customer.sla_policy)
    ctx.tell(order, "work_order.draft", number=order.number, level=order.level, **_of(defect_id))
    alarm_the_head(ctx, order)
    return order


def _of(defect_id: str | None) -> dict[str, str]:
    return {"defect_id": defect_id} if defect_id else {}


@act("work_order.triage", TriageArgs)
def triage(ctx: Context, id: str, level: int, level_reason: str, note: str) -> Outcome:
    """The office takes a ticket from the field: its level is confirmed or changed, its deadlines follow."""
    order = ctx.lock(WorkOrder, id)
    state = transition("work_order", "work_order.triage", order.state)
    if state is None:
        raise Parked("illegal-transition", f"work_order.triage from {order.state}")
    was, order.level, order.level_reason = order.level, level, level_reason
    order.state, order.owner_id = state, ctx.user.id
    if was != level:
        renew_promises(ctx, order)
    order.state = order.rests_in
    meet_milestones(ctx, order, ("confirm",), "work_order.triage")
    ctx.tell(order, "work_order.triage", level=level, was=was, reason=level_reason, note=note)
    alarm_the_head(ctx, order, was)
    return DONE


@act("work_order.merge", MergeArgs)
def merge(ctx: Context, id: str, into_id: str, note: str) -> Outcome:
    """One matter, one ticket (A2): the second says which one it became. Nothing is deleted."""
    if id == into_id:
        raise Rejected("args-invalid", "into_id: itself")
    first, second = sorted((id, into_id))
    ctx.lock(WorkOrder, first), ctx.lock(WorkOrder, second)  # in one order, whichever is merged
    order, into = ctx.lock(WorkOrder, id), ctx.lock(WorkOrder, into_id)
    if into.ended or into.site_id != order.site_id:
        raise Parked("cannot-merge", into.state)
    if transition("work_order", "work_order.merge", order.state) is None or _has_visit(ctx, order):
        raise Parked("illegal-transition", f"work_order.merge from {order.state}")
    order.merge(into.id, ctx.received)
    for defect in ctx.session.scalars(select(Defect).where(Defect.raised_id == order.id)):
        defect.raised_id, defect.raised_number = into.id, into.number
    ctx.tell(order, "work_order.merge", into=into.number, note=note)
    ctx.tell(into, "work_order.merged_in", number=order.number, merged_id=order.id, note=note)
    return DONE


def _has_visit(ctx: Context, order: WorkOrder) -> bool:
    ctx.session.flush()
    query = select(Visit.id).where(Visit.work_order_id == order.id, Visit.state.not_in(GONE))
    return ctx.session.scalar(query.limit(1)) is not None
