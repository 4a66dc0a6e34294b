"""Merging fields, by the vectors that the phone's twin runs too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.merge import POLICIES, Merged, merge_field
from sync.rules import rule

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "merge.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_a_field_merges_as_the_vectors_say(case):
    merged = merge_field(case["policy"], case["current"], case["was"], case["now"])
    assert json.dumps(merged.value) == json.dumps(case["value"])
    assert merged.outcome == case["outcome"]


def test_an_unknown_policy_is_a_fault_of_ours_even_when_nothing_changed():
    with pytest.raises(KeyError):
        merge_field("newest", 1, 1, 1)


def test_every_editable_field_has_an_owner_and_a_policy_that_exists():
    nouns = {noun: fields for noun, fields in rule("fields").items() if noun != "about"}
    assert set(nouns) == {"diagnosis", "work_order", "visit"}
    for fields in nouns.values():
        for field in fields.values():
            assert field["policy"] in POLICIES and field["owner"] in {"engineer", "office"}


members = st.lists(st.sampled_from("abcde"), unique=True)


@given(members, members, members)
def test_a_merged_set_holds_what_either_added_and_lacks_what_either_removed(was, ours, theirs):
    value = set(merge_field("set", ours, was, theirs).value)
    added = (set(ours) - set(was)) | (set(theirs) - set(was))
    removed = (set(was) - set(ours)) | (set(was) - set(theirs))
    assert value == (set(was) | added) - (removed - added)


@given(st.sampled_from(sorted(POLICIES)), members, members, members)
def test_sending_an_applied_or_merged_change_again_changes_nothing(policy, current, was, now):
    once = merge_field(policy, current, was, now)
    if once.outcome != "conflict":
        again = merge_field(policy, once.value, was, now)
        assert sorted(again.value) == sorted(once.value)
        assert isinstance(again, Merged)
