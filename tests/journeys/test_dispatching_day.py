"""A dispatcher's day at the desk: estimate, roster, dragging, keys, receipts, many at once, a cut line, the archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server import clock
from server.archive import index_ended
from server.extensions import db
from server.models import DutyShift, Visit, WorkOrder
from tests.browser import DESKTOP
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.desk import Desk
from tests.journeys.thumb import ROUND_MS
from tests.journeys.wire import Wire
from tests.peer import Peer
from tests.server.story import register

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(150)]


def test_a_dispatchers_day(town: Town, wire: Wire, fresh: Callable[..., BrowserContext]):
    cast, office = town.cast, town.desk()
    waiting = register(office, cast)
    _, sent = dispatch(office, cast, cast.alice, "门禁读卡失灵")
    page = fresh("dora", DESKTOP).new_page()
    desk = Desk(page, wire.url).enter(cast.dora)

    write_the_roster(page, wire.url, town)
    estimate(desk, waiting, town)
    visit = drag_to_bob(desk, waiting, town)
    move_by_keys_and_take_back(page, visit, town)
    given = give_to_charlie_by_keys(page, visit, town)
    watch_the_receipt(desk, sent, town)
    several_at_once(page, wire.url, [sent, given], town)
    through_a_cut(page, wire, given, town)
    map_plan_and_phones(page, wire.url)
    find_in_the_archive(page, wire.url, office, waiting, town)


def write_the_roster(page: Page, url: str, town: Town) -> None:
    """C6: one key puts somebody on duty, and the week's plan knows."""
    page.goto(f"{url}/office/roster")
    today = (clock.now() + timedelta(hours=8)).date().isoformat()
    page.get_by_role("button", name=re.compile(f"^鲍勃 {today}")).focus()
    page.keyboard.press("n")
    expect(page.get_by_role("button", name=re.compile(f"^鲍勃 {today} 夜班"))).to_be_visible()
    proof.wait_for(lambda: [s.user_id for s in proof.rows(town, DutyShift)] == [town.cast.bob.id])


def estimate(desk: Desk, order_id: str, town: Town) -> None:
    """C1: how, how many, how long, with what."""
    desk.board()
    desk.page.locator(f"[data-order='{order_id}'] .open").click()
    drawer = desk.page.get_by_role("region", name="工单详情")
    drawer.get_by_role("button", name="评估", exact=True).click()
    dialog = desk.page.get_by_role("dialog", name=re.compile("^评估"))
    dialog.locator("label").filter(has_text="1小时30分钟").click()
    dialog.get_by_label(re.compile("^备件")).fill("24V 电源模块")
    dialog.get_by_role("button", name="保存").click()
    expect(drawer.get_by_text("1小时30分钟 · 24V 电源模块")).to_be_visible()
    drawer.get_by_role("button", name="关闭").click()
    proof.wait_for(lambda: proof.rows(town, WorkOrder, id=order_id)[0].estimate is not None)


def drag_to_bob(desk: Desk, order_id: str, town: Town) -> str:
    """C2, C3: what it would mean is said while it is held; it is as long and brings what was estimated."""
    page = desk.page
    page.get_by_role("button", name="时间轴").click()
    lane = page.locator(f"[data-lane='{town.cast.bob.id}'] [data-track]")
    expect(lane).to_be_visible()
    card, pane = page.locator(f"[data-order='{order_id}']").bounding_box(), page.locator(".timeline").bounding_box()
    row = lane.bounding_box()
    assert card and row and pane
    page.mouse.move(card["x"] + 40, card["y"] + 10)
    page.mouse.down()
    page.mouse.move(card["x"] + 20, card["y"] + 14, steps=2)
    page.mouse.move(pane["x"] + pane["width"] / 2, row["y"] + row["height"] / 2, steps=6)
    hint = page.get_by_role("status").filter(has_text="鲍勃")
    expect(hint).to_contain_text("无此技能")
    page.mouse.up()
    expect(page.get_by_role("button", name="撤销")).to_be_visible()
    proof.wait_for(lambda: proof.rows(town, Visit, work_order_id=order_id))
    visit = proof.rows(town, Visit, work_order_id=order_id)[0]
    assert (visit.lead_id, visit.slot_end - visit.slot_start) == (town.cast.bob.id, timedelta(minutes=90))
    assert visit.bring == ["24V 电源模块"]
    return visit.id


def start_of(town: Town, visit_id: str) -> object:
    return proof.rows(town, Visit, id=visit_id)[0].slot_start


