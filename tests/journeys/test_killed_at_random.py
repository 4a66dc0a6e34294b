"""The phone dies at random moments of a day: nothing but the last keystroke is lost, and nothing is there twice."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.conftest import Town
from tests.journeys.wire import Wire
from tests.killing.moments import Run, figures
from tests.killing.promises import Field, Lost, Promises

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

#: Every screen, three deaths of the whole browser, two with a sync at work. `make kill` lives through 200.
MOMENTS = 10
SEED = 12

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def test_kills_at_random_moments_of_a_day_take_at_most_the_last_keystroke(
    town: Town, wire: Wire, playwright: Playwright, tmp_path: Path
) -> None:
    began = time.monotonic()
    result = Run(playwright, town, wire, tmp_path, SEED, MOMENTS).go()
    assert result.moments == MOMENTS and result.promises.heard >= MOMENTS / 2
    print(figures(result, SEED, began))


def note(n: int, text: str) -> dict[str, Any]:
    return {"n": n, "id": f"act-{n}", "act": "note.add", "args": {"text": text}}


WHOLE: dict[str, Any] = {
    "acts": [note(1, "一"), note(2, "二")], "drafts": {"note:v": "三"}, "files": [], "hashes": {}, "diagnoses": {},
    "states": {"v": "accepted"},
}  # fmt: skip


def heard() -> Promises:
    """A phone that said twice that a note is saved, and that its visit is accepted."""
    promises = Promises()
    for kind, path, what in (
        ("note", "/visits/v/notes", "一"),
        ("note", "/visits/v/notes", "二"),
        ("state", "/visits/v", "accepted"),
    ):
        promises.hear(json.dumps([kind, path, what]))
    promises.compare(WHOLE)
    return promises


@pytest.mark.parametrize(
    ("what", "held"),
    [
        ("gone", {"acts": [note(1, "一")]}),
        ("missing", {"acts": [note(1, "一"), note(3, "二")]}),
        ("twice", {"acts": [note(1, "一"), note(2, "二"), note(3, "二")]}),
        ("changed", {"acts": [note(1, "一"), {**note(2, "二"), "args": {"text": "两"}}]}),
        ("recorded again", {"drafts": {"note:v": "二"}}),
        ("without an act", {"files": [{"sha256": "s", "attachmentId": "a", "visitId": "v"}]}),
        ("not whole", {"hashes": {"s": "other"}}),
        ("was accepted", {"states": {"v": "dispatched"}}),
    ],
)
def test_a_loss_a_double_and_a_half_are_noticed(what: str, held: dict[str, Any]) -> None:
    with pytest.raises(Lost, match=what):
        heard().compare({**WHOLE, **held})


def test_all_but_the_last_keystroke_must_be_there() -> None:
    typed = Field(["", "电", "电源", "电源模"])
    assert typed.settle("电源", "cause") and typed.was == ["电源"]
    with pytest.raises(Lost):
        Field(["", "电", "电源", "电源模"]).settle("电", "cause")
