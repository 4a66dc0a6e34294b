"""The phone's browser dies by SIGKILL in the middle of something. Started again, it has everything it had called saved,
and the server gets each thing once, byte for byte."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from server.models import Attachment, Note
from tests.browser import browser_pid, profile_of
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"
#: When the browser dies, after a photo was given to it.
MOMENTS = ("at once", "bytes are in the store", "the photo stands on the screen")
#: Of one stored piece of a file, as `pwa/src/store/files.ts` has it.
CHUNK_BYTES = 512 * 1024

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def kill(context: BrowserContext, profile: Path) -> None:
    """SIGKILL: no handler, no flush, no goodbye."""
    os.kill(browser_pid(profile), signal.SIGKILL)
    with suppress(Error):
        context.close()


def hashes_kept(thumb: Thumb) -> set[str]:
    return {chunk["sha256"] for chunk in thumb.held("chunks")}


def wait_until(moment: str, thumb: Thumb, kept: set[str], before: int) -> None:
    if moment == MOMENTS[1]:
        proof.wait_for(lambda: hashes_kept(thumb) > kept)
    if moment == MOMENTS[2]:
        expect(thumb.page.locator(".grid .open")).to_have_count(before + 1)


def nothing_is_half_there(thumb: Thumb) -> set[str]:
    """Every act has its bytes and every file its act; gives the hashes of the photos that are there."""
    files, chunks = thumb.held("files"), thumb.held("chunks")
    for file in files:
        pieces = sum(1 for chunk in chunks if chunk["sha256"] == file["sha256"])
        assert pieces == -(-file["size"] // CHUNK_BYTES), "an act without all of its bytes"
    declared = [act for act in thumb.held("outbox") if act["act"] == "attachment.add"]
    assert {act["args"]["id"] for act in declared} == {file["attachmentId"] for file in files}
    return {file["sha256"] for file in files}


def test_a_page_killed_while_a_photo_is_saved_keeps_it_whole_or_not_at_all(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    alice = town.cast.alice
    _, visit_id = dispatch(town.desk(), town.cast, alice, TITLE)
    profile = profile_of(tmp_path, "alice")
    first = proof.jpeg(tmp_path, "first", 1)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    wire.unplug()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    thumb.tile("照片")
    thumb.photos("处理前", [first])

    given = [first]
    for i, moment in enumerate(MOMENTS):
        expect(thumb.page.locator(".grid .open")).to_have_count(len(given))
        photo = proof.large_jpeg(tmp_path, f"large{i}", i)
        kept = hashes_kept(thumb)
        thumb.page.locator("[data-test=gallery]").set_input_files(photo, no_wait_after=True)
        wait_until(moment, thumb, kept, len(given))
        kill(context, profile)
        context = browser_of("alice")
        thumb = Thumb(context.pages[0], wire.url).start()
        thumb.open(TITLE)
        thumb.tile("照片")
        whole = nothing_is_half_there(thumb)
        assert len(whole) in (len(given), len(given) + 1), "what was saved before is gone"
        if proof.sha256_of(photo) in whole:
            given.append(photo)
        assert photo in given or moment != MOMENTS[-1], "what stood on the screen was not saved"
        print(f"killed when {moment}: the photo was {'there' if photo in given else 'not there'}")

    again = tmp_path / "large0.jpg"  # taken once more: what a half-saved copy left behind must not matter
    thumb.photos("处理后", [again])
    acts = thumb.held("outbox")
    wire.plug_in()
    thumb.everything_arrives()
    proof.verified(town, visit_id, len(given) + 1)
    proof.bytes_are(town, visit_id, [*given, again])
    proof.arrived_once(town, alice.id, acts)


def test_a_page_killed_during_an_upload_resumes_it(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    alice = town.cast.alice
    _, visit_id = dispatch(town.desk(), town.cast, alice, TITLE)
    photo = proof.large_jpeg(tmp_path, "large", 7)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    thumb.tile("照片")
    second = wire.hold_after("upload")
    thumb.photos("处理前", [photo])
    acts_before = thumb.held("outbox") + thumb.held("journal")
    second.wait()
    third = wire.hold_inside("upload")
    second.release()
    third.wait()  # one piece is at the server, half of the next is on the line
    kill(context, profile_of(tmp_path, "alice"))
    third.cut()

    wire.seen.clear()
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).start()
    thumb.everything_arrives()
    proof.verified(town, visit_id, 1)
    proof.bytes_are(town, visit_id, [photo])
    proof.arrived_once(town, alice.id, acts_before)
    opened = [line for _, line in wire.seen if line == "POST /api/files/uploads"]
    assert opened == [], "the upload began again instead of going on"
    thumb.ledger_is_verified(TITLE)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_page_killed_during_a_push_sends_each_act_once(
    place: str, town: Town, wire: Wire, browser_of: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    """Once before the server heard of the acts, and once when it had applied them and the answer was on its way."""
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, TITLE)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    thumb.open(TITLE)
    push = wire.plan("push", place)
    thumb.step("接单", "已接单")
    thumb.step("出发", "在途")
    thumb.tile("备注")
    thumb.page.get_by_placeholder("写备注").fill("在路上")
    thumb.page.get_by_role("button", name="保存", exact=True).click()
    expect(thumb.page.locator("li.note")).to_contain_text("在路上")
    push.wait()
    acts = thumb.held("outbox")
    assert [act["act"] for act in acts] == ["visit.accept", "visit.travel", "note.add"]
    assert {act["state"] for act in acts} == {"pending"}
    kill(context, profile_of(tmp_path, "alice"))
    push.cut()
    known = [entry.id for entry in proof.journal(town, alice.id)]
    assert known == ([] if place == "before" else [act["id"] for act in json.loads(push.body)["acts"]])

    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).start()
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, acts)
    assert [note.text for note in proof.rows(town, Note)] == ["在路上"]
    assert proof.rows(town, Attachment) == []
    thumb.ledger_is_verified(TITLE)
