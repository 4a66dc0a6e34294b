"""What people decide about acts that were not applied as meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.acts import DONE, Context, Outcome, Parked, Refusal, Rejected, act, perform
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.models import JournalEntry, ReviewItem, User, WorkOrder
from server.models.customer import mask

PERSONAL = ("contact_name", "contact_phone")  # arguments that only the journal keeps in full


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
            min(item.device_at or ctx.received, ctx.received),
            ctx.received,
            item.act_id,
            ctx.locked,
            ctx.read,
        )
        entry = ctx.session.get_one(JournalEntry, item.act_id)
        try:
            perform(theirs, item.act, item.v, entry.args)
        except Refusal as refusal:  # it still cannot be applied: the item stays as it was, and the desk hears why
            raise Rejected(refusal.code, refusal.detail) from None
    item.state, item.resolution = "resolved", {"apply": "applied", "discard": "discarded"}[decision]
    item.resolved_by, item.resolved_at, item.resolution_note = ctx.user.id, ctx.received, note
    if item.work_order_id and (order := ctx.session.get(WorkOrder, item.work_order_id)):
        ctx.tell(order, f"review.{decision}", item.visit_id, act=item.act, by_whom=item.user_name, note=note)
    return DONE


def shown(value: Any) -> Any:
    """Arguments as a review item shows them: the payload with its names and numbers stays in the journal (A6)."""
    if isinstance(value, list):
        return [shown(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {key: _masked(key, inner) if key in PERSONAL else shown(inner) for key, inner in value.items()}


def _masked(key: str, value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return mask("", text) if key == "contact_phone" else mask(text, "")
