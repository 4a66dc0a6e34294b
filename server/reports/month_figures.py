"""What a month is counted from (F4). A figure is a query for the rows behind a number, so the two cannot disagree:
the number is how many rows it gives, and following the number shows those rows.

Every row names its work order (a patrol nobody was sent on: the occurrence itself), the instant or day that put it into
the period, and, where there is one, a measured value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Float, Select, and_, cast, func, null, or_, select, true, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.functions import FunctionElement

from server.models import (
    Asset,
    Defect,
    DelayDeclaration,
    Diagnosis,
    PartUse,
    PlanOccurrence,
    Signature,
    SlaMilestone,
    Survey,
    WorkOrder,
)
from server.scopes import ZONE

PATROLS = ("monthly", "quarterly", "half_year")
#: Its work was accepted; whether the customer is still to be asked does not undo that.
RESOLVED = ("confirming", "resolved", "follow_up", "closed")
VOID = ("cancelled", "merged")
#: Seconds: a fault of the same asset within these was not put right the first time (DOMAIN).
FAULT_AGAIN = 30 * 24 * 3600
HOUR = 3600.0
MILESTONES = ("respond", "arrive", "resolve")


class Seconds(FunctionElement[float]):
    """Seconds from the first instant to the second, which the two databases count differently."""

    type = Float()
    inherit_cache = True
    name = "seconds"


@compiles(Seconds, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"((julianday({end}) - julianday({start})) * 86400.0)"


@compiles(Seconds, "postgresql")
def _seconds_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({end} - {start})) AS DOUBLE PRECISION)"


@dataclass(frozen=True, slots=True)
class Period:
    """Months of the organisation's calendar: `start` belongs to it, `end` does not. `now`: what is due later is not."""

    start: datetime
    end: datetime
    now: datetime

    @classmethod
    def of(cls, year: int, month: int, now: datetime, months: int = 1) -> Period:
        return cls(_first(year, month), _first(year, month + months), now)

    def has(self, column: Any) -> Any:
        return and_(column >= self.start, column < self.end)


def _first(year: int, month: int) -> datetime:
    """The first instant of a month; `month` may lie outside 1 to 12 and is carried."""
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC) - ZONE


Rows = Select[*tuple[Any, ...]]
Figure = Callable[[Period], Rows]
_NOTHING = cast(null(), Float)


def _orders(period: Period, *where: Any) -> Rows:
    """Work orders by the month in which the customer reported them. A draft is not yet one."""
    shown = select(WorkOrder.id.label("order_id"), WorkOrder.reported_at.label("at"), _NOTHING.label("value"))
    return shown.where(period.has(WorkOrder.reported_at), WorkOrder.state != "draft", *where)


def _reported(*where: Any) -> Figure:
    return lambda period: _orders(period, WorkOrder.kind.not_in(PATROLS), *where)


#: What stands for an occurrence among work orders: its own, or, when nobody was sent, itself.
OCCURRENCE = func.coalesce(PlanOccurrence.work_order_id, PlanOccurrence.id)


def _occurrences(*where: Any) -> Figure:
    """What plans made, by the day it was due; `at` is that day. A round nobody planned is no promise that was kept."""

    def rows(period: Period) -> Rows:
        first, end = ((instant + ZONE).date() for instant in (period.start, period.end))
        shown = select(OCCURRENCE.label("order_id"), PlanOccurrence.due_on.label("at"), _NOTHING.label("value"))
        return shown.where(PlanOccurrence.due_on >= first, PlanOccurrence.due_on < end, *where)

    return rows


def _due(period: Period) -> Rows:
    """Not excused, and its day has come: what is due later in a month that is not over is not due yet."""
    come = or_(PlanOccurrence.due_on <= (period.now + ZONE).date(), PlanOccurrence.state == "done")
    return _occurrences(PlanOccurrence.state != "excused", come)(period)


