"""The tab crashes at each step of a photo: before the picture is taken, after it, while it is hashed, while it is
written, while it is read back, and on its way up. What was said to be saved is there afterwards, once and whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"
WORDS = "面板无电，等拍照"
#: The page comes to this place and goes no further; `window.reached` says that it is there.
STOP_AT = """(place) => {
  const stop = () => { window.reached = true; return new Promise(() => {}) }
  const digest = crypto.subtle.digest
  let hashes = 0
  crypto.subtle.digest = function (...args) {
    hashes += 1
    return hashes === (place === 'hash' ? 1 : place === 'compare' ? 2 : 0) ? stop() : digest.apply(this, args)
  }
  const put = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (value, ...rest) {
    const request = put.call(this, value, ...rest)
    if (place === 'write' && this.name === 'chunks' && value.i === 1) {
      window.reached = true
      keepOpen(this)
    }
    return request
  }
  // A transaction lives as long as it has requests: so half of the file is in it, and it never ends.
  const keepOpen = (store) => { store.count().onsuccess = () => keepOpen(store) }
}"""
STEPS = ("hash", "write", "compare")

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def crash(thumb: Thumb, context: BrowserContext) -> Thumb:
    """The tab's process is gone, as when a system needs its memory for the camera; the browser lives on."""
    with suppress(Error):
        thumb.page.goto("chrome://crash", timeout=2000)
    with suppress(Error):
        thumb.page.close()
    return Thumb(context.new_page(), thumb.url)


def choose(thumb: Thumb, photo: Path) -> None:
    thumb.page.locator("[data-test=gallery]").set_input_files(photo, no_wait_after=True)


def nothing_is_half_there(thumb: Thumb, photos: int) -> None:
    files = {file["sha256"] for file in thumb.held("files")}
    declared = [act for act in thumb.held("outbox") + thumb.held("journal") if act["act"] == "attachment.add"]
    assert (len(files), len(declared)) == (photos, photos)
    assert files <= {chunk["sha256"] for chunk in thumb.held("chunks")}


def test_a_tab_that_crashes_at_any_step_of_a_photo_loses_nothing_it_had_called_saved(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    alice = town.cast.alice
    _, visit_id = dispatch(town.desk(), town.cast, alice, TITLE)
    photo = proof.large_jpeg(tmp_path, "panel", 5, megapixels=2)
    context = fresh("alice", PHONE)
    thumb = Thumb(context.new_page(), wire.url).enter(alice)
    thumb.ready_for_no_network()
    wire.unplug()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")

    thumb.tile("备注")  # before the camera: words half written
    thumb.page.get_by_placeholder("写备注").fill(WORDS)
    thumb.page.wait_for_timeout(300)  # the disk's turn
    thumb = crash(thumb, context)
    thumb.open(TITLE)
    thumb.tile("备注")
    expect(thumb.page.get_by_placeholder("写备注")).to_have_value(WORDS)

    for step in STEPS:  # after the picture was taken, and before anybody was told that it is saved
        thumb.open(TITLE)
        thumb.tile("照片")
        thumb.page.evaluate(STOP_AT, step)
        choose(thumb, photo)
        proof.wait_for(lambda page=thumb.page: page.evaluate("window.reached === true"))
        thumb = crash(thumb, context)
        thumb.open(TITLE)
        nothing_is_half_there(thumb, photos=0)

    thumb.tile("照片")
    thumb.photos("处理前", [photo])  # the very same picture, over what the crashes left behind
    acts = thumb.held("outbox")
    upload = wire.hold_inside("upload")
    wire.plug_in()
    thumb.page.evaluate("window.dispatchEvent(new Event('online'))")
    upload.wait()
    thumb = crash(thumb, context)
    upload.cut()
    thumb.everything_arrives()
    proof.verified(town, visit_id, 1)
    proof.bytes_are(town, visit_id, [photo])
    proof.arrived_once(town, alice.id, acts)
