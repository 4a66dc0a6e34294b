"""Two phones on one quarterly patrol, both in airplane mode: points, a contradiction, two signatures, one report."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from server import clock
from server.extensions import db
from server.models import ChecklistAnswer, ChecklistVersion, Point, PresenceProof, Signature, Visit, new_id
from tests.browser import PHONE
from tests.cast import BLANK_ITEM
from tests.journeys import proof
from tests.journeys.conftest import Town
from tests.journeys.desk import text_of
from tests.journeys.test_failed_check import look
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ITEMS = (
    {"id": "wall", "label": "监视墙", "label_en": "Monitor wall", "type": "check", "mandatory": True},
    {"id": "temp", "label": "机房温度", "label_en": "Temperature", "type": "number", "unit": "℃", "min": "18",
     "max": "27", "mandatory": True},
    {"id": "lock", "label": "门禁", "label_en": "Doors", "type": "check", "mandatory": True},
)  # fmt: skip
TITLE = "四季度巡查"
#: What the phone's paper says, piece by piece, as the sections of the server have it.
PIECES = ".paper > header h2, .paper .part:not(.signed) :is(h3, dt, dd, th, td, li > span.small)"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def quarter(town: Town) -> tuple[str, str]:
    """A patrol that Alice leads and Bob helps with, begun; two points hang on the walls."""
    desk, cast, start = town.desk(), town.cast, clock.now()
    order_id, visit_id, run_id, version_id = new_id(), new_id(), new_id(), new_id()
    items = [{**BLANK_ITEM, "group": "机房", "group_en": "Plant room", **item} for item in ITEMS]
    with town.app.app_context():
        db.session.add(
            ChecklistVersion(
                id=version_id, code="quarter", name="季度巡查", name_en="Quarterly", kind="quarterly", version=1,
                items=items,
            )
        )  # fmt: skip
        db.session.commit()
    desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, kind="quarterly",
        title=TITLE, level=3, level_reason="计划内", channel="app", source="internal", reported_at=clock.wire(start),
    )  # fmt: skip
    desk.do(
        "visit.dispatch", id=visit_id, work_order_id=order_id, mode="on_site", lead_id=cast.alice.id,
        helper_ids=[cast.bob.id], slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=2)),
        checklist_codes=["quarter"],
    )  # fmt: skip
    for sort, (code, name, answered) in enumerate((("P1", "监控中心", ["wall"]), ("P2", "弱电机房", ["temp", "lock"]))):
        desk.do(
            "point.add", id=new_id(), site_id=cast.site.id, code=code, name=name, item_ids=answered, sort=sort,
            token=f"XD-{code}",
        )  # fmt: skip
    alice = town.peer(cast.alice)
    for name in ("accept", "arrive", "work"):
        alice.act(f"visit.{name}", visit_id=visit_id)
    receipt = alice.do("checklist.start", id=run_id, visit_id=visit_id, version_id=version_id)
    assert receipt["outcome"] == "applied", receipt
    return visit_id, run_id


def switch(wire: Wire, contexts: list[BrowserContext], on: bool) -> None:
    if on:
        wire.plug_in()
    else:
        wire.unplug()
    for context in contexts:
        context.set_offline(not on)


def stand_at(thumb: Thumb, name: str, code: str = "") -> None:
    """By what the label says, typed; without it by hand."""
    thumb.page.get_by_role("button", name=re.compile("^点位")).click()
    sheet = thumb.page.get_by_role("dialog", name="点位")
    if code:
        sheet.get_by_label("或输入码上的编号").fill(code)
        look(thumb.page, "points")
        sheet.get_by_role("button", name="确定").click()
    else:
        sheet.locator("li").filter(has_text=name).get_by_role("button", name="我在这里").click()
    expect(thumb.page.get_by_role("heading", name=f"只看：{name}")).to_be_visible()
    expect(thumb.page.get_by_text(f"已到位：{name}")).to_be_visible()


def type_on_the_pad(thumb: Thumb, item: str, keys: str) -> None:
    thumb.item(item).locator("input").tap()
    pad = thumb.page.get_by_role("group", name="数字键盘")
    for key in keys:
        pad.get_by_role("button", name=key, exact=True).tap()
    expect(pad.get_by_text("超出范围")).to_be_visible()
    look(thumb.page, "pad")
    pad.get_by_role("button", name="完成").tap()


def choose_between(thumb: Thumb) -> None:
    """Both answers are there, with who gave them; the lead takes the helper's."""
    double = thumb.item("wall").get_by_role("group", name="两部手机答案不同")
    expect(double).to_be_visible(timeout=ROUND_MS)
    expect(double.locator(".side")).to_have_count(2)
    look(thumb.page, "double")
    double.locator(".side").filter(has_text="鲍勃").get_by_role("button", name="以此为准").click()
    expect(double).to_be_hidden()
    expect(thumb.item("wall").get_by_role("radio", name="不合格")).to_be_checked()


def put_a_name(thumb: Thumb, who: str, name: str) -> None:
    """In the report's own language, which is English while the phone stays Chinese."""
    thumb.page.get_by_role("region", name="签字人").locator(".line").filter(has_text=who).get_by_role("button").click()
    sheet = thumb.page.get_by_role("dialog")
    sheet.get_by_label("Name").fill(name)
    pad = sheet.locator("canvas")
    pad.scroll_into_view_if_needed()
    thumb.sign_on(pad)
    look(thumb.page, f"sign-{who.split()[0]}")
    sheet.get_by_role("button", name="Sign", exact=True).click()
    expect(thumb.page.get_by_role("region", name="签字人")).to_contain_text(name)


def shown_on(thumb: Thumb) -> list[str]:
    """The pieces of the paper on the phone, without spaces, in order."""
    return [re.sub(r"\s+", "", text) for text in thumb.page.locator(PIECES).all_text_contents()]


