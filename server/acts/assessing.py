"""What a month's rows say about each engineer (F5): lines that people then decide about. Nothing is decided here.

Each rule is a query over one month, giving whom it is about and the row that shows it. `EVIDENCE` names them; the item
each belongs to is data (`sync/rules/assessment.json`, `assessment_item`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server import clock
from server.models import (
    Article,
    Assessment,
    AssessmentItem,
    Complaint,
    DelayDeclaration,
    Event,
    MaintenancePlan,
    PlanOccurrence,
    Signature,
    SlaMilestone,
    Survey,
    User,
    Visit,
    WorkOrder,
)
from server.models.visit import GONE
from server.scopes import ZONE
from sync.assessment import due_on, items_of, suggested

FIELD = ("engineer", "crew_lead")
LOW_ATTITUDE = 2  # stars, and fewer
PROMISED = ("arrive", "resolve")
VOID = ("cancelled", "merged")


@dataclass(frozen=True, slots=True)
class Month:
    """`start` belongs to it, `end` does not; what is due after `now` is not late yet."""

    name: str
    start: datetime
    end: datetime
    now: datetime

    @classmethod
    def of(cls, name: str, now: datetime) -> Month:
        year, number = (int(part) for part in name.split("-"))
        start = datetime(year, number, 1, tzinfo=UTC) - ZONE
        end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC) - ZONE
        return cls(name, start, end, now)

    def has(self, column: Any) -> Any:
        return (column >= self.start) & (column < self.end)


@dataclass(frozen=True, slots=True)
class Shown:
    """A row that says something about a person. `key` tells it from others of the same kind."""

    user_id: str
    key: str
    noun: str
    row_id: str
    at: datetime
    text: str
    work_order_id: str | None = None
    visit_id: str | None = None
    count: int = 1


Rule = Callable[[Session, Month], Iterator[Shown]]


def _attitude(session: Session, month: Month) -> Iterator[Shown]:
    """A customer who found somebody unfriendly: one line a visit, whichever way they said so."""
    sources: tuple[tuple[Any, Any], ...] = (
        (Survey, Survey.attitude), (Signature, Signature.rating["attitude"].as_integer()),
    )  # fmt: skip
    for model, low in sources:
        when = func.coalesce(model.device_at, model.server_at)
        rows = select(model, Visit).join(Visit, Visit.id == model.visit_id).where(month.has(when), low <= LOW_ATTITUDE)
        if model is Signature:
            rows = rows.where(~Signature.withdrawn)
        for row, visit in session.execute(rows):
            words = row.words if isinstance(row, Survey) else row.opinion
            yield Shown(
                visit.lead_id, visit.id, row.NOUN, row.id, row.device_at or row.server_at, words, row.work_order_id,
                visit.id,
            )  # fmt: skip


def _reopened(session: Session, month: Month) -> Iterator[Shown]:
    """A matter that was done and had to be done again: whose visit it was last."""
    rows = select(Event).where(Event.kind == "work_order.reopen", month.has(Event.at)).order_by(Event.at)
    for event in session.scalars(rows):
        visits = session.scalars(
            select(Visit).where(Visit.work_order_id == event.work_order_id, Visit.state.not_in(GONE))
        )
        done = [v for v in visits if "submitted" in v.times and clock.parse(v.times["submitted"]) <= event.at]
        if done:
            last = max(done, key=lambda visit: visit.sequence)
            reason = str(event.data.get("reason", ""))
            yield Shown(last.lead_id, event.id, "event", event.id, event.at, reason, event.work_order_id, last.id)


def _breach(session: Session, month: Month) -> Iterator[Shown]:
    """Promises that were missed in silence: a delay declared in time is none. One line a work order."""
    told = select(DelayDeclaration.id).where(
        DelayDeclaration.milestone_id == SlaMilestone.id, DelayDeclaration.before_breach,
        DelayDeclaration.state.in_(("approved", "told")),
    )  # fmt: skip
    missed = SlaMilestone.met_at.is_(None) | (SlaMilestone.met_at > SlaMilestone.due_at)
    rows = (
        select(SlaMilestone, WorkOrder)
        .join(WorkOrder, WorkOrder.id == SlaMilestone.work_order_id)
        .where(SlaMilestone.kind.in_(PROMISED), month.has(SlaMilestone.due_at), SlaMilestone.due_at <= month.now)
        .where(missed, SlaMilestone.paused_at.is_(None), ~told.exists(), WorkOrder.state.not_in(VOID))
        .order_by(SlaMilestone.due_at)
    )
    found = session.execute(rows).all()
    leads = _last_leads(session, {order.id for _, order in found})
    for milestone, order in found:
        if order.id in leads:
            visit = leads[order.id]
            yield Shown(
                visit.lead_id, order.id, "sla_milestone", milestone.id, milestone.due_at, milestone.kind, order.id,
                visit.id,
            )  # fmt: skip


def _missed_patrol(session: Session, month: Month) -> Iterator[Shown]:
    """Rounds that were not done in their window, whoever was to do them: who was sent, else whom the plan names."""
    days = ((month.start + ZONE).date(), (month.end + ZONE).date())
    rows = (
        select(PlanOccurrence, MaintenancePlan)
        .join(MaintenancePlan, MaintenancePlan.id == PlanOccurrence.plan_id)
        .where(PlanOccurrence.state == "missed", PlanOccurrence.closes_on >= days[0])
        .where(PlanOccurrence.closes_on < days[1])
    )
    found = session.execute(rows).all()
    leads = _last_leads(session, {row.work_order_id for row, _ in found if row.work_order_id})
    for row, plan in found:
        visit = leads.get(row.work_order_id or "")
        lead = visit.lead_id if visit else plan.lead_id
        if lead:
            at = datetime(row.closes_on.year, row.closes_on.month, row.closes_on.day, tzinfo=UTC) - ZONE
            yield Shown(lead, row.id, "plan_occurrence", row.id, at, row.kind, row.work_order_id)


def _complaint(session: Session, month: Month) -> Iterator[Shown]:
    for row in session.scalars(select(Complaint).where(month.has(Complaint.reported_at))):
        for user_id in row.about_ids:
            yield Shown(
                user_id, row.id, "complaint", row.id, row.reported_at, row.title, row.work_order_id, row.visit_id
            )


def _late_day(session: Session, month: Month) -> Iterator[Shown]:
    """Arrived on a later day than the one agreed; a slot that was moved with the desk's word is the one agreed."""
    rows = select(Visit).where(month.has(Visit.slot_end), Visit.state.not_in(GONE), Visit.mode == "on_site")
    for visit in session.scalars(rows):
        arrived = visit.times.get("arrived")
        if arrived is None:
            continue
        at = clock.parse(arrived)
        days = ((at + ZONE).date() - (visit.slot_end + ZONE).date()).days
        if days > 0:
            yield Shown(visit.lead_id, visit.id, "visit", visit.id, at, "", visit.work_order_id, visit.id, days)


