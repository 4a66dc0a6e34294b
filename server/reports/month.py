"""The month in one click (F4): statistics of repairs and patrols, quality figures, and the quarter's indicators.

Each number is counted where its rows are; `rows_behind` shows them. Rates follow DOMAIN.md "Indicators".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from server import clock
from server.models import CatalogueEntry, Complaint, MonthlyReport, PlanOccurrence, Site, WorkOrder
from server.reports.month_figures import DIMENSIONS, FIGURES, MILESTONES, Period, dimension
from server.scopes import ZONE

TREND_MONTHS = 6
MOST_ROWS = 500  # behind one number at a time
#: name: (rows that are good, rows that are asked about, what is aimed at in per cent, or None)
RATES: dict[str, tuple[str, str, float | None]] = {
    "resolution": ("resolved", "accountable", 95.0),
    **{f"{kind}_in_time": (f"{kind}_met", f"{kind}_due", None) for kind in MILESTONES},
    "first_time": ("repaired_once", "repaired", None),
    "patrol_completion": ("patrols_done", "patrols_due", None),
}
#: name: (figure whose values are averaged, the aim, whether less is better)
MEANS: dict[str, tuple[str, float | None, bool]] = {
    "satisfaction": ("ratings", 90.0, False),
    "response_hours": ("response_time", 2.0, True),
    "handling_hours": ("handling_time", None, True),
}
QUARTERLY = ("resolution", "response_hours", "satisfaction", "handling_hours")
#: What the statistics of a site are made of: column, figure.
SITE_COLUMNS = (
    "registered", "resolved", "unresolved", "repaired_again", "patrols_due", "patrols_done", "defects", "parts_used",
)  # fmt: skip


def monthly(session: Session, year: int, month: int) -> dict[str, Any]:
    """All of a month's report but its charts' ink: see `docs/contract.md`, "The month"."""
    now = clock.now()
    this, before = Period.of(year, month, now), Period.of(year, month - 1, now)
    first = (month - 1) // 3 * 3 + 1
    quarter = Period.of(year, first, now, months=3)
    measured, was = measure(session, this), measure(session, before)
    return {
        "month": f"{year:04d}-{month:02d}", "from": clock.wire(this.start), "to": clock.wire(this.end),
        "made_at": clock.wire(now),
        "figures": {name: {"n": measured[name][0], "was": was[name][0]} for name in FIGURES},
        "parts_quantity": measured["parts_used"][2],
        "rates": _rates(measured, was), "means": _means(measured, was),
        "types": {name: _types(session, this, name) for name in DIMENSIONS if name != "site"},
        "sites": _sites(session, this),
        "trend": _trend(session, year, month, now),
        "quarter": _quarter(session, quarter, year, first),
        "complaints": complaints(session, this, before),
        "report": written(session, f"{year:04d}-{month:02d}"),
    }  # fmt: skip


def complaints(session: Session, this: Period, before: Period) -> dict[str, int]:
    """Complaints by the month they were made in (F3): `n`, `was` a month ago, `due` to be answered by now, `in_time`
    of them, `closed`. A complaint need not have a work order, so these are no figure."""

    def count(period: Period, *where: Any) -> int:
        rows = select(func.count()).select_from(Complaint).where(period.has(Complaint.reported_at), *where)
        return session.scalar(rows) or 0

    due = or_(Complaint.answered_at.is_not(None), Complaint.answer_due_at <= this.now, Complaint.breached)
    return {
        "n": count(this), "was": count(before), "due": count(this, due), "in_time": count(this, due, _in_time(this)),
        "closed": count(this, Complaint.state == "closed"),
    }  # fmt: skip


def _in_time(period: Period) -> Any:
    return and_(~Complaint.breached, or_(Complaint.answered_at.is_not(None), Complaint.answer_due_at > period.now))


def written(session: Session, month: str) -> dict[str, Any] | None:
    """What was written about the month, and who approved it."""
    row = session.scalars(select(MonthlyReport).where(MonthlyReport.month == month)).first()
    return None if row is None else {"id": row.id, **row.body()}


def measure(
    session: Session, period: Period, names: Iterable[str] = FIGURES
) -> dict[str, tuple[int, float | None, int]]:
    """Figures of a period, all unless some are named: how many rows, the mean of what they measure, and its sum."""
    found = {}
    for name in names:
        rows = FIGURES[name](period).subquery()
        n, mean, total = session.execute(
            select(func.count(), func.avg(rows.c.value), func.sum(rows.c.value)).select_from(rows)
        ).one()
        found[name] = (n, None if mean is None else float(mean), int(total or 0))
    return found


def _share(measured: dict[str, tuple[int, float | None, int]], good: str, all_: str) -> float | None:
    return 100 * measured[good][0] / measured[all_][0] if measured[all_][0] else None


def _rates(measured: dict[str, Any], was: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "value": _share(measured, good, all_), "was": _share(was, good, all_), "aim": aim,
            "good": good, "all": all_, "n": measured[good][0], "of": measured[all_][0],
        }
        for name, (good, all_, aim) in RATES.items()
        if all_ in measured and good in measured
    }  # fmt: skip


def _means(measured: dict[str, Any], was: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "value": measured[figure][1], "was": was[figure][1], "aim": aim, "less_is_better": less,
            "figure": figure, "n": measured[figure][0],
        }
        for name, (figure, aim, less) in MEANS.items()
        if figure in measured
    }  # fmt: skip


def _by(session: Session, figure: str, period: Period, name: str) -> dict[str, int]:
    rows, by = FIGURES[figure](period).subquery(), dimension(session, name).subquery()
    counted = select(by.c.by, func.count()).join(rows, rows.c.order_id == by.c.order_id).group_by(by.c.by)
    return {str(value): n for value, n in session.execute(counted)}


def _types(session: Session, period: Period, name: str) -> list[dict[str, Any]]:
    """What the reports of the month were about, the most frequent first."""
    counted = _by(session, "registered", period, name)
    names: dict[str, tuple[str, str]] = {}
    if name in ("category", "symptom"):
        rows = select(CatalogueEntry).where(CatalogueEntry.kind == name, CatalogueEntry.code.in_(counted))
        names = {row.code: (row.name, row.name_en) for row in session.scalars(rows)}
    return [
        {"code": code, "name": names.get(code, (code, ""))[0], "name_en": names.get(code, ("", code))[1], "n": n}
        for code, n in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _sites(session: Session, period: Period) -> list[dict[str, Any]]:
    """维修统计表: repairs and patrols by site, the busiest first."""
    columns = {figure: _by(session, figure, period, "site") for figure in SITE_COLUMNS}
    seen = set().union(*columns.values())
    names = {id_: name for id_, name in session.execute(select(Site.id, Site.name)) if id_ in seen}
    lines = [
        {"site_id": id_, "name": names.get(id_, ""), **{figure: columns[figure].get(id_, 0) for figure in columns}}
        for id_ in seen
    ]
    return sorted(lines, key=lambda line: (-line["registered"], -line["patrols_due"], line["name"], line["site_id"]))


def _trend(session: Session, year: int, month: int, now: datetime) -> list[dict[str, Any]]:
    """The last months, the oldest first: what was reported, what was put right, and how it was found."""
    lines = []
    for back in range(TREND_MONTHS - 1, -1, -1):
        period = Period.of(year, month - back, now)
        line: dict[str, Any] = {"month": f"{year + (month - back - 1) // 12:04d}-{(month - back - 1) % 12 + 1:02d}"}
        for figure in ("registered", "resolved", "patrols_done"):
            rows = FIGURES[figure](period).subquery()
            line[figure] = session.scalar(select(func.count()).select_from(rows))
        rows = FIGURES["ratings"](period).subquery()
        mean = session.scalar(select(func.avg(rows.c.value)))
        lines.append({**line, "satisfaction": None if mean is None else float(mean)})
    return lines


def _quarter(session: Session, period: Period, year: int, first: int) -> dict[str, Any]:
    asked = [figure for name in QUARTERLY for figure in (RATES[name][:2] if name in RATES else MEANS[name][:1])]
    measured = measure(
        session, period, asked
    )  # a quarter's other figures are not shown, and cost three times a month's
    rates, means = _rates(measured, measured), _means(measured, measured)
    kpis = {name: rates.get(name) or means[name] for name in QUARTERLY}
    return {
        "name": f"{year:04d}-Q{(first + 2) // 3}", "from": clock.wire(period.start), "to": clock.wire(period.end),
        "kpis": {name: {key: kpi[key] for key in kpi if key != "was"} for name, kpi in kpis.items()},
    }  # fmt: skip


def rows_behind(
    session: Session, year: int, month: int, figure: str, *, months: int = 1, by: str | None = None,
    value: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The rows a number was counted from, newest first, and how many there are."""
    rows = FIGURES[figure](Period.of(year, month, clock.now(), months)).subquery()
    found = select(rows.c.order_id, rows.c.at, rows.c.value)
    if by is not None:
        kept = dimension(session, by).subquery()
        found = found.join(kept, kept.c.order_id == rows.c.order_id).where(kept.c.by == value)
    every = found.subquery()
    total = session.scalar(select(func.count()).select_from(every))
    shown = select(WorkOrder, PlanOccurrence, Site.name, every.c.at, every.c.value).select_from(every)
    shown = shown.outerjoin(WorkOrder, every.c.order_id == WorkOrder.id)
    shown = shown.outerjoin(PlanOccurrence, every.c.order_id == PlanOccurrence.id)
    shown = shown.outerjoin(Site, Site.id == PlanOccurrence.site_id)
    newest = shown.order_by(every.c.at.desc(), WorkOrder.number, PlanOccurrence.id).limit(MOST_ROWS)
    return {"total": total, "items": [_line(*row) for row in session.execute(newest)]}


def _line(
    order: WorkOrder | None, due: PlanOccurrence | None, site: str | None, at: datetime | date, value: float | None
) -> dict[str, Any]:
    """A row behind a number. A patrol that nobody was sent on has no work order: its own state and words are shown."""
    shown: dict[str, Any] = {"at": clock.wire(_instant(at)), "value": value}
    if order is not None:
        names = ("id", "number", "title", "kind", "level", "state", "site_name")
        reported = clock.wire(order.reported_at)
        return {**{name: getattr(order, name) for name in names}, "reported_at": reported, **shown}
    assert due is not None
    return {
        "id": None, "number": "", "title": due.reason, "kind": due.kind, "level": None, "state": due.state,
        "site_name": site or "", "reported_at": None, **shown,
    }  # fmt: skip


def _instant(at: datetime | date) -> datetime:
    """A day begins at midnight of the organisation."""
    return at if isinstance(at, datetime) else datetime(at.year, at.month, at.day, tzinfo=UTC) - ZONE