def said_by(report: dict[str, Any]) -> list[str]:
    """The same pieces as the server's sections have them, which the PDF prints."""
    found: list[str] = [report["title"]]
    for section in report["sections"]:
        found.append(section["title"])
        found += [text for row in section["rows"] for text in (row["label"], row["value"])]
        if table := section.get("table"):
            found += [*table["head"], *(cell for row in table["rows"] for cell in row)]
        found += [image["caption"] for image in section.get("images", [])]
    return [re.sub(r"\s+", "", text) for text in found]


def the_paper_is_the_same(town: Town, thumb: Thumb, visit_id: str) -> None:
    """Phone, server and PDF say the same, piece by piece, in both languages."""
    office = town.desk()
    for button, language in (("中文", "zh-CN"), ("English", "en")):
        thumb.choose(button)
        report = office.get(f"/api/visits/{visit_id}/report.json?lang={language}").get_json()
        assert shown_on(thumb) == said_by(report)
        printed = text_of(office.get(f"/api/visits/{visit_id}/report.pdf?lang={language}").get_data())
        printed = printed.replace("\u200b", "")
        assert [piece for piece in said_by(report) if piece and piece not in printed] == []
        for block in report["signatures"]:
            for text in (block["title"], *(row["value"] for row in block["rows"])):
                assert re.sub(r"\s+", "", text) in printed
                expect(thumb.page.locator(".paper")).to_contain_text(text)


def share(thumb: Thumb) -> Image.Image:
    """The picture the phone draws; a browser that cannot share puts it into the downloads."""
    thumb.page.evaluate("navigator.canShare = undefined")
    with thumb.page.expect_download() as download:
        thumb.page.get_by_role("button", name="分享图片").click()
    return Image.open(BytesIO(download.value.path().read_bytes()))


def ink_in(picture: Image.Image) -> float:
    """The share of the picture that is not white."""
    grey = picture.convert("L").resize((75, 150))
    return sum(1 for dot in grey.tobytes() if dot < 245) / (75 * 150)


def hand_over_the_quarter(thumb: Thumb) -> None:
    """Three months of the site for the customer, from this phone alone; printed it is the paper and no more."""
    thumb.page.get_by_role("link", name="季度汇报").click()
    paper = thumb.page.locator(".paper")
    expect(paper.get_by_role("heading", name="季度运行汇报")).to_be_visible()
    faults = paper.locator("section").filter(has=thumb.page.get_by_role("heading", name="故障维修"))
    expect(faults.locator("li")).to_have_count(1)
    expect(faults).to_contain_text("控制器死机")
    printed = text_of(thumb.page.pdf())
    assert "季度运行汇报" in printed and "无响应→程序跑飞→重启" in printed
    assert "季度汇报" not in printed.replace("季度运行汇报", "") and "打印" not in printed
    look(thumb.page, "quarter")
    thumb.back()


def test_two_phones_make_one_quarterly_report_with_two_signatures(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    cast = town.cast
    visit_id, run_id = quarter(town)
    contexts = [fresh(who, PHONE) for who in ("alice", "bob")]
    lead, helper = (Thumb(context.new_page(), wire.url) for context in contexts)
    for thumb, who in ((lead, cast.alice), (helper, cast.bob)):
        thumb.enter(who)
        thumb.ready_for_no_network()
        thumb.page.goto(f"{wire.url}/visits/{visit_id}/checklists/{run_id}")
        expect(thumb.item("wall")).to_be_visible()

    switch(wire, contexts, on=False)
    stand_at(lead, "监控中心", "xd p1")
    lead.choose("合格", lead.item("wall"))
    stand_at(lead, "弱电机房")
    lead.choose("合格", lead.item("lock"))
    helper.choose("不合格", helper.item("wall"))
    type_on_the_pad(helper, "temp", "29.5")
    helper.saved()
    assert not proof.rows(town, ChecklistAnswer) and not proof.rows(town, PresenceProof), "nothing left the phones"
    switch(wire, contexts, on=True)
    helper.everything_arrives()
    lead.everything_arrives()

    lead.page.goto(f"{wire.url}/visits/{visit_id}/checklists/{run_id}")
    choose_between(lead)
    expect(lead.item("temp")).to_contain_text("超出范围")
    expect(lead.item("temp").locator("input")).to_have_value("29.5")
    switch(wire, contexts, on=False)
    lead.page.get_by_role("button", name="完成检查表", exact=True).click()
    lead.page.get_by_role("button", name="返回", exact=True).click()
    lead.page.goto(f"{wire.url}/visits/{visit_id}")
    lead.step("作业完成", "作业完成")
    lead.page.get_by_role("button", name="报告与签字", exact=True).click()
    lead.choose("English")
    put_a_name(lead, "Supervisor", "Sam")
    put_a_name(lead, "Customer's leader", "王院长")
    assert ink_in(share(lead)) > 0.01
    look(lead.page, "signed")
    hand_over_the_quarter(lead)
    switch(wire, contexts, on=True)
    lead.everything_arrives()

    assert [s.role for s in proof.rows(town, Signature, visit_id=visit_id)] == ["supervisor", "leader"]
    assert proof.rows(town, Visit, id=visit_id)[0].state == "signed"
    names = {point.id: point.name for point in proof.rows(town, Point)}
    flags = {names[one.point_id]: one.flags for one in proof.rows(town, PresenceProof)}
    assert flags["监控中心"] == ["no-place"] and "not-scanned" in flags["弱电机房"]
    lead.page.goto(f"{wire.url}/visits/{visit_id}/report")
    expect(lead.page.locator(".paper .signed")).to_have_count(2)
    the_paper_is_the_same(town, lead, visit_id)
