"""Two people on one phone: what the first has not sent yet is kept for them, and never leaves in another's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

HERS, HIS = "三号机位黑屏", "门禁读卡无反应"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def write_a_note(thumb: Thumb, text: str) -> None:
    thumb.tile("备注")
    thumb.page.get_by_placeholder("写备注").fill(text)
    thumb.page.get_by_role("button", name="保存", exact=True).click()
    expect(thumb.page.locator("li.note")).to_contain_text(text)
    thumb.back()


def test_unsent_work_stays_its_authors_on_a_shared_phone(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext]
) -> None:
    alice, bob = town.cast.alice, town.cast.bob
    dispatch(town.desk(), town.cast, alice, HERS)
    dispatch(town.desk(), town.cast, bob, HIS)
    context = browser_of("shared")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    wire.refused.add("push")  # signing in works, sending does not
    thumb.open(HERS)
    thumb.step("接单", "已接单")
    write_a_note(thumb, "钥匙在门卫处")
    hers = thumb.held("outbox")
    thumb.page.goto(f"{wire.url}/settings")
    thumb.page.get_by_role("button", name="退出登录").click()
    thumb.sees("还有 2 条记录、0 个文件没有送达，现在不能退出。请先同步。")

    thumb.page.goto(f"{wire.url}/login")
    thumb.sign_in(bob)
    expect(thumb.page).to_have_url(re.compile("/visits$"))
    thumb.open(HIS)
    assert thumb.page.get_by_role("link", name=HERS).count() == 0
    thumb.step("接单", "已接单")
    write_a_note(thumb, "在路上")
    his = thumb.held("outbox")
    assert [act["act"] for act in his] == ["visit.accept", "note.add"]

    wire.refused.clear()
    thumb.everything_arrives()
    proof.arrived_once(town, bob.id, his)
    sent_as_hers = proof.journal(town, alice.id)  # perhaps already, by the worker, and then with her own token
    assert {entry.device_id for entry in sent_as_hers}.isdisjoint({e.device_id for e in proof.journal(town, bob.id)})

    thumb.page.goto(f"{wire.url}/login")
    # Her worker may have sent her work already; if not, there is a second button, for a rescue file.
    thumb.page.get_by_role("button", name=re.compile("^艾丽(?! 的救援文件)")).click()
    expect(thumb.page).to_have_url(re.compile("/visits$"))
    thumb.open(HERS)
    thumb.state("已接单")
    thumb.tile("备注")
    thumb.sees("钥匙在门卫处")
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, hers)
    proof.arrived_once(town, bob.id, his)
