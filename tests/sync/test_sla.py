"""Deadlines, worked out by hand and recounted minute by minute."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.rules import rule
from sync.sla import (
    CHINA,
    KINDS,
    POLICIES,
    Interval,
    Timetable,
    due_at,
    milestones,
    open_time,
    policy_of,
    spans,
    timetable,
    warnings_at,
)
from tests.sync import sla_reference as reference

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sla.json").read_text("utf-8"))
CLOCKS = json.loads(reference.VECTORS.read_text("utf-8"))["clocks"]
CALENDAR = rule("calendar")
MOMENTS = st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2027-11-30"))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize("case", VECTORS["due"], ids=lambda case: case["name"])
def test_a_deadline_is_where_the_wall_calendar_says(case):
    assert due_at(instant(case["start"]), case["span"]) == instant(case["due"])


@pytest.mark.parametrize("case", VECTORS["milestones"], ids=lambda case: case["name"])
def test_a_work_order_gets_the_milestones_of_its_policy_and_level(case):
    expected = [{"kind": one["kind"], "due_at": instant(one["due_at"])} for one in case["milestones"]]
    assert milestones(policy_of(case["policy"]), case["level"], instant(case["reported_at"])) == expected


def clock_of(case: dict[str, Any]) -> tuple[datetime, dict[str, Any], Timetable, list[Interval], Interval | None]:
    pauses = [(instant(begins), instant(ends)) for begins, ends in case["pauses"]]
    extension = (instant(case["extension"][0]), instant(case["extension"][1])) if case["extension"] else None
    return instant(case["start"]), case["span"], timetable(case["policy"]), pauses, extension


@pytest.mark.parametrize("case", CLOCKS, ids=lambda case: case["name"])
def test_a_clock_is_due_and_warns_when_single_minutes_say_so(case):
    start, span, table, pauses, extension = clock_of(case)
    assert reference.wire(due_at(start, span, table, pauses, extension)) == case["due"]
    warnings = warnings_at(start, span, reference.PERCENTS, table, pauses, extension)
    assert [reference.wire(one) for one in warnings] == case["warnings"]


def test_the_vectors_are_what_the_reference_counts():
    made = reference.cases()
    assert len(made) == len(CLOCKS) >= 200
    for case, kept in list(zip(made, CLOCKS, strict=True))[::29]:  # counting all of them takes a quarter of a minute
        assert json.loads(json.dumps({**case, **reference.answer(case)})) == kept


def test_pauses_that_overlap_are_taken_off_once_and_one_outside_the_hours_moves_nothing():
    start, span = instant("2026-11-20T15:00+08:00"), {"hours": 4, "clock": "service"}
    lunch = (instant("2026-11-20T16:00+08:00"), instant("2026-11-20T17:00+08:00"))
    again = (instant("2026-11-20T16:30+08:00"), instant("2026-11-20T17:10+08:00"))
    night = (instant("2026-11-20T18:00+08:00"), instant("2026-11-21T08:00+08:00"))
    assert due_at(start, span, CHINA, [night]) == due_at(start, span)
    assert due_at(start, span, CHINA, [again, lunch]) == due_at(start, span) + timedelta(minutes=70)
    assert open_time(start, start, "service") == timedelta(0)


def is_open(local: datetime, clock: str) -> bool:
    """Reads the JSON itself and looks at one minute, so that it shares nothing with what it checks."""
    day = local.date().isoformat()
    if day in CALENDAR["days_off"] or (local.isoweekday() > 5 and day not in CALENDAR["workdays"]):
        return False
    return clock == "working_days" or "08:30" <= local.strftime("%H:%M") < "17:30"


def recount(start: datetime, minutes: int, clock: str) -> datetime:
    """Steps through time one minute at a time and counts the open ones."""
    local = start.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=8)
    while minutes:
        minutes -= is_open(local, clock)
        local += timedelta(minutes=1)
    return (local - timedelta(hours=8)).replace(tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(
    MOMENTS,
    st.integers(1, 3000),
    st.sampled_from(["working_days", "service"]),
)
def test_a_deadline_equals_a_count_of_single_minutes(start, minutes, clock):
    start = start.replace(second=0, microsecond=0, tzinfo=UTC)
    assert due_at(start, {"minutes": minutes, "clock": clock}) == recount(start, minutes, clock)


@given(MOMENTS, st.sampled_from(POLICIES), st.sampled_from([1, 2, 3]))
def test_a_milestone_is_never_before_its_report_and_a_later_report_never_due_earlier(start, policy, level):
    start, said = start.replace(tzinfo=UTC), policy_of(policy)
    now, later = milestones(said, level, start), milestones(said, level, start + timedelta(minutes=7))
    for one, next_one in zip(now, later, strict=True):
        assert start < one["due_at"] <= next_one["due_at"]


def test_every_policy_promises_response_and_resolution_on_every_level_in_the_order_of_the_work():
    at = instant("2026-11-18T09:00+08:00")
    for policy in POLICIES:
        for level in (1, 2, 3):
            found = milestones(policy_of(policy), level, at)
            kinds = [one["kind"] for one in found]
            assert kinds == [kind for kind in KINDS if kind in kinds] and {"respond", "resolve"} <= set(kinds)
            assert spans(policy_of(policy), level)["feed_back"]["from"] == "resolve"
            assert max(one["due_at"] for one in found) == found[-1]["due_at"]


def test_the_calendar_is_what_the_library_says_for_every_day_of_its_years():
    holidays = pytest.importorskip("holidays")
    china = holidays.China(years=(2025, 2026, 2027))
    day = date(2025, 1, 1)
    while day.year < 2028:
        assert CHINA.is_working_day(day) == china.is_working_day(day), day
        day += timedelta(days=1)


def test_made_up_workdays_are_weekend_days_and_no_day_is_both():
    assert all(day.weekday() >= 5 for day in CHINA.workdays)
    assert not CHINA.workdays & CHINA.days_off


@pytest.mark.parametrize(
    ("start", "span", "message"),
    [
        (datetime(2026, 11, 20), {"hours": 1, "clock": "elapsed"}, "zone"),  # noqa: DTZ001
        (datetime(2026, 11, 20, tzinfo=UTC), {"hours": 1, "clock": "lunar"}, "clock"),
        (datetime(2026, 11, 20, tzinfo=UTC), {"clock": "service"}, "span"),
    ],
)
def test_a_naive_start_an_unknown_clock_and_an_empty_span_are_refused(start, span, message):
    with pytest.raises(ValueError, match=message):
        due_at(start, span)


def test_a_level_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="level"):
        milestones(policy_of("default"), 4, datetime(2026, 11, 20, tzinfo=UTC))


def test_a_policy_nobody_wrote_is_the_default_and_a_calendar_or_zone_nobody_has_is_refused():
    assert policy_of("gold")["name_en"] == "Standard"
    for wrong in ({"calendar": "moon"}, {"zone": "Mars/Olympus"}):
        with pytest.raises(ValueError, match="unknown"):
            timetable(wrong)
