"""The call-back 回访 (F2): somebody who was not there asks the customer how it was."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, Context, Outcome, Parked, Rejected, act, merged
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.models import Survey, Visit, WorkOrder
from server.models.base import NAME_LENGTH
from sync.lifecycle import states, transition

ASKERS = ("call_back", "supervisor")
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


@act("call_back.record", RecordArgs)
def record(ctx: Context, id: str, work_order_id: str, visit_id: str, close: bool, **said: Any) -> Outcome:
    """What was said is kept whatever became of the work order; that it cannot be closed with it is said."""
    ctx.require(*ASKERS)
    order, visit = ctx.lock(WorkOrder, work_order_id), ctx.load(Visit, visit_id)
    if visit.work_order_id != order.id:
        raise Rejected("args-invalid", "visit_id: of another work order")
    if ctx.user.id in visit.crew():
        raise Rejected("forbidden", "not by who did the work")
    if visit.state not in OVER:
        raise Parked("illegal-transition", f"call_back.record from {visit.state}")
    ctx.add(Survey(id=id, work_order_id=order.id, visit_id=visit_id, **said))
    ctx.tell(order, "call_back.record", visit_id, **{name: said[name] for name in (*Survey.ASPECTS, "mode")})
    if not close or order.state == "closed":
        return DONE
    if transition("work_order", "work_order.close", order.state) is None:
        return merged(detail=f"not closed: {order.state}")
    order.close(ctx.received)
    ctx.tell(order, "work_order.close", note=said["words"])
    return DONE
