"""Time zones as data: an offset, and for some a summer time that begins and ends on a Sunday of a month.

A phone's own tables of zones are as old as the phone and a server's as old as its system; both compute deadlines by
`sync/rules/zones.json` instead, so that they agree without asking each other. A test holds it against the tz database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sync.rules import rule

_WEEK = timedelta(days=7)
ZONES: tuple[str, ...] = tuple(rule("zones")["zones"])


@dataclass(frozen=True)
class Switch:
    """The `week`th Sunday of `month` (-1: the last), `minutes` after its midnight in UTC."""

    month: int
    week: int
    minutes: int

    def instant(self, year: int) -> datetime:
        """When it happens in `year`."""
        if self.week < 0:
            first = date(year + self.month // 12, self.month % 12 + 1, 1)
            sunday = first - timedelta(days=(first.weekday() - 6) % 7 or 7)
        else:
            first = date(year, self.month, 1)
            sunday = first + timedelta(days=(6 - first.weekday()) % 7) + (self.week - 1) * _WEEK
        return datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Zone:
    """`summer`: its offset with where it starts and ends within a year; None where the clocks never change."""

    offset: timedelta
    summer: tuple[timedelta, Switch, Switch] | None = None

    def offset_at(self, instant: datetime) -> timedelta:
        """What to add to `instant` (aware) for the time on the wall."""
        if self.summer is None:
            return self.offset
        offset, starts, ends = self.summer
        begin, end = starts.instant(instant.year), ends.instant(instant.year)
        is_summer = begin <= instant < end if begin < end else not end <= instant < begin  # the southern half
        return offset if is_summer else self.offset

    def instant(self, local: datetime) -> datetime:
        """The instant of a naive time on the wall. Of two, the earlier; one that is skipped is as the winter counts."""
        for offset in (self.summer[0], self.offset) if self.summer else (self.offset,):
            found = local.replace(tzinfo=UTC) - offset
            if self.offset_at(found) == offset:
                return found
        return local.replace(tzinfo=UTC) - self.offset

    def local(self, instant: datetime) -> datetime:
        """The naive time on the wall."""
        return (instant.astimezone(UTC) + self.offset_at(instant.astimezone(UTC))).replace(tzinfo=None)


def _switch(said: dict[str, Any]) -> Switch:
    return Switch(said["month"], said["week"], said["utc_minutes"])


@cache
def zone(name: str) -> Zone:
    """A zone by its name in the tz database; ValueError for one the data does not have."""
    said = rule("zones")["zones"].get(name)
    if said is None:
        raise ValueError(f"unknown zone: {name!r}")
    summer = said.get("summer")
    if summer is None:
        return Zone(timedelta(minutes=said["offset"]))
    switches = (timedelta(minutes=summer["offset"]), _switch(summer["starts"]), _switch(summer["ends"]))
    return Zone(timedelta(minutes=said["offset"]), switches)
