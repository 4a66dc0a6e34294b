"""A phone that was shut out by the office: what it still has arrives, then it empties itself and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server.models import Device
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"
LEFT_EMPTY = ("rows", "outbox", "files", "chunks", "drafts", "journal")

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def test_a_phone_that_was_shut_out_delivers_what_it_has_and_then_empties_itself(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    alice = town.cast.alice
    _, visit_id = dispatch(town.desk(), town.cast, alice, TITLE)
    photo = proof.jpeg(tmp_path, "panel", 3)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    wire.unplug()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    thumb.note("钥匙在门卫处")
    thumb.tile("照片")
    thumb.photos("处理前", [photo])
    acts = thumb.held("outbox")
    device = proof.rows(town, Device, user_id=alice.id)[0].id
    sam = town.peer(town.cast.sam)
    answer = sam.client.post(f"/api/devices/{device}/revoke", json={"reason": "手机遗失"}, headers=sam.headers)
    assert answer.status_code == 200, answer.json

    wire.refused.add("upload")
    wire.plug_in()
    page = thumb.page
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("heading", name="这台手机已停用")).to_be_visible(timeout=ROUND_MS)
    thumb.sees("还有 0 条记录、1 个文件正在送往服务器")
    assert thumb.held("rows") == [], "what the phone may not see any more is still on it"
    assert len(thumb.held("chunks")) > 0, "the photo was thrown away before the server had it"
    page.goto(f"{wire.url}/visits")
    expect(page.get_by_role("heading", name="这台手机已停用")).to_be_visible()  # whatever address is asked for

    wire.refused.clear()
    page.get_by_role("button", name="立即同步").click()
    expect(
        page.get_by_text("艾丽 在这台手机上的内容已全部送达（3 条记录、1 个文件），手机上的资料已清空。")
    ).to_be_visible(timeout=ROUND_MS)
    proof.arrived_once(town, alice.id, acts)
    proof.verified(town, visit_id, 1)
    proof.bytes_are(town, visit_id, [photo])
    assert {table: thumb.held_of(alice.id, table) for table in LEFT_EMPTY} == {table: [] for table in LEFT_EMPTY}
    thumb.sign_in(alice)  # on a phone that is new to the server
    expect(page.get_by_role("link", name=TITLE)).to_be_visible(timeout=ROUND_MS)
    assert len(proof.rows(town, Device, user_id=alice.id)) == 2
