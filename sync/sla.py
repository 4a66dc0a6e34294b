"""Deadlines: when a milestone is due, by the policy's span, its calendar, its zone, and the pauses of its clock.

Arithmetic on aware UTC datetimes; a device without a network computes the same (`pwa/src/protocol/sla.ts`). Policies
are data: presets in `sync/rules/sla.json`, a company's own as rows of the noun `sla_policy`. Days off and made-up
workdays 调休 are in `sync/rules/calendar.json`, zones in `sync/rules/zones.json`.

A *span* is `{"clock": ..., and one of "minutes", "hours", "working_days", "end_of_day"}`. Each clock is a set of open
windows, and a span is so much open time after the start: `elapsed` is always open, `working_days` is open for the 24
hours of each working day, `service` for the service hours of each. A working day is as long as its window. So five
working days from Friday 16:00 end on Friday 16:00, and three days of service from Friday evening end on Wednesday's
closing time. A deadline that falls on a closing time stays there instead of jumping to the next opening.

A *pause* (from, to) is time in which a clock is not open, whatever the calendar says; the deadline moves by the open
time in it. An *extension* (at, to) is an approved delay: from `at` on the deadline is `to`, and only later pauses move
it. `"from": "resolve"` in a span: its clock starts when the matter is resolved, not when it was reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sync.rules import rule
from sync.zones import Zone, zone

DEFAULT_POLICY = "default"
_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_FOREVER = datetime.max.replace(tzinfo=UTC)
_RULES = rule("sla")

DEFAULTS: dict[str, Any] = _RULES["defaults"]
KINDS: tuple[str, ...] = tuple(_RULES["kinds"])
CLOCKS: tuple[str, ...] = tuple(_RULES["clocks"])
POLICIES: tuple[str, ...] = tuple(_RULES["policies"])
_CALENDARS: dict[str, Any] = {"cn": rule("calendar"), **rule("calendar")["others"]}
CALENDARS: tuple[str, ...] = tuple(_CALENDARS)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Timetable:
    """When clocks are open. `days_off` and `workdays` are the exceptions to Monday–Friday; `opens` and `closes` count
    from the midnight of the zone.
    """

    days_off: frozenset[date]
    workdays: frozenset[date]
    opens: timedelta
    closes: timedelta
    zone: Zone

    def is_working_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        return day in self.workdays or (day.weekday() < 5 and day not in self.days_off)

    def hours(self, clock: str) -> tuple[timedelta, timedelta]:
        """Opening and closing time of a working day on `clock`; all day long unless it is `service`."""
        return (self.opens, self.closes) if clock == "service" else (timedelta(0), _DAY)

    def windows(self, clock: str, start: datetime) -> Iterator[Interval]:
        """The rest of the open window at `start`, or the first after it, then every later one. ValueError for an
        unknown clock.
        """
        if clock == "elapsed":
            yield start, _FOREVER
            return
        if clock not in CLOCKS:
            raise ValueError(f"unknown clock: {clock!r}")
        opens, closes = self.hours(clock)
        midnight = self.zone.local(start).replace(hour=0, minute=0, second=0, microsecond=0)
        while True:
            if self.is_working_day(midnight.date()):
                end = self.zone.instant(midnight + closes)
                if start < end:
                    yield max(start, self.zone.instant(midnight + opens)), end
            midnight += _DAY


def _clock_time(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


@cache
def _calendar(name: str) -> tuple[frozenset[date], frozenset[date]]:
    """Days off and made-up workdays; ValueError for a calendar that is not there."""
    days = _CALENDARS.get(name)
    if days is None:
        raise ValueError(f"unknown calendar: {name!r}")
    off, made_up = (frozenset(date.fromisoformat(day) for day in days[key]) for key in ("days_off", "workdays"))
    return off, made_up


def timetable(policy: Mapping[str, Any]) -> Timetable:
    """The timetable of a policy; what it does not say is as in `defaults`. Its own days go before the calendar's."""
    said = {**DEFAULTS, **policy}
    off, made_up = _calendar(said["calendar"])
    own_off = frozenset(date.fromisoformat(day) for day in said["days_off"])
    own_workdays = frozenset(date.fromisoformat(day) for day in said["workdays"])
    opens, closes = (_clock_time(text) for text in said["service_hours"])
    return Timetable(
        (off - own_workdays) | own_off, (made_up - own_off) | own_workdays, opens, closes, zone(said["zone"])
    )


CHINA = timetable({})


