"""Maintenance plans: setting them, making visits of what is due, excusing and recording it (E1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, RowUnknown, act
from server.acts.dispatch import DispatchArgs, check_crew, send_out
from server.acts.promises import promise_window
from server.acts.schemas import ArgsSchema, At, Id, Text, one_of, texts
from server.acts.work_order import issue_number, visits_of
from server.models import (
    ChecklistVersion,
    Customer,
    MaintenancePlan,
    PlanOccurrence,
    Site,
    Team,
    User,
    Visit,
    WorkOrder,
)
from server.models.base import NAME_LENGTH
from server.occurrences import day_of, make_occurrences, settle
from server.scopes import ZONE
from sync.plans import DONE as IS_DONE
from sync.plans import DUE, EXCUSED, MISSED, parse, state_of

WIDEST = 45  # days of a window, to each side
TITLES = {"monthly": "月巡查", "quarterly": "季度巡查", "half_year": "半年保养"}
GREATEST = ("half_year", "quarterly", "monthly")  # which one names a visit made for several


class SetArgs(ArgsSchema):
    id = Id(required=True)
    site_id = Id(required=True)
    kind = one_of(MaintenancePlan.KINDS, required=True)
    rrule = Text(100, 1, required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(load_default=None, allow_none=True)
    window_days = fields.Integer(strict=True, load_default=7, validate=validate.Range(0, WIDEST))
    checklist_codes = texts(64, load_default=list)
    team_id = Id(load_default=None, allow_none=True)
    lead_id = Id(load_default=None, allow_none=True)
    active = fields.Boolean(load_default=True)
    note = Text(NAME_LENGTH, load_default="")

    @validates_schema
    def _sound(self, data: dict[str, Any], **_: Any) -> None:
        start, end = data.get("starts_on"), data.get("ends_on")
        if start and not 2000 <= start.year < 2100:
            raise ValidationError("not in this century", "starts_on")
        if start and end and end < start:
            raise ValidationError("must not end before it starts", "ends_on")
        try:
            parse(data.get("rrule", ""))
        except ValueError as wrong:
            raise ValidationError(str(wrong), "rrule") from None


class MakeVisitArgs(ArgsSchema):
    """`id`: the work order. With `visit_id` somebody is sent at once, else it waits to be dispatched."""

    id = Id(required=True)
    occurrence_ids = fields.List(Id(), required=True, validate=validate.Length(1, 12))
    visit_id = Id(load_default=None, allow_none=True)
    lead_id = Id(load_default=None, allow_none=True)
    slot_start = At(load_default=None, allow_none=True)
    slot_end = At(load_default=None, allow_none=True)

    @validates_schema
    def _all_or_none(self, data: dict[str, Any], **_: Any) -> None:
        given = [data.get(name) is not None for name in ("visit_id", "lead_id", "slot_start", "slot_end")]
        if any(given) and not all(given):
            raise ValidationError("a visit needs visit_id, lead_id, slot_start and slot_end", "visit_id")
        if all(given):
            DispatchArgs(only=("slot_start", "slot_end"))._ordered(data)


class ExcuseArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(NAME_LENGTH, 1, required=True)


class RecordArgs(ArgsSchema):
    id = Id(required=True)
    done_on = fields.Date(required=True)
    reason = Text(NAME_LENGTH, 1, required=True)


class RestoreArgs(ArgsSchema):
    id = Id(required=True)


@act("plan.set", SetArgs)
def set_plan(ctx: Context, id: str, site_id: str, **said: Any) -> Outcome:
    """A new plan, or the same one as it shall be now; what it makes is made at once."""
    ctx.load(Site, site_id)
    if said["team_id"]:
        ctx.load(Team, said["team_id"])
    if said["lead_id"]:
        check_crew(ctx, said["lead_id"], [])
    known = set(ctx.session.scalars(select(ChecklistVersion.code).where(
        ChecklistVersion.code.in_(said["checklist_codes"])
    )))  # fmt: skip
    if lacking := [code for code in said["checklist_codes"] if code not in known]:
        raise Rejected("args-invalid", f"checklist_codes: unknown {lacking[0]}")
    plan = _known(ctx, id) or ctx.add(MaintenancePlan(id=id, site_id=site_id))
    if plan.site_id != site_id:
        raise Rejected("args-invalid", "site_id: a plan stays with its site")
    for name, value in said.items():
        setattr(plan, name, value)
    ctx.session.flush()
    make_occurrences(ctx.session, plan, ctx.received)
    return DONE


def _known(ctx: Context, plan_id: str) -> MaintenancePlan | None:
    try:
        return ctx.lock(MaintenancePlan, plan_id)
    except RowUnknown:
        ctx.locked.pop((MaintenancePlan, plan_id), None)
        return None


@act("occurrence.make_visit", MakeVisitArgs)
def make_visit(
    ctx: Context, id: str, occurrence_ids: list[str], visit_id: str | None, lead_id: str | None,
    slot_start: datetime | None, slot_end: datetime | None,
) -> Outcome:  # fmt: skip
    """One work order for all that is due: a new one, or one of that site somebody registered by hand."""
    rows = [ctx.lock(PlanOccurrence, row_id) for row_id in sorted(set(occurrence_ids))]
    if len({row.site_id for row in rows}) != 1:
        raise Rejected("args-invalid", "occurrence_ids: not of one site")
    for row in rows:
        if row.state not in (DUE, MISSED) or row.work_order_id not in (None, id):
            raise Parked("illegal-transition", f"occurrence.make_visit from {row.state}")
    plans = [ctx.load(MaintenancePlan, row.plan_id) for row in rows]
    if lead_id:
        check_crew(ctx, lead_id, [])
    order = _order(ctx, id, rows)
    for row in rows:
        row.work_order_id = order.id
    if visit_id and lead_id and slot_start and slot_end:
        codes = list(dict.fromkeys(code for plan in plans for code in plan.checklist_codes))
        visit = Visit(
            id=visit_id, work_order_id=order.id, site_id=order.site_id, sequence=len(visits_of(ctx, order)) + 1,
            mode="on_site", state="planned", lead_id=lead_id, helper_ids=[], times={}, partial=False,
            customer_signed=False, slot_start=slot_start, slot_end=slot_end, checklist_codes=codes, bring=[], brief="",
        )  # fmt: skip
        send_out(ctx, order, visit)
        ctx.tell(order, "visit.dispatch", visit_id, lead=ctx.load(User, lead_id).name)
    for row in rows:
        settle(row, order, visits_of(ctx, order), ctx.received)
    return DONE


def _order(ctx: Context, order_id: str, rows: list[PlanOccurrence]) -> WorkOrder:
    if ctx.session.get(WorkOrder, order_id) is not None:
        order = ctx.lock(WorkOrder, order_id)
        if order.site_id != rows[0].site_id or order.kind not in MaintenancePlan.KINDS:
            raise Rejected("args-invalid", "id: a work order of another site or kind")
        if order.state in ("cancelled", "merged"):
            raise Parked("work-order-ended", order.state)
        return order
    site = ctx.load(Site, rows[0].site_id)
    customer = ctx.load(Customer, site.customer_id)
    kinds = sorted({row.kind for row in rows}, key=GREATEST.index)
    due = min(row.due_on for row in rows)
    order = WorkOrder(
        id=order_id, number=issue_number(ctx), state="ready", kind=kinds[0], level=3, level_reason="维保计划到期",
        title=f"{site.name} {due.year} 年 {due.month} 月{'、'.join(TITLES[kind] for kind in kinds)}"[:NAME_LENGTH],
        description="", customer_id=customer.id, customer_name=customer.name, site_id=site.id, site_name=site.name,
        channel="app", source="internal", categories=[], contact_name=site.contact_name,
        contact_phone=site.contact_phone, reported_at=ctx.received, owner_id=ctx.user.id, follow_up=False,
        archived=False, demands=[],
    )  # fmt: skip
    ctx.add(order)
    promise_window(ctx, order, customer.sla_policy, _end_of(min(row.closes_on for row in rows)))
    ctx.tell(order, "work_order.register", number=order.number, level=order.level, lacking=[])
    return order


def _end_of(day: date) -> datetime:
    """The last moment of a day on the organisation's wall clock: what is promised is the window."""
    return datetime.combine(day, time(23, 59, 59), UTC) - ZONE


