"""Checklist templates, by the vectors that the editor's twin runs too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sync.template import faults_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "template.json").read_text("utf-8"))


def grown(value: Any) -> Any:
    if isinstance(value, dict) and "$repeat" in value:
        what, times = value["$repeat"]
        return what * times if isinstance(what, str) else [grown(what)] * times
    return [grown(one) for one in value] if isinstance(value, list) else value


def items_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    items = [one for item in case["items"] for one in (grown(item) if "$repeat" in item else [item])]
    return [{**VECTORS["item_defaults"], **{name: grown(value) for name, value in item.items()}} for item in items]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_what_is_wrong_with_a_template_is_what_the_vectors_say(case: dict[str, Any]):
    assert faults_of(items_of(case), case.get("former")) == case["faults"]
