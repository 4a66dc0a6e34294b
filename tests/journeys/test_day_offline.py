"""An engineer's day without a network, from the first sync to the office: everything arrives, once, in order, byte for
byte, and the dispatcher reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from server.models import (
    Attachment,
    ChecklistAnswer,
    ChecklistRun,
    Diagnosis,
    Event,
    Note,
    PartUse,
    Signature,
    Stock,
    Visit,
    Waiver,
    WorkOrder,
)
from sync.report import content_hash
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.desk import Desk, text_of
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator

FIRST, SECOND, THIRD = "三号机位黑屏", "门禁读卡无反应", "水泵房湿度报警"
SYMPTOM, CAUSE = "上电后指示灯不亮，屏幕无显示", "电源模块输出 11.2V，低于下限"
HALF_TYPED = "更换 24V 电源模块，并"
ACTION = "更换 24V 电源模块，并重新紧固端子"
TEST = "连续运行三十分钟，画面正常"
OPINION = "很快，师傅讲得清楚"

#: Between two keys of somebody who types fast.
KEY_MS = 0

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


def work_until_the_restart(thumb: Thumb, photos: list[Path]) -> None:
    """The way there, a pause, the diagnosis down to a sentence that is only half typed, parts and photos."""
    thumb.open(FIRST)
    thumb.sees("华园大厦物业", "北京市朝阳区建国路 1 号", "一号楼控制器", "SN-1", "控制器死机")
    thumb.step("接单", "已接单")
    thumb.step("出发", "在途")
    thumb.step("到达现场", "已到场")
    thumb.step("开始作业", "作业中")
    thumb.step_with_reason("暂停", "等待备件", "仓库送来要半小时", "已暂停")
    thumb.step("继续作业", "作业中")

    thumb.tile("备件")
    form = thumb.pick_part("24V 电源模块")
    form.get_by_role("button", name="增加").click()
    thumb.save_part(form, "24V 电源模块")
    form = thumb.pick_part("电磁阀")
    thumb.choose("仓库", form)
    form.get_by_label("新件 1").fill("VALVE-0007")
    form.get_by_label("旧件 1").fill("VALVE-OLD-3")
    thumb.save_part(form, "电磁阀")
    thumb.back()

    thumb.tile("照片")
    thumb.photos("处理前", photos[:1], by="camera")
    thumb.photos("铭牌", photos[1:3])
    thumb.back()

    thumb.tile("诊断")
    thumb.pick("故障现象", "设备离线")
    thumb.page.get_by_label("现象补充").fill(SYMPTOM)
    thumb.pick("故障原因", "电源故障")
    thumb.page.get_by_label("原因补充").fill(CAUSE)
    thumb.pick("处理措施", "更换部件")
    thumb.choose("通过")
    thumb.page.get_by_label("测试说明").fill(TEST)
    thumb.page.get_by_label("测试说明").blur()
    thumb.saved()
    thumb.page.get_by_label("措施补充").press_sequentially(HALF_TYPED, delay=KEY_MS)
    expect(thumb.page.get_by_text("正在输入，草稿已保留")).to_be_visible()


def go_on_after_the_restart(thumb: Thumb) -> None:
    """Everything is there, the half-typed words too, in the screen one was on."""
    expect(thumb.page).to_have_url(re.compile("/diagnosis$"))
    expect(thumb.page.get_by_label("措施补充")).to_have_value(HALF_TYPED)
    expect(thumb.page.get_by_label("现象补充")).to_have_value(SYMPTOM)
    expect(thumb.page.get_by_role("radio", name="通过", exact=True)).to_be_checked()
    thumb.page.get_by_label("措施补充").fill(ACTION)
    thumb.page.get_by_label("措施补充").blur()
    thumb.saved()
    thumb.page.get_by_role("button", name="返回", exact=True).click()
    thumb.state("作业中")
    tiles = thumb.page.get_by_role("navigation", name="现场记录")
    expect(tiles).to_contain_text("4 / 4")
    expect(tiles).to_contain_text("3 件")
    expect(tiles).to_contain_text("3 张")


def fill_the_checklist(thumb: Thumb, plate: Path, lens: list[Path]) -> None:
    """One item of each type: a limit passed and put right, an item that only a fault shows, a note a fault asks for."""
    thumb.tile("检查表")
    thumb.page.get_by_role("button", name=re.compile("^全项检查")).click()
    expect(thumb.item("power")).to_be_visible()
    expect(thumb.item("fault")).to_have_count(0)
    thumb.choose("不合格", thumb.item("power"))
    thumb.item("fault").get_by_role("textbox").fill("指示灯不亮")
    volt = thumb.item("volt").get_by_role("textbox")
    volt.fill("250.5")
    volt.blur()
    expect(volt).to_have_attribute("aria-invalid", "true")
    volt.fill("225.5")
    thumb.choose("手动", thumb.item("mode"))

    thumb.page.get_by_role("button", name=re.compile("^还差")).click()
    missing = thumb.page.get_by_role("dialog", name=re.compile("^还差"))
    missing.get_by_role("button", name=re.compile("电源指示")).click()
    thumb.item("power").get_by_label("情况说明").fill("更换前不亮，更换后正常")

    thumb.item("until").locator("input[type=date]").fill("2027-05-01")
    thumb.item("plate").locator("input[type=file]").first.set_input_files(plate)
    expect(thumb.item("plate").locator("figure")).to_have_count(1)
    for side, file in enumerate(lens):
        thumb.item("lens").locator(".strip").nth(side).locator("input[type=file]").set_input_files(file)
        expect(thumb.item("lens").locator("figure")).to_have_count(side + 1)
    thumb.item("tag").get_by_role("textbox").fill("QR-88-01")
    thumb.item("seen").get_by_role("button", name="签名").click()
    sheet = thumb.page.get_by_role("dialog", name="签名")
    thumb.sign_on(sheet.locator("canvas"))
    sheet.get_by_role("button", name="保存").click()
    expect(thumb.item("seen").locator("figure")).to_have_count(1)
    thumb.page.get_by_role("button", name="完成检查表", exact=True).click()
    expect(thumb.page.get_by_text("已完成").first).to_be_visible()


def let_the_customer_sign(thumb: Thumb) -> None:
    """The report is read as paper before it is rated and signed."""
    thumb.step("作业完成", "作业完成")
    thumb.page.get_by_role("button", name="报告与签字", exact=True).click()
    paper = thumb.page.locator("article.paper")
    for words in (SYMPTOM, ACTION, TEST, "电磁阀", "VALVE-0007", "全项检查", "225.5"):
        expect(paper).to_contain_text(words)
    thumb.page.get_by_role("button", name="请客户签字").click()
    page = thumb.page.get_by_role("dialog")
    for question, stars in (("响应速度", 5), ("解决效果", 4), ("服务态度", 5)):
        page.get_by_role("group", name=question).get_by_role("radio", name=f"{stars} 星").check()
    page.get_by_label("意见").fill(OPINION)
    page.get_by_label("姓名").fill("张女士")
    pad = page.locator("canvas")
    pad.scroll_into_view_if_needed()
    thumb.sign_on(pad)
    page.get_by_role("button", name="确认签字").click()
    expect(thumb.page.get_by_text("客户签字的内容与此一致")).to_be_visible()
    thumb.page.get_by_role("button", name="提交", exact=True).click()
    expect(thumb.page).to_have_url(re.compile("/visits$"))


def waive_the_second(thumb: Thumb) -> None:
    thumb.open(SECOND)
    for step, state in (("接单", "已接单"), ("出发", "在途"), ("到达现场", "已到场"), ("开始作业", "作业中")):
        thumb.step(step, state)
    thumb.page.get_by_role("button", name="作业完成", exact=True).click()
    unfinished = thumb.page.get_by_role("dialog", name="本次要求的检查表还没完成")
    expect(unfinished).to_contain_text("全项检查")
    unfinished.get_by_role("button", name="仍然作业完成").click()
    thumb.state("作业完成")
    thumb.page.get_by_role("button", name="报告与签字", exact=True).click()
    thumb.page.get_by_role("button", name="免签", exact=True).click()
    thumb.give_reason(thumb.page.get_by_role("dialog", name="免签"), "客户不在场", "已电话告知", "确认免签")
    thumb.page.get_by_role("button", name="提交", exact=True).click()
    expect(thumb.page).to_have_url(re.compile("/visits$"))


def give_up_the_third(thumb: Thumb) -> None:
    thumb.open(THIRD)
    thumb.step("接单", "已接单")
    thumb.step("出发", "在途")
    thumb.step_with_reason("未能完成", "无法进入现场", "门卫不放行", "未能完成")
    thumb.tile("备注")
    thumb.page.get_by_placeholder("写备注").fill("需要提前办入场证")
    thumb.page.get_by_role("button", name="保存", exact=True).click()
    expect(thumb.page.locator("li.note")).to_contain_text("需要提前办入场证")
    thumb.back()
    thumb.page.get_by_role("button", name="提交", exact=True).click()
    expect(thumb.page).to_have_url(re.compile("/visits$"))


def the_sync_screen_tells_the_truth(thumb: Thumb) -> None:
    acts, files = len(thumb.held("outbox")), len(thumb.held("files"))
    thumb.sync_screen()
    # A page that a worker serves believes it is online, whatever its browser was told (Chromium 150), until it is told
    # anew. The line is cut all the while.
    thumb.page.context.set_offline(False)
    thumb.page.context.set_offline(True)
    expect(thumb.page.get_by_role("heading", name=f"{acts} 条记录、{files} 个文件还在手机上")).to_be_visible()
    thumb.sees("手机没有网络。有网络时会自动发送，不用守着。")
    thumb.page.get_by_role("button", name="立即同步").click()
    thumb.sees("没有网络，没有发出。内容都在手机上，有网络时自动发送。")
    assert len(thumb.held("outbox")) == acts


def compare_on_the_server(town: Town, visits: list[str], acts: list[dict[str, Any]], given: dict[str, Path]) -> None:
    """What was typed, in the server's own rows."""
    first, second, third = visits
    states = {v.id: (v.state, v.partial, v.reason) for v in proof.rows(town, Visit)}
    assert [states[id_][:2] for id_ in visits] == [("submitted", False), ("submitted", False), ("submitted", True)]
    assert states[third][2] == "no_access"
    (found,) = proof.rows(town, Diagnosis)
    assert (found.visit_id, found.symptom_code, found.cause_code, found.action_code) == (
        first, "offline", "power", "replace",
    )  # fmt: skip
    assert (found.symptom_text, found.cause_text, found.action_text) == (SYMPTOM, CAUSE, ACTION)
    assert (found.test_result, found.test_text) == ("passed", TEST)
    parts = [(p.part_name, p.quantity, p.source, p.serials, p.old_serials) for p in proof.rows(town, PartUse)]
    assert parts == [("24V 电源模块", 2, "own", [], []), ("电磁阀", 1, "warehouse", ["VALVE-0007"], ["VALVE-OLD-3"])]
    assert [s.quantity for s in proof.rows(town, Stock, part_id=town.cast.part.id)] == [3]
    assert [n.text for n in proof.rows(town, Note)] == ["需要提前办入场证"]
    assert [(w.visit_id, w.reason, w.note) for w in proof.rows(town, Waiver)] == [(second, "absent", "已电话告知")]

    (run,) = proof.rows(town, ChecklistRun)
    last = {a.item_id: a for a in proof.rows(town, ChecklistAnswer, run_id=run.id)}
    photos = {a.sha256: a.id for a in proof.rows(town, Attachment, visit_id=first)}
    of = {name: photos[proof.sha256_of(path)] for name, path in given.items()}
    (seen,) = proof.rows(town, Attachment, parent_id=run.id, purpose="signature")
    assert run.state == "completed"
    assert {item: answer.value for item, answer in last.items()} == {
        "power": "fail", "fault": "指示灯不亮", "volt": "225.5", "mode": "手动", "until": "2027-05-01",
        "plate": [of["plate"]], "lens": {"before": of["lens1"], "after": of["lens2"]}, "tag": "QR-88-01",
        "seen": seen.id,
    }  # fmt: skip
    assert last["power"].note == "更换前不亮，更换后正常"
    purposes = {a.id: a.purpose for a in proof.rows(town, Attachment, visit_id=first)}
    assert [purposes[of[name]] for name in ("before", "name1", "name2")] == ["before", "nameplate", "nameplate"]

    (signed,) = proof.rows(town, Signature)
    (act,) = [act for act in acts if act["act"] == "report.sign"]
    assert signed.strokes == act["args"]["strokes"] and len(signed.strokes["strokes"]) == 3
    assert signed.content == act["args"]["content"]
    assert signed.content_hash == act["args"]["content_hash"] == content_hash(signed.content)
    assert (signed.name, signed.rating, signed.opinion) == (
        "张女士", {"speed": 5, "solution": 4, "attitude": 5}, OPINION,
    )  # fmt: skip
    told = [e.kind for e in proof.rows(town, Event, visit_id=first) if e.kind.startswith(("visit.", "report."))]
    assert told[1:] == [
        "visit.accept", "visit.travel", "visit.arrive", "visit.work", "visit.pause", "visit.resume", "visit.finish",
        "report.sign", "visit.submit",
    ]  # fmt: skip
    assert {o.state for o in proof.rows(town, WorkOrder)} <= {"work_done", "confirming", "ready", "planning"}


