"""A failed check makes a work order, wholly offline; the office takes it, and next month's patrol looks again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server import clock
from server.extensions import db
from server.models import Attachment, ChecklistVersion, Defect, Visit, WorkOrder, new_id
from tests.cast import BLANK_ITEM
from tests.journeys import proof
from tests.journeys.conftest import Town
from tests.journeys.desk import Desk
from tests.journeys.test_accessibility import AXE, faults
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire
from tests.tus_client.live import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

    from server.models import User

ITEMS = (
    {"id": "filter", "label": "空调滤网", "label_en": "Filter", "type": "check", "mandatory": True,
     "on_fail": ["defect", "photo", "note"]},
    {"id": "cover", "label": "桥架盖板", "label_en": "Tray cover", "type": "check", "mandatory": True,
     "on_fail": ["defect", "photo"]},
    {"id": "light", "label": "应急照明", "label_en": "Emergency light", "type": "check", "mandatory": True},
)  # fmt: skip
NOVEMBER, DECEMBER = "11月月度巡查", "12月月度巡查"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


def patrol(town: Town, lead: User, title: str) -> tuple[str, str]:
    """A month's patrol of the site, dispatched for now."""
    desk, cast, start = town.desk(), town.cast, clock.now()
    order_id, visit_id = new_id(), new_id()
    desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, kind="monthly",
        title=title, level=3, level_reason="计划内", channel="hotline", source="internal",
        reported_at=clock.wire(start),
    )  # fmt: skip
    receipt = desk.do(
        "visit.dispatch", id=visit_id, work_order_id=order_id, mode="on_site", lead_id=lead.id,
        slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=2)), checklist_codes=["patrol"],
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    return order_id, visit_id


def furnish(town: Town) -> None:
    items = [{**BLANK_ITEM, "group": "机房", "group_en": "Plant room", **item} for item in ITEMS]
    with town.app.app_context():
        db.session.add(
            ChecklistVersion(
                id=new_id(),
                code="patrol",
                name="机房巡查",
                name_en="Plant room",
                kind="monthly",
                version=1,
                items=items,
            )
        )
        db.session.commit()


def look(page: Page, name: str) -> None:
    """Keeps a picture of the screen for a person to look at, when asked to."""
    folder = os.environ.get("LOOK")
    if folder:
        page.wait_for_timeout(400)
        page.screenshot(path=f"{folder}/{name}.png", animations="disabled")


def begin(thumb: Thumb, title: str) -> None:
    thumb.open(title)
    for step, state in (("接单", "已接单"), ("到达现场", "已到场"), ("开始作业", "作业中")):
        if step == "到达现场":
            thumb.step("出发", "在途")
        thumb.step(step, state)
    thumb.tile("检查表")
    thumb.page.get_by_role("button", name=re.compile("^机房巡查")).click()
    expect(thumb.item("filter")).to_be_visible()


def tell(thumb: Thumb, item: str, photo: Path, text: str, how: str, save: str, done: str = "") -> None:
    """A failed item: its sheet comes up by itself, and nothing is saved before the photo is there."""
    thumb.choose("不合格", thumb.item(item))
    sheet = thumb.page.get_by_role("dialog", name="登记缺陷")
    expect(sheet).to_be_visible()
    sheet.get_by_label("哪里不合格").fill(text)
    thumb.choose_way(sheet, how)
    sheet.get_by_role("button", name=save).click()
    expect(sheet.get_by_text("需要一张照片")).to_be_visible()
    sheet.locator("input[type=file]").first.set_input_files(photo)
    expect(sheet.locator("figure")).to_have_count(1)
    if done:
        sheet.get_by_label(re.compile("^做了什么")).fill(done)
    look(thumb.page, f"sheet-{item}")
    if AXE.exists():
        assert faults(thumb.page) == []
    sheet.get_by_role("button", name=save).click()
    expect(sheet).to_be_hidden()


