"""Emergency plans and the cases in which they are followed (B7)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import func, select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act, merged
from server.acts.hold import concerned
from server.acts.notices import people_with, superiors, tell_people
from server.acts.schemas import ArgsSchema, Id, Name, Text, one_of
from server.acts.work_order import LEVELS
from server.models import Emergency, EmergencyEntry, EmergencyPlan, User, WorkOrder
from server.models.base import NAME_LENGTH
from server.models.visit import IllegalTransition

MAX_PEOPLE = 60  # of a roster, and of a list of suppliers
MAX_STEPS = 100
MAX_MINUTES = 31 * 24 * 60
PHONE = r"[0-9+*#() \-]{3,32}\Z"
APPROVERS = ("department_head", "deputy_gm")


class PersonArgs(ArgsSchema):
    id = Text(64, 1, required=True)
    group = one_of(EmergencyPlan.GROUPS, required=True)
    user_id = Id(load_default=None, allow_none=True)
    name = Name(required=True)
    duty = Text(NAME_LENGTH, load_default="")
    phone = fields.String(required=True, validate=validate.Regexp(PHONE))


class StepArgs(ArgsSchema):
    id = Text(64, 1, required=True)
    group = one_of(EmergencyPlan.GROUPS, load_default="team")
    text = Text(1000, 1, required=True)
    text_en = Text(1000, load_default="")
    minutes = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MAX_MINUTES))


class SupplierArgs(ArgsSchema):
    id = Text(64, 1, required=True)
    name = Name(required=True)
    contact = Text(NAME_LENGTH, load_default="")
    phone = fields.String(required=True, validate=validate.Regexp(PHONE))
    what = Text(NAME_LENGTH, load_default="")


def listed(schema: type[ArgsSchema], longest: int, shortest: int = 0, **options: Any) -> fields.List:
    return fields.List(fields.Nested(schema), validate=validate.Length(shortest, longest), **options)


class WriteArgs(ArgsSchema):
    id = Id(required=True)
    code = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9][a-z0-9-]{0,31}\Z"))
    level = fields.Integer(required=True, strict=True, validate=validate.OneOf(LEVELS))
    name = Name(required=True)
    name_en = Text(NAME_LENGTH, load_default="")
    scenario = Text(load_default="")
    roster = listed(PersonArgs, MAX_PEOPLE, 1, required=True)
    steps = listed(StepArgs, MAX_STEPS, 1, required=True)
    suppliers = listed(SupplierArgs, MAX_PEOPLE, load_default=list)

    @validates_schema
    def _told_apart(self, data: dict[str, Any], **_: Any) -> None:
        for name in ("roster", "steps", "suppliers"):
            ids = [one["id"] for one in data.get(name, ())]
            if len(set(ids)) != len(ids):
                raise ValidationError("an id twice", name)
        if not any(one["group"] == "command" for one in data.get("roster", ())):
            raise ValidationError("nobody commands", "roster")


class IdArgs(ArgsSchema):
    id = Id(required=True)


class ActivateArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    plan_id = Id(required=True)
    reason = Text(load_default="")


class EntryArgs(ArgsSchema):
    """A line of a log. `step_id`: of a tick; `contact_id`, `contact_name`, `phone`, `result`: of a call."""

    id = Id(required=True)
    kind = one_of(EmergencyEntry.KINDS, required=True)
    step_id = Text(64, load_default=None, allow_none=True)
    contact_id = Text(64, load_default=None, allow_none=True)
    contact_name = Text(NAME_LENGTH, load_default="")
    phone = Text(32, load_default="")
    result = one_of(EmergencyEntry.RESULTS, load_default=None, allow_none=True)
    text = Text(load_default="")

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_: Any) -> None:
        kind = data.get("kind")
        if kind in ("tick", "untick") and not data.get("step_id"):
            raise ValidationError("of which step", "step_id")
        if kind == "call" and not (data.get("contact_name") and data.get("result")):
            raise ValidationError("who was called, and how it went", "contact_name")
        if kind == "note" and not data.get("text", "").strip():
            raise ValidationError("needs words", "text")


class LogArgs(EntryArgs):
    emergency_id = Id(required=True)


class EndArgs(ArgsSchema):
    id = Id(required=True)
    summary = Text(shortest=1, required=True)


# --- Plans ----------------------------------------------------------------------------------------------


@act("emergency_plan.write", WriteArgs)
def write(ctx: Context, id: str, code: str, **said: Any) -> Outcome:
    """A new version, whole, for the head to publish. What was published stays in force until then."""
    if ctx.find(EmergencyPlan, id) is not None:
        raise Rejected("args-invalid", "id: a version is written once")
    for one in said["roster"]:
        if one["user_id"]:
            ctx.load(User, one["user_id"])
    ctx.session.flush()
    last = ctx.session.scalar(select(func.max(EmergencyPlan.version)).where(EmergencyPlan.code == code)) or 0
    ctx.add(EmergencyPlan(id=id, code=code, version=last + 1, state="proposed", **said))
    ctx.session.flush()
    return DONE


@act("emergency_plan.publish", IdArgs)
def publish(ctx: Context, id: str) -> Outcome:
    """From now on this version is the one to follow; the one before is kept for those who followed it."""
    plan = _moved(ctx, id, "emergency_plan.publish")
    before = select(EmergencyPlan).where(
        EmergencyPlan.code == plan.code, EmergencyPlan.state == "published", EmergencyPlan.id != id
    )
    for other in ctx.session.scalars(before.with_for_update()):
        other.move("emergency_plan.retire", ctx.received, ctx.user.id)
    return DONE


@act("emergency_plan.retire", IdArgs)
def retire(ctx: Context, id: str) -> Outcome:
    _moved(ctx, id, "emergency_plan.retire")
    return DONE


def _moved(ctx: Context, plan_id: str, name: str) -> EmergencyPlan:
    plan = ctx.lock(EmergencyPlan, plan_id)
    try:
        plan.move(name, ctx.received, ctx.user.id)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    return plan


# --- A case ---------------------------------------------------------------------------------------------


@act("emergency.activate", ActivateArgs)
def activate(ctx: Context, id: str, work_order_id: str, visit_id: str | None, plan_id: str, reason: str) -> Outcome:
    """Somebody began to act by a plan. That is a fact: a level that was changed meanwhile, or a second phone that
    said the same, is told and refuses nothing."""
    order = ctx.lock(WorkOrder, work_order_id)
    concerned(ctx, order, visit_id)
    plan = ctx.load(EmergencyPlan, plan_id)
    if plan.state == "proposed":
        raise Parked("illegal-transition", "emergency.activate of a plan that is not published")
    ctx.session.flush()
    running = select(Emergency.id).where(Emergency.work_order_id == order.id, Emergency.state == "active")
    beside = ctx.session.scalar(running.limit(1)) is not None
    row = Emergency(
        id=id, work_order_id=order.id, visit_id=visit_id, plan_id=plan.id, state="active", reason=reason,
        started_at=ctx.at, summary="",
    )  # fmt: skip
    ctx.add(row)
    ctx.tell(order, "emergency.activate", visit_id, plan=plan.name, version=plan.version, reason=reason)
    people = [*plan.people(), *(user for step in superiors(ctx.session, order.level) for user in step)]
    tell_people(ctx, people, "emergency", order, plan=plan.name, reason=reason)
    if beside:
        return merged("already-active", plan.name)
    return DONE if plan.level == order.level else merged("plan-of-another-level", plan.name)


@act("emergency.log", LogArgs)
def log(ctx: Context, id: str, emergency_id: str, **said: Any) -> Outcome:
    """A line from a phone or a desk, whenever it arrives: what was done before the end may be told after it."""
    emergency = ctx.load(Emergency, emergency_id)
    order = ctx.load(WorkOrder, emergency.work_order_id)
    concerned(ctx, order, None)
    keep_entry(ctx, ctx.load(EmergencyPlan, emergency.plan_id), "emergency", emergency_id, order.id, id=id, **said)
    return DONE


def keep_entry(ctx: Context, plan: EmergencyPlan, noun: str, parent_id: str, order_id: str | None, **said: Any) -> None:
    if said["step_id"] and plan.step(said["step_id"]) is None:
        raise Rejected("args-invalid", "step_id: not of this plan")
    ctx.keep(
        EmergencyEntry(
            parent_noun=noun, parent_id=parent_id, work_order_id=order_id, by_name=ctx.user.name, at=ctx.at, **said
        )
    )


@act("emergency.end", EndArgs)
def end(ctx: Context, id: str, summary: str) -> Outcome:
    order = ctx.lock(WorkOrder, ctx.load(Emergency, id).work_order_id)
    row = ctx.lock(Emergency, id)
    ctx.permit(author=row.created_by == ctx.user.id)
    if row.state != "active":
        raise Parked("already-settled", row.state)
    row.end(ctx.at, ctx.user.id, summary)
    plan = ctx.load(EmergencyPlan, row.plan_id)
    ctx.tell(order, "emergency.end", row.visit_id, plan=plan.name, text=summary)
    tell_people(ctx, [*plan.people(), *people_with(ctx.session, APPROVERS)], "emergency_over", order, plan=plan.name)
    return DONE