def read_on_the_board(desk: Desk, visits: list[str]) -> None:
    """What the dispatcher sees of it, without having asked for anything."""
    for visit_id in visits:
        desk.card_says(visit_id, "已提交")
    drawer = desk.open(visits[0])
    for words in (SYMPTOM, "电源故障", ACTION, TEST, "VALVE-0007", "225.5 V", "指示灯不亮", "张女士", OPINION):
        expect(drawer.get_by_text(words).first).to_be_visible()
    expect(drawer.get_by_text("签字后内容没有改动")).to_be_visible()
    grid: Locator = drawer.locator("section.block").filter(
        has=desk.page.get_by_role("heading", name="照片", exact=True)
    )
    desk.pictures_shown(grid, 3)
    expect(grid.locator(".badge")).to_have_text(["已核对"] * 3)
    expect(drawer.locator(".signature img")).to_be_visible()
    for happened in ("暂停", "继续", "签字", "提交"):
        expect(drawer.locator("ol.timeline").get_by_text(happened).first).to_be_visible()
    words = text_of(desk.pdf(drawer))
    for expected in (SYMPTOM, ACTION, TEST, "张女士", "VALVE-0007"):
        assert re.sub(r"\s+", "", expected) in words


def test_a_whole_day_without_a_network_arrives_once_and_whole(
    town: Town,
    wire: Wire,
    browser_of: Callable[..., BrowserContext],
    fresh: Callable[..., BrowserContext],
    tmp_path: Path,
) -> None:
    alice, office = town.cast.alice, town.desk()
    visits = [dispatch(office, town.cast, alice, title)[1] for title in (FIRST, SECOND, THIRD)]
    names = ("before", "name1", "name2", "plate", "lens1", "lens2")
    given = {name: proof.jpeg(tmp_path, name, seed) for seed, name in enumerate(names)}
    photos = [given[name] for name in names]

    context = browser_of("alice")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.ready_for_no_network()
    wire.unplug()
    context.set_offline(True)
    thumb.page.reload()
    work_until_the_restart(thumb, photos[:3])
    context.close()

    context = browser_of("alice", offline=True)
    thumb = Thumb(context.pages[0], wire.url).start()
    go_on_after_the_restart(thumb)
    fill_the_checklist(thumb, photos[3], photos[4:])
    thumb.open(FIRST)
    let_the_customer_sign(thumb)
    waive_the_second(thumb)
    give_up_the_third(thumb)
    the_sync_screen_tells_the_truth(thumb)
    acts = thumb.held("outbox")
    assert proof.journal(town, alice.id) == [], "something left the phone without a network"

    desk = Desk(fresh("dora").new_page(), town.url).enter(town.cast.dora).board()
    for visit_id in visits:
        desk.card_says(visit_id, "已派单")
    wire.plug_in()
    context.set_offline(False)
    thumb.everything_arrives()
    proof.verified(town, visits[0], len(thumb.held("files")))
    proof.arrived_once(town, alice.id, acts)
    proof.bytes_are(town, visits[0], photos)
    compare_on_the_server(town, visits, acts, given)
    read_on_the_board(desk, visits)
    lines = sum(thumb.ledger_is_verified(title) for title in (FIRST, SECOND, THIRD))
    assert lines == len(acts) + len(thumb.held("files"))
    proof.phone_holds_what_the_server_has(town, alice.id, thumb.held("rows"))
