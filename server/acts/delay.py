"""Delay declarations 延期说明 (B4): said before the deadline, approved, told to the customer."""

from __future__ import annotations

from datetime import datetime

from server import clock
from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.hold import concerned
from server.acts.notices import LADDER, people_with, tell_people
from server.acts.promises import awaited, clock_of, extend, promises_of
from server.acts.schemas import ArgsSchema, At, Id, Text, one_of
from server.models import DelayDeclaration, SlaMilestone, WorkOrder
from sync.sla import KINDS, due_at

CHANNELS = ("phone", "wechat", "sms", "email", "on_site", "app")


class DeclareArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    kind = one_of(KINDS, required=True)
    reason = Text(64, 1, required=True)
    note = Text(load_default="")
    new_due_at = At(required=True)


class DecideArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("approve", "refuse"), required=True)
    note = Text(load_default="")


class TellArgs(ArgsSchema):
    id = Id(required=True)
    channel = one_of(CHANNELS, required=True)
    note = Text(load_default="")


@act("delay.declare", DeclareArgs)
def declare(
    ctx: Context, id: str, work_order_id: str, visit_id: str | None, kind: str, reason: str, note: str,
    new_due_at: datetime,
) -> Outcome:  # fmt: skip
    """What was said on a phone without a network counts from when it was said."""
    order = ctx.lock(WorkOrder, work_order_id)
    concerned(ctx, order, visit_id)
    found = promises_of(ctx, order)
    milestone = next((one for one in found if one.kind == kind and (awaited(one, found) or one.paused_at)), None)
    if milestone is None:
        raise Parked("nothing-due", kind)
    if new_due_at <= ctx.at:
        raise Rejected("args-invalid", "new_due_at: must lie ahead")
    before = milestone.paused_at is not None or ctx.at <= milestone.due_at
    said = DelayDeclaration(
        id=id, work_order_id=order.id, visit_id=visit_id, milestone_id=milestone.id, kind=kind, reason=reason,
        note=note, was_due_at=milestone.due_at, new_due_at=new_due_at, declared_at=ctx.at, before_breach=before,
        state="submitted", decided_note="", told_channel="",
    )  # fmt: skip
    ctx.add(said)
    told = {"milestone": kind, "reason": reason, "note": note, "to": clock.wire(new_due_at), "before": before}
    ctx.tell(order, "delay.declare", visit_id, **told)
    approvers = LADDER["delay_beyond" if beyond(order, milestone, new_due_at) else "delay"]
    tell_people(ctx, people_with(ctx.session, approvers), "delay_submitted", order, **told)
    return DONE


def beyond(order: WorkOrder, milestone: SlaMilestone, to: datetime) -> bool:
    """Whether it is later than the policy lets a declared delay be, so that the department head decides."""
    table, span, start, pauses, _ = clock_of(order, milestone)
    limit = span.get("declared")
    return bool(limit) and to > due_at(start, {**limit, "clock": span["clock"]}, table, pauses)


@act("delay.decide", DecideArgs)
def decide(ctx: Context, id: str, decision: str, note: str) -> Outcome:
    """An approved one moves the deadline, if it was said before the breach; said later it only explains."""
    order = ctx.lock(WorkOrder, ctx.load(DelayDeclaration, id).work_order_id)
    said = ctx.lock(DelayDeclaration, id)
    milestone = ctx.lock(SlaMilestone, said.milestone_id)
    ctx.permit(ladder=("delay_beyond" if beyond(order, milestone, said.new_due_at) else "delay", None))
    if said.state != "submitted":
        raise Parked("already-settled", said.state)
    said.state = {"approve": "approved", "refuse": "refused"}[decision]
    said.decided_by, said.decided_at, said.decided_note = ctx.user.id, ctx.received, note
    if decision == "approve" and said.before_breach and milestone.met_at is None:
        extend(ctx, order, milestone, said.declared_at, said.new_due_at, said.id)
    ctx.tell(order, f"delay.{decision}", said.visit_id, milestone=said.kind, note=note, to=clock.wire(said.new_due_at))
    people = [said.created_by or "", order.owner_id or ""]
    tell_people(ctx, filter(None, people), "delay_decided", order, decision=said.state, milestone=said.kind, note=note)
    return DONE


@act("delay.tell", TellArgs)
def tell(ctx: Context, id: str, channel: str, note: str) -> Outcome:
    order = ctx.lock(WorkOrder, ctx.load(DelayDeclaration, id).work_order_id)
    said = ctx.lock(DelayDeclaration, id)
    concerned(ctx, order, None)
    if said.state != "approved":
        raise Parked("illegal-transition", f"delay.tell from {said.state}")
    said.state, said.told_at, said.told_channel = "told", ctx.at, channel
    ctx.tell(order, "delay.tell", said.visit_id, channel=channel, note=note, to=clock.wire(said.new_due_at))
    return DONE