def move_by_keys_and_take_back(page: Page, visit_id: str, town: Town) -> None:
    was = start_of(town, visit_id)
    page.locator(f".block[data-visit='{visit_id}']").focus()
    for key in ("m", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    proof.wait_for(lambda: start_of(town, visit_id) != was)
    page.get_by_role("button", name="撤销").click()
    proof.wait_for(lambda: start_of(town, visit_id) == was)


def give_to_charlie_by_keys(page: Page, visit_id: str, town: Town) -> str:
    page.locator(f".block[data-visit='{visit_id}']").focus()
    for key in ("m", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name="改派给 查理")
    dialog.get_by_role("button", name="就近改派").click()
    proof.wait_for(lambda: proof.rows(town, Visit, lead_id=town.cast.charlie.id))
    return str(proof.rows(town, Visit, lead_id=town.cast.charlie.id)[0].id)


def watch_the_receipt(desk: Desk, visit_id: str, town: Town) -> None:
    """C5: the phone has it, then somebody has looked."""
    desk.page.get_by_role("button", name="按工程师").click()
    drawer = desk.open(visit_id)
    receipt = drawer.get_by_role("list", name="送达")
    expect(receipt.locator("[data-done='true']")).to_have_count(1)
    phone = Peer(town.app.test_client(), town.cast.alice)
    phone.pull()
    phone.push(status={"pending": 0, "visits": {visit_id: None}, "battery": 12})
    expect(receipt.locator("[data-done='true']")).to_have_count(2, timeout=ROUND_MS)
    phone.push(status={"pending": 0, "visits": {visit_id: clock.wire(clock.now())}, "battery": 12})
    expect(receipt.locator("[data-done='true']")).to_have_count(3, timeout=ROUND_MS)
    drawer.get_by_role("button", name="关闭").click()


def several_at_once(page: Page, url: str, visits: list[str], town: Town) -> None:
    """C3: the list, sorted and filtered by its address; one decision for all that is chosen."""
    page.goto(f"{url}/office/board?view=list&sort=-number")
    for visit_id in visits:
        page.locator("tr").filter(has=page.locator(f"[data-visit='{visit_id}']")).get_by_role("checkbox").check()
    were = [start_of(town, visit_id) for visit_id in visits]
    page.get_by_role("toolbar", name="批量操作").get_by_role("button", name="改期").click()
    page.get_by_role("dialog").get_by_role("button", name="改期").click()
    proof.wait_for(lambda: all(start_of(town, v) != was for v, was in zip(visits, were, strict=True)))
    page.get_by_role("button", name="撤销").click()
    proof.wait_for(lambda: [start_of(town, v) for v in visits] == were)


def through_a_cut(page: Page, wire: Wire, visit_id: str, town: Town) -> None:
    """What is decided without a line is kept here, said to be kept, and goes when there is one."""
    page.get_by_role("button", name="时间轴").click()
    was = start_of(town, visit_id)
    wire.unplug()
    page.locator(f".block[data-visit='{visit_id}']").focus()
    for key in ("m", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text(re.compile("联系不上服务器。")).first).to_be_visible(timeout=ROUND_MS)
    expect(page.locator(f".block[data-visit='{visit_id}']")).to_contain_text("待送达")
    assert start_of(town, visit_id) == was
    wire.plug_in()
    page.get_by_title("立即同步").click()
    proof.wait_for(lambda: start_of(town, visit_id) != was)


def map_plan_and_phones(page: Page, url: str) -> None:
    """C3, C4, C7: where, how the phones are, and the week to hand on; also on a small desk."""
    page.keyboard.press("5")
    expect(page.get_by_role("button", name=re.compile("华园大厦"))).not_to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{url}/office/phones")
    expect(page.get_by_role("row").filter(has_text="艾丽")).to_contain_text("12%")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{url}/office/plan")
    row = page.get_by_role("row").filter(has_text="鲍勃")
    expect(row).to_contain_text("夜班")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出 Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def find_in_the_archive(page: Page, url: str, office: Peer, order_id: str, town: Town) -> None:
    """F7: what ended is found by a word of it."""
    office.do("work_order.cancel", id=order_id, reason="withdrawn", note="客户自行恢复供电")
    with town.app.app_context():
        index_ended(db.session())
        db.session.remove()
    page.goto(f"{url}/office/archive")
    page.get_by_role("searchbox").fill("机位黑屏")
    page.locator("[data-hit]").first.click()
    expect(page.get_by_role("article").get_by_text("客户自行恢复供电").first).to_be_visible()