def take_and_dispatch(town: Town, desk: Desk) -> Locator:
    """The dispatcher sees who brought it, takes it with its level, and sends Bob."""
    desk.board()
    tray = desk.page.get_by_role("complementary", name="待办")
    tray.get_by_role("button", name=re.compile("待派单$")).click()
    entry = tray.locator("li").filter(has_text="现场上报 · 艾丽")
    expect(entry).to_contain_text("空调滤网：滤网堵塞")
    look(desk.page, "tray")
    entry.get_by_role("button").first.click()
    drawer = desk.page.get_by_role("region", name="工单详情")
    expect(drawer.get_by_text("已转工单")).to_be_visible()
    look(desk.page, "drawer")
    drawer.get_by_role("button", name="受理", exact=True).click()
    dialog = desk.page.get_by_role("dialog", name="受理现场报单")
    look(desk.page, "triage")
    dialog.get_by_role("button", name="受理", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(drawer.locator("header .badge").filter(has_text=re.compile("待派单|方案制定"))).to_be_visible(
        timeout=ROUND_MS
    )
    drawer.get_by_role("button", name="派单", exact=True).click()
    dialog = desk.page.get_by_role("dialog", name=re.compile("派单|派"))
    dialog.get_by_role("radio", name="鲍勃").check()
    dialog.get_by_role("button", name="派单", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(drawer.locator("header .badge").filter(has_text="已排单")).to_be_visible(timeout=ROUND_MS)
    return drawer


def look_again(town: Town, thumb: Thumb) -> None:
    """Next month's patrol opens that point with what failed, and says that it is right now."""
    _, later = patrol(town, town.cast.alice, DECEMBER)
    thumb.visits()
    expect(thumb.page.get_by_role("link", name=DECEMBER)).to_be_visible(timeout=ROUND_MS)
    begin(thumb, DECEMBER)
    last = thumb.item("cover").get_by_role("group", name="上次不合格")
    expect(last).to_contain_text("盖板缺失")
    expect(last.locator("img")).to_be_visible()
    look(thumb.page, "last-time")
    if AXE.exists():
        assert faults(thumb.page) == []
    last.get_by_role("button", name="已合格").click()
    expect(thumb.item("cover").get_by_role("radio", name="合格", exact=True)).to_be_checked()
    expect(thumb.item("cover")).to_contain_text("复查合格")
    thumb.everything_arrives()
    (cover,) = proof.rows(town, Defect, item_id="cover")
    assert (cover.state, cover.checked_visit_id) == ("verified", later)
    assert {photo.state for photo in proof.rows(town, Attachment)} == {"verified"}


def test_a_failed_check_makes_a_work_order_offline_and_is_verified_next_month(
    town: Town,
    wire: Wire,
    browser_of: Callable[..., BrowserContext],
    fresh: Callable[..., BrowserContext],
    tmp_path: Path,
) -> None:
    cast = town.cast
    furnish(town)
    _, visit_id = patrol(town, cast.alice, NOVEMBER)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(cast.alice)
    thumb.ready_for_no_network()
    wire.unplug()
    context.set_offline(True)
    photos = [proof.jpeg(tmp_path, name, i) for i, name in enumerate(("filter", "cover"))]
    begin(thumb, NOVEMBER)
    tell(thumb, "filter", photos[0], "滤网堵塞", "转工单", "存下并转工单")
    tell(thumb, "cover", photos[1], "盖板缺失", "现场已整改", "存下：现场已整改", done="已补盖板")
    thumb.choose("合格", thumb.item("light"))
    run_url = thumb.page.url
    assert not proof.rows(town, Defect), "something left the phone without a network"
    context.close()  # as a phone that kills the page

    context = browser_of("alice", offline=True)
    thumb = Thumb(context.pages[0], wire.url)
    thumb.page.goto(run_url)
    expect(thumb.item("filter")).to_contain_text("已转工单")
    expect(thumb.item("cover")).to_contain_text("已现场整改")
    look(thumb.page, "run")
    thumb.page.get_by_role("button", name="完成检查表", exact=True).click()
    expect(thumb.page.get_by_text("已完成").first).to_be_visible()
    thumb.visits()
    mine = thumb.page.get_by_role("region", name="我上报的")
    expect(mine).to_contain_text("临时号")
    look(thumb.page, "mine-offline")
    wire.plug_in()
    context.set_offline(False)
    thumb.everything_arrives()
    proof.verified(town, visit_id, len(photos))
    proof.bytes_are(town, visit_id, photos)
    thumb.visits()
    expect(thumb.page.get_by_role("region", name="我上报的")).to_contain_text(re.compile(r"SN\d{11}"), timeout=ROUND_MS)
    expect(thumb.page.get_by_role("region", name="我上报的")).to_contain_text("等调度受理")

    states = {defect.item_id: defect.state for defect in proof.rows(town, Defect)}
    assert states == {"filter": "work_order", "cover": "fixed_on_spot"}
    (ticket,) = proof.rows(town, WorkOrder, raised_by_id=cast.alice.id)
    desk = Desk(fresh("dora").new_page(), town.url).enter(cast.dora)
    drawer = take_and_dispatch(town, desk)
    wait_for(lambda: proof.rows(town, Visit, work_order_id=ticket.id))
    assert [visit.lead_id for visit in proof.rows(town, Visit, work_order_id=ticket.id)] == [cast.bob.id]
    assert town.peer(cast.bob).pull().one("defect", raised_id=ticket.id)["photos"][0]["sha256"] == proof.sha256_of(
        photos[0]
    )
    if AXE.exists():
        assert faults(desk.page) == []
    drawer.get_by_role("link", name=re.compile(r"^SN\d{11}$")).first.click()  # where it was found
    expect(desk.page.get_by_role("heading", name=NOVEMBER)).to_be_visible()
    expect(desk.page.get_by_role("link", name=ticket.number)).to_be_visible()
    look(desk.page, "order-with-defects")

    look_again(town, thumb)
