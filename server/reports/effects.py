"""What improvement actions moved (F6): the number one was to move, in its month and in the month after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import ImprovementAction
from server.reports.month import MEANS, RATES, complaints, measure
from server.reports.month_figures import FIGURES, Period

COMPLAINTS = "complaints"
#: By what an action can be measured, and whether less is better.
LESS_IS_BETTER = {
    **dict.fromkeys(RATES, False), **{name: less for name, (_, _, less) in MEANS.items()},
    "repaired_again": True, "reopened": True, "defects": True, "unresolved": True, COMPLAINTS: True,
}  # fmt: skip


def effects(session: Session, now: datetime, since: str) -> list[dict[str, Any]]:
    """Of every action with a number, taken in `since` or later: `{id, figure, month, before, after, so_far, better}`.
    `after` is null until the next month has begun, and `so_far` while it has not ended."""
    rows = select(ImprovementAction).where(ImprovementAction.figure != "", ImprovementAction.month >= since)
    actions = list(session.scalars(rows.order_by(ImprovementAction.month, ImprovementAction.id)))
    wanted: dict[str, set[str]] = {}
    for action in actions:
        for month in (action.month, _next(action.month)):
            wanted.setdefault(month, set()).add(action.figure)
    values = {month: _values(session, month, names, now) for month, names in sorted(wanted.items())}
    return [_effect(action, values, now) for action in actions]


def _effect(action: ImprovementAction, values: dict[str, dict[str, float | None]], now: datetime) -> dict[str, Any]:
    after_month = _next(action.month)
    period = _period(after_month, now)
    before, after = values[action.month].get(action.figure), values[after_month].get(action.figure)
    if period.start > now:
        after = None
    better = None
    if before is not None and after is not None:
        better = after < before if LESS_IS_BETTER.get(action.figure) else after > before
    return {
        "id": action.id, "figure": action.figure, "month": action.month, "before": before, "after": after,
        "so_far": period.start <= now < period.end, "better": better,
    }  # fmt: skip


def _values(session: Session, month: str, names: Iterable[str], now: datetime) -> dict[str, float | None]:
    period = _period(month, now)
    asked = {figure for name in names for figure in _figures(name)}
    measured = measure(session, period, sorted(asked))
    found: dict[str, float | None] = {}
    for name in names:
        if name in RATES:
            good, all_, _ = RATES[name]
            found[name] = 100 * measured[good][0] / measured[all_][0] if measured[all_][0] else None
        elif name in MEANS:
            found[name] = measured[MEANS[name][0]][1]
        elif name in FIGURES:
            found[name] = measured[name][0]
        elif name == COMPLAINTS:
            found[name] = complaints(session, period, period)["n"]
    return found


def _figures(name: str) -> tuple[str, ...]:
    if name in RATES:
        return RATES[name][:2]
    return (MEANS[name][0],) if name in MEANS else (name,) if name in FIGURES else ()


def _period(month: str, now: datetime) -> Period:
    year, number = (int(part) for part in month.split("-"))
    return Period.of(year, number, now)


def _next(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
