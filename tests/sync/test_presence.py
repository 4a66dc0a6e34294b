"""What makes the proof of presence doubtful, by the vectors that the phone's twin runs too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.presence import flags_of, is_telling
from sync.rules import rule

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "presence.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["proofs"], ids=lambda case: case["name"])
def test_a_proof_is_flagged_as_the_vectors_say(case):
    assert flags_of(case["proof"], VECTORS["point"], VECTORS["site"], case["before"]) == case["flags"]


def test_a_site_without_a_place_makes_nobody_far():
    proof = VECTORS["proofs"][7]["proof"]
    assert flags_of(proof, VECTORS["point"], {"lat": "", "lng": ""}, None) == []


def test_no_position_alone_calls_nobody():
    assert not is_telling(["no-place", "vague"])
    assert is_telling(["no-place", "pace"])


def test_every_flag_has_its_place_and_its_words():
    rules = rule("presence")
    assert set(rules["order"]) == set(rules["names"]) >= set(rules["telling"])
