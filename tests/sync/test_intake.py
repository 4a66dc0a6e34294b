"""What a registration lacks and which level is suggested: the vectors the browser runs too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sync.intake import lacking, suggest_level

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "intake.json").read_text())


@pytest.mark.parametrize("case", VECTORS["lacking"], ids=lambda case: case["name"])
def test_a_registration_names_what_it_lacks(case: dict[str, Any]):
    assert lacking(case["request"]) == case["expected"]


@pytest.mark.parametrize("case", VECTORS["level"], ids=lambda case: case["name"])
def test_a_level_is_suggested_with_its_reasons(case: dict[str, Any]):
    assert suggest_level(case["title"], case["description"], case["faulted_before"]) == case["expected"]
