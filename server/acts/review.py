"""What people decide about acts that were not applied as meant."""

from __future__ import annotations

from datetime import datetime

from server import clock
from server.acts import DONE, Context, Outcome, Parked, Rejected, act, perform
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.models import ReviewItem, User, WorkOrder


class SettleArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("apply", "discard"), required=True)
    note = Text(load_default="")


@act("review.settle", SettleArgs)
def settle(ctx: Context, id: str, decision: str, note: str) -> Outcome:
    """Applies the act once more in the name of its author, or puts it aside; the payload stays in the journal."""
    item = ctx.lock(ReviewItem, id)
    if item.user_id != ctx.user.id or decision == "apply":
        ctx.require("dispatcher", "supervisor")
    if item.state != "open":
        raise Parked("already-settled")
    if item.act == "review.settle":
        raise Rejected("args-invalid", "id: a decision is not decided again")
    if decision == "apply":
        author = ctx.load(User, item.user_id)
        theirs = Context(
            ctx.session,
            author,
            item.device_id,
            _at(item, ctx.received),
            ctx.received,
            item.act_id,
            ctx.locked,
            ctx.read,
        )
        perform(theirs, item.act, item.v, item.args)
    item.state, item.resolution = "resolved", {"apply": "applied", "discard": "discarded"}[decision]
    item.resolved_by, item.resolved_at, item.resolution_note = ctx.user.id, ctx.received, note
    if item.work_order_id and (order := ctx.session.get(WorkOrder, item.work_order_id)):
        ctx.tell(order, f"review.{decision}", item.visit_id, act=item.act, by_whom=item.user_name, note=note)
    return DONE


def _at(item: ReviewItem, received: datetime) -> datetime:
    try:
        return min(clock.parse(item.at), received)
    except ValueError:
        return received
