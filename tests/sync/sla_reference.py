"""Deadlines counted minute by minute: slow, simple, and sharing nothing with the engine but the meaning of words.

Days come from the `holidays` library, zones from the tz database, policies from nowhere. `python -m
tests.sync.sla_reference` writes `tests/vectors/sla_clocks.json`, which pytest and vitest run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

VECTORS = Path(__file__).parents[1] / "vectors" / "sla_clocks.json"
CASES, SEED = 260, 20251127
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 11, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PERCENTS = (50, 75, 90)
#: Around these days of China's calendar most of what can go wrong goes wrong.
FEASTS = (
    "2025-01-25", "2025-02-07", "2025-04-03", "2025-04-26", "2025-05-30", "2025-09-27", "2025-10-10", "2025-12-31",
    "2026-01-03", "2026-02-13", "2026-02-27", "2026-04-03", "2026-04-30", "2026-05-08", "2026-06-18", "2026-09-19",
    "2026-09-30", "2026-10-09", "2026-12-31", "2027-02-04", "2027-04-02", "2027-04-30", "2027-06-08", "2027-09-30",
)  # fmt: skip
#: zone: days around which its clocks change.
SWITCHES = {
    "Europe/Berlin": ("2025-03-29", "2025-10-25", "2026-03-28", "2027-10-30"),
    "America/New_York": ("2025-03-08", "2025-11-01", "2026-03-07", "2027-11-06"),
    "Australia/Sydney": ("2025-04-05", "2025-10-04", "2026-04-04", "2027-10-02"),
    "Europe/London": ("2026-03-28", "2026-10-24"),
}


@cache
def china() -> Any:
    import holidays

    return holidays.China(years=(2025, 2026, 2027, 2028))


@cache
def works(policy: str, day: date) -> bool:
    said = json.loads(policy)
    if day.isoformat() in said.get("days_off", ()):
        return False
    if day.isoformat() in said.get("workdays", ()):
        return True
    return bool(china().is_working_day(day)) if said.get("calendar", "cn") == "cn" else day.isoweekday() < 6


def is_open(instant: datetime, clock: str, policy: dict[str, Any], pauses: Sequence[tuple[datetime, datetime]]) -> bool:
    """Whether the minute that begins at `instant` counts."""
    if any(begins <= instant < ends for begins, ends in pauses):
        return False
    if clock == "elapsed":
        return True
    local = instant.astimezone(ZoneInfo(policy.get("zone", "Asia/Shanghai")))
    if not works(json.dumps(policy, sort_keys=True), local.date()):
        return False
    opens, closes = policy.get("service_hours", ("08:30", "17:30"))
    return clock == "working_days" or opens <= local.strftime("%H:%M") < closes


def count(start: datetime, minutes: int, clock: str, policy: dict[str, Any], pauses: Any = ()) -> datetime:
    """Steps through time one minute at a time until so many open ones have passed."""
    while minutes:
        minutes -= is_open(start, clock, policy, pauses)
        start += MINUTE
    return start


def elapsed(start: datetime, end: datetime, clock: str, policy: dict[str, Any], pauses: Any = ()) -> int:
    """The open minutes between two instants."""
    total = 0
    while start < end:
        total += is_open(start, clock, policy, pauses)
        start += MINUTE
    return total


def minutes_of(start: datetime, span: dict[str, Any], policy: dict[str, Any]) -> int:
    if "minutes" in span:
        return int(span["minutes"])
    if "hours" in span:
        return int(span["hours"]) * 60
    opens, closes = (datetime.strptime(text, "%H:%M") for text in policy.get("service_hours", ("08:30", "17:30")))  # noqa: DTZ007
    day = (closes - opens) // MINUTE if span["clock"] == "service" else 24 * 60
    if "working_days" in span:
        return int(span["working_days"]) * day
    while not is_open(start, span["clock"], policy, ()):
        start += MINUTE
    left = 0
    while is_open(start, span["clock"], policy, ()):
        left, start = left + 1, start + MINUTE
        zone = ZoneInfo(policy.get("zone", "Asia/Shanghai"))
        if start.astimezone(zone).strftime("%H:%M") == "00:00":
            break
    return left


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What the engine should say about a case: when it is due, and the warnings."""
    start, span, policy = instant(case["start"]), case["span"], case["policy"]
    pauses = [(instant(begins), instant(ends)) for begins, ends in case["pauses"]]
    begin, clock = start, span["clock"]
    if case["extension"]:
        begin, to = (instant(text) for text in case["extension"])
        later = [(max(begin, begins), ends) for begins, ends in pauses if ends > begin]
        length = elapsed(begin, to, clock, policy)
        due = max(to, count(begin, length, clock, policy, later)) if later and length else to
    else:
        due = count(start, minutes_of(start, span, policy), clock, policy, pauses)
    total = elapsed(begin, due, clock, policy, pauses)
    if not total:
        clock, pauses = "elapsed", []
        total = elapsed(begin, due, clock, policy, pauses)
    return {"due": wire(due), "warnings": [wire(_share(begin, total, one, clock, policy, pauses)) for one in PERCENTS]}


