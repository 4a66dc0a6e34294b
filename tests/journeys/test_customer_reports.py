"""A customer without an account: reports on the public form, follows the link, signs and rates by link afterwards.
Olga registers what came without a mouse, and what comes twice becomes part of the same ticket."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server.models import new_id
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Town
from tests.journeys.desk import Desk
from tests.journeys.thumb import ROUND_MS
from tests.server.pictures import photo
from tests.server.story import dispatch

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PHONE_NUMBER = "13900001234"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def report(page: Page, url: str, title: str, *pictures: Path) -> str:
    """Fills in the form and sends it; gives the address of the status page."""
    page.goto(f"{url}/public/report")
    page.get_by_label("出了什么问题").fill(title)
    page.get_by_label("详细情况").fill("早上八点起，反复出现")
    page.set_input_files("input[type=file]", pictures)
    page.get_by_label("单位名称").fill("华园大厦")
    page.get_by_label("具体位置").fill("三楼")
    page.get_by_text("维修", exact=True).click()
    page.get_by_role("button", name="提交报修").click()
    expect(page.get_by_role("alert")).to_have_text("请填写标红的项目。")
    page.get_by_label("联系人").fill("张小姐")
    page.get_by_label("联系电话").fill(PHONE_NUMBER)
    page.wait_for_timeout(2_500)  # a form that is sent within seconds is no person's
    page.get_by_role("button", name="提交报修").click()
    page.wait_for_url("**/public/l/**", timeout=ROUND_MS)
    expect(page.get_by_role("heading", name="已收到，等待客服受理")).to_be_visible()
    return page.url.split("?")[0]


def tab_to(page: Page, name: str) -> None:
    """By the keyboard alone."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.textContent?.trim()") == name:
            return
    raise AssertionError(f"Tab never came to {name}")


def fill_from_the_inbox(desk: Desk) -> None:
    desk.page.goto(f"{desk.url}/office/register")
    expect(desk.page.get_by_role("button", name="填入登记单")).to_be_visible(timeout=ROUND_MS)
    tab_to(desk.page, "填入登记单")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("combobox", name="现场")).to_have_value("华园大厦")


def register_without_a_mouse(desk: Desk) -> str:
    """Gives the id of the work order."""
    fill_from_the_inbox(desk)
    reason = desk.page.get_by_label("定级理由")
    expect(desk.page.get_by_text("建议")).to_be_visible()  # 反复
    reason.focus()
    desk.page.keyboard.type("影响使用")
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_url("**/office/work-orders/*", timeout=ROUND_MS)
    expect(desk.page.get_by_text("张**(1234)").first).to_be_visible()
    return desk.page.url.rsplit("/", 1)[1]


def merge_without_a_mouse(desk: Desk) -> None:
    fill_from_the_inbox(desk)
    tab_to(desk.page, "并入")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_text("没有待处理的客户报修。")).to_be_visible(timeout=ROUND_MS)


def link_of(desk: Desk, kind: str, shown: str) -> str:
    desk.page.get_by_role("button", name=f"＋ {kind}").click()
    line = desk.page.locator("li", has_text=shown).filter(has=desk.page.get_by_role("button", name="打开二维码"))
    button = line.get_by_role("button", name="打开二维码")
    expect(button).to_be_enabled(timeout=ROUND_MS)
    button.click()
    url = desk.page.get_by_role("textbox", name="复制链接")
    expect(url).to_have_value(re.compile("/public/l/"), timeout=ROUND_MS)
    found = url.input_value()
    desk.page.keyboard.press("Escape")
    return "/public/l/" + found.rsplit("/", 1)[1]


def sign_and_rate(page: Page, sign: str, rate: str) -> None:
    page.goto(sign)
    expect(page.get_by_text("已更换电源模块")).to_be_visible()
    page.get_by_label("您的姓名").fill("李经理")
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90, steps=6)
    page.mouse.up()
    page.get_by_role("button", name="确认并签字").click()
    expect(page.get_by_role("heading", name="签字已收到，谢谢。")).to_be_visible(timeout=ROUND_MS)
    page.goto(rate)
    for aspect, stars in (("speed", 4), ("solution", 5), ("attitude", 5)):
        page.locator(f"label[for={aspect}-{stars}]").click()
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("heading", name="评价已收到，谢谢。")).to_be_visible(timeout=ROUND_MS)


def test_a_customer_reports_follows_signs_and_rates_without_an_account(
    town: Town, fresh: Callable[..., BrowserContext], tmp_path: Path
):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(photo())
    customer = fresh("customer", PHONE).new_page()
    status = report(customer, town.url, "摄像机无图像", picture)
    desk = Desk(fresh("olga", DESKTOP).new_page(), town.url).enter(town.cast.olga)
    order_id = register_without_a_mouse(desk)
    report(customer, town.url, "摄像机还是没有图像")
    merge_without_a_mouse(desk)

    dora, alice = town.desk(), town.peer(town.cast.alice)
    number = dora.pull().row("work_order", order_id)["number"]
    visit_id = dispatch(dora, order_id, town.cast.alice)
    customer.goto(status)
    expect(customer.get_by_role("heading", name="已安排上门")).to_be_visible()
    expect(customer.get_by_text(number)).to_be_visible()
    assert PHONE_NUMBER not in customer.content() and town.cast.alice.name not in customer.content()

    for act in ("visit.accept", "visit.travel", "visit.arrive", "visit.work"):
        alice.do(act, visit_id=visit_id)
    alice.do("note.add", id=new_id(), visit_id=visit_id, text="已更换电源模块")
    alice.do("visit.finish", visit_id=visit_id)
    alice.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")
    alice.do("visit.submit", visit_id=visit_id)

    desk.page.goto(f"{desk.url}/office/work-orders/{order_id}")
    sign_and_rate(
        customer, town.url + link_of(desk, "签字链接", "补签字"), town.url + link_of(desk, "评价链接", "服务评价")
    )
    expect(desk.page.get_by_text("速度 4 · 效果 5 · 态度 5")).to_be_visible(timeout=ROUND_MS)
    expect(desk.page.get_by_text("李经理").first).to_be_visible(timeout=ROUND_MS)
