"""Links for customers without an account (A8): made, revoked; and what a customer does through one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import ArgsSchema, Id, one_of
from server.acts.visit import move
from server.models import Attachment, CustomerLink, Signature, Survey, Visit, WorkOrder, new_id
from server.models.visit import GONE
from server.tokens import hash_of, token_of
from sync.lifecycle import transition

MAKERS = ("dispatcher", "operator", "supervisor", "call_back")
LIFE = {"status": timedelta(days=180), "sign": timedelta(days=7), "rate": timedelta(days=30)}
OF_A_VISIT = ("sign", "rate")
#: A customer signs what was done; before that there is nothing to sign.
SIGNABLE = ("work_done", "signed", "sign_waived", "cannot_complete", "submitted", "reviewed")


class MakeArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    kind = one_of(CustomerLink.KINDS, required=True)


class RevokeArgs(ArgsSchema):
    id = Id(required=True)


@act("link.make", MakeArgs)
def make(ctx: Context, id: str, work_order_id: str, visit_id: str | None, kind: str) -> Outcome:
    """A new link. Its address is not in the row: who may is told it by a door (`GET /api/links/<id>`)."""
    order = ctx.load(WorkOrder, work_order_id)
    visit = ctx.load(Visit, visit_id) if visit_id else None
    ctx.permit(lead=visit is not None and visit.lead_id == ctx.user.id)
    if (visit is None and kind in OF_A_VISIT) or (visit is not None and visit.work_order_id != order.id):
        raise Rejected("args-invalid", "visit_id: needed, of this work order")
    if visit is not None and visit.state in GONE:
        raise Parked("illegal-transition", f"link.make from {visit.state}")
    ctx.add(new_link(ctx, kind, id=id, work_order_id=order.id, visit_id=visit_id if kind in OF_A_VISIT else None))
    ctx.tell(order, "link.make", visit_id, link=kind)
    return DONE


def new_link(ctx: Context, kind: str, **ids: Any) -> CustomerLink:
    return CustomerLink(kind=kind, token_hash=hash_of(token_of(ids["id"])), expires_at=ctx.received + LIFE[kind], **ids)


@act("link.revoke", RevokeArgs)
def revoke(ctx: Context, id: str) -> Outcome:
    link = ctx.lock(CustomerLink, id)
    ctx.permit(author=link.created_by == ctx.user.id)
    if link.revoked_at is None:
        link.revoked_at = ctx.received
        if link.work_order_id:
            ctx.tell(ctx.load(WorkOrder, link.work_order_id), "link.revoke", link.visit_id, link=link.kind)
    return DONE


def sign_by_link(
    ctx: Context, link: CustomerLink, visit: Visit, *, signature: dict[str, Any], picture: dict[str, Any]
) -> Signature:
    """The customer's signature from their own phone: the same evidence as on the engineer's, bound to the same hash.

    `signature` has been checked as `report.sign` checks; `picture` is the stored file of its image.
    """
    order = ctx.lock(WorkOrder, visit.work_order_id)
    image = Attachment(
        id=new_id(), visit_id=visit.id, work_order_id=order.id, purpose="signature", taken_at=ctx.at, state="declared",
        caption="", thumbs={}, **picture,
    )  # fmt: skip
    image.mark_stored()
    ctx.add(image)
    fact = ctx.add(
        Signature(
            id=new_id(), visit_id=visit.id, work_order_id=order.id, role="customer", image_id=image.id, **signature
        )
    )
    image.parent_noun, image.parent_id = "signature", fact.id
    link.used_at = ctx.received
    visit.customer_signed = True
    if transition("visit", "report.sign", visit.state, visit.mode) and not order.ended:
        move(ctx, "report.sign", visit, data={"signed_by": signature["name"], "by_link": True})
    else:
        ctx.tell(order, "report.sign_later", visit.id, signed_by=signature["name"])
    return fact


def rate_by_link(ctx: Context, link: CustomerLink, order: WorkOrder, rating: dict[str, int], words: str) -> Survey:
    survey = ctx.add(
        Survey(id=new_id(), work_order_id=order.id, visit_id=link.visit_id, mode="link", words=words, **rating)
    )
    link.used_at = ctx.received
    ctx.tell(order, "survey.answer", link.visit_id, **rating)
    return survey
