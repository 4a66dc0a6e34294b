"""Learning from hard matters (F6): a review of root causes, the month-end seminar, training that gives skills."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.monthly import A_MONTH
from server.acts.schemas import ArgsSchema, Id, Name, Text, one_of, texts
from server.models import HardCase, RootCause, TrainingRecord, User, WorkOrder
from server.models.base import NAME_LENGTH

REVIEWERS = ("supervisor", "specialist", "module_head", "department_head", "deputy_gm")
NOMINATE = (*REVIEWERS, "dispatcher", "operator", "call_back")
MOST_WHYS = 5
MOST_PEOPLE = 200
MOST_SKILLS = 100  # of one person, as their account takes them
LONGEST_SKILL = 64


def people() -> fields.List:
    return fields.List(Id(), load_default=list, validate=validate.Length(max=MOST_PEOPLE))


class ReviewArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    facts = Text(load_default="")
    whys = fields.List(Text(1000), load_default=list, validate=validate.Length(max=MOST_WHYS))
    cause = Text(load_default="")
    lessons = Text(load_default="")
    held_on = fields.Date(load_default=None, allow_none=True)
    participant_ids = people()
    done = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class NominateArgs(ArgsSchema):
    id = Id(required=True)
    work_order_id = Id(required=True)
    month = fields.String(required=True, validate=validate.Regexp(A_MONTH))
    why = Text(2000, 1, required=True)


class DecideArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("choose", "decline"), required=True)
    note = Text(2000, load_default="")


class DiscussArgs(ArgsSchema):
    id = Id(required=True)
    minutes = Text(shortest=1, required=True)
    held_on = fields.Date(required=True)
    participant_ids = people()


class TraineeArgs(ArgsSchema):
    user_id = Id(required=True)
    passed = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    note = Text(500, load_default="")


class RecordArgs(ArgsSchema):
    id = Id(required=True)
    title = Name(required=True)
    kind = one_of(TrainingRecord.KINDS, required=True)
    held_on = fields.Date(required=True)
    minutes = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 60_000))
    trainer = Text(NAME_LENGTH, load_default="")
    skills = texts(LONGEST_SKILL, load_default=list)
    people = fields.List(
        fields.Nested(TraineeArgs), required=True, validate=validate.Length(min=1, max=MOST_PEOPLE)
    )  # fmt: skip
    note = Text(2000, load_default="")


class WithdrawArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(2000, 1, required=True)


@act("root_cause.save", ReviewArgs)
def save_review(
    ctx: Context, id: str, work_order_id: str, participant_ids: list[str], done: bool, **said: Any
) -> Outcome:
    """Written as it comes; it is done when all of it is said, and stays open to what one learns later."""
    order = ctx.load(WorkOrder, work_order_id)
    said["whys"] = [why.strip() for why in said["whys"] if why.strip()]
    if done and not (said["facts"].strip() and said["whys"] and said["cause"].strip() and said["lessons"].strip()):
        raise Rejected("args-invalid", "facts, whys, cause and lessons: needed")
    _known(ctx, participant_ids)
    row = ctx.session.get(RootCause, id, with_for_update=True)
    if row is None:
        other = ctx.session.scalar(select(RootCause.id).where(RootCause.work_order_id == order.id))
        if other is not None:
            raise Parked("already-settled", order.number)
        row = ctx.add(RootCause(id=id, work_order_id=order.id))
        row.name_after(order)
    if row.work_order_id != order.id:
        raise Rejected("args-invalid", "id: of another work order")
    for name, value in said.items():
        setattr(row, name, value)
    row.participant_ids, row.state = participant_ids, "done" if done else "draft"
    row.written_by, row.written_at = ctx.user.id, ctx.at
    return DONE


@act("hard_case.nominate", NominateArgs)
def nominate(ctx: Context, id: str, work_order_id: str, month: str, why: str) -> Outcome:
    order = ctx.load(WorkOrder, work_order_id)
    twice = select(HardCase.id).where(HardCase.work_order_id == order.id, HardCase.month == month)
    if ctx.session.scalar(twice) is not None:
        raise Parked("already-settled", order.number)
    row = HardCase(id=id, month=month, why=why, state="nominated", participant_ids=[])
    row.name_after(order)
    ctx.add(row)
    return DONE


@act("hard_case.decide", DecideArgs)
def decide(ctx: Context, id: str, decision: str, note: str) -> Outcome:
    """Whether it is on the list of the month's seminar."""
    row = ctx.lock(HardCase, id)
    if row.state == "discussed":
        raise Parked("already-settled", row.number)
    row.state = {"choose": "chosen", "decline": "declined"}[decision]
    row.decided_by, row.decided_at, row.decided_note = ctx.user.id, ctx.at, note
    return DONE


@act("hard_case.discuss", DiscussArgs)
def discuss(ctx: Context, id: str, minutes: str, held_on: date, participant_ids: list[str]) -> Outcome:
    """The minutes of a case that was chosen; they may be written on afterwards."""
    row = ctx.lock(HardCase, id)
    if row.state not in ("chosen", "discussed"):
        raise Parked("illegal-transition", f"hard_case.discuss from {row.state}")
    _known(ctx, participant_ids)
    row.state, row.minutes, row.held_on, row.participant_ids = "discussed", minutes, held_on, participant_ids
    return DONE


@act("training.record", RecordArgs)
def record(ctx: Context, id: str, people: list[dict[str, Any]], skills: list[str], **said: Any) -> Outcome:
    """Who passed has the skills from now on; nobody loses one by a training."""
    skills = list(dict.fromkeys(skill.strip() for skill in skills if skill.strip()))
    people = list({one["user_id"]: one for one in people}.values())
    passed = [ctx.lock(User, one["user_id"]) for one in sorted(people, key=lambda one: one["user_id"]) if one["passed"]]
    _known(ctx, [one["user_id"] for one in people])
    ctx.add(TrainingRecord(id=id, people=people, skills=skills, withdrawn=False, **said))
    for user in passed:
        more = [skill for skill in skills if skill not in user.skills]
        if more:
            user.skills = [*user.skills, *more][:MOST_SKILLS]
    return DONE


@act("training.withdraw", WithdrawArgs)
def withdraw(ctx: Context, id: str, reason: str) -> Outcome:
    """A record written by mistake stays, struck out; skills are an administrator's to take away."""
    row = ctx.lock(TrainingRecord, id)
    if row.withdrawn:
        raise Parked("already-settled", row.title)
    row.withdrawn, row.note = True, f"{row.note}\n{reason}".strip()
    return DONE


def _known(ctx: Context, user_ids: list[str]) -> None:
    for user_id in user_ids:
        ctx.load(User, user_id)
