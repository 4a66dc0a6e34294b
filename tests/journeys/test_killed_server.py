"""The server dies by SIGKILL after its commit and before its answer: the phone cannot know that it was heard. Started
again, the server has everything once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server.models import Event, Note, PartUse, Stock
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_server_killed_between_commit_and_answer_has_every_act_once(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, TITLE)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    wire.unplug()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    thumb.step("出发", "在途")
    thumb.tile("备件")
    thumb.save_part(thumb.pick_part("24V 电源模块"), "24V 电源模块")
    thumb.back()
    thumb.tile("备注")
    thumb.page.get_by_placeholder("写备注").fill("在路上")
    thumb.page.get_by_role("button", name="保存", exact=True).click()
    expect(thumb.page.locator("li.note")).to_contain_text("在路上")
    acts = thumb.held("outbox")

    push = wire.after("push", town.server.kill)
    wire.plug_in()
    thumb.sync_screen()
    push.wait()
    assert not town.server.is_open()
    assert len(proof.journal(town, alice.id)) == len(acts), "the server died before its commit: nothing was shown here"
    assert {act["state"] for act in thumb.held("outbox")} == {"pending"}
    expect(thumb.page.get_by_role("heading", name=f"{len(acts)} 条记录还在手机上")).to_be_visible()

    town.server.start()
    thumb.page.get_by_role("button", name="立即同步").click()
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, acts)
    assert [note.text for note in proof.rows(town, Note)] == ["在路上"]
    assert [part.quantity for part in proof.rows(town, PartUse)] == [1]
    assert [stock.quantity for stock in proof.rows(town, Stock, part_id=town.cast.part.id)] == [4]
    kinds = [event.kind for event in proof.rows(town, Event)]
    assert kinds.count("visit.accept") == kinds.count("visit.travel") == 1
    thumb.ledger_is_verified(TITLE)
    proof.phone_holds_what_the_server_has(town, alice.id, thumb.held("rows"))


def test_a_server_killed_before_it_confirms_the_last_bytes_of_a_photo_has_it_once(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    alice = town.cast.alice
    _, visit_id = dispatch(town.desk(), town.cast, alice, TITLE)
    photo = proof.jpeg(tmp_path, "panel", 3)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    thumb.tile("照片")
    upload = wire.after("upload", town.server.kill)
    thumb.photos("处理前", [photo])
    upload.wait()
    acts = thumb.held("outbox") + thumb.held("journal")

    town.server.start()
    thumb.sync_screen()
    thumb.page.get_by_role("button", name="立即同步").click()
    thumb.everything_arrives()
    proof.leases_run_out(town)  # the dead server may have begun to look at the picture
    proof.verified(town, visit_id, 1)
    proof.bytes_are(town, visit_id, [photo])
    assert proof.stored_files(town) == [proof.sha256_of(photo)]
    proof.arrived_once(town, alice.id, acts)
    thumb.ledger_is_verified(TITLE)