def _promises(kind: str, is_declared: bool, *where: Any) -> Figure:
    """Promises by the month of their deadline, those moved by a delay that was declared in time apart."""
    told = select(DelayDeclaration.id).where(
        DelayDeclaration.milestone_id == SlaMilestone.id, DelayDeclaration.before_breach,
        DelayDeclaration.state.in_(("approved", "told")),
    )  # fmt: skip

    def rows(period: Period) -> Rows:
        spent = Seconds(WorkOrder.reported_at, SlaMilestone.met_at) / HOUR
        shown = select(WorkOrder.id.label("order_id"), SlaMilestone.due_at.label("at"), spent.label("value"))
        return shown.join(SlaMilestone, SlaMilestone.work_order_id == WorkOrder.id).where(
            SlaMilestone.kind == kind, period.has(SlaMilestone.due_at), SlaMilestone.due_at <= period.now,
            WorkOrder.state.not_in(VOID), told.exists() if is_declared else ~told.exists(), *where,
        )  # fmt: skip

    return rows


def _spent(kind: str) -> Figure:
    """Hours from the customer's report until the promise was met first, by the month in which it was reported."""

    def rows(period: Period) -> Rows:
        spent = Seconds(WorkOrder.reported_at, SlaMilestone.met_at) / HOUR
        shown = select(WorkOrder.id.label("order_id"), SlaMilestone.met_at.label("at"), spent.label("value"))
        return shown.join(SlaMilestone, SlaMilestone.work_order_id == WorkOrder.id).where(
            SlaMilestone.kind == kind, SlaMilestone.round == 0, SlaMilestone.met_at.is_not(None),
            period.has(WorkOrder.reported_at), WorkOrder.kind.not_in(PATROLS), WorkOrder.state.not_in(VOID),
        )  # fmt: skip

    return rows


def _fault_again() -> Any:
    later, ended = aliased(WorkOrder), func.coalesce(WorkOrder.ended_at, WorkOrder.reported_at)
    same = select(later.id).where(
        later.asset_id == WorkOrder.asset_id, later.id != WorkOrder.id, later.reported_at > WorkOrder.reported_at,
        later.kind == "repair", later.state.not_in((*VOID, "draft")), Seconds(ended, later.reported_at) <= FAULT_AGAIN,
    )  # fmt: skip
    return or_(WorkOrder.reopened > 0, same.exists())


_REPAIRED = (WorkOrder.kind == "repair", WorkOrder.state.in_(RESOLVED))


def _ratings(period: Period) -> Rows:
    """What customers said, each as per cent of five stars: on the engineer's phone, by link, by call-back.

    A visit counts once in a period: who rated it when signing and says something else to the call-back has changed
    their mind, so the latest answer is theirs. An answer of no visit stands by itself.
    """

    def score(*aspects: Any) -> Any:
        return sum(aspects[1:], aspects[0]) * (100.0 / 5 / len(aspects))

    def said(model: Any, score_: Any) -> Any:
        when = func.coalesce(model.device_at, model.server_at)
        return select(
            model.id.label("id"), model.work_order_id.label("order_id"), when.label("at"), score_.label("value"),
            func.coalesce(model.visit_id, model.id).label("about"),
        ).where(period.has(when))  # fmt: skip

    rated = [Signature.rating[name].as_integer() for name in Survey.ASPECTS]
    signed = said(Signature, score(*rated)).where(
        Signature.role == "customer", ~Signature.withdrawn,
        or_(~Signature.late, Signature.late_state == "adopted"), *(one.is_not(None) for one in rated),
    )  # fmt: skip
    answered = said(Survey, score(*(getattr(Survey, name) for name in Survey.ASPECTS)))
    both = union_all(signed, answered).subquery()
    latest = func.row_number().over(partition_by=both.c.about, order_by=(both.c.at.desc(), both.c.id.desc()))
    ranked = select(both.c.order_id, both.c.at, both.c.value, latest.label("rank")).subquery()
    return select(ranked.c.order_id, ranked.c.at, ranked.c.value).where(ranked.c.rank == 1)


