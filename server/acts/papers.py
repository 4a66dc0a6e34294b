"""Left behind and taken along: message slips 留言条 and custody receipts 拉修 (D4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, LATE, Context, Outcome, Parked, Rejected, act
from server.acts.money import HASH, WithdrawArgs
from server.acts.report import has_ink
from server.acts.schemas import ArgsSchema, At, Id, JsonObject, Name, Text
from server.acts.visit import fact_visit, own_fact
from server.models import Asset, Custody, MessageSlip, WorkOrder
from server.models.base import NAME_LENGTH
from sync.money import paper_fault
from sync.report import content_hash as hash_of


class SlipArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    addressee = Text(NAME_LENGTH, load_default="")
    text = Text(shortest=1, required=True)
    phone = Text(32, load_default="")
    next_start = At(load_default=None, allow_none=True)
    next_end = At(load_default=None, allow_none=True)


class SignedPaper(ArgsSchema):
    """A paper with the customer's signature, bound to the hash of what was shown."""

    id = Id(required=True)
    visit_id = Id(required=True)
    content = JsonObject(required=True)
    content_hash = fields.String(required=True, validate=validate.Regexp(HASH))
    signer = Name(required=True)
    strokes = JsonObject(depth=6, required=True)
    image_id = Id(required=True)


class TakeArgs(SignedPaper):
    asset_id = Id(load_default=None, allow_none=True)
    expected_on = fields.Date(load_default=None, allow_none=True)


@act("slip.leave", SlipArgs)
def leave(
    ctx: Context, id: str, visit_id: str, text: str, next_start: datetime | None, next_end: datetime | None, **said: Any
) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    if next_start and next_end and next_end <= next_start:
        raise Rejected("args-invalid", "next_end: must end after it starts")
    fact = MessageSlip(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, text=text, next_start=next_start,
        next_end=next_end, **said,
    )  # fmt: skip
    if late:
        fact.mark_late()
    ctx.add(fact)
    ctx.tell(ctx.load(WorkOrder, visit.work_order_id), "slip.leave", visit_id, text=text)
    return LATE if late else DONE


@act("slip.withdraw", WithdrawArgs)
def withdraw(ctx: Context, id: str, reason: str) -> Outcome:
    fact = ctx.lock(MessageSlip, id)
    own_fact(ctx, fact)
    fact.withdrawn = True
    return DONE


def _check(paper: str, content: dict[str, Any], content_hash: str, strokes: dict[str, Any]) -> None:
    fault = paper_fault(paper, content)
    if fault:
        raise Rejected("args-invalid", f"content.{fault}")
    if hash_of(content) != content_hash:
        raise Rejected("hash-mismatch", "content_hash is not the hash of content")
    if not has_ink(strokes):
        raise Rejected("args-invalid", "strokes: no ink")


@act("custody.take", TakeArgs)
def take(
    ctx: Context, id: str, visit_id: str, content: dict[str, Any], content_hash: str, strokes: dict[str, Any],
    asset_id: str | None, expected_on: date | None, signer: str, image_id: str,
) -> Outcome:  # fmt: skip
    """The customer's equipment leaves with us: they sign for what, in what condition, with what."""
    visit, late = fact_visit(ctx, visit_id)
    _check("custody", content, content_hash, strokes)
    if asset_id and ctx.load(Asset, asset_id).site_id != visit.site_id:
        raise Rejected("args-invalid", "asset_id: not at this site")
    fact = Custody(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, asset_id=asset_id, content=content,
        content_hash=content_hash, strokes=strokes, expected_on=expected_on, signer=signer, image_id=image_id,
        state="held",
    )  # fmt: skip
    if late:
        fact.mark_late()
    ctx.add(fact)
    name = content["asset"].get("name")
    ctx.tell(ctx.load(WorkOrder, visit.work_order_id), "custody.take", visit_id, text=str(name or ""))
    return LATE if late else DONE


@act("custody.return", SignedPaper)
def give_back(
    ctx: Context, id: str, visit_id: str, content: dict[str, Any], content_hash: str, strokes: dict[str, Any],
    signer: str, image_id: str,
) -> Outcome:  # fmt: skip
    """It is back, on this visit or a later one of the same work order."""
    visit, late = fact_visit(ctx, visit_id)
    custody = ctx.lock(Custody, id)
    if custody.work_order_id != visit.work_order_id:
        raise Rejected("args-invalid", "visit_id: of another work order")
    if custody.state != "held" or custody.withdrawn:
        raise Parked("already-settled", "withdrawn" if custody.withdrawn else custody.state)
    _check("custody_return", content, content_hash, strokes)
    custody.give_back(
        ctx.at, ctx.user.id, visit_id, signer=signer, condition=content["condition"], content=content,
        content_hash=content_hash, strokes=strokes, image_id=image_id,
    )  # fmt: skip
    name = content["asset"].get("name")
    ctx.tell(ctx.load(WorkOrder, visit.work_order_id), "custody.return", visit_id, text=str(name or ""))
    return LATE if late else DONE


@act("custody.withdraw", WithdrawArgs)
def withdraw_custody(ctx: Context, id: str, reason: str) -> Outcome:
    """A receipt signed by mistake: nothing left after all. It stays to be read; what has come back did leave."""
    custody = ctx.lock(Custody, id)
    own_fact(ctx, custody)
    if custody.state != "held":
        raise Parked("already-settled", custody.state)
    if custody.withdrawn:
        return DONE
    custody.withdrawn = True
    ctx.tell(ctx.load(WorkOrder, custody.work_order_id), "custody.withdraw", custody.visit_id, text=reason)
    return DONE
