"""Who pays and how much, as the vectors say; the same on the phone."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from sync.money import basis_of, is_billable, lines_fault, paper_fault, total_of, yuan

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors" / "money.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["bases"], ids=lambda case: case["name"])
def test_warranty_decides_who_pays_and_misuse_outweighs_it(case: dict[str, Any]):
    basis = basis_of(case["warranty_until"], case["on"], case["misuse"])
    assert (basis, is_billable(basis)) == (case["basis"], case["billable"])


@pytest.mark.parametrize("case", VECTORS["totals"], ids=lambda case: case["name"])
def test_lines_add_up_in_whole_fen(case: dict[str, Any]):
    assert total_of(case["lines"]) == case["total_cents"]


@pytest.mark.parametrize("case", VECTORS["words"], ids=lambda case: case["text"])
def test_a_sum_is_written_in_yuan(case: dict[str, Any]):
    assert yuan(case["cents"]) == case["text"]


@pytest.mark.parametrize("case", VECTORS["papers"], ids=lambda case: case["name"])
def test_a_paper_that_does_not_add_up_or_proves_nothing_is_none(case: dict[str, Any]):
    content = copy.deepcopy(VECTORS["content"][case["paper"]])
    for path, value in case["changes"]:
        place = content
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    assert paper_fault(case["paper"], content) == case["fault"]


def test_lines_of_a_device_may_be_anything_and_never_crash():
    for lines in (None, {}, [None], [1], ["x"], [{}], [[]], [{"kind": 3}]):
        assert lines_fault(lines) == "lines"
