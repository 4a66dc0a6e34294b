"""The monthly assessment 考核 (F5): suggested from evidence, decided by people, open to objection, approved."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from server import clock
from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.assessing import suggest
from server.acts.monthly import A_MONTH
from server.acts.notices import notify_about
from server.acts.schemas import ArgsSchema, Id, Name, Text, one_of
from server.models import Assessment, AssessmentItem, WorkOrder
from server.models.base import NAME_LENGTH
from server.scopes import ZONE
from sync.assessment import EVIDENCE, PER, allowed, item_named
from sync.lifecycle import states, transition

DECIDED_IN = states("assessment", "decided_in")
MOST_POINTS = 100
MOST_LINES = 200


def month(**options: Any) -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(A_MONTH), **options)


def points(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(-MOST_POINTS, MOST_POINTS), **options)


class PutItemArgs(ArgsSchema):
    id = Id(required=True)
    code = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9_-]{1,32}\Z"))
    name = Name(required=True)
    name_en = Text(NAME_LENGTH, load_default="")
    mild = points(required=True)
    grave = points(required=True)
    per = one_of(PER, load_default="each")
    evidence = one_of(EVIDENCE, load_default=None, allow_none=True)
    sort = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 10_000))
    active = fields.Boolean(load_default=True, truthy={True}, falsy={False})


class MonthArgs(ArgsSchema):
    month = month()


class OneArgs(ArgsSchema):
    id = Id(required=True)


class DecideArgs(OneArgs):
    line_id = Id(required=True)
    decision = one_of(("keep", "change", "drop"), required=True)
    points = points(load_default=None, allow_none=True)
    note = Text(2000, load_default="")


class AddLineArgs(OneArgs):
    line_id = Id(required=True)
    item = Text(32, 1, required=True)
    points = points(required=True)
    reason = Text(2000, 1, required=True)
    work_order_id = Id(load_default=None, allow_none=True)


class ObjectArgs(OneArgs):
    text = Text(5000, 1, required=True)
    line_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=MOST_LINES))


class SettleArgs(OneArgs):
    note = Text(5000, 1, required=True)


@act("assessment_item.put", PutItemArgs)
def put_item(ctx: Context, id: str, code: str, mild: int, grave: int, **args: Any) -> Outcome:
    """What an item is worth here. Sheets keep the points they have: a rule that changes judges nobody anew."""
    if not mild or abs(grave) < abs(mild) or (mild < 0) != (grave < 0):
        raise Rejected("args-invalid", "grave: of the same sign, and no milder than mild")
    item = ctx.session.get(AssessmentItem, id, with_for_update=True)
    if item is None:
        if ctx.session.scalar(select(AssessmentItem.id).where(AssessmentItem.code == code)) is not None:
            raise Parked("code-taken", code)
        item = ctx.add(AssessmentItem(id=id, code=code))
    if item.code != code:
        raise Parked("code-stays", item.code)
    for name, value in {**args, "mild": mild, "grave": grave}.items():
        setattr(item, name, value)
    return DONE


@act("assessment.suggest", MonthArgs)
def suggest_month(ctx: Context, month: str) -> Outcome:
    """The sheets of a month, made or brought up to date; what somebody decided stays."""
    if month > f"{ctx.received + ZONE:%Y-%m}":
        raise Rejected("args-invalid", "month: has not begun")
    for sheet in suggest(ctx.session, month, ctx.received):
        sheet.created_by = ctx.user.id
    return DONE


@act("assessment.decide", DecideArgs)
def decide(ctx: Context, id: str, line_id: str, decision: str, points: int | None, note: str) -> Outcome:
    """A line stands as suggested, with other points, or not at all; the last word counts until it is confirmed."""
    sheet = _decidable(ctx, id)
    line = sheet.line(line_id)
    if line is None:
        raise Parked("row-unknown", f"line {line_id}")
    if decision == "change":
        if points is None:
            raise Rejected("args-invalid", "points: needed")
        _check_points(ctx, line["item"], points)
    state = {"keep": "kept", "change": "changed", "drop": "dropped"}[decision]
    given = points if decision == "change" and points is not None else line["points"]
    sheet.decide(line_id, state, given, ctx.user.id, ctx.at, note)
    return DONE


@act("assessment.add_line", AddLineArgs)
def add_line(
    ctx: Context, id: str, line_id: str, item: str, points: int, reason: str, work_order_id: str | None
) -> Outcome:
    """What no row shows, in words; with the work order it was seen at, where there is one."""
    sheet = _decidable(ctx, id)
    _check_points(ctx, item, points)
    if len(sheet.lines) >= MOST_LINES:
        raise Rejected("args-invalid", "line_id: too many lines")
    order = ctx.load(WorkOrder, work_order_id) if work_order_id else None
    evidence = None if order is None else {
        "kind": "order", "noun": "work_order", "id": order.id, "work_order_id": order.id, "visit_id": None,
        "number": order.number, "text": order.title, "at": clock.wire(order.reported_at),
    }  # fmt: skip
    line = {
        "id": line_id, "item": item, "points": points, "count": 1, "origin": "added", "state": "kept",
        "reason": reason, "evidence": evidence, "by": ctx.user.id, "at": clock.wire(ctx.at), "note": "",
    }  # fmt: skip
    if sheet.line(line_id) is not None:
        raise Parked("already-settled", line_id)
    sheet.become([*sheet.lines, line])
    return DONE


@act("assessment.confirm", OneArgs)
def confirm(ctx: Context, id: str) -> Outcome:
    """Every line is decided about; from now on the person may object."""
    sheet = _held(ctx, id)
    if any(line["state"] == "open" for line in sheet.lines):
        raise Parked("lines-open", sheet.month)
    _move(sheet, "assessment.confirm")
    sheet.confirmed_by, sheet.confirmed_at = ctx.user.id, ctx.at
    _tell(ctx, sheet, "assessment_confirmed", [sheet.user_id], total=sheet.total)
    return DONE


@act("assessment.object", ObjectArgs)
def object_(ctx: Context, id: str, text: str, line_ids: list[str]) -> Outcome:
    """By the person themselves, without a network too; what comes after the approval waits for a person."""
    sheet = ctx.lock(Assessment, id)
    ctx.permit(Rejected("forbidden", "one's own"), person=sheet.user_id == ctx.user.id)
    if any(sheet.line(line_id) is None for line_id in line_ids):
        raise Rejected("args-invalid", "line_ids: of another sheet")
    _move(sheet, "assessment.object")
    sheet.object(text, line_ids, ctx.at)
    _tell(ctx, sheet, "assessment_objected", [sheet.confirmed_by] if sheet.confirmed_by else [], text=text)
    return DONE


@act("assessment.settle", SettleArgs)
def settle(ctx: Context, id: str, note: str) -> Outcome:
    """The objection is answered; lines were changed before, where it was right."""
    sheet = _held(ctx, id)
    _move(sheet, "assessment.settle")
    sheet.settle(ctx.user.id, ctx.at, note)
    _tell(ctx, sheet, "assessment_settled", [sheet.user_id], note=note, total=sheet.total)
    return DONE


@act("assessment.approve", OneArgs)
def approve(ctx: Context, id: str) -> Outcome:
    sheet = _held(ctx, id)
    _move(sheet, "assessment.approve")
    sheet.approved_by, sheet.approved_at = ctx.user.id, ctx.at
    _tell(ctx, sheet, "assessment_approved", [sheet.user_id], total=sheet.total)
    return DONE


@act("assessment.export", MonthArgs)
def export(ctx: Context, month: str) -> Outcome:
    """The approved sheets of a month are handed on; the file itself is a door (`GET /api/assessments.xlsx`)."""
    approved = select(Assessment).where(Assessment.month == month, Assessment.state == "approved")
    for sheet in ctx.session.scalars(approved.order_by(Assessment.id).with_for_update()):
        sheet.state, sheet.exported_at = "exported", ctx.received
    return DONE


def _held(ctx: Context, sheet_id: str) -> Assessment:
    """The sheet, locked, by somebody who decides about others; nobody decides about themselves."""
    sheet = ctx.lock(Assessment, sheet_id)
    ctx.permit(Rejected("forbidden", "not one's own"), person=sheet.user_id == ctx.user.id)
    return sheet


def _decidable(ctx: Context, sheet_id: str) -> Assessment:
    sheet = _held(ctx, sheet_id)
    if sheet.state not in DECIDED_IN:
        raise Parked("illegal-transition", f"assessment.decide from {sheet.state}")
    return sheet


def _check_points(ctx: Context, code: str, given: int) -> None:
    item = item_named(code, [row.body() for row in ctx.session.scalars(select(AssessmentItem))])
    if item is None:
        raise Rejected("args-invalid", "item: unknown")
    if not allowed(item, given):
        raise Rejected("args-invalid", f"points: {item['name']} from {item['mild']} to {item['grave']}")


def _move(sheet: Assessment, name: str) -> None:
    to = transition("assessment", name, sheet.state)
    if to is None:
        raise Parked("illegal-transition", f"{name} from {sheet.state}")
    sheet.state = to


def _tell(ctx: Context, sheet: Assessment, kind: str, people: list[str], **data: Any) -> None:
    data |= {"assessment_id": sheet.id, "month": sheet.month, "by": ctx.user.name}
    notify_about(ctx.session, [one for one in people if one != ctx.user.id], kind, ctx.received, "", "", **data)
