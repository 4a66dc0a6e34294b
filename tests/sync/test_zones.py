"""Zones as data are what the tz database says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from sync.zones import ZONES, zone

HOURS = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 365 * 3)]


@pytest.mark.parametrize("name", ZONES)
def test_every_hour_of_three_years_has_the_offset_of_the_tz_database(name):
    try:
        theirs = ZoneInfo(name)
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no tz database")
    ours = zone(name)
    for instant in HOURS:
        assert ours.offset_at(instant) == instant.astimezone(theirs).utcoffset(), instant
        wall = ours.local(instant)
        assert ours.instant(wall) in (instant, instant - timedelta(hours=1)), instant  # the earlier of two


def test_a_time_that_is_skipped_is_as_the_winter_counts():
    skipped = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001
    assert zone("Europe/Berlin").instant(skipped) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
