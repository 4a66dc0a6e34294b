"""One matter from the customer's form to the month's report: registered as urgent, planned and approved, dispatched,
done on a phone without a network, late with a delay that was declared in time, signed, rated, called back, closed; and
each number of the month is followed to it.

Days pass in between. The server's clock is everybody's, so what happened is moved back instead (`days_pass`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import DelayDeclaration, SlaMilestone, User, WorkOrder, new_id
from server.scopes import ZONE
from tests.browser import DESKTOP, PHONE
from tests.cast import person
from tests.journeys.conftest import Town
from tests.journeys.desk import Desk
from tests.journeys.test_customer_reports import fill_from_the_inbox, report
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire
from tests.peer import Peer
from tests.server.story import dispatch

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLE = "监控中心大屏全黑"
RESOLVE = timedelta(hours=72)  # of level Ⅰ
PLAN = {
    "cause": "主机电源故障", "measures": "更换电源,恢复图像", "prevention": "备一台冷备主机",
    "steps": [{"who": "艾丽", "what": "更换电源"}],
}  # fmt: skip

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def others(town: Town) -> dict[str, User]:
    """The head of the department, and who calls customers back."""
    made = {login: person(login, login, role) for login, role in (("hera", "department_head"), ("cora", "call_back"))}
    with town.app.app_context():
        db.session.add_all(made.values())
        db.session.commit()
        db.session.expunge_all()
    return made


def days_pass(town: Town, order_id: str, by: timedelta) -> None:
    """What was said and promised about the order lies so much further back."""
    with town.app.app_context():
        order = db.session.get_one(WorkOrder, order_id)
        _earlier(order, ("reported_at", "due_at"), by)
        for row in db.session.scalars(select(SlaMilestone).where(SlaMilestone.work_order_id == order_id)):
            _earlier(row, ("starts_at", "due_at", "first_due_at", "met_at", "next_at"), by)
            if row.extension:
                moved = {name: clock.wire(clock.parse(row.extension[name]) - by) for name in ("at", "to")}
                row.extension = {**row.extension, **moved}
        for said in db.session.scalars(select(DelayDeclaration).where(DelayDeclaration.work_order_id == order_id)):
            _earlier(said, ("was_due_at", "new_due_at", "declared_at"), by)
        db.session.commit()


def _earlier(row: Any, names: tuple[str, ...], by: timedelta) -> None:
    for name in names:
        if getattr(row, name) is not None:
            setattr(row, name, getattr(row, name) - by)


def press(place: Any, name: str) -> None:
    place.get_by_role("button", name=name, exact=True).click()


def register_as_urgent(desk: Desk) -> str:
    fill_from_the_inbox(desk)
    desk.page.locator("label").filter(has_text="Ⅰ级 紧急").click()
    desk.page.get_by_label("定级理由").fill("监控中心全部图像丢失")
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_url("**/office/work-orders/*", timeout=ROUND_MS)
    expect(desk.page.get_by_text(re.compile(r"^SN[0-9]{11}")).first).to_be_visible(timeout=ROUND_MS)  # the server's
    return desk.page.url.rsplit("/", 1)[1]


def part(page: Page, title: str) -> Any:
    """A section of the work order's page, by its heading."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=re.compile(f"^{title}"))).last


def approve_the_plan(desk: Desk, order_id: str) -> None:
    """From what waits for the head to the work order, and there the four blocks are read."""
    desk.page.goto(f"{desk.url}/office/deadlines")
    desk.page.locator(f"a[href$='{order_id}']").first.click(timeout=ROUND_MS)
    plan = part(desk.page, "处理方案")
    expect(plan.get_by_text(PLAN["measures"])).to_be_visible(timeout=ROUND_MS)
    press(plan, "同意")
    expect(plan.get_by_role("button", name="同意", exact=True)).to_be_hidden()


def begin_and_declare_the_delay(thumb: Thumb) -> None:
    thumb.open(TITLE)
    for step, state in (("接单", "已接单"), ("出发", "在途"), ("到达现场", "已到场"), ("开始作业", "作业中")):
        thumb.step(step, state)
    page = thumb.page
    page.get_by_role("link", name=re.compile("期限、挂起、求助")).click()
    press(page, "申报延期")
    wall = clock.now() + ZONE + timedelta(hours=3)
    page.get_by_label("新的时间").fill(f"{wall:%Y-%m-%dT%H:%M}")
    page.get_by_label("原因").last.select_option("parts")
    page.locator("form").get_by_role("button", name="申报延期", exact=True).click()
    expect(page.get_by_text("待批准")).to_be_visible()


def approve_the_delay(desk: Desk) -> None:
    delay = part(desk.page, "延期说明")
    delay.get_by_role("button", name="同意", exact=True).click(timeout=ROUND_MS)
    expect(delay.get_by_text("已批准，请告知客户")).to_be_visible(timeout=ROUND_MS)


def finish_and_sign(thumb: Thumb) -> None:
    thumb.open(TITLE)
    thumb.note("已更换电源模块")
    thumb.step("作业完成", "作业完成")
    press(thumb.page, "报告与签字")
    press(thumb.page, "请客户签字")
    sheet = thumb.page.get_by_role("dialog")
    for question, stars in (("响应速度", 3), ("解决效果", 5), ("服务态度", 5)):
        sheet.get_by_role("group", name=question).get_by_role("radio", name=f"{stars} 星").check()
    sheet.get_by_label("姓名").fill("张女士")
    sheet.locator("canvas").scroll_into_view_if_needed()
    thumb.sign_on(sheet.locator("canvas"))
    press(sheet, "确认签字")
    press(thumb.page, "提交")
    expect(thumb.page).to_have_url(re.compile("/visits$"))


