"""Nobody signs: the reason, a picture and a witness, without a network; later a link for the customer's own phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server.models import Attachment, Signature, Waiver
from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.test_accessibility import DARK, faults, in_the_hand
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator

TITLE = "三号机位黑屏"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def test_a_picture_and_a_witness_stand_for_who_cannot_sign_and_a_link_lets_them_sign_later(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext], tmp_path: Path
):
    _, visit_id = dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    alice = town.peer(town.cast.alice).pull()
    for act in ("accept", "travel", "arrive", "work", "finish"):
        alice.do(f"visit.{act}", visit_id=visit_id)
    context = fresh("alice", PHONE, reduced_motion="reduce")
    thumb = Thumb(context.new_page(), wire.url).enter(town.cast.alice)
    thumb.ready_for_no_network()
    wire.unplug()
    thumb.open(TITLE)
    thumb.page.get_by_role("button", name="报告与签字", exact=True).click()
    sheet = waive_with_picture_and_witness(thumb, proof.jpeg(tmp_path, "door", 1))
    expect(sheet).to_be_hidden()
    thumb.page.get_by_role("button", name="生成签字链接").click()
    expect(thumb.page.get_by_text("与服务器同步后即可出示二维码")).to_be_visible()
    wire.plug_in()
    thumb.everything_arrives()
    thumb.page.goto(f"{wire.url}/visits/{visit_id}/report")
    thumb.page.get_by_role("button", name="出示二维码").click(timeout=ROUND_MS)
    expect(thumb.page.get_by_role("img", name="签字链接的二维码")).to_be_visible()
    assert faults(thumb.page, DARK) + in_the_hand(thumb.page) == []

    (waiver,) = proof.rows(town, Waiver, visit_id=visit_id)
    (witness,) = proof.rows(town, Signature, visit_id=visit_id)
    assert (waiver.reason, waiver.note) == ("absent", "前台不肯代签")
    assert (witness.role, witness.name) == ("witness", "保安老周")
    (picture,) = proof.rows(town, Attachment, parent_id=waiver.id)
    assert picture.state in ("stored", "verified")


def waive_with_picture_and_witness(thumb: Thumb, picture: Path) -> Locator:
    thumb.page.get_by_role("button", name="免签", exact=True).click()
    sheet = thumb.page.get_by_role("dialog", name="免签")
    chosen = sheet.locator("input[type=file]").last
    chosen.set_input_files({"name": "empty.jpg", "mimeType": "image/jpeg", "buffer": b""})
    # What is refused while a sheet is open is said above it, where it can be read and pressed.
    sheet.get_by_role("alert").filter(has_text="文件是空的").click(trial=True)
    chosen.set_input_files(picture)
    expect(sheet.locator("figure img")).to_be_visible()
    thumb.choose("客户不在场", sheet)
    sheet.get_by_label("备注").fill("前台不肯代签")
    sheet.locator("summary").filter(has_text="见证人签字").click()
    sheet.get_by_label("姓名").fill("保安老周")
    confirm = sheet.get_by_role("button", name=re.compile("免签$"))
    confirm.click()  # begun and not finished: half a witness is none
    expect(sheet.get_by_text("见证人需要姓名和完整的签名")).to_be_visible()
    assert faults(thumb.page, DARK) + in_the_hand(thumb.page) == []
    thumb.sign_on(sheet.locator("canvas"))
    confirm.click()
    return sheet
