"""When maintenance falls due: the few sentences of RFC 5545 that a maintenance contract needs, as data (E1).

    FREQ=MONTHLY;BYMONTHDAY=15                 every month on the 15th
    FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1      every third month, counted from the first, on its last day
    FREQ=MONTHLY;BYMONTH=4,10;BYMONTHDAY=10    in April and October

A month's day is 1 to 28 or -1, so that no month is passed over because it is short.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

LONGEST_INTERVAL = 24  # months
_PART = re.compile(r"(FREQ|INTERVAL|BYMONTHDAY|BYMONTH)=([A-Z0-9,-]+)\Z")

DUE, VISIT_MADE, DONE, MISSED, EXCUSED = "due", "visit_made", "done", "missed", "excused"


@dataclass(frozen=True, slots=True)
class Rule:
    """`months`: empty means every one."""

    interval: int = 1
    day: int = 1
    months: tuple[int, ...] = ()


def parse(text: str) -> Rule:
    """The rule a text says; raises ValueError with what is wrong."""
    said: dict[str, str] = {}
    for part in text.split(";"):
        found = _PART.match(part)
        if found is None or found[1] in said:
            raise ValueError(f"not understood: {part[:40]}")
        said[found[1]] = found[2]
    if said.get("FREQ") != "MONTHLY":
        raise ValueError("FREQ must be MONTHLY")
    interval, day = _number(said.get("INTERVAL", "1")), _number(said.get("BYMONTHDAY", ""))
    months = tuple(sorted({_number(one) for one in said["BYMONTH"].split(",")})) if "BYMONTH" in said else ()
    if not 1 <= interval <= LONGEST_INTERVAL:
        raise ValueError(f"INTERVAL must be 1 to {LONGEST_INTERVAL}")
    if day != -1 and not 1 <= day <= 28:
        raise ValueError("BYMONTHDAY must be 1 to 28, or -1")
    if any(not 1 <= month <= 12 for month in months):
        raise ValueError("BYMONTH must be 1 to 12")
    return Rule(interval, day, months)


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,4}", text):
        raise ValueError(f"not a number: {text[:40]}")
    return int(text)


def due_days(rule: Rule, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included; intervals count from the month of `first`."""
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month, rule.interval):
        year, number = divmod(month, 12)
        if rule.months and number + 1 not in rule.months:
            continue
        day = date(year, number + 1, monthrange(year, number + 1)[1] if rule.day == -1 else rule.day)
        if first <= day <= last:
            yield day


def window(due: date, days: int) -> tuple[date, date]:
    """The days on which it counts as done in time."""
    return due - timedelta(days=days), due + timedelta(days=days)


def state_of(today: date, closes_on: date, done_on: date | None, under_way: bool) -> str:
    """What became of an occurrence nobody excused. A missed one that is made up for is done, late."""
    if done_on is not None:
        return DONE
    if today > closes_on:
        return MISSED
    return VISIT_MADE if under_way else DUE