def due_at(
    start: datetime,
    span: Mapping[str, Any],
    table: Timetable = CHINA,
    pauses: Iterable[Interval] = (),
    extension: Interval | None = None,
) -> datetime:
    """The instant (aware, UTC) at which `span` has passed since `start` (aware). ValueError for a naive start, an
    unknown clock, or a span without a length.
    """
    if start.tzinfo is None:
        raise ValueError("an instant needs a zone")
    start, clock = start.astimezone(UTC), span["clock"]
    if extension is None:
        return _spend(_length(start, span, table), _open(start, clock, table, _merged(pauses)))
    at, to = extension
    later = _merged((max(begins, at), ends) for begins, ends in pauses if ends > at)
    length = open_time(at, to, clock, table)
    if not later or not length:
        return to
    return max(to, _spend(length, _open(at, clock, table, later)))


def warnings_at(
    start: datetime,
    span: Mapping[str, Any],
    percents: Sequence[int],
    table: Timetable = CHINA,
    pauses: Iterable[Interval] = (),
    extension: Interval | None = None,
) -> list[datetime]:
    """When so many per cent of the clock's open time have run (B3). An extended clock counts from its extension; where
    no open time is left before the deadline, time on the wall counts instead.
    """
    pauses = _merged(pauses)
    begin = (extension[0] if extension else start).astimezone(UTC)
    due, clock = due_at(start, span, table, pauses, extension), span["clock"]
    if not open_time(begin, due, clock, table, pauses):
        clock, pauses = "elapsed", []
    total = open_time(begin, due, clock, table, pauses) // _MILLISECOND
    return [_spend(total * one // 100 * _MILLISECOND, _open(begin, clock, table, pauses)) for one in percents]


def open_time(
    begin: datetime, end: datetime, clock: str, table: Timetable = CHINA, pauses: Iterable[Interval] = ()
) -> timedelta:
    """How long a clock was open between two instants."""
    total = timedelta(0)
    if end <= begin:
        return total
    for opens, closes in _open(begin, clock, table, _merged(pauses)):
        if opens >= end:
            break
        total += min(closes, end) - opens
        if closes >= end:
            break
    return total


def policy_of(name: str, policies: Mapping[str, Mapping[str, Any]] | None = None) -> Mapping[str, Any]:
    """A policy by its code. An unknown one is the default, because a promise must be counted even when its name was
    misspelt.
    """
    known: Mapping[str, Mapping[str, Any]] = _RULES["policies"] if policies is None else policies
    return known.get(name) or known.get(DEFAULT_POLICY) or _RULES["policies"][DEFAULT_POLICY]


def spans(policy: Mapping[str, Any], level: int) -> dict[str, Mapping[str, Any]]:
    """What the policy promises on a level, in the order of the work; what it does not promise is absent. ValueError for
    a level outside 1, 2, 3.
    """
    levels = policy["levels"]
    if str(level) not in levels:
        raise ValueError(f"unknown level: {level!r}")
    return {kind: levels[str(level)][kind] for kind in KINDS if kind in levels[str(level)]}


def milestones(
    policy: Mapping[str, Any], level: int, reported_at: datetime, pauses: Sequence[Interval] = ()
) -> list[dict[str, Any]]:
    """What was promised when the matter was reported: `[{"kind", "due_at"}]` in the order of the work."""
    table = timetable(policy)
    return [
        {"kind": kind, "due_at": due_at(reported_at, span, table, pauses)}
        for kind, span in spans(policy, level).items()
        if "from" not in span
    ]


def _length(start: datetime, span: Mapping[str, Any], table: Timetable) -> timedelta:
    """The open time a span stands for. The end of the day: what its first window has left, before any pause."""
    if "minutes" in span:
        return timedelta(minutes=int(span["minutes"]))
    if "hours" in span:
        return timedelta(hours=int(span["hours"]))
    if "working_days" in span:
        opens, closes = table.hours(span["clock"])
        return int(span["working_days"]) * (closes - opens)
    if span.get("end_of_day") and span["clock"] != "elapsed":
        begins, ends = next(table.windows(span["clock"], start))
        return ends - begins
    raise ValueError("a span needs minutes, hours, working_days or the end of a working day")


def _merged(pauses: Iterable[Interval]) -> list[Interval]:
    """Pauses in order, those that meet or overlap as one: time is not taken off twice."""
    merged: list[Interval] = []
    for begins, ends in sorted(pauses):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        elif ends > begins:
            merged.append((begins, ends))
    return merged


def _open(start: datetime, clock: str, table: Timetable, pauses: Sequence[Interval]) -> Iterator[Interval]:
    """The windows from `start` on, without what was paused of them."""
    for opens, closes in table.windows(clock, start):
        for begins, ends in pauses:
            if ends <= opens or begins >= closes:
                continue
            if begins > opens:
                yield opens, begins
            opens = max(opens, ends)
        if opens < closes:
            yield opens, closes


def _spend(length: timedelta, windows: Iterator[Interval]) -> datetime:
    for opens, closes in windows:
        if length <= closes - opens:
            return opens + length
        length -= closes - opens
    raise AssertionError("windows never end")
