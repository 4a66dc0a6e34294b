"""What people decide about acts that were not applied as meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from server.acts import DONE, REGISTRY, UPCASTERS, Context, Outcome, Parked, Refusal, Rejected, act, perform
from server.acts.schemas import ArgsSchema, Id, JsonObject, Text, one_of
from server.models import HeldAct, JournalEntry, Note, ReviewItem, User, Visit, WorkOrder, new_id
from server.models.customer import mask
from sync.permissions import decided
from sync.protocol import Act, is_id

PERSONAL = ("contact_name", "contact_phone")  # arguments that only the journal keeps in full


DECISIONS = {"apply": "applied", "amend": "amended", "attach": "attached", "discard": "discarded"}  # → resolution


class SettleArgs(ArgsSchema):
    """`changes`: the arguments that differ, of an amendment. `visit_id` or `work_order_id`, `note_id` and `text`: where
    and as what an attached act is kept; without a place, where it was meant for."""

    id = Id(required=True)
    decision = one_of(DECISIONS, required=True)
    note = Text(load_default="")
    changes = JsonObject(load_default=None, allow_none=True)
    visit_id = Id(load_default=None, allow_none=True)
    work_order_id = Id(load_default=None, allow_none=True)
    note_id = Id(load_default=None, allow_none=True)
    text = Text(load_default="")


# Version 1 knew `apply` and `discard` only, which mean the same here.
UPCASTERS["review.settle", 1] = dict


@act("review.settle", SettleArgs, version=2)
def settle(ctx: Context, id: str, decision: str, note: str, **more: Any) -> Outcome:
    """Decides about an act that was not applied as meant. What its author wrote stays in the journal and in the item.

    `apply`: once more in its author's name. `amend`: the same with some arguments changed; both are kept. `attach`:
    kept as a note on a visit, or a line in a work order's timeline. `discard`: put aside. The author may only discard.
    """
    item = ctx.lock(ReviewItem, id)
    ctx.permit(person=item.user_id == ctx.user.id)
    if item.state not in ("open", "waiting"):
        raise Parked("already-settled")
    if item.act == "review.settle":
        raise Rejected("args-invalid", "id: a decision is not decided again")
    resolution, order_id, visit_id = DECISIONS[decision], item.work_order_id, item.visit_id
    if decision in ("apply", "amend"):
        resolution = _perform_late(ctx, item, _changes(decision, more["changes"])) or resolution
    elif decision == "attach":
        order_id, visit_id = _attach(ctx, item, more)
    item.state, item.resolution = "resolved", resolution
    item.waits_until = None
    ctx.session.execute(delete(HeldAct).where(HeldAct.act_id == item.act_id))
    item.resolved_by, item.resolved_at, item.resolution_note = ctx.user.id, ctx.received, note
    if order_id and (order := ctx.session.get(WorkOrder, order_id)):
        told = {"act": item.act, "by_whom": item.user_name, "note": note}
        if decision == "attach":
            told["text"] = more["text"]
        ctx.tell(order, f"review.{decision}", visit_id, **told)
    return DONE


def _changes(decision: str, changes: Mapping[str, Any] | None) -> dict[str, Any]:
    if (decision == "amend") != bool(changes):
        raise Rejected("args-invalid", "changes: what is amended, and only then")
    return dict(changes or {})


def _perform_late(ctx: Context, item: ReviewItem, changes: dict[str, Any]) -> str | None:
    """Performs the item's act in its author's name. `arrived` when the very act came another way meanwhile."""
    if not _may_stand_in(ctx, item):
        raise Rejected("forbidden", f"{item.act}: not for who decides about it")
    entry = ctx.session.get_one(JournalEntry, item.act_id)
    if item.code == "unproven" and entry.group_name and ctx.session.get(JournalEntry, entry.group_name):
        return "arrived"  # it stood for an act in a rescue file, and the phone itself has sent that
    author = ctx.load(User, item.user_id)
    at = min(item.device_at or ctx.received, ctx.received)
    theirs = Context(ctx.session, author, item.device_id, at, ctx.received, item.act_id, ctx.locked, ctx.read)
    try:
        perform(theirs, item.act, item.v, {**entry.args, **changes})
    except Refusal as refusal:  # it still cannot be applied: the item stays as it was, and the desk hears why
        raise Rejected(refusal.code, refusal.detail) from None
    if changes:
        item.amended = shown(changes)
    return None


def _may_stand_in(ctx: Context, item: ReviewItem) -> bool:
    """What people do for what they are to a row (the crew of a visit, the owner of an order) is still proved for the
    author when it is performed late. What is for a role alone, nobody without that role does in another's name: a
    dispatcher would approve plans as the department head.
    """
    entry = REGISTRY.get(item.act)
    if entry is None or any(ground.relation for ground in entry.grounds):
        return True
    return decided(entry.grounds, ctx.user.roles, item.args) is True


def _attach(ctx: Context, item: ReviewItem, more: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Keeps what the act says, in plain words, where the office wants it. Gives the work order and the visit."""
    if not more["text"]:
        raise Rejected("args-invalid", "text: what is kept")
    visit_id = more["visit_id"] or (None if more["work_order_id"] else item.visit_id)
    order_id = more["work_order_id"] or (None if visit_id else item.work_order_id)
    if visit_id is not None:
        if more["note_id"] is None:
            raise Rejected("args-invalid", "note_id: of the note on the visit")
        visit = ctx.lock(Visit, visit_id)
        ctx.add(Note(id=more["note_id"], visit_id=visit.id, work_order_id=visit.work_order_id, text=more["text"]))
        return visit.work_order_id, visit.id
    if order_id is None:
        raise Rejected("args-invalid", "visit_id: where it is kept")
    return ctx.lock(WorkOrder, order_id).id, None


def send_to_review(ctx: Context, act: Act, outcome: Outcome, until: datetime | None) -> None:
    """An act that was not applied as meant waits for a person, or `until` then for a row of another device."""
    visit_id, order_id = act.args.get("visit_id"), act.args.get("work_order_id")
    visit = ctx.session.get(Visit, visit_id) if is_id(visit_id) else None
    ctx.session.add(
        ReviewItem(
            id=new_id(),
            act_id=act.id,
            user_id=ctx.user.id,
            user_name=ctx.user.name,
            device_id=ctx.device_id,
            n=act.n,
            act=act.act,
            v=act.v,
            args=shown(act.args),
            at=act.at,
            device_at=ctx.at,
            server_at=ctx.received,
            outcome=outcome.outcome,
            code=outcome.code or "",
            detail=outcome.detail or "",
            state="waiting" if until else "open",
            waits_until=until,
            created_by=ctx.user.id,
            visit_id=visit.id if visit else None,
            resolution_note="",
            work_order_id=visit.work_order_id if visit else (order_id if is_id(order_id) else None),
        )
    )


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
