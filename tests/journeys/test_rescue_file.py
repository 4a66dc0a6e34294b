"""A phone that cannot send: its work comes to the office as a file, and nothing is doubled when the network is back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from server.models import Note, PartUse, ReviewItem, new_id
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.desk import Desk
from tests.journeys.test_shared_phone import write_a_note
from tests.journeys.thumb import ROUND_MS, Thumb

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
TITLE = "泵房积水报警"


def make_rescue_file(thumb: Thumb, folder: Path) -> Path:
    """From the sync screen, into the downloads."""
    thumb.sync_screen()
    thumb.page.get_by_role("button", name="做成救援文件").click()
    sheet = thumb.page.get_by_role("dialog", name="救援文件")
    expect(sheet).to_contain_text("做好文件不等于送达")
    sheet.get_by_role("button", name="生成文件").click()
    with thumb.page.expect_download() as download:
        sheet.get_by_role("button", name="存到手机").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    sheet.get_by_role("button", name="关闭").click()
    return path


def test_work_of_a_phone_without_a_network_comes_in_as_a_file_and_is_not_doubled_afterwards(
    town: Town,
    browser_of: Callable[..., BrowserContext],
    fresh: Callable[..., BrowserContext],
    tmp_path: Path,
) -> None:
    cast = town.cast
    _, visit_id = dispatch(town.desk(), cast, cast.alice, TITLE)
    context = browser_of("alice")
    alice = Thumb(context.pages[0], town.url).enter(cast.alice)
    alice.ready_for_no_network()
    context.set_offline(True)
    alice.open(TITLE)
    alice.step("接单", "已接单")
    write_a_note(alice, "钥匙在门卫处")
    photo = proof.jpeg(tmp_path, "pump", 5)
    alice.tile("照片")
    alice.photos("处理前", [photo])
    held = alice.held("outbox")
    file = make_rescue_file(alice, tmp_path)
    kept = [(act["id"], act["state"], act["args"]) for act in alice.held("outbox")]
    assert kept == [(act["id"], "pending", act["args"]) for act in held], "the phone keeps everything"

    desk = Desk(fresh("dora").new_page(), town.url).enter(cast.dora)
    desk.page.goto(f"{town.url}/office/rescue")
    desk.page.locator("input[type=file]").set_input_files(file)
    main = desk.page.locator("main")
    expect(main).to_contain_text("艾丽", timeout=ROUND_MS)
    expect(main).to_contain_text(f"{len(held)} 项是新的（共 {len(held)} 项）")
    assert proof.journal(town, cast.alice.id) == [], "looked at is not imported"
    desk.page.get_by_role("button", name="导入", exact=True).click()
    expect(main).to_contain_text(f"记入 {len(held)} 条", timeout=ROUND_MS)
    proof.arrived_once(town, cast.alice.id, held)

    context.set_offline(False)
    alice.everything_arrives()
    proof.arrived_once(town, cast.alice.id, held)
    assert [note.text for note in proof.rows(town, Note, visit_id=visit_id)] == ["钥匙在门卫处"]
    proof.phone_holds_what_the_server_has(town, cast.alice.id, alice.held("rows"))


def test_a_refused_act_is_amended_at_the_desk_and_its_author_sees_what_became_of_it(
    town: Town, fresh: Callable[..., BrowserContext]
) -> None:
    cast = town.cast
    _, visit_id = dispatch(town.desk(), cast, cast.alice, TITLE)
    phone = town.peer(cast.alice)
    args: dict[str, Any] = {
        "id": new_id(),
        "visit_id": visit_id,
        "part_id": cast.part.id,
        "quantity": 0,
        "source": "own",
        "note": "垫片",
    }
    assert phone.do("part.use", **args)["outcome"] == "rejected"
    alice = Thumb(fresh("alice").new_page(), town.url).enter(cast.alice)
    alice.sync_screen()
    mine = alice.page.get_by_role("region", name="需要人处理")
    mine.get_by_text("内容", exact=True).click()
    expect(mine).to_contain_text("垫片")
    expect(mine).to_contain_text("个人库")

    desk = Desk(fresh("dora").new_page(), town.url).enter(cast.dora).board()
    tray = desk.page.get_by_role("complementary", name="待办")
    tray.get_by_role("button", name=re.compile("待处理$")).click()
    tray.get_by_text("用备件").first.click()
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_role("radio", name="改后照办").check()
    dialog.get_by_label("数量").fill("2")
    dialog.get_by_role("button", name="改后照办", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(mine).to_be_hidden(timeout=ROUND_MS)
    (used,) = proof.rows(town, PartUse, visit_id=visit_id)
    assert (used.quantity, used.note, used.created_by) == (2, "垫片", cast.alice.id)
    (item,) = proof.rows(town, ReviewItem)
    assert (item.resolution, item.amended, item.args["quantity"]) == ("amended", {"quantity": 2}, 0)
