"""Deadlines: when a milestone is due, by the policy's span and China's working calendar.

Arithmetic on aware UTC datetimes, in whole minutes of open time; a device without a network computes the same. The
organisation's zone is a fixed offset in minutes (480 for China, which has no summer time). Policies are data in
`sync/rules/sla.json`, days off and made-up workdays 调休 in `sync/rules/calendar.json`.

A *span* is `{"clock": ..., and one of "minutes", "hours", "working_days", "end_of_day"}`. Each clock is a set of open
windows, and a span is so much open time after the start: `elapsed` is always open, `working_days` is open for the 24
hours of each working day, `service` for the service hours of each. A working day is as long as its window. So five
working days from Friday 16:00 end on Friday 16:00, and three days of service from Friday evening end on Wednesday's
closing time. A deadline that falls on a closing time stays there instead of jumping to the next opening.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sync.rules import rule

DEFAULT_UTC_OFFSET_MINUTES = 480
DEFAULT_POLICY = "default"
_DAY = timedelta(days=1)
_RULES = rule("sla")

KINDS: tuple[str, ...] = tuple(_RULES["kinds"])
POLICIES: tuple[str, ...] = tuple(_RULES["policies"])


@dataclass(frozen=True)
class Calendar:
    """`days_off` and `workdays` are the exceptions to Monday–Friday; `opens` and `closes` count from midnight."""

    days_off: frozenset[date]
    workdays: frozenset[date]
    opens: timedelta
    closes: timedelta

    def is_working_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        return day in self.workdays or (day.weekday() < 5 and day not in self.days_off)

    def window(self, clock: str) -> tuple[timedelta, timedelta]:
        """Opening and closing time of a working day on `clock` (`working_days` or `service`)."""
        return (timedelta(0), _DAY) if clock == "working_days" else (self.opens, self.closes)


def _clock_time(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


CHINA = Calendar(
    days_off=frozenset(date.fromisoformat(day) for day in rule("calendar")["days_off"]),
    workdays=frozenset(date.fromisoformat(day) for day in rule("calendar")["workdays"]),
    opens=_clock_time(_RULES["service_hours"][0]),
    closes=_clock_time(_RULES["service_hours"][1]),
)


def due_at(
    start: datetime,
    span: Mapping[str, Any],
    calendar: Calendar = CHINA,
    utc_offset_minutes: int = DEFAULT_UTC_OFFSET_MINUTES,
) -> datetime:
    """The instant (aware, UTC) at which `span` has passed since `start` (aware). ValueError for a naive start, an
    unknown clock, or a span without a length.
    """
    if start.tzinfo is None:
        raise ValueError("an instant needs a zone")
    clock = span["clock"]
    if clock == "elapsed":
        return start.astimezone(UTC) + _length(span, _DAY)
    if clock not in ("working_days", "service"):
        raise ValueError(f"unknown clock: {clock!r}")
    offset = timedelta(minutes=utc_offset_minutes)
    local = (start.astimezone(UTC) + offset).replace(tzinfo=None)
    opens, closes = calendar.window(clock)
    windows = _windows_from(local, opens, closes, calendar)
    if span.get("end_of_day"):
        due = next(windows)[1]
    else:
        due = _spend(_length(span, closes - opens), windows)
    return due.replace(tzinfo=UTC) - offset


def milestones(
    policy: str,
    level: int,
    reported_at: datetime,
    calendar: Calendar = CHINA,
    utc_offset_minutes: int = DEFAULT_UTC_OFFSET_MINUTES,
) -> list[dict[str, Any]]:
    """What was promised: `[{"kind", "due_at"}]` in the order respond, plan, arrive, resolve; kinds a level does not
    promise are absent. An unknown policy is the default one, because a promise must be counted even when its name was
    misspelt. ValueError for a level outside 1, 2, 3.
    """
    levels = _RULES["policies"].get(policy, _RULES["policies"][DEFAULT_POLICY])["levels"]
    if str(level) not in levels:
        raise ValueError(f"unknown level: {level!r}")
    spans = levels[str(level)]
    return [
        {"kind": kind, "due_at": due_at(reported_at, spans[kind], calendar, utc_offset_minutes)}
        for kind in KINDS
        if kind in spans
    ]


def _length(span: Mapping[str, Any], working_day: timedelta) -> timedelta:
    if "minutes" in span:
        return timedelta(minutes=int(span["minutes"]))
    if "hours" in span:
        return timedelta(hours=int(span["hours"]))
    if "working_days" in span:
        return int(span["working_days"]) * working_day
    raise ValueError("a span needs minutes, hours or working_days")


def _windows_from(
    local: datetime, opens: timedelta, closes: timedelta, calendar: Calendar
) -> Iterator[tuple[datetime, datetime]]:
    """The rest of the first open window that has time left at `local`, then every later one."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        if calendar.is_working_day(midnight.date()) and local < midnight + closes:
            yield max(local, midnight + opens), midnight + closes
        midnight += _DAY


def _spend(length: timedelta, windows: Iterator[tuple[datetime, datetime]]) -> datetime:
    for opens, closes in windows:
        if length <= closes - opens:
            return opens + length
        length -= closes - opens
    raise AssertionError("windows never end")
