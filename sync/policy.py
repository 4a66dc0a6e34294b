"""What an SLA policy must say to be one. The office's editor offers nothing else; the server asks again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from sync.sla import CLOCKS, DEFAULTS, KINDS, timetable

LEVELS = ("1", "2", "3")
AMOUNTS = {"minutes": 100_000, "hours": 2_000, "working_days": 250}  # the longest of each
REASONS = ("parts", "customer", "supplier", "quotation", "safety")  # of a hold
MAX_DAYS = 400
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def check_policy(settings: Mapping[str, Any], levels: Mapping[str, Any]) -> None:
    """Raises ValueError with a sentence when the engine could not count by it."""
    _check_settings(settings)
    if set(levels) != set(LEVELS):
        raise ValueError("a policy has levels 1, 2 and 3")
    for level, promised in levels.items():
        if not isinstance(promised, Mapping) or "resolve" not in promised or set(promised) - set(KINDS):
            raise ValueError(f"level {level}: promises at least to resolve, and nothing unknown")
        for kind, span in promised.items():
            _check_span(f"level {level}, {kind}", kind, span)


def _check_settings(settings: Mapping[str, Any]) -> None:
    if unknown := set(settings) - set(DEFAULTS):
        raise ValueError(f"unknown settings: {sorted(unknown)}")
    for name, like in DEFAULTS.items():
        if name in settings and type(settings[name]) is not type(like):
            raise ValueError(f"{name}: of the wrong type")
    said = {**DEFAULTS, **settings}
    hours = said["service_hours"]
    if (
        len(hours) != 2
        or not all(isinstance(one, str) and _TIME.fullmatch(one) for one in hours)
        or hours[0] >= hours[1]
    ):
        raise ValueError("service_hours: two times of a day, the earlier first")
    for name in ("days_off", "workdays"):
        if len(said[name]) > MAX_DAYS or not all(isinstance(day, str) for day in said[name]):
            raise ValueError(f"{name}: a list of days")
        for day in said[name]:
            date.fromisoformat(day)
    warn = said["warn"]
    if not all(type(one) is int and 0 < one < 100 for one in warn) or warn != sorted(set(warn)) or len(warn) > 6:
        raise ValueError("warn: up to six ascending per cents below 100")
    if not all(one in REASONS for one in said["pauses"]):
        raise ValueError("pauses: reasons of a hold")
    timetable(settings)


def _check_span(where: str, kind: str, span: Any) -> None:
    if not isinstance(span, Mapping) or span.get("clock") not in CLOCKS or set(span) - _KNOWN:
        raise ValueError(f"{where}: a span with a clock")
    if ("from" in span) != (kind == "feed_back") or span.get("from", "resolve") != "resolve":
        raise ValueError(f"{where}: only feeding back counts from the resolution")
    _check_amount(where, span, span["clock"])
    if "declared" in span:
        if not isinstance(span["declared"], Mapping):
            raise ValueError(f"{where}: declared: a length")
        _check_amount(where, span["declared"], span["clock"])


def _check_amount(where: str, said: Mapping[str, Any], clock: str) -> None:
    amounts = [name for name in (*AMOUNTS, "end_of_day") if name in said]
    if len(amounts) != 1:
        raise ValueError(f"{where}: minutes, hours, working_days or end_of_day, one of them")
    name, value = amounts[0], said[amounts[0]]
    if name == "end_of_day":
        if value is not True or clock == "elapsed":
            raise ValueError(f"{where}: the end of the day is that of a working day")
    elif type(value) is not int or not 0 < value <= AMOUNTS[name]:
        raise ValueError(f"{where}: {name} from 1 to {AMOUNTS[name]}")


_KNOWN = {*AMOUNTS, "end_of_day", "clock", "from", "declared"}
