"""Escalation 升级 (B6): an engineer asks for help, offline too; what is not answered goes up the ladder."""

from __future__ import annotations

from server import clock
from server.acts import DONE, Context, Outcome, Parked, act
from server.acts.hold import concerned
from server.acts.notices import LADDER, on_rung, owners, tell_people
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.models import Escalation, WorkOrder

RUNGS = tuple(rung["code"] for rung in LADDER["rungs"])


class AskArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    text = Text(shortest=1, required=True)
    rung = one_of(RUNGS, load_default=RUNGS[0])


class StepArgs(ArgsSchema):
    id = Id(required=True)
    text = Text(shortest=1, required=True)


class CloseArgs(ArgsSchema):
    id = Id(required=True)
    text = Text(load_default="")


@act("help.ask", AskArgs)
def ask(ctx: Context, id: str, work_order_id: str, visit_id: str | None, text: str, rung: str) -> Outcome:
    order = ctx.lock(WorkOrder, work_order_id)
    concerned(ctx, order, visit_id)
    row = Escalation(id=id, work_order_id=order.id, visit_id=visit_id, rung=rung, text=text, state="open", steps=[])
    ctx.add(row)
    _step(ctx, order, row, "help.ask", text)
    tell_people(ctx, on_rung(ctx.session, rung), "help_asked", order, text=text, rung=rung)
    return DONE


def _open(ctx: Context, id: str) -> tuple[WorkOrder, Escalation]:
    order = ctx.lock(WorkOrder, ctx.load(Escalation, id).work_order_id)
    row = ctx.lock(Escalation, id)
    concerned(ctx, order, None)
    if row.state == "closed":
        raise Parked("already-settled", row.state)
    return order, row


def _step(ctx: Context, order: WorkOrder, row: Escalation, name: str, text: str) -> None:
    step = {
        "act": name, "by": ctx.user.id, "by_name": ctx.user.name, "at": clock.wire(ctx.at), "text": text,
        "rung": row.rung,
    }  # fmt: skip
    row.steps = [*row.steps, step]
    ctx.tell(order, name, row.visit_id, text=text, rung=row.rung)


@act("help.answer", StepArgs)
def answer(ctx: Context, id: str, text: str) -> Outcome:
    order, row = _open(ctx, id)
    if ctx.user.id != row.created_by:  # more words of whoever asked are no answer
        row.state = "answered"
    _step(ctx, order, row, "help.answer", text)
    people = [row.created_by or "", *(on_rung(ctx.session, row.rung) if ctx.user.id == row.created_by else [])]
    tell_people(ctx, filter(None, people), "help_answered", order, text=text)
    return DONE


@act("help.escalate", StepArgs)
def escalate(ctx: Context, id: str, text: str) -> Outcome:
    """One rung up. Who asked may do it too: nobody has to wait for a superior who does not answer."""
    order, row = _open(ctx, id)
    place = RUNGS.index(row.rung)
    if place + 1 == len(RUNGS):
        raise Parked("top-of-ladder", row.rung)
    row.rung, row.state = RUNGS[place + 1], "open"
    _step(ctx, order, row, "help.escalate", text)
    people = [*on_rung(ctx.session, row.rung), *owners(ctx.session, order)]
    tell_people(ctx, people, "escalated", order, text=text, rung=row.rung)
    return DONE


@act("help.close", CloseArgs)
def close(ctx: Context, id: str, text: str) -> Outcome:
    order, row = _open(ctx, id)
    row.state = "closed"
    _step(ctx, order, row, "help.close", text)
    return DONE
