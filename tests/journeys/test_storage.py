"""The browser's storage fails: it is emptied, full, or taken away under an open page. Nothing of it is silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server.models import Note
from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"
#: Half of a file fits, then the disk is full. (`Storage.overrideQuotaForOrigin` does not reach IndexedDB in a browser
#: that has opened it, as it was tried here with Chromium 150, so the page's own calls fail as the standard has it.)
FULL_AFTER_ONE_PIECE = """() => {
  for (const name of ['put', 'add']) {
    const real = IDBObjectStore.prototype[name]
    IDBObjectStore.prototype[name] = function (value, ...rest) {
      const full = window.full && (value.bytes ? value.i > 0 : this.name !== 'meta')
      if (full) throw new DOMException('full', 'QuotaExceededError')
      return real.call(this, value, ...rest)
    }
  }
}"""
#: Another page with a later version of the database: the browser asks this one to close its connection.
LATER_VERSION = """async (userId) => {
  const name = 'xunxiu-' + userId
  const { version } = (await indexedDB.databases()).find((one) => one.name === name)
  await new Promise((good, bad) => {
    const opening = indexedDB.open(name, version + 10)
    opening.onsuccess = () => { opening.result.close(); good() }
    opening.onerror = () => bad(opening.error)
    opening.onblocked = () => bad(new Error('the other page does not let go'))
  })
}"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def at_work_without_a_network(town: Town, wire: Wire, context: BrowserContext) -> Thumb:
    dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    thumb = Thumb(context.new_page(), wire.url).enter(town.cast.alice)
    thumb.ready_for_no_network()
    wire.unplug()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    return thumb


def test_storage_cleared_by_the_browser_is_told_with_what_was_lost(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    context = fresh("alice", PHONE)
    thumb = at_work_without_a_network(town, wire, context)
    page = thumb.page
    thumb.note("钥匙在门卫处")
    thumb.sync_screen()
    thumb.sees("还不安全", "浏览器没有保证保留这台手机上的 2 项未送达内容")
    origin = {"origin": wire.url, "storageTypes": "indexeddb"}
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", origin)
    page.goto(f"{wire.url}/")
    loss = page.get_by_role("alert").filter(has_text="浏览器清掉了本应用的数据")
    expect(loss).to_be_visible()
    expect(loss).to_contain_text("艾丽 有 2 项还没送达的内容丢失了。")
    expect(loss).to_contain_text("最后一次联系服务器")

    wire.plug_in()
    thumb.sign_in(town.cast.alice)
    expect(page.get_by_role("link", name=TITLE)).to_be_visible(timeout=ROUND_MS)
    told = [json.loads(body)["status"].get("evicted") for body in wire.pushes]
    proof.wait_for(lambda: any(json.loads(body)["status"].get("evicted") for body in wire.pushes))
    told = [json.loads(body)["status"]["evicted"] for body in wire.pushes]
    assert [one["unsent"] for one in told if one] == [2], "the office hears of it once"
    page.goto(f"{wire.url}/login")
    expect(loss).to_be_visible()  # until she has read it
    loss.get_by_role("button", name="我知道了").click()
    expect(loss).to_have_count(0)
    page.reload()
    expect(page.locator("#login-name")).to_be_visible()
    expect(loss).to_have_count(0)


def test_a_database_taken_away_under_an_open_page_is_told_there(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    context = fresh("alice", PHONE)
    thumb = at_work_without_a_network(town, wire, context)
    expect(thumb.page.get_by_role("link", name="1 待发送")).to_be_visible()
    other = context.new_page()
    other.goto(f"{wire.url}/favicon.svg")  # of the same origin, and not the app
    other.evaluate("(name) => new Promise((done) => { indexedDB.deleteDatabase(name).onsuccess = done })",
                   f"xunxiu-{town.cast.alice.id}")  # fmt: skip
    expect(thumb.page.get_by_role("alert").filter(has_text="艾丽 有 1 项还没送达的内容丢失了。")).to_be_visible()


def test_a_connection_closed_under_the_page_is_opened_again_and_nothing_is_lost(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    context = fresh("alice", PHONE)
    thumb = at_work_without_a_network(town, wire, context)
    other = context.new_page()
    other.goto(f"{wire.url}/favicon.svg")
    other.evaluate(LATER_VERSION, alice.id)
    thumb.step("出发", "在途")
    thumb.note("在路上")
    acts = thumb.held("outbox")
    assert [act["act"] for act in acts] == ["visit.accept", "visit.travel", "note.add"]
    wire.plug_in()
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, acts)


def test_a_full_phone_says_so_and_keeps_nothing_by_halves(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    alice = town.cast.alice
    context = fresh("alice", PHONE)
    thumb = at_work_without_a_network(town, wire, context)
    page = thumb.page
    photo = proof.large_jpeg(tmp_path, "large", 3, megapixels=2)
    thumb.tile("照片")
    page.evaluate(FULL_AFTER_ONE_PIECE)
    page.evaluate("window.full = true")
    page.locator("[data-test=gallery]").set_input_files(photo)
    thumb.sees("手机空间不足，这一次没有存下")
    assert page.locator(".grid .open").count() == 0
    assert (thumb.held("chunks"), thumb.held("files")) == ([], []), "half of a photo was kept"
    assert [act["act"] for act in thumb.held("outbox")] == ["visit.accept"]

    thumb.back()
    page.get_by_role("button", name="出发", exact=True).click()
    thumb.sees("手机空间不足，这一次没有存下")
    thumb.state("已接单")  # what was not saved is not shown either
    assert len(thumb.held("outbox")) == 1

    page.evaluate("window.full = false")
    thumb.tile("照片")
    thumb.photos("处理前", [photo])  # room was made, and the same page goes on
    acts = thumb.held("outbox")
    wire.plug_in()
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, acts)
    proof.verified(town, proof.visit_ids(town)[0], 1)
    proof.bytes_are(town, proof.visit_ids(town)[0], [photo])
    assert proof.rows(town, Note) == []
