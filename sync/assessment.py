"""The monthly assessment 考核 (F5): which items there are, what they may come to, and what is left of 100 points.

Data: `sync/rules/assessment.json`, and a company's own rows of the noun `assessment_item`. Points are whole numbers,
negative where they are taken off. `pwa/src/protocol/assessment.ts` is the twin: both run
`tests/vectors/assessment.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.rules import rule

_RULES = rule("assessment")
FULL: int = _RULES["full"]
EVIDENCE: tuple[str, ...] = tuple(_RULES["evidence"])
PER = ("each", "day")


def items_of(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The items in force, `{code, name, name_en, mild, grave, per, evidence}`: the rules' own, those of the company in
    the place of those with their code, then what it added; without what it retired (`active` false).
    """
    own = {row["code"]: row for row in rows}
    usual = [own.pop(item["code"], item) for item in _RULES["items"]]
    added = sorted(own.values(), key=lambda row: (row.get("sort", 0), row["code"]))
    return [item for item in [*usual, *added] if item.get("active", True)]


def item_named(code: str, rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The item in force with that code, None when there is none."""
    return next((item for item in items_of(rows) if item["code"] == code), None)


def suggested(item: Mapping[str, Any], count: int = 1) -> int:
    """The points an item begins with: its mild ones, for so many days where it counts days."""
    return int(item["mild"]) * (min(count, _RULES["most_days"]) if item["per"] == "day" else 1)


def allowed(item: Mapping[str, Any], points: int) -> bool:
    """Whether an item may come to so many points: between the mild and the grave ones, of one day or of a month's."""
    most = _RULES["most_days"] if item["per"] == "day" else 1
    low, high = sorted((int(item["mild"]), int(item["grave"]) * most))
    return low <= points <= high


def total(lines: Iterable[Mapping[str, Any]]) -> int:
    """What is left of the full points, never below nought; a line that was dropped (`state`) does not count."""
    return max(0, FULL + sum(int(line["points"]) for line in lines if line["state"] != "dropped"))


def due_on(month: str) -> str:
    """`2026-12-10` for `2026-11`: the day by which a month's assessment is approved."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}-{_RULES['due_day']:02d}"
