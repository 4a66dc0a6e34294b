"""How complete the archive of a site is, by the vectors that the desk's twin runs too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sync.handover import CODES, Archive, completeness

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "handover.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_an_archive_is_as_complete_as_the_vectors_say(case: dict[str, Any]):
    found = completeness(Archive(**case["archive"]))
    assert (found["percent"], [line for line in found["lines"] if line["state"] != "complete"]) == (
        case["percent"], case["lines"],
    )  # fmt: skip
    assert tuple(line["code"] for line in found["lines"]) == CODES
