"""Digests: the vectors that the phone's twin runs too, and that equal digests mean equal rows (I9)."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.digest import EMPTY, MODULUS, Digest, halves, row_hash

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "digest.json").read_text("utf-8"))

keys = st.tuples(st.sampled_from(["visit", "note", "part"]), st.uuids(version=4).map(UUID.__str__))
row_sets = st.dictionaries(keys, st.integers(0, 2**53 - 1), max_size=20)


def of(rows: dict[tuple[str, str], int]) -> Digest:
    return Digest.of_rows((noun, row_id, rev) for (noun, row_id), rev in rows.items())


@pytest.mark.parametrize("case", VECTORS["hashes"], ids=lambda case: case["row"][0])
def test_a_row_hashes_as_the_vectors_say(case):
    assert f"{row_hash(*case['row']):016x}" == case["hash"]


@pytest.mark.parametrize("case", VECTORS["sets"], ids=lambda case: case["name"])
def test_a_set_of_rows_has_the_digest_the_vectors_say(case):
    digest = Digest.of_rows(map(tuple, case["rows"]))
    assert (digest.count, digest.hex) == (case["count"], case["digest"])
    assert Digest.of_rows(map(tuple, reversed(case["rows"]))) == digest


@settings(deadline=None)
@given(here=row_sets, there=row_sets, same=st.booleans())
def test_digests_are_equal_exactly_when_the_rows_are(here, there, same):
    there = dict(reversed(here.items())) if same else there
    assert (of(here) == of(there)) == (here == there)


@settings(deadline=None)
@given(rows=row_sets, data=st.data())
def test_one_row_missing_stale_or_too_many_always_shows(rows, data):
    fault = data.draw(st.sampled_from(["missing", "stale", "surplus"] if rows else ["surplus"]))
    other = dict(rows)
    key = data.draw(st.sampled_from(sorted(rows))) if rows else None
    if fault == "missing":
        del other[key]
    elif fault == "stale":
        other[key] = data.draw(st.integers(0, 2**53 - 1).filter(lambda rev: rev != rows[key]))
    else:
        other[data.draw(keys.filter(lambda new: new not in rows))] = 1
    assert of(other) != of(rows)


@settings(deadline=None)
@given(steps=st.lists(st.tuples(keys, st.none() | st.integers(0, 2**53 - 1)), max_size=40))
def test_a_digest_kept_step_by_step_is_the_digest_of_what_is_left(steps):
    held: dict[tuple[str, str], int] = {}
    kept, rows, hi, lo = EMPTY, 0, 0, 0
    for key, rev in steps:
        for sign, value in ((-1, held.pop(key, None)), (1, rev)):
            if value is None:
                continue
            kept = kept.add(*key, value) if sign > 0 else kept.remove(*key, value)
            upper, lower = halves(row_hash(*key, value))
            rows, hi, lo = rows + sign, hi + sign * upper, lo + sign * lower
        if rev is not None:
            held[key] = rev
    assert kept == of(held) == Digest.of_halves(rows, hi, lo)


@settings(deadline=None)
@given(rows=row_sets, cut=st.integers(0, 20))
def test_the_digests_of_parts_add_up_to_the_digest_of_the_whole(rows, cut):
    items = list(rows.items())
    assert of(dict(items[:cut])).combine(of(dict(items[cut:]))) == of(rows)
    assert 0 <= of(rows).sum < MODULUS
