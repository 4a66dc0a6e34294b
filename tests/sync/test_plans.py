"""When maintenance falls due: the sentences of RFC 5545 that are understood mean what the standard says."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from dateutil.rrule import rrulestr

from sync.plans import due_days, parse, state_of, window

RULES = (
    "FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=MONTHLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28", "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=10", "BYMONTHDAY=5;FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTH=4,10;BYMONTHDAY=10", "FREQ=MONTHLY;INTERVAL=2;BYMONTH=1,2,3;BYMONTHDAY=-1",
)  # fmt: skip


@pytest.mark.parametrize("text", RULES)
@pytest.mark.parametrize("first", [date(2025, 11, 30), date(2026, 1, 1), date(2028, 2, 29), date(2026, 3, 15)])
def test_a_rule_means_what_an_independent_reader_of_the_standard_makes_of_it(text: str, first: date):
    last = date(first.year + 4, 6, 30)
    start, end = datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC)
    theirs = rrulestr(text, dtstart=start).between(start, end, inc=True)
    assert list(due_days(parse(text), first, last)) == [one.date() for one in theirs]


@pytest.mark.parametrize(
    "text",
    ["", "FREQ=DAILY;BYMONTHDAY=1", "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYMONTHDAY=0",
     "FREQ=MONTHLY;BYMONTHDAY=1;BYMONTHDAY=2", "FREQ=MONTHLY;INTERVAL=0;BYMONTHDAY=1", "FREQ=MONTHLY;BYMONTHDAY=x",
     "FREQ=MONTHLY;BYMONTH=13;BYMONTHDAY=1", "FREQ=MONTHLY;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=١"],
)  # fmt: skip
def test_what_is_not_understood_is_said_and_not_guessed(text: str):
    with pytest.raises(ValueError):
        parse(text)


def test_an_occurrence_is_missed_only_after_its_window_and_done_whenever_it_was_done():
    opens, closes = window(date(2026, 3, 1), 7)
    assert (opens, closes) == (date(2026, 2, 22), date(2026, 3, 8))
    assert state_of(closes, closes, None, False) == "due"
    assert state_of(closes, closes, None, True) == "visit_made"
    assert state_of(date(2026, 3, 9), closes, None, True) == "missed"
    assert state_of(date(2026, 3, 9), closes, date(2026, 3, 9), True) == "done"
