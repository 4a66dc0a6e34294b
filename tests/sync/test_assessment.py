"""The rules of the monthly assessment; `pwa/tests/protocol/assessment.test.ts` runs the same cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.assessment import EVIDENCE, allowed, due_on, item_named, items_of, suggested, total
from sync.rules import rule

CASES = json.loads((Path(__file__).parent.parent / "vectors" / "assessment.json").read_text())


@pytest.mark.parametrize("case", CASES["items"])
def test_a_company_replaces_adds_and_retires_items(case):
    found = items_of(case["rows"])
    assert [item["code"] for item in found] == case["codes"]
    by_code = {item["code"]: item for item in found}
    for row in case["rows"]:
        assert by_code.get(row["code"], row) is row


@pytest.mark.parametrize("case", CASES["points"])
def test_points_begin_mild_and_stay_within_what_the_item_says(case):
    item = item_named(case["code"], [])
    assert item is not None and suggested(item, case["count"]) == case["suggested"]
    assert all(allowed(item, points) for points in case["allowed"])
    assert not any(allowed(item, points) for points in case["refused"])


@pytest.mark.parametrize("case", CASES["totals"])
def test_what_is_left_counts_no_dropped_line_and_is_never_below_nought(case):
    assert total(case["lines"]) == case["total"]


def test_a_month_is_due_on_the_tenth_of_the_next():
    assert [due_on(month) for month, _ in CASES["due"]] == [day for _, day in CASES["due"]]


def test_every_kind_of_evidence_has_one_item():
    kinds = [item["evidence"] for item in rule("assessment")["items"] if item["evidence"]]
    assert sorted(kinds) == sorted(EVIDENCE)
