"""The call-back 回访 (F2): somebody who was not there asks the customer how it was, or reaches nobody and says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, Context, Outcome, Parked, Rejected, act, merged
from server.acts.schemas import ArgsSchema, At, Id, Text, one_of
from server.models import CallAttempt, Survey, Visit, WorkOrder
from server.models.base import NAME_LENGTH
from sync.lifecycle import states, transition

MODES = ("call", "wechat", "visit")
OVER = states("visit", "done")


def stars() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))


class RecordArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(required=True)
    mode = one_of(MODES, required=True)
    speed, solution, attitude = stars(), stars(), stars()
    words = Text(load_default="")
    by_name = Text(NAME_LENGTH, load_default="")  # who answered
    close = fields.Boolean(load_default=False)  # nothing is left to do: the work order is closed with it


class AttemptArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(required=True)
    mode = one_of(MODES, required=True)
    outcome = one_of(CallAttempt.OUTCOMES, required=True)
    note = Text(load_default="")
    again_at = At(load_default=None, allow_none=True)  # when to try once more


@act("call_back.record", RecordArgs)
def record(ctx: Context, id: str, work_order_id: str, visit_id: str, close: bool, **said: Any) -> Outcome:
    """What was said is kept whatever became of the work order; that it cannot be closed with it is said."""
    order = _asked_about(ctx, work_order_id, visit_id)
    ctx.add(Survey(id=id, work_order_id=order.id, visit_id=visit_id, **said))
    ctx.tell(order, "call_back.record", visit_id, **{name: said[name] for name in (*Survey.ASPECTS, "mode")})
    if not close or order.state == "closed":
        return DONE
    if transition("work_order", "work_order.close", order.state) is None:
        return merged(detail=f"not closed: {order.state}")
    order.close(ctx.received)
    ctx.tell(order, "work_order.close", note=said["words"])
    return DONE


@act("call_back.attempt", AttemptArgs)
def attempt(
    ctx: Context, id: str, work_order_id: str, visit_id: str, mode: str, outcome: str, note: str,
    again_at: datetime | None,
) -> Outcome:  # fmt: skip
    """Nobody was reached: who tried, when and how stays, and the visit is still to be asked about."""
    order = _asked_about(ctx, work_order_id, visit_id)
    said = {"mode": mode, "outcome": outcome, "note": note, "again_at": again_at}
    ctx.add(CallAttempt(id=id, work_order_id=order.id, visit_id=visit_id, at=ctx.at, **said))
    ctx.tell(order, "call_back.attempt", visit_id, mode=mode, outcome=outcome, note=note)
    return DONE


def _asked_about(ctx: Context, work_order_id: str, visit_id: str) -> WorkOrder:
    """The work order of a visit that is over and that the user was not on."""
    order, visit = ctx.lock(WorkOrder, work_order_id), ctx.load(Visit, visit_id)
    ctx.permit(Rejected("forbidden", "not by who did the work"), crew=ctx.user.id in visit.crew())
    if visit.work_order_id != order.id:
        raise Rejected("args-invalid", "visit_id: of another work order")
    if visit.state not in OVER:
        raise Parked("illegal-transition", f"call_back from {visit.state}")
    return order
