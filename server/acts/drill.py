"""Drills 演练: planned, run as the plan's checklist, evaluated; they leave actions (B7)."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate

from server import clock
from server.acts import DONE, Context, Outcome, Parked, Rejected, RowUnknown, act
from server.acts.emergency import EntryArgs, keep_entry, listed
from server.acts.notices import notify
from server.acts.schemas import ArgsSchema, At, Id, Text
from server.models import Drill, DrillAction, EmergencyPlan, User
from server.models.base import NAME_LENGTH
from server.models.visit import IllegalTransition

MAX_PARTICIPANTS = 100
MAX_ACTIONS = 30


class PlanArgs(ArgsSchema):
    id = Id(required=True)
    plan_id = Id(required=True)
    planned_at = At(required=True)
    place = Text(NAME_LENGTH, load_default="")
    scenario = Text(load_default="")
    leader_id = Id(required=True)
    participant_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=MAX_PARTICIPANTS))


class IdArgs(ArgsSchema):
    id = Id(required=True)


class CancelArgs(IdArgs):
    reason = Text(shortest=1, required=True)


class LogArgs(EntryArgs):
    drill_id = Id(required=True)


class ActionArgs(ArgsSchema):
    id = Id(required=True)
    text = Text(1000, 1, required=True)
    owner_id = Id(required=True)
    due_on = fields.Date(required=True)


class EvaluateArgs(IdArgs):
    score = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100))
    good = Text(load_default="")
    findings = Text(shortest=1, required=True)
    actions = listed(ActionArgs, MAX_ACTIONS, load_default=list)


class DoneArgs(IdArgs):
    note = Text(load_default="")


@act("drill.plan", PlanArgs)
def plan(ctx: Context, id: str, plan_id: str, leader_id: str, participant_ids: list[str], **said: Any) -> Outcome:
    """A new drill, or one that has not begun as it shall be now. Who takes part is told."""
    if ctx.load(EmergencyPlan, plan_id).state == "proposed":
        raise Parked("illegal-transition", "drill.plan of a plan that is not published")
    for user_id in (leader_id, *participant_ids):
        if not ctx.load(User, user_id).active:
            raise Parked("account-ended", user_id)
    drill = _known(ctx, id)
    told = drill.people() if drill else set()
    if drill is None:
        drill = ctx.add(Drill(id=id, state="planned", good="", findings="", reason=""))
    elif drill.state != "planned":
        raise Parked("illegal-transition", f"drill.plan from {drill.state}")
    drill.plan_id, drill.leader_id = plan_id, leader_id
    drill.participant_ids = [user_id for user_id in dict.fromkeys(participant_ids) if user_id != leader_id]
    for name, value in said.items():
        setattr(drill, name, value)
    _tell(ctx, sorted(drill.people() - told), "drill_planned", drill, planned_at=clock.wire(drill.planned_at))
    return DONE


@act("drill.cancel", CancelArgs)
def cancel(ctx: Context, id: str, reason: str) -> Outcome:
    drill = _moved(ctx, id, "drill.cancel")
    drill.reason = reason
    _tell(ctx, sorted(drill.people()), "drill_cancelled", drill, reason=reason)
    return DONE


@act("drill.start", IdArgs)
def start(ctx: Context, id: str) -> Outcome:
    _moved(ctx, id, "drill.start").started_at = ctx.at
    return DONE


@act("drill.log", LogArgs)
def log(ctx: Context, id: str, drill_id: str, **said: Any) -> Outcome:
    drill = ctx.load(Drill, drill_id)
    _take_part(ctx, drill)
    keep_entry(ctx, ctx.load(EmergencyPlan, drill.plan_id), "drill", drill_id, None, id=id, **said)
    return DONE


@act("drill.finish", IdArgs)
def finish(ctx: Context, id: str) -> Outcome:
    drill = _moved(ctx, id, "drill.finish")
    drill.ended_at = max(ctx.at, drill.started_at or ctx.at)
    return DONE


@act("drill.evaluate", EvaluateArgs)
def evaluate(
    ctx: Context, id: str, score: int, good: str, findings: str, actions: list[dict[str, Any]]
) -> Outcome:  # fmt: skip
    """What went well, what did not, and who puts it right until when."""
    drill = _moved(ctx, id, "drill.evaluate")
    drill.score, drill.good, drill.findings = score, good, findings
    drill.evaluated_by, drill.evaluated_at = ctx.user.id, ctx.received
    for one in actions:
        _add(ctx, drill, **one)
    return DONE


@act("drill_action.done", DoneArgs)
def done(ctx: Context, id: str, note: str) -> Outcome:
    row = ctx.lock(DrillAction, id)
    ctx.permit(person=row.owner_id == ctx.user.id)
    if row.done:
        raise Parked("already-settled", row.text[:100])
    row.finish(ctx.at, ctx.user.id, note)
    return DONE


def _add(ctx: Context, drill: Drill, id: str, text: str, owner_id: str, due_on: date) -> None:
    if not ctx.load(User, owner_id).active:
        raise Parked("account-ended", owner_id)
    if ctx.find(DrillAction, id) is not None:
        raise Rejected("args-invalid", "actions.id: is there already")
    ctx.add(DrillAction(id=id, drill_id=drill.id, text=text, owner_id=owner_id, due_on=due_on, done=False, note=""))
    _tell(ctx, [owner_id], "drill_action", drill, text=text, due_on=due_on.isoformat())


def _tell(ctx: Context, people: list[str], kind: str, drill: Drill, **data: Any) -> None:
    name = ctx.load(EmergencyPlan, drill.plan_id).name
    others = [user_id for user_id in people if user_id != ctx.user.id]
    notify(ctx.session, others, kind, ctx.received, plan=name, drill_id=drill.id, by=ctx.user.name, **data)


def _take_part(ctx: Context, drill: Drill) -> None:
    ctx.permit(person=ctx.user.id in drill.people())


def _moved(ctx: Context, drill_id: str, name: str) -> Drill:
    drill = ctx.lock(Drill, drill_id)
    _take_part(ctx, drill)
    try:
        drill.move(name)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    return drill


def _known(ctx: Context, drill_id: str) -> Drill | None:
    try:
        return ctx.lock(Drill, drill_id)
    except RowUnknown:
        ctx.locked.pop((Drill, drill_id), None)
        return None
