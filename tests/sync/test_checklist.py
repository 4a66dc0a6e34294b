"""Checklists, by the vectors that the phone's twin runs too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sync import checklist
from sync.answers import version_changes

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "checklist.json").read_text("utf-8"))


def whole(item: dict[str, Any]) -> dict[str, Any]:
    return {**VECTORS["item_defaults"], "id": "x", **item}


def value_of(case: dict[str, Any]) -> Any:
    value = case["value"]
    if isinstance(value, dict) and "$repeat" in value:
        text, times = value["$repeat"]
        return text * times
    return value


@pytest.mark.parametrize("case", VECTORS["values"], ids=lambda case: case["name"])
def test_a_value_is_judged_as_the_vectors_say(case):
    item, value = whole(case["item"]), value_of(case)
    assert (checklist.problem_of(item, value), checklist.verdict(item, value)) == (case["problem"], case["verdict"])


@pytest.mark.parametrize("case", VECTORS["states"], ids=lambda case: case["name"])
def test_a_run_stands_as_the_vectors_say(case):
    items = [whole(item) for item in case["items"]]
    answers = case["answers"]
    assert [item["id"] for item in items if checklist.visible(item, answers, items)] == case["visible"]
    assert checklist.missing(items, answers) == case["missing"]
    assert checklist.failed(items, answers) == case["failed"]
    assert checklist.progress(items, answers) == {"done": case["done"], "total": case["total"]}


@pytest.mark.parametrize("case", VECTORS["latest"], ids=lambda case: case["name"])
def test_the_answer_that_counts_is_the_one_the_vectors_name(case):
    defects = checklist.defects_of(case.get("defects", []), case.get("run", ""))
    assert checklist.latest_answers(case["rows"], case["attachments"], defects) == case["answers"]


@pytest.mark.parametrize("case", VECTORS["versions"], ids=lambda case: case["name"])
def test_a_newer_version_says_what_it_asks_otherwise(case):
    old, new = ([whole(item) for item in case[name]] for name in ("old", "new"))
    assert version_changes(old, new) == case["changes"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ac-03>30", ("ac-03", ">", "30")),
        (" ac-03 >= 30 ", ("ac-03", ">=", "30")),
        ("外观=异常", ("外观", "=", "异常")),
        ("外观＝不合格", ("外观", "=", "不合格")),
        ("a!=ok", ("a", "!=", "ok")),
        ("a<>ok", ("a", "!=", "ok")),
        ("a≠ok", ("a", "!=", "ok")),
        ("a！＝ok", ("a", "!=", "ok")),
        ("a==ok", ("a", "=", "ok")),
        ("t≤-5.5", ("t", "<=", "-5.5")),
        ("t≥3", ("t", ">=", "3")),
        ("t=>3", ("t", ">=", "3")),
        ("t＞3", ("t", ">", "3")),
        ("d<2026-01-01", ("d", "<", "2026-01-01")),
        ("type=DN<50 管道", ("type", "=", "DN<50 管道")),
    ],
)
def test_a_condition_is_read_as_people_type_it(text, expected):
    assert tuple(checklist.parse_show_if(text).values()) == expected


@pytest.mark.parametrize("text", ["", "ac-03", "=ok", "a=", "a= ", "a><3", "a!3", "a===3", " = "])
def test_a_condition_without_item_operator_or_value_is_refused(text):
    with pytest.raises(ValueError, match="not a condition"):
        checklist.parse_show_if(text)


def test_every_operator_that_can_be_read_is_one_that_is_run():
    item = whole({"id": "n", "type": "number"})
    for operator in {checklist.parse_show_if(f"n{typed}5")["op"] for typed in checklist._OPERATORS}:
        shown = {
            value
            for value in ("4", "5", "6")
            if checklist.visible_ids(
                [item, whole({"id": "x", "type": "text", "show_if": {"item": "n", "op": operator, "value": "5"}})],
                {"n": {"value": value, "note": ""}},
            )
            == {"n", "x"}
        }
        assert shown == {
            "=": {"5"}, "!=": {"4", "6"}, ">": {"6"}, ">=": {"5", "6"}, "<": {"4"}, "<=": {"4", "5"},
        }[operator]  # fmt: skip
