"""The service report: content, bytes, hash, words and changes, by the vectors that the phone's twin runs too."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import report, report_text

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "report.json").read_text("utf-8"))
REPAIR = VECTORS["views"][0]["view"]


def named(case):
    return case["name"]


@pytest.mark.parametrize("case", VECTORS["canonical"], ids=named)
def test_content_has_one_spelling_and_one_hash(case):
    assert report.canonical(case["content"]) == case["text"]
    assert report.content_hash(case["content"]) == case["hash"]


@pytest.mark.parametrize("value", VECTORS["refused"], ids=repr)
def test_null_fractions_and_huge_numbers_are_not_content(value):
    with pytest.raises(ValueError, match="not content"):
        report.canonical(value)


@pytest.mark.parametrize("case", VECTORS["views"], ids=named)
def test_a_view_gives_its_content_its_hash_and_its_words(case):
    content = report.report_content(case["view"])
    assert content == case["content"]
    assert report.content_hash(content) == case["hash"]
    assert report.is_content(content)
    assert [report_text.report_title(content, locale) for locale in report.LOCALES] == case["titles"]
    for locale in report.LOCALES:
        assert report_text.sections(content, locale) == case["sections"][locale]


@pytest.mark.parametrize("case", VECTORS["changes"]["cases"], ids=named)
def test_edits_after_signing_are_named(case):
    paths = report.changed_since(VECTORS["changes"]["signed"], case["current"])
    assert paths == case["paths"]
    assert report_text.changed_titles(paths, "zh-CN") == case["titles"]


@pytest.mark.parametrize("case", VECTORS["signing"], ids=named)
def test_signatures_and_waivers_stand_under_the_report(case):
    for locale in report.LOCALES:
        blocks = report_text.signature_blocks(
            case["signatures"], locale, case["utc_offset_minutes"], case["waivers"], case["reasons"]
        )
        assert blocks == case["blocks"][locale]


def test_the_order_in_which_rows_arrive_does_not_change_the_hash():
    turned = copy.deepcopy(REPAIR)
    for rows in ("part_uses", "attachments", "notes"):
        turned[rows].reverse()
    assert report.content_hash(report.report_content(turned)) == VECTORS["views"][0]["hash"]


def test_withdrawn_parts_discarded_photos_and_office_notes_are_not_the_customers_reading():
    text = report.canonical(report.report_content(REPAIR))
    for hidden in ("误录", "d" * 64, "该客户欠款", "请带梯子"):
        assert hidden in json.dumps(REPAIR, ensure_ascii=False)
        assert hidden not in text


def test_being_signed_submitted_and_verified_changes_nothing_of_what_was_signed():
    later = copy.deepcopy(REPAIR)
    later["visit"]["state"] = "reviewed"
    later["visit"]["times"] |= {"signed": "2026-11-21T03:07:00.000Z", "submitted": "2026-11-21T03:09:00.000Z"}
    later["work_order"] |= {"state": "closed", "due_at": "2026-11-25T00:00:00.000Z"}
    for photo in later["attachments"]:
        photo |= {"state": "verified", "thumbs": {"320": True}, "server_at": "2026-11-22T00:00:00.000Z"}
    assert report.content_hash(report.report_content(later)) == VECTORS["views"][0]["hash"]


def test_every_word_of_the_rules_exists_in_both_languages():
    def leaves(value, path=""):
        if isinstance(value, dict):
            if "zh-CN" in value or "en" in value:
                assert set(value) == {"zh-CN", "en"} and all(value.values()), path
                yield path
            else:
                for key, one in value.items():
                    yield from leaves(one, f"{path}/{key}")
        elif isinstance(value, list):
            for i, one in enumerate(value):
                yield from leaves(one, f"{path}/{i}")

    assert len(list(leaves(report._RULES))) > 80


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("parts", "many"),
        ("parts", [{"id": "1"}]),
        ("parts", [1]),
        ("engineers", {}),
        ("work_order", []),
        ("visit", {"times": {"arrived": 5}}),
        ("diagnosis", {"cause": "water"}),
        ("format", True),
        ("number", 1),
        ("number", None),
        ("utc_offset_minutes", 10**12),
        ("checklists", [{"id": "1", "answers": {}}]),
    ],
)
def test_content_of_another_shape_is_recognised_before_it_is_printed(path, value):
    content = copy.deepcopy(VECTORS["views"][0]["content"])
    assert report.is_content(content)
    content[path] = value
    assert not report.is_content(content)


def test_content_nested_without_end_is_no_content():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert not report.is_content({"x": deep})


@pytest.mark.parametrize("key", ["format", "number", "utc_offset_minutes"])
def test_content_without_its_name_or_zone_is_no_content(key):
    content = copy.deepcopy(VECTORS["views"][0]["content"])
    del content[key]
    assert not report.is_content(content)


JSON = st.recursive(
    st.one_of(st.text(), st.integers(-10, 10**16), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


def places(value, path=()):
    """Every place in a content, as a path of keys."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


@settings(max_examples=300, deadline=None)
@given(data=st.data(), view=st.sampled_from([0, 1]), value=JSON)
def test_whatever_a_device_calls_content_is_refused_or_can_be_shown_and_compared(data, view, value):
    original = VECTORS["views"][view]["content"]
    path = data.draw(st.sampled_from([place for place in places(original) if place]))
    content = copy.deepcopy(original)
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    if report.is_content(content):
        for locale in report.LOCALES:
            assert all(section["title"] for section in report_text.sections(content, locale))
            report_text.changed_titles(report.changed_since(content, original), locale)
        assert len(report.content_hash(content)) == 64


def test_content_of_an_older_or_newer_format_is_printed_as_far_as_it_is_known():
    content = {"format": 9, "utc_offset_minutes": 0, "number": "SN1-1", "novelty": {"a": [1]}}
    content["work_order"] = {"kind": "dive", "title": "x"}
    assert report.is_content(content)
    assert report_text.report_title(content, "en") == "Service report"
    assert report_text.sections(content, "en")[0]["rows"] == [
        {"label": "Kind", "value": "dive"},
        {"label": "Subject", "value": "x"},
    ]
