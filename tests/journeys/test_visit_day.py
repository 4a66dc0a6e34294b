"""An engineer's day beside the record itself, wholly without a network: ready, set out, quoted and signed, taken along,
another time, parts asked for; in the evening everything is verified, and the desk reads it all (D1–D4, D6, D7, D12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server.extensions import db
from server.models import CatalogueEntry, Charge, ChecklistVersion, Custody, PartRequest, PriceItem, Quotation, new_id
from tests.cast import BLANK_ITEM
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLE = "三号机位黑屏"
TOOLS = ({"id": "tools", "label": "万用表、螺丝刀"}, {"id": "slips", "label": "收据、留言条"})

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


def furnish(town: Town) -> None:
    """A departure list, a price list and a reason for another time."""
    items = [{**BLANK_ITEM, "type": "check", "mandatory": True, **item} for item in TOOLS]
    with town.app.app_context():
        db.session.add_all(
            [
                ChecklistVersion(
                    id=new_id(),
                    code="dep",
                    name="出发清单",
                    name_en="Departure",
                    kind="departure",
                    version=1,
                    items=items,
                ),
                PriceItem(id=new_id(), code="LAB-01", name="人工费", name_en="Labour", unit="小时", price_cents=18_000),
                CatalogueEntry(id=new_id(), kind="rebook_reason", code="traffic", name="交通拥堵", name_en="Traffic"),
            ]
        )
        db.session.commit()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sets_out(thumb: Thumb) -> None:
    """The departure list stands before the way; what is ready is said."""
    press(thumb.page, "出发")
    expect(thumb.page.get_by_role("heading", name="出发清单")).to_be_visible()
    press(thumb.page, "其余 2 项都带齐")
    press(thumb.page, "带齐了，出发")
    thumb.state("在途")


def quotes_and_is_paid(thumb: Thumb) -> None:
    page = thumb.page
    page.get_by_role("link", name=re.compile("报价收费")).click()
    press(page, "人工与上门")
    page.get_by_role("dialog").get_by_role("button", name="人工费").click()
    press(page, "备件")
    page.get_by_role("dialog").get_by_role("button", name="24V 电源模块").click()
    press(page, "存为报价")
    press(page, "请客户同意")
    page.fill("#paper-signer", "张经理")
    thumb.sign_on(page.locator("dialog canvas"))
    press(page, "同意报价并签字")
    expect(page.get_by_text("客户已同意").first).to_be_visible()
    press(page, "收费")
    page.fill("#charge-receipt", "SJ-0001")
    press(page, "记下收费")
    thumb.sees("收据 SJ-0001")


def takes_it_along(thumb: Thumb) -> None:
    page = thumb.page
    page.get_by_role("link", name=re.compile("留言拉修")).click()
    press(page, "拉修（带回维修）")
    page.get_by_placeholder("外壳").fill("外壳完好，无显示")
    press(page, "请客户签字")
    page.fill("#paper-signer", "张经理")
    thumb.sign_on(page.locator("dialog canvas"))
    press(page, "确认签字")
    thumb.sees("在我方")


def asks_for_time_and_parts(thumb: Thumb, visit_id: str) -> None:
    page = thumb.page
    page.get_by_role("link", name=re.compile("延误改期")).click()
    thumb.choose("交通拥堵")
    press(page, "30分")
    thumb.sees("待调度答复")
    page.goto(f"{thumb.url}/visits/{visit_id}/request")
    press(page, "申请备件")
    page.get_by_role("dialog").get_by_role("button", name="24V 电源模块").click()
    page.locator("button[form=stock-form]").click()
    thumb.sees("待批准")


def test_a_day_is_readied_quoted_signed_and_verified_without_a_network(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext]
):
    furnish(town)
    _, visit_id = dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    thumb = Thumb(browser_of("alice").new_page(), wire.url).enter(town.cast.alice)
    thumb.ready_for_no_network()
    wire.unplug()

    thumb.page.goto(f"{thumb.url}/day/ready")
    thumb.sees("这台手机", "华园大厦")
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    sets_out(thumb)
    thumb.step("到达现场", "已到场")
    for doing in (quotes_and_is_paid, takes_it_along):
        doing(thumb)
        thumb.back()
    asks_for_time_and_parts(thumb, visit_id)

    wire.plug_in()
    thumb.everything_arrives()
    thumb.page.goto(f"{thumb.url}/day/done")
    expect(thumb.page.locator("p.big")).to_have_text(re.compile(r"^(\d+) / \1 已核对$"), timeout=ROUND_MS)

    (quotation,), (charge,) = proof.rows(town, Quotation), proof.rows(town, Charge)
    assert (quotation.state, quotation.total_cents, quotation.signer) == ("agreed", 30_800, "张经理")
    assert (charge.quotation_id, charge.total_cents, charge.receipt_number) == (quotation.id, 30_800, "SJ-0001")
    (custody,), (request,) = proof.rows(town, Custody), proof.rows(town, PartRequest)
    assert (custody.state, request.state, request.visit_id) == ("held", "requested", visit_id)
    desk = town.desk()
    asked = desk.pull().one("rebooking", visit_id=visit_id)
    assert desk.do("rebooking.answer", id=asked["id"], decision="confirm")["outcome"] == "applied"
    thumb.page.goto(f"{thumb.url}/visits/{visit_id}/time")
    expect(thumb.page.get_by_text("已同意", exact=True)).to_be_visible(timeout=ROUND_MS)
