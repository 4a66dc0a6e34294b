"""Complaints (F3): taken down, answered within a day, followed up until the customer is content, and closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.notices import notify_about, on_rung
from server.acts.owner import manager_of
from server.acts.promises import policy_named
from server.acts.schemas import ArgsSchema, At, Id, Name, Text, one_of, texts
from server.models import (
    Complaint,
    ComplaintNumber,
    Customer,
    CustomerReport,
    ImprovementAction,
    Signature,
    Site,
    Survey,
    User,
    Visit,
    WorkOrder,
)
from server.models.base import NAME_LENGTH
from server.scopes import ZONE
from sync.lifecycle import transition
from sync.rules import rule
from sync.sla import due_at, spans, timetable, warnings_at

TAKERS = ("dispatcher", "operator", "supervisor", "call_back", "module_head", "department_head", "deputy_gm")
STEERS = ("supervisor", "module_head", "department_head", "deputy_gm")
#: Who may close without a customer who is content.
HEADS = ("department_head", "deputy_gm")
#: The policy whose plan is the answer (B1): FEATURES "complaint answered in 24 h"; a company sets its own under it.
POLICY, PROMISE = "complaint24", "plan"


class OriginArgs(ArgsSchema):
    noun = one_of(Complaint.ORIGINS, required=True)
    id = Id(required=True)


def level(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.OneOf((1, 2, 3)), **options)


class RegisterArgs(ArgsSchema):
    id = Id(required=True)
    title = Name(required=True)
    text = Text(load_default="")
    level = level(required=True)
    channel = Text(32, 1, required=True)
    categories = texts(load_default=list)
    reported_at = At(required=True)
    customer_id = Id(load_default=None, allow_none=True)
    customer_name = Text(NAME_LENGTH, load_default="")
    site_id = Id(load_default=None, allow_none=True)
    work_order_id = Id(load_default=None, allow_none=True)
    visit_id = Id(load_default=None, allow_none=True)
    about_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=20))
    contact_name = Text(NAME_LENGTH, load_default="")
    contact_phone = Text(32, load_default="")
    owner_id = Id(load_default=None, allow_none=True)
    origin = fields.Nested(OriginArgs, load_default=None, allow_none=True)


class AssignArgs(ArgsSchema):
    id = Id(required=True)
    owner_id = Id(load_default=None, allow_none=True)
    level = level(load_default=None, allow_none=True)
    about_ids = fields.List(Id(), load_default=None, allow_none=True, validate=validate.Length(max=20))
    note = Text(load_default="")


class SayArgs(ArgsSchema):
    id = Id(required=True)
    text = Text(shortest=1, required=True)
    channel = Text(32, 1, required=True)


class FollowArgs(SayArgs):
    satisfied = fields.Boolean(load_default=None, allow_none=True, truthy={True}, falsy={False})


class CloseArgs(ArgsSchema):
    id = Id(required=True)
    word = Text(shortest=1, required=True)
    satisfied = fields.Boolean(load_default=None, allow_none=True, truthy={True}, falsy={False})


@act("complaint.register", RegisterArgs)
def register(
    ctx: Context, id: str, origin: dict[str, str] | None, owner_id: str | None, about_ids: list[str], **said: Any
) -> Outcome:
    """A complaint may have no ticket: somebody is only cross. What it was made of says which visit it is about."""
    row = Complaint(id=id, warned={}, steps=[], about_ids=list(dict.fromkeys(about_ids)), **said)
    report = _from_origin(ctx, row, origin) if origin else None
    _place(ctx, row)
    if not row.customer_name:
        raise Rejected("args-invalid", "customer_name: whose complaint it is")
    for user_id in row.about_ids:
        ctx.load(User, user_id)
    row.owner_id = _owner(ctx, owner_id, row.about_ids)
    row.promised_at = row.reported_at = min(row.reported_at, ctx.received)
    row.number, row.state = _issue(ctx), "registered"
    row.categories = row.categories or []
    promise_answer(ctx.session, row)
    row.note("complaint.register", ctx.user, ctx.at, row.text, channel=row.channel)
    ctx.add(row)
    if report is not None:
        report.decide("complaint", ctx.user.id)
        report.complaint_id = row.id
    told = [row.owner_id, *([] if row.level > 1 else _heads(ctx.session))]
    tell(ctx.session, row, "complaint_given", [one for one in told if one != ctx.user.id], ctx.received)
    return DONE


def _from_origin(ctx: Context, row: Complaint, origin: dict[str, str]) -> CustomerReport | None:
    """What the answer or the report says of its place. The report, which is decided with it."""
    row.origin_noun, row.origin_id = origin["noun"], origin["id"]
    taken = ctx.session.scalar(select(Complaint.number).where(Complaint.origin_id == origin["id"]))
    if taken:
        raise Parked("already-settled", taken)
    if origin["noun"] == "customer_report":
        report = ctx.lock(CustomerReport, origin["id"])
        if report.state != "new":
            raise Parked("report-decided", report.state)
        row.customer_name = row.customer_name or report.company
        row.contact_name = row.contact_name or report.contact_name
        row.contact_phone = row.contact_phone or report.contact_phone
        return report
    fact: Any = ctx.load({"survey": Survey, "signature": Signature}[origin["noun"]], origin["id"])
    row.work_order_id, row.visit_id = fact.work_order_id, fact.visit_id
    return None


def _place(ctx: Context, row: Complaint) -> None:
    """The nearest says the rest: a visit its order, an order its site, a site its customer."""
    visit = ctx.load(Visit, row.visit_id) if row.visit_id else None
    if visit is not None:
        row.work_order_id = row.work_order_id or visit.work_order_id
        if visit.work_order_id != row.work_order_id:
            raise Rejected("args-invalid", "visit_id: of another work order")
        row.about_ids = row.about_ids or [visit.lead_id]
    order = ctx.load(WorkOrder, row.work_order_id) if row.work_order_id else None
    if order is not None:
        row.order_number, row.site_id, row.customer_id = order.number, order.site_id, order.customer_id
        row.contact_name = row.contact_name or order.contact_name
        row.contact_phone = row.contact_phone or order.contact_phone
    site = ctx.load(Site, row.site_id) if row.site_id else None
    if site is not None:
        row.site_name, row.customer_id = site.name, site.customer_id
    if row.customer_id:
        row.customer_name = ctx.load(Customer, row.customer_id).name


def _owner(ctx: Context, owner_id: str | None, about: list[str]) -> str:
    """Never empty, of the office, and not whom it is about."""
    if owner_id is None:
        manager = None if ctx.user.has_role(*STEERS) else manager_of(ctx.session)
        owner_id = (manager or ctx.user).id
    owner = ctx.load(User, owner_id)
    if not owner.active or not owner.is_office:
        raise Rejected("not-of-the-office", owner.name)
    if owner_id in about:
        raise Rejected("args-invalid", "owner_id: it is about them")
    return owner_id


def _issue(ctx: Context) -> str:
    """`TS20261121001`: the day of the organisation and its next number, as work orders have theirs."""
    day = (ctx.received + ZONE).date()
    row = ctx.session.get(ComplaintNumber, day, with_for_update=True, populate_existing=True)
    if row is None:
        row = ComplaintNumber(day=day, last=0)
        ctx.session.add(row)
    row.last += 1
    ctx.session.flush()
    return f"TS{day:%Y%m%d}{row.last:03d}"


@act("complaint.assign", AssignArgs)
def assign(
    ctx: Context, id: str, owner_id: str | None, level: int | None, about_ids: list[str] | None, note: str
) -> Outcome:
    """Who answers for it, how grave it is, whom it is about; what is not given stays. Another level has another
    deadline while nobody has answered."""
    row = _open(ctx, id)
    about = row.about_ids if about_ids is None else list(dict.fromkeys(about_ids))
    for user_id in about:
        ctx.load(User, user_id)
    owner = _owner(ctx, owner_id or row.owner_id, about)
    given = owner != row.owner_id
    row.about_ids, row.owner_id = about, owner
    if level is not None and level != row.level:
        row.level = level
        if row.state == "registered":
            promise_answer(ctx.session, row)
    row.note("complaint.assign", ctx.user, ctx.at, note, to=ctx.load(User, owner).name, level=row.level)
    if given and owner != ctx.user.id:
        tell(ctx.session, row, "complaint_given", [owner], ctx.received)
    return DONE


@act("complaint.answer", SayArgs)
def answer(ctx: Context, id: str, text: str, channel: str) -> Outcome:
    row = _open(ctx, id)
    _not_about(ctx, row)
    _move(row, "complaint.answer")
    row.answer_with(text, ctx.user.id, ctx.at)
    row.note("complaint.answer", ctx.user, ctx.at, text, channel=channel)
    return DONE


@act("complaint.follow_up", FollowArgs)
def follow_up(ctx: Context, id: str, text: str, channel: str, satisfied: bool | None) -> Outcome:
    """How the customer finds the answer. Who does not accept it is answered anew, within a day from then (B8)."""
    row = _open(ctx, id)
    _not_about(ctx, row)
    if satisfied is False:
        _move(row, "complaint.not_accepted")
        row.unsatisfied += 1
        row.promised_at, row.answered_at, row.answered_by = ctx.at, None, None
        promise_answer(ctx.session, row)
        others = [one for one in (row.owner_id, *_heads(ctx.session)) if one != ctx.user.id]
        tell(ctx.session, row, "complaint_again", others, ctx.received, count=row.unsatisfied)
    elif row.state == "answered":
        row.satisfied = satisfied if satisfied is not None else row.satisfied
    row.note("complaint.follow_up", ctx.user, ctx.at, text, channel=channel, satisfied=satisfied)
    return DONE


@act("complaint.close", CloseArgs)
def close(ctx: Context, id: str, word: str, satisfied: bool | None) -> Outcome:
    """With the customer's word. Where the customer is not content, or says nothing, the head of the department decides;
    what was to be done about it is done or dropped first."""
    row = _open(ctx, id)
    _not_about(ctx, row)
    left = select(ImprovementAction.id).where(
        ImprovementAction.source_id == row.id, ImprovementAction.state == "open"
    )  # fmt: skip
    ctx.session.flush()
    if ctx.session.scalar(left.limit(1)) is not None:
        raise Parked("actions-open", row.number)
    _move(row, "complaint.close")
    row.close(word, satisfied, ctx.user.id, ctx.at)
    row.note("complaint.close", ctx.user, ctx.at, word, satisfied=satisfied)
    return DONE


def _open(ctx: Context, complaint_id: str) -> Complaint:
    row = ctx.lock(Complaint, complaint_id)
    if row.state == "closed":
        raise Parked("already-settled", row.number)
    return row


def _not_about(ctx: Context, row: Complaint) -> None:
    ctx.permit(Rejected("forbidden", "not by whom it is about"), subject=ctx.user.id in row.about_ids)


def _move(row: Complaint, name: str) -> None:
    to = transition("complaint", name, row.state)
    if to is None:
        raise Parked("illegal-transition", f"{name} from {row.state}")
    row.state = to


# --- The answer's clock -------------------------------------------------------------------------------------------


def promise_answer(session: Session, row: Complaint) -> None:
    """The deadline of the answer by the company's policy for complaints, and the moment of the first warning."""
    policy = policy_named(session, POLICY)[1]
    promised = spans(policy, row.level).get(PROMISE) or {"hours": 24, "clock": "elapsed"}
    settings = {name: policy[name] for name in rule("sla")["defaults"] if name in policy}
    row.span = {**promised, "policy": settings}
    row.answer_due_at = due_at(row.promised_at, promised, timetable(settings))
    row.warned = {}
    row.next_at = next_moment(row)


def warnings_of(row: Complaint) -> list[tuple[int, datetime]]:
    """Per cents of the policy, and when so much of the clock has run."""
    settings = row.span["policy"]
    percents = {**rule("sla")["defaults"], **settings}["warn"]
    return list(zip(percents, warnings_at(row.promised_at, row.span, percents, timetable(settings)), strict=True))


def next_moment(row: Complaint) -> datetime | None:
    """The next warning not yet given, else the deadline; None when nothing is waited for."""
    if row.answered_at is not None or "100" in row.warned:
        return None
    given = {int(percent) for percent in row.warned}
    return min([at for percent, at in warnings_of(row) if percent not in given] + [row.answer_due_at])


def tell(session: Session, row: Complaint, kind: str, people: list[str], at: datetime, **data: Any) -> None:
    """A notice about the complaint."""
    data |= {"complaint_id": row.id, "site": row.site_name or row.customer_name, "level": row.level}
    notify_about(session, people, kind, at, row.number, row.title, due_at=clock.wire(row.answer_due_at), **data)


def _heads(session: Session) -> list[str]:
    return on_rung(session, "department_manager")


__all__ = ["TAKERS", "next_moment", "promise_answer", "tell", "warnings_of"]
