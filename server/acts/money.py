"""Quotation, consent and payment on a visit (D7). What happened there is a fact: never refused, only late."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, LATE, Context, Outcome, Parked, Rejected, act, merged
from server.acts.report import has_ink
from server.acts.schemas import ArgsSchema, Id, Json, JsonObject, Name, Text, one_of
from server.acts.visit import fact_visit, own_fact
from server.models import Charge, Quotation, WorkOrder
from sync.money import BASES, lines_fault, paper_fault, total_of, yuan
from sync.report import content_hash as hash_of

HASH = r"[0-9a-f]{64}\Z"
MAX_CENTS = 10**12  # ten thousand million yuan: more is a slip of the thumb


class QuoteArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    content = JsonObject(required=True)
    content_hash = fields.String(required=True, validate=validate.Regexp(HASH))


class AgreeArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    content_hash = fields.String(required=True, validate=validate.Regexp(HASH))
    signer = Name(required=True)
    strokes = JsonObject(depth=6, required=True)
    image_id = Id(required=True)


class DeclineArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    note = Text(load_default="")


class ChargeArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    quotation_id = Id(load_default=None, allow_none=True)
    basis = one_of(BASES, required=True)
    lines = Json(depth=4, required=True)
    total_cents = fields.Integer(strict=True, required=True, validate=validate.Range(0, MAX_CENTS))
    paid_cents = fields.Integer(strict=True, required=True, validate=validate.Range(0, MAX_CENTS))
    method = one_of(Charge.METHODS, required=True)
    receipt_number = Text(64, load_default="")
    note = Text(load_default="")


class WithdrawArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(load_default="")


@act("quotation.make", QuoteArgs)
def make(ctx: Context, id: str, visit_id: str, content: dict[str, Any], content_hash: str) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    fault = paper_fault("quotation", content)
    if fault or content["total_cents"] > MAX_CENTS:
        raise Rejected("args-invalid", f"content.{fault or 'total_cents'}")
    if hash_of(content) != content_hash:
        raise Rejected("hash-mismatch", "content_hash is not the hash of content")
    fact = Quotation(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, content=content, content_hash=content_hash,
        basis=content["basis"], total_cents=content["total_cents"], state="open",
    )  # fmt: skip
    if late:
        fact.mark_late()
    ctx.add(fact)
    order = ctx.load(WorkOrder, visit.work_order_id)
    ctx.tell(order, "quotation.make", visit_id, total_cents=fact.total_cents, text=yuan(fact.total_cents))
    return LATE if late else DONE


def _answered(ctx: Context, id: str, visit_id: str) -> tuple[Quotation, bool]:
    """The quotation of this visit's work order, unless somebody has answered it already."""
    visit, late = fact_visit(ctx, visit_id)
    quotation = ctx.lock(Quotation, id)
    if quotation.work_order_id != visit.work_order_id:
        raise Rejected("args-invalid", "visit_id: of another work order")
    if quotation.state != "open":
        raise Parked("already-settled", quotation.state)
    return quotation, late


@act("quotation.agree", AgreeArgs)
def agree(
    ctx: Context, id: str, visit_id: str, content_hash: str, signer: str, strokes: dict[str, Any], image_id: str
) -> Outcome:
    """The customer consents to exactly what they saw."""
    quotation, late = _answered(ctx, id, visit_id)
    if quotation.content_hash != content_hash:
        raise Rejected("hash-mismatch", "another quotation was shown")
    if not has_ink(strokes):
        raise Rejected("args-invalid", "strokes: no ink")
    quotation.answer("agreed", ctx.at)
    quotation.signer, quotation.strokes, quotation.image_id = signer, strokes, image_id
    text = f"{yuan(quotation.total_cents)} {signer}"
    ctx.tell(ctx.load(WorkOrder, quotation.work_order_id), "quotation.agree", visit_id, text=text)
    return LATE if late else DONE


@act("quotation.decline", DeclineArgs)
def decline(ctx: Context, id: str, visit_id: str, note: str) -> Outcome:
    quotation, late = _answered(ctx, id, visit_id)
    quotation.answer("declined", ctx.at, note)
    ctx.tell(ctx.load(WorkOrder, quotation.work_order_id), "quotation.decline", visit_id, note=note)
    return LATE if late else DONE


@act("charge.record", ChargeArgs)
def record(
    ctx: Context, id: str, visit_id: str, quotation_id: str | None, lines: Any, total_cents: int, **args: Any
) -> Outcome:
    """What was charged. That it is not what was consented to is said and refuses nothing: the money is paid."""
    visit, late = fact_visit(ctx, visit_id)
    fault = lines_fault(lines)
    if fault or total_of(lines) != total_cents:
        raise Rejected("args-invalid", f"lines: {fault or 'do not add up'}")
    quotation = ctx.load(Quotation, quotation_id) if quotation_id else None
    if quotation is not None and quotation.work_order_id != visit.work_order_id:
        raise Rejected("args-invalid", "quotation_id: of another work order")
    fact = Charge(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, quotation_id=quotation_id, lines=lines,
        total_cents=total_cents, **args,
    )  # fmt: skip
    if late:
        fact.mark_late()
    ctx.add(fact)
    order = ctx.load(WorkOrder, visit.work_order_id)
    ctx.tell(order, "charge.record", visit_id, text=f"{yuan(total_cents)} {fact.receipt_number}".strip())
    if late:
        return LATE
    agreed = quotation is not None and quotation.state == "agreed" and quotation.total_cents == total_cents
    return DONE if agreed or total_cents == 0 else merged("not-as-quoted")


def _register_withdrawal(name: str, model: type[Quotation] | type[Charge]) -> None:
    @act(name, WithdrawArgs)
    def _withdraw(ctx: Context, id: str, reason: str) -> Outcome:
        fact = ctx.lock(model, id)
        own_fact(ctx, fact)
        if isinstance(fact, Quotation) and fact.state != "open":
            raise Parked("already-settled", fact.state)
        fact.withdrawn = True
        return DONE


_register_withdrawal("quotation.withdraw", Quotation)
_register_withdrawal("charge.withdraw", Charge)