def _share(begin: datetime, total: int, percent: int, clock: str, policy: dict[str, Any], pauses: Any) -> datetime:
    """A share may end within a minute; that minute is the one after so many whole ones have been counted."""
    whole, rest = divmod(total * percent, 100)
    at = count(begin, whole, clock, policy, pauses)
    if not rest:
        return at
    while not is_open(at, clock, policy, pauses):
        at += MINUTE
    return at + timedelta(milliseconds=60_000 * rest // 100)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def wire(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make(number: int, rng: Random) -> dict[str, Any]:
    """A case; every fourth in another zone, every third paused, every fifth extended."""
    policy: dict[str, Any] = {}
    if number % 4 == 3:
        policy["zone"] = rng.choice(sorted(SWITCHES))
        policy["calendar"] = rng.choice(("cn", "weekends"))
        near = rng.choice(SWITCHES[policy["zone"]])
    else:
        near = rng.choice(FEASTS)
    if number % 7 == 0:
        policy["service_hours"] = rng.choice((["09:00", "18:00"], ["00:00", "12:00"], ["08:00", "20:30"]))
    start = instant(f"{near}T00:00Z") + timedelta(minutes=rng.randrange(-2 * 1440, 2 * 1440))
    if number % 9 == 4:
        policy["days_off"] = [(start + timedelta(days=2)).date().isoformat()]
        policy["workdays"] = [(start + timedelta(days=1)).date().isoformat()]
    clock = rng.choice(("elapsed", "working_days", "service", "service", "working_days"))
    amount = rng.choice(
        ({"minutes": rng.choice((15, 20, 60, 100, 480))}, {"hours": rng.choice((1, 2, 4, 8, 24, 48))},
         {"working_days": rng.choice((1, 2, 3, 5, 7))}, {"end_of_day": True})
    )  # fmt: skip
    if clock == "elapsed" and not {"minutes", "hours"} & set(amount):
        amount = {"hours": 72}
    pauses, extension, at = [], None, start + timedelta(minutes=rng.randrange(-300, 900))
    if number % 3 == 0:
        for _ in range(rng.choice((1, 2, 3))):
            length = rng.choice((10, 45, 120, 600, 3000))
            pauses.append((wire(at), wire(at + timedelta(minutes=length))))
            at += timedelta(minutes=rng.randrange(5, length + 400))
    if number % 5 == 0:
        told = start + timedelta(minutes=rng.randrange(10, 1500))
        extension = (wire(told), wire(told + timedelta(minutes=rng.choice((300, 1440, 4000, 9000)))))
    return {
        "start": wire(start), "span": {**amount, "clock": clock}, "policy": policy, "pauses": pauses,
        "extension": extension,
    }  # fmt: skip


def cases() -> list[dict[str, Any]]:
    rng = Random(SEED)
    made = []
    for number in range(CASES):
        case = make(number, rng)
        made.append({"name": f"{number:03d} {case['start'][:10]} {_words(case)}", **case})
    return made


def _words(case: dict[str, Any]) -> str:
    """What the case is about, for whoever reads a failure."""
    amount = " ".join(f"{value} {key}" for key, value in case["span"].items() if key != "clock")
    more = [f"{len(case['pauses'])} pauses"] * bool(case["pauses"]) + ["extended"] * bool(case["extension"])
    return ", ".join([f"{amount} on {case['span']['clock']}", *case["policy"], *more])


if __name__ == "__main__":
    lines = [json.dumps({**case, **answer(case)}, ensure_ascii=False) for case in cases()]
    about = "Made by tests/sync/sla_reference.py, which counts minutes. Due times and the warnings at 50, 75 and 90 %."
    VECTORS.write_text(f'{{"about": "{about}", "clocks": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
