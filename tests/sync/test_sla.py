"""Deadlines, worked out by hand and recounted minute by minute."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.rules import rule
from sync.sla import CHINA, KINDS, POLICIES, due_at, milestones

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sla.json").read_text("utf-8"))
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
    assert milestones(case["policy"], case["level"], instant(case["reported_at"])) == expected


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
    start = start.replace(tzinfo=UTC)
    now, later = milestones(policy, level, start), milestones(policy, level, start + timedelta(minutes=7))
    for one, next_one in zip(now, later, strict=True):
        assert start < one["due_at"] <= next_one["due_at"]


def test_every_policy_promises_response_and_resolution_on_every_level_in_the_order_of_the_work():
    at = instant("2026-11-18T09:00+08:00")
    for policy in POLICIES:
        for level in (1, 2, 3):
            found = milestones(policy, level, at)
            kinds = [one["kind"] for one in found]
            assert kinds == [kind for kind in KINDS if kind in kinds] and {"respond", "resolve"} <= set(kinds)
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
        milestones("default", 4, datetime(2026, 11, 20, tzinfo=UTC))
