"""Holds 挂起: who is on site says that it has to wait, the dispatcher confirms, whoever sees it first lifts it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.notices import people_with, tell_people
from server.acts.promises import lift_hold, pause
from server.acts.schemas import ArgsSchema, At, Id, Text, one_of
from server.acts.visit import derive
from server.models import Hold, Visit, WorkOrder
from server.models.work_order import ENDED
from sync.lifecycle import transition
from sync.rules import rule

DECIDERS = ("dispatcher", "supervisor")


class ProposeArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    reason = one_of(Hold.REASONS, required=True)
    note = Text(load_default="")
    until = At(load_default=None, allow_none=True)


class DecideArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("confirm", "refuse"), required=True)
    note = Text(load_default="")


class LiftArgs(ArgsSchema):
    id = Id(required=True)
    note = Text(load_default="")


def concerned(ctx: Context, order: WorkOrder, visit_id: str | None) -> None:
    """Rejects who is neither of the office nor of a crew that was ever sent on the order."""
    if not ctx.permitted:
        ctx.session.flush()
        visits = ctx.session.scalars(select(Visit).where(Visit.work_order_id == order.id, Visit.state != "planned"))
        ctx.permit(sent=any(ctx.user.id in visit.crew() for visit in visits))
    if visit_id and ctx.load(Visit, visit_id).work_order_id != order.id:
        raise Rejected("args-invalid", "visit_id: of another work order")


@act("hold.propose", ProposeArgs)
def propose(
    ctx: Context, id: str, work_order_id: str, visit_id: str | None, reason: str, note: str, until: datetime | None
) -> Outcome:
    """Somebody who may decide need not propose first: what a dispatcher says stands."""
    order = ctx.lock(WorkOrder, work_order_id)
    concerned(ctx, order, visit_id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    pausing = {**rule("sla")["defaults"], **(order.sla or {})}["pauses"]
    hold = Hold(
        id=id, work_order_id=order.id, visit_id=visit_id, reason=reason, note=note, until=until, state="proposed",
        pauses=reason in pausing, from_at=ctx.at, decided_note="",
    )  # fmt: skip
    if ctx.user.has_role(*DECIDERS):
        _confirm(ctx, order, hold, "")
    ctx.add(hold)
    ctx.tell(order, "hold.propose", visit_id, reason=reason, note=note, pauses=hold.pauses, state=hold.state)
    if hold.state == "proposed":
        tell_people(ctx, people_with(ctx.session, ["dispatcher"]), "hold_proposed", order, reason=reason, note=note)
    return DONE


@act("hold.decide", DecideArgs)
def decide(ctx: Context, id: str, decision: str, note: str) -> Outcome:
    order = ctx.lock(WorkOrder, ctx.load(Hold, id).work_order_id)
    hold = ctx.lock(Hold, id)
    if hold.state != "proposed":
        raise Parked("already-settled", hold.state)
    if decision == "confirm":
        _confirm(ctx, order, hold, note)
    else:
        hold.decide(False, ctx.user.id, ctx.received, note)
    ctx.tell(order, f"hold.{decision}", hold.visit_id, reason=hold.reason, note=note)
    tell_people(ctx, [hold.created_by or ""], "hold_decided", order, decision=hold.state, note=note)
    return DONE


def _confirm(ctx: Context, order: WorkOrder, hold: Hold, note: str) -> None:
    state = transition("work_order", "hold.confirm", order.state)
    if state is None:
        raise Parked("illegal-transition", f"hold.confirm from {order.state}")
    hold.decide(True, ctx.user.id, ctx.received, note)
    order.state = state
    if hold.pauses:
        pause(ctx, order, hold.from_at)


@act("hold.lift", LiftArgs)
def lift(ctx: Context, id: str, note: str) -> Outcome:
    order = ctx.lock(WorkOrder, ctx.load(Hold, id).work_order_id)
    hold = ctx.lock(Hold, id)
    concerned(ctx, order, None)
    if hold.state not in ("proposed", "on"):
        raise Parked("already-settled", hold.state)
    if hold.state == "proposed" or order.state in ENDED:
        hold.lift(ctx.at)
    else:
        lift_hold(ctx, order, ctx.at)
        derive(ctx, order)
    ctx.tell(order, "hold.lift", hold.visit_id, reason=hold.reason, note=note)
    return DONE