def _facts(model: Any, value: Any = None, *where: Any) -> Figure:
    """Facts from the field that count, by their own time."""

    def rows(period: Period) -> Rows:
        when = func.coalesce(model.device_at, model.server_at)
        measured = _NOTHING if value is None else value * 1.0
        return select(model.work_order_id.label("order_id"), when.label("at"), measured.label("value")).where(
            period.has(when), ~model.withdrawn, or_(~model.late, model.late_state == "adopted"), *where
        )

    return rows


FIGURES: dict[str, Figure] = {
    "registered": _reported(),
    "cancelled": _reported(WorkOrder.state == "cancelled"),
    "merged": _reported(WorkOrder.state == "merged"),
    "accountable": _reported(WorkOrder.state.not_in(VOID)),
    "resolved": _reported(WorkOrder.state.in_(RESOLVED)),
    "unresolved": _reported(WorkOrder.state.not_in((*VOID, *RESOLVED))),
    "level_1": _reported(WorkOrder.level == 1),
    "level_2": _reported(WorkOrder.level == 2),
    "level_3": _reported(WorkOrder.level == 3),
    "consultations": _reported(WorkOrder.kind == "consultation"),
    "reopened": _reported(WorkOrder.reopened > 0),
    "patrols": _occurrences(),
    "patrols_excused": _occurrences(PlanOccurrence.state == "excused"),
    "patrols_due": _due,
    "patrols_done": _occurrences(PlanOccurrence.state == "done"),
    "patrols_missed": _occurrences(PlanOccurrence.state == "missed"),
    "repaired": _reported(*_REPAIRED),
    "repaired_once": _reported(*_REPAIRED, ~_fault_again()),
    "repaired_again": _reported(*_REPAIRED, _fault_again()),
    "ratings": _ratings,
    "response_time": _spent("respond"),
    "handling_time": _spent("resolve"),
    "defects": _facts(Defect),
    "parts_used": _facts(PartUse, PartUse.quantity),
}
for _kind in MILESTONES:
    FIGURES |= {
        f"{_kind}_due": _promises(_kind, False),
        f"{_kind}_met": _promises(_kind, False, SlaMilestone.met_at <= SlaMilestone.due_at),
        f"{_kind}_declared": _promises(_kind, True),
    }
#: By what a figure may be broken down, and followed to its rows.
DIMENSIONS = ("site", "category", "symptom", "asset_class")


def dimension(session: Session, name: str) -> Rows:
    """(work order, value) of a dimension; one work order has a value at most once."""
    if name == "site":
        unsent = select(PlanOccurrence.id, PlanOccurrence.site_id).where(PlanOccurrence.work_order_id.is_(None))
        either = union_all(select(WorkOrder.id.label("order_id"), WorkOrder.site_id.label("by")), unsent).subquery()
        return select(either.c.order_id, either.c.by)
    if name == "category":
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        each = func.json_each if is_sqlite else func.json_array_elements_text
        element = each(WorkOrder.categories).table_valued("value")
        element = element if is_sqlite else element.render_derived()
        listed = select(WorkOrder.id.label("order_id"), element.c.value.label("by"))
        return listed.select_from(WorkOrder).join(element, true()).distinct()
    if name == "symptom":
        found = select(Diagnosis.work_order_id.label("order_id"), Diagnosis.symptom_code.label("by"))
        return found.where(Diagnosis.symptom_code != "", ~Diagnosis.withdrawn).distinct()
    if name == "asset_class":
        found = select(WorkOrder.id.label("order_id"), Asset.asset_class.label("by"))
        return found.join(Asset, Asset.id == WorkOrder.asset_id).where(Asset.asset_class != "")
    raise KeyError(name)


__all__ = ["DIMENSIONS", "FIGURES", "MILESTONES", "PATROLS", "RESOLVED", "VOID", "Period", "dimension"]