def rate(customer: Page, dora: Peer, url: str, order_id: str, visit_id: str) -> None:
    link_id = new_id()
    dora.do("link.make", id=link_id, work_order_id=order_id, visit_id=visit_id, kind="rate")
    path = dora.get(f"/api/links/{link_id}").get_json()["url"].partition("/public/")[2]
    customer.goto(f"{url}/public/{path}")
    for aspect, stars in (("speed", 4), ("solution", 5), ("attitude", 5)):
        customer.locator(f"label[for={aspect}-{stars}]").click()
    press(customer, "提交评价")
    expect(customer.get_by_role("heading", name="评价已收到，谢谢。")).to_be_visible(timeout=ROUND_MS)


def month_of(instant: str | datetime) -> str:
    return f"{(clock.parse(instant) if isinstance(instant, str) else instant) + ZONE:%Y-%m}"


def follow_every_number(hera: Peer, desk: Desk, dora: Peer, order_id: str) -> None:
    """Of each month the matter touches, every number that is not nothing leads to rows of this matter only."""
    order = dora.pull().row("work_order", order_id)
    due = {one["kind"]: one for one in dora.bodies("sla_milestone", work_order_id=order_id)}
    counted: dict[str, int] = {}
    for month in {month_of(order["reported_at"]), month_of(due["resolve"]["due_at"]), month_of(clock.now())}:
        figures = hera.get(f"/api/reports/month?month={month}").get_json()["figures"]
        for name, figure in figures.items():
            if figure["n"]:
                rows = hera.get(f"/api/reports/month/rows?month={month}&figure={name}").get_json()
                assert rows["total"] == figure["n"], name
                assert {row["number"] for row in rows["items"]} == {order["number"]}, name
                counted[name] = counted.get(name, 0) + figure["n"]
    assert counted["registered"] == counted["level_1"] == counted["resolved"] == counted["repaired"] == 1
    assert counted["resolve_declared"] == 1 and "resolve_met" not in counted, "counted apart from those in time"
    assert counted["ratings"] == 1  # signed, by the link and by the call: of one visit the latest counts
    read = (("登记报修", order["reported_at"]), ("解决延期说明", due["resolve"]["due_at"]))
    for label, at in read:
        desk.page.goto(f"{desk.url}/office/month?month={month_of(at)}")
        see_the_row_behind(desk.page, label, order["number"])


def see_the_row_behind(page: Page, label: str, number: str) -> None:
    line = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=label, exact=True))
    line.get_by_role("button").click(timeout=ROUND_MS)
    expect(page.get_by_role("dialog").get_by_role("link", name=number)).to_be_visible(timeout=ROUND_MS)
    page.keyboard.press("Escape")


def test_one_matter_from_the_customers_form_to_the_months_report(
    town: Town, wire: Wire, others: dict[str, User], browser_of: Callable[..., BrowserContext],
    fresh: Callable[..., BrowserContext],
):  # fmt: skip
    customer = fresh("customer", PHONE).new_page()
    customer.set_default_navigation_timeout(ROUND_MS)
    status = report(customer, town.url, TITLE)
    order_id = register_as_urgent(Desk(fresh("olga", DESKTOP).new_page(), town.url).enter(town.cast.olga))
    dora = town.desk()
    assert dora.pull().row("work_order", order_id)["state"] == "planning"
    plan = {"id": new_id(), "work_order_id": order_id, **PLAN, "submit": True}
    assert town.peer(town.cast.olga).do("plan.save", **plan)["outcome"] == "applied"

    head = Desk(fresh("hera", DESKTOP).new_page(), town.url).enter(others["hera"])
    approve_the_plan(head, order_id)
    visit_id = dispatch(dora, order_id, town.cast.alice)
    customer.goto(status)
    expect(customer.get_by_role("heading", name="已安排上门")).to_be_visible()
    days_pass(town, order_id, RESOLVE - timedelta(hours=1))

    alice = Thumb(browser_of("alice").new_page(), wire.url).enter(town.cast.alice)
    alice.ready_for_no_network()
    wire.unplug()
    begin_and_declare_the_delay(alice)
    wire.plug_in()
    alice.everything_arrives()
    approve_the_delay(head)
    days_pass(town, order_id, timedelta(hours=2))
    wire.unplug()
    finish_and_sign(alice)
    wire.plug_in()
    alice.everything_arrives()

    resolve = next(one for one in dora.pull().bodies("sla_milestone", work_order_id=order_id, kind="resolve"))
    assert resolve["met_at"] > resolve["first_due_at"] and not resolve["breached"], "late, and declared in time"
    assert resolve["evidence"]["by"] == town.cast.alice.id
    rate(customer, dora, town.url, order_id, visit_id)
    town.peer(town.cast.sam).do("visit.review", visit_id=visit_id, decision="accept")
    called = {"mode": "call", "speed": 3, "solution": 5, "attitude": 5, "words": "来得晚,事先说了", "close": True}
    cora = town.peer(others["cora"])
    receipt = cora.do("call_back.record", id=new_id(), work_order_id=order_id, visit_id=visit_id, **called)
    assert receipt["outcome"] == "applied", receipt
    assert dora.pull().row("work_order", order_id)["state"] == "closed"
    days_pass(town, order_id, timedelta(hours=2))  # a month counts what is due by now
    follow_every_number(town.peer(others["hera"]), head, dora, order_id)