@act("occurrence.excuse", ExcuseArgs)
def excuse(ctx: Context, id: str, reason: str) -> Outcome:
    """The customer called it off, the site was shut: it is not held against anybody, and says why."""
    row = ctx.lock(PlanOccurrence, id)
    if row.state not in (DUE, MISSED) or row.work_order_id:
        raise Parked("illegal-transition", f"occurrence.excuse from {row.state}")
    row.become(state=EXCUSED, reason=reason, decided_by=ctx.user.id)
    return DONE


@act("occurrence.record", RecordArgs)
def record(ctx: Context, id: str, done_on: date, reason: str) -> Outcome:
    """Done, and documented elsewhere: on paper, or before this system was here."""
    row = ctx.lock(PlanOccurrence, id)
    if row.state not in (DUE, MISSED) or row.work_order_id:
        raise Parked("illegal-transition", f"occurrence.record from {row.state}")
    if done_on > day_of(ctx.received):
        raise Rejected("args-invalid", "done_on: not yet")
    row.become(state=IS_DONE, done_on=done_on, reason=reason, decided_by=ctx.user.id)
    return DONE


@act("occurrence.restore", RestoreArgs)
def restore(ctx: Context, id: str) -> Outcome:
    """An excuse, or a record from paper, that was a mistake: it is due or missed again, as the calendar has it."""
    row = ctx.lock(PlanOccurrence, id)
    if row.work_order_id or row.decided_by is None or row.state not in (EXCUSED, IS_DONE):
        raise Parked("illegal-transition", f"occurrence.restore from {row.state}")
    state = state_of(day_of(ctx.received), row.closes_on, None, False)
    row.become(state=state, done_on=None, reason="", decided_by=None)
    return DONE
