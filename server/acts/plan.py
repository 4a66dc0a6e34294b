"""Plans 处理方案 (B5): four blocks, approved by who answers for the level, or sent back with words."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.hold import concerned
from server.acts.notices import LADDER, owners, people_with, tell_people
from server.acts.promises import meet_milestones
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.acts.visit import derive
from server.models import ResolutionPlan, WorkOrder
from server.models.base import NAME_LENGTH

MAX_STEPS = 30


class StepArgs(ArgsSchema):
    who = Text(NAME_LENGTH, 1, required=True)
    what = Text(1000, 1, required=True)
    by = fields.Date(load_default=None, allow_none=True)


class SaveArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    cause = Text(load_default="")
    measures = Text(load_default="")
    steps = fields.List(fields.Nested(StepArgs), load_default=list, validate=validate.Length(max=MAX_STEPS))
    prevention = Text(load_default="")
    submit = fields.Boolean(load_default=False)


class DecideArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("approve", "return"), required=True)
    remarks = Text(load_default="")


class RequireArgs(ArgsSchema):
    work_order_id = Id(required=True)
    note = Text(load_default="")


@act("plan.save", SaveArgs)
def save(
    ctx: Context, id: str, work_order_id: str, visit_id: str | None, steps: list[dict[str, Any]], submit: bool,
    **blocks: str,
) -> Outcome:  # fmt: skip
    order = ctx.lock(WorkOrder, work_order_id)
    concerned(ctx, order, visit_id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    if submit and not (
        blocks["cause"].strip() and blocks["measures"].strip() and blocks["prevention"].strip() and steps
    ):
        raise Rejected("args-invalid", "a plan has all four blocks")
    plan = ctx.session.get(ResolutionPlan, id)
    if plan is None:
        plan = ctx.add(
            ResolutionPlan(
                id=id, work_order_id=order.id, visit_id=visit_id, version=1, state="draft", rounds=[], steps=[]
            )
        )
    elif plan.work_order_id != order.id:
        raise Rejected("args-invalid", "work_order_id: the plan is of another")
    if plan.state not in ("draft", "returned"):
        raise Parked("already-settled", plan.state)
    plan.steps = [{**step, "by": step["by"].isoformat() if step["by"] else None} for step in steps]
    for name, text in blocks.items():
        setattr(plan, name, text)
    if submit:
        plan.version += plan.state == "returned"
        plan.state, plan.submitted_at = "review", ctx.at
        _enter(ctx, order, "review")
        ctx.tell(order, "plan.submit", visit_id, version=plan.version)
        approvers = people_with(ctx.session, LADDER["plan"][str(order.level)])
        tell_people(ctx, approvers, "plan_review", order, version=plan.version)
    return DONE


@act("plan.decide", DecideArgs)
def decide(ctx: Context, id: str, decision: str, remarks: str) -> Outcome:
    order = ctx.lock(WorkOrder, ctx.load(ResolutionPlan, id).work_order_id)
    plan = ctx.lock(ResolutionPlan, id)
    ctx.permit(ladder=("plan", order.level))
    if plan.state != "review":
        raise Parked("already-settled", plan.state)
    if decision == "return" and not remarks.strip():
        raise Rejected("args-invalid", "remarks: what is to be changed")
    plan.decide(decision == "approve", ctx.user.id, ctx.received, remarks)
    _enter(ctx, order, "approved" if decision == "approve" else "needed")
    if decision == "approve":
        meet_milestones(ctx, order, ("plan",), "plan.decide")
    ctx.tell(order, f"plan.{decision}", plan.visit_id, version=plan.version, remarks=remarks)
    people = [plan.created_by or "", *owners(ctx.session, order)]
    tell_people(ctx, filter(None, people), "plan_decided", order, decision=plan.state, remarks=remarks)
    return DONE


@act("plan.require", RequireArgs)
def require(ctx: Context, work_order_id: str, note: str) -> Outcome:
    """A matter of level Ⅲ that wants one all the same."""
    order = ctx.lock(WorkOrder, work_order_id)
    if order.ended or order.plan:
        raise Parked("already-settled", order.plan or order.state)
    _enter(ctx, order, "needed")
    ctx.tell(order, "plan.require", note=note)
    tell_people(ctx, owners(ctx.session, order), "plan_required", order, note=note)
    return DONE


def _enter(ctx: Context, order: WorkOrder, stage: str) -> None:
    """A ticket the office has not taken yet stays where it is, plan or not."""
    order.plan = stage
    if order.state != "registered":
        derive(ctx, order)