def _article(session: Session, month: Month) -> Iterator[Shown]:
    rows = select(Article).where(Article.state == "published", Article.visit_id.is_not(None))
    for row in session.scalars(rows.where(month.has(Article.reviewed_at))):
        yield Shown(str(row.created_by), row.id, "article", row.id, row.reviewed_at or row.server_at, row.title)


RULES: dict[str, Rule] = {
    "attitude": _attitude, "reopened": _reopened, "breach": _breach, "missed_patrol": _missed_patrol,
    "complaint": _complaint, "late_day": _late_day, "article": _article,
}  # fmt: skip


def _last_leads(session: Session, orders: set[str]) -> dict[str, Visit]:
    """The last visit of each work order that was not taken back."""
    rows = select(Visit).where(Visit.work_order_id.in_(orders), Visit.state.not_in(GONE)).order_by(Visit.sequence)
    return {visit.work_order_id: visit for visit in session.scalars(rows)}


def suggest(session: Session, name: str, now: datetime) -> list[Assessment]:
    """Makes the month's sheet of everybody in the field who has none, and brings those nobody has confirmed up to date:
    lines that people decided about or added stay as they are. Gives the sheets that were made."""
    people = [user for user in session.scalars(select(User).where(User.active)) if user.has_role(*FIELD)]
    sheets = {
        sheet.user_id: sheet
        for sheet in session.scalars(
            select(Assessment).where(Assessment.month == name).order_by(Assessment.id).with_for_update()
        )
    }
    shown = lines_of(session, Month.of(name, now))
    made = []
    for user in people:
        sheet = sheets.get(user.id)
        if sheet is None:
            sheet = Assessment(
                id=Assessment.id_of(user.id, name), user_id=user.id, month=name, state="suggested", lines=[],
                total=100, due_on=datetime.fromisoformat(due_on(name)).date(), server_at=now,
            )  # fmt: skip
            session.add(sheet)
            made.append(sheet)
        if sheet.state == "suggested":
            fresh = {line["id"]: line for line in shown.get(user.id, [])}
            kept = [line for line in sheet.lines if line["origin"] == "added" or line["state"] != "open"]
            known = {line["id"] for line in kept}
            sheet.become([*kept, *(line for line in fresh.values() if line["id"] not in known)])
    return made


def lines_of(session: Session, month: Month) -> dict[str, list[dict[str, Any]]]:
    """By person, what the month suggests, the earliest first; one line for a key, however many rows say it."""
    rows = [row.body() for row in session.scalars(select(AssessmentItem))]
    numbers: dict[str, str] = {}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for item in items_of(rows):
        rule_ = RULES.get(item["evidence"] or "")
        for one in rule_(session, month) if rule_ else ():
            if one.work_order_id and one.work_order_id not in numbers:
                order = session.get(WorkOrder, one.work_order_id)
                numbers[one.work_order_id] = order.number if order else ""
            line = _line(month.name, item, one, numbers.get(one.work_order_id or "", ""))
            found.setdefault(one.user_id, {}).setdefault(line["id"], line)
    return {
        user_id: sorted(lines.values(), key=lambda line: (line["evidence"]["at"], line["id"]))
        for user_id, lines in found.items()
    }


def _line(month: str, item: Any, one: Shown, number: str) -> dict[str, Any]:
    line_id = uuid5(UUID(Assessment.id_of(one.user_id, month)), f"{item['evidence']} {one.key}")
    return {
        "id": str(line_id), "item": item["code"], "points": suggested(item, one.count), "count": one.count,
        "origin": "suggested", "state": "open", "reason": "", "by": None, "at": None, "note": "",
        "evidence": {
            "kind": item["evidence"], "noun": one.noun, "id": one.row_id, "work_order_id": one.work_order_id,
            "visit_id": one.visit_id, "number": number, "text": one.text[:200], "at": clock.wire(one.at),
        },
    }  # fmt: skip
