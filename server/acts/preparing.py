"""What a visit is prepared with: an estimate before anybody is sent, then who comes along with what (C1, C2)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from server import clock
from server.acts import DONE, Context, Outcome, Parked, act
from server.acts.dispatch import check_crew
from server.acts.schemas import ArgsSchema, Id, Text, one_of, texts
from server.models import Visit, WorkOrder
from sync.lifecycle import states

MAX_PEOPLE = 20
MAX_MINUTES = 31 * 24 * 60


class EstimateArgs(ArgsSchema):
    id = Id(required=True)
    mode = one_of(("on_site", "remote"), required=True)
    people = fields.Integer(strict=True, required=True, validate=validate.Range(1, MAX_PEOPLE))
    minutes = fields.Integer(strict=True, required=True, validate=validate.Range(5, MAX_MINUTES))
    parts = texts(load_default=list)
    note = Text(load_default="")


class PrepareArgs(ArgsSchema):
    visit_id = Id(required=True)
    brief = Text(load_default=None, allow_none=True)
    bring = texts(load_default=None, allow_none=True)
    helper_ids = fields.List(Id(), load_default=None, allow_none=True, validate=validate.Length(max=20))


@act("work_order.estimate", EstimateArgs)
def estimate(ctx: Context, id: str, **said: Any) -> Outcome:
    """On site or remote, how many people, how long, which parts: said by whoever triages, the last word stands."""
    order = ctx.lock(WorkOrder, id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    order.estimate = {**said, "by": ctx.user.id, "at": clock.wire(ctx.at)}
    ctx.tell(order, "work_order.estimate", **said)
    return DONE


@act("visit.prepare", PrepareArgs)
def prepare(
    ctx: Context, visit_id: str, brief: str | None, bring: list[str] | None, helper_ids: list[str] | None
) -> Outcome:
    """Who comes along, with what, knowing what; what is not given stays."""
    visit = ctx.lock(Visit, visit_id)
    if visit.state not in states("visit", "open") and visit.state != "planned":
        raise Parked("illegal-transition", f"visit.prepare from {visit.state}")
    if helper_ids is not None and set(helper_ids) != set(visit.helper_ids):
        check_crew(ctx, visit.lead_id, helper_ids)
        visit.helper_ids = helper_ids
    visit.brief = visit.brief if brief is None else brief
    visit.bring = visit.bring if bring is None else bring
    ctx.tell(ctx.load(WorkOrder, visit.work_order_id), "visit.prepare", visit_id)
    return DONE
