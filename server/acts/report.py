"""Signing the service report. The signature is bound to the hash of what was on the screen."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, LATE, Context, Outcome, Rejected, act, merged
from server.acts.schemas import ArgsSchema, Id, JsonObject, Name, Text, one_of
from server.acts.visit import fact_visit, led_visit, move
from server.models import Signature, Waiver
from server.models.visit import CUSTOMER_SIDE
from sync.lifecycle import transition
from sync.report import content_hash as hash_of
from sync.report import is_content

ASPECTS = ("speed", "solution", "attitude")


class SignArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    role = one_of(Signature.ROLES, required=True)
    name = Name(required=True)
    content = JsonObject(required=True)
    content_hash = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))
    strokes = JsonObject(depth=6, required=True)
    image_id = Id(required=True)
    rating = JsonObject(depth=2, load_default=None, allow_none=True)
    opinion = Text(load_default="")


class WaiveArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    reason = Text(64, 1, required=True)
    note = Text(load_default="")


@act("report.sign", SignArgs)
def sign(
    ctx: Context,
    id: str,
    visit_id: str,
    role: str,
    content: dict[str, Any],
    content_hash: str,
    strokes: dict[str, Any],
    rating: dict[str, Any] | None,
    **args: Any,
) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    if not is_content(content):
        raise Rejected("args-invalid", "content: not a service report")
    if hash_of(content) != content_hash:
        raise Rejected("hash-mismatch", "content_hash is not the hash of content")
    if not has_ink(strokes):
        raise Rejected("args-invalid", "strokes: no ink")
    if rating is not None and any(rating.get(a) not in (None, 1, 2, 3, 4, 5) for a in (*ASPECTS, *rating)):
        raise Rejected("args-invalid", "rating: 1 to 5")
    fact = Signature(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, role=role, content=content,
        content_hash=content_hash, strokes=strokes, rating=rating, **args,
    )  # fmt: skip
    may_sign = transition("visit", "report.sign", visit.state, visit.mode) and visit.lead_id == ctx.user.id
    if late or (role in CUSTOMER_SIDE and not may_sign and visit.state != "signed"):
        # A signature is evidence: it is kept even when the visit moved on without it.
        fact.mark_late()
        ctx.add(fact)
        return LATE
    ctx.add(fact)
    if role not in CUSTOMER_SIDE:
        return DONE
    visit.customer_signed = True
    if not may_sign:  # a second signer of a signed report
        return merged("second-signature")
    return move(ctx, "report.sign", visit, data={"signed_by": args["name"]})


@act("report.waive", WaiveArgs)
def waive(ctx: Context, id: str, visit_id: str, reason: str, note: str) -> Outcome:
    visit = led_visit(ctx, visit_id)
    outcome = move(ctx, "report.waive", visit, reason, note)
    ctx.add(Waiver(id=id, visit_id=visit_id, work_order_id=visit.work_order_id, reason=reason, note=note))
    return outcome


def has_ink(strokes: dict[str, Any]) -> bool:
    """At least two points somewhere: an accidental dot is no signature (hazard 45)."""
    drawn = strokes.get("strokes") or strokes.get("paths") or []
    return isinstance(drawn, list) and any(
        isinstance(stroke, dict) and isinstance(stroke.get("points"), list) and len(stroke["points"]) >= 2
        for stroke in drawn
    )
