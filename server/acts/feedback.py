"""What the customer is told, what they are promised, and what happens when they are not content (B8)."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import func, select

from server.acts import DONE, Context, Outcome, Parked, act
from server.acts.delay import CHANNELS
from server.acts.hold import concerned
from server.acts.notices import owners, tell_people
from server.acts.promises import meet_milestones, promise_again
from server.acts.schemas import ArgsSchema, Id, Text
from server.models import Feedback, FollowUp, User, Visit, WorkOrder
from sync.lifecycle import transition

MAX_PROMISES = 20


class PromiseArgs(ArgsSchema):
    id = Id(required=True)
    text = Text(1000, 1, required=True)
    due_on = fields.Date(required=True)
    assignee_id = Id(load_default=None, allow_none=True)


class GiveArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    result = Text(shortest=1, required=True)
    measures = Text(load_default="")
    satisfied = fields.Boolean(load_default=None, allow_none=True)
    opinion = Text(load_default="")
    promises = fields.List(fields.Nested(PromiseArgs), load_default=list, validate=validate.Length(max=MAX_PROMISES))


class ReopenArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(shortest=1, required=True)


class AddArgs(PromiseArgs):
    work_order_id = Id(required=True)


class DoneArgs(ArgsSchema):
    id = Id(required=True)
    note = Text(load_default="")


@act("feedback.give", GiveArgs)
def give(
    ctx: Context, id: str, work_order_id: str, visit_id: str | None, satisfied: bool | None,
    promises: list[dict[str, Any]], **said: Any,
) -> Outcome:  # fmt: skip
    """Told is told, whatever became of the order meanwhile; only its state follows the table."""
    order = ctx.lock(WorkOrder, work_order_id)
    concerned(ctx, order, visit_id)
    ctx.add(Feedback(id=id, work_order_id=order.id, visit_id=visit_id, satisfied=satisfied, told_at=ctx.at, **said))
    meet_milestones(ctx, order, ("feed_back",), "feedback.give")
    for one in promises:
        _follow(ctx, order, **one)
    ctx.tell(order, "feedback.give", visit_id, satisfied=satisfied, promises=len(promises), **said)
    if satisfied is False:
        if transition("work_order", "work_order.reopen", order.state):
            _reopen(ctx, order, said["opinion"])
    elif satisfied and ctx.user.is_office:
        order.state = transition("work_order", "feedback.accepted", order.state) or order.state
        if promises:
            order.state = transition("work_order", "feedback.promised", order.state) or order.state
    return DONE


@act("work_order.reopen", ReopenArgs)
def reopen(ctx: Context, id: str, reason: str) -> Outcome:
    order = ctx.lock(WorkOrder, id)
    if transition("work_order", "work_order.reopen", order.state) is None:
        raise Parked("illegal-transition", f"work_order.reopen from {order.state}")
    _reopen(ctx, order, reason)
    return DONE


def _reopen(ctx: Context, order: WorkOrder, reason: str) -> None:
    """Counted, and promised anew. The visits so far stay what they were; only later ones say how it stands."""
    ctx.session.flush()
    last = select(func.max(Visit.sequence)).where(Visit.work_order_id == order.id)
    order.visits_before = ctx.session.scalar(last) or 0
    order.reopened += 1
    order.ended_at, order.archived, order.state, order.follow_up = None, False, order.rests_in, False
    promise_again(ctx, order)
    ctx.tell(order, "work_order.reopen", reason=reason, count=order.reopened)
    tell_people(ctx, owners(ctx.session, order), "reopened", order, reason=reason, count=order.reopened)


def _follow(ctx: Context, order: WorkOrder, id: str, text: str, due_on: date, assignee_id: str | None) -> None:
    if assignee_id:
        ctx.load(User, assignee_id)
    row = FollowUp(
        id=id, work_order_id=order.id, number=order.number, site_id=order.site_id, site_name=order.site_name, text=text,
        due_on=due_on, assignee_id=assignee_id or order.owner_id, state="open", note="",
    )  # fmt: skip
    ctx.add(row)


@act("follow_up.add", AddArgs)
def add_follow_up(ctx: Context, work_order_id: str, **promise: Any) -> Outcome:
    order = ctx.load(WorkOrder, work_order_id)
    _follow(ctx, order, **promise)
    ctx.tell(order, "follow_up.add", text=promise["text"], due_on=promise["due_on"].isoformat())
    return DONE


@act("follow_up.done", DoneArgs)
def done(ctx: Context, id: str, note: str) -> Outcome:
    row = ctx.lock(FollowUp, id)
    if row.state != "open":
        raise Parked("already-settled", row.state)
    row.state, row.done_at, row.done_by, row.note = "done", ctx.at, ctx.user.id, note
    order = ctx.load(WorkOrder, row.work_order_id)
    ctx.tell(order, "follow_up.done", text=row.text, note=note)
    return DONE
