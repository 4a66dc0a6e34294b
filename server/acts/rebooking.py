"""Another time, asked for on the way and answered at the desk (D3). The slot is the office's until it says yes."""

from __future__ import annotations

from datetime import datetime

from server.acts import DONE, LATE, Context, Outcome, Parked, act
from server.acts.dispatch import SlotArgs, move_slot
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.acts.visit import fact_visit
from server.models import Rebooking, Visit, WorkOrder


class ProposeArgs(SlotArgs):
    id = Id(required=True)
    visit_id = Id(required=True)
    kind = one_of(Rebooking.KINDS, required=True)
    reason = Text(64, 1, required=True)
    note = Text(load_default="")


class AnswerArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("confirm", "refuse"), required=True)
    note = Text(load_default="")


@act("rebooking.propose", ProposeArgs)
def propose(
    ctx: Context, id: str, visit_id: str, kind: str, reason: str, note: str, slot_start: datetime, slot_end: datetime
) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    fact = Rebooking(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, kind=kind, reason=reason, note=note,
        was_start=visit.slot_start, was_end=visit.slot_end, slot_start=slot_start, slot_end=slot_end, state="proposed",
    )  # fmt: skip
    if late:
        fact.mark_late()
    ctx.add(fact)
    ctx.tell(ctx.load(WorkOrder, visit.work_order_id), "rebooking.propose", visit_id, reason=reason, note=note)
    return LATE if late else DONE


@act("rebooking.answer", AnswerArgs)
def answer(ctx: Context, id: str, decision: str, note: str) -> Outcome:
    """Confirmed, the visit has the time that was asked for; refused, it keeps its own."""
    asked = ctx.lock(Rebooking, id)
    if asked.state != "proposed":
        raise Parked("already-settled", asked.state)
    if decision == "confirm":
        move_slot(ctx, ctx.lock(Visit, asked.visit_id), asked.slot_start, asked.slot_end, asked.reason)
    asked.answer("confirmed" if decision == "confirm" else "refused", ctx.user.id, ctx.received, note)
    order = ctx.load(WorkOrder, asked.work_order_id)
    ctx.tell(order, "rebooking.answer", asked.visit_id, decision=decision, note=note)
    return DONE
