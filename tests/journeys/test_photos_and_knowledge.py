"""A basement without a signal: the label is scanned, the drawing read, what is known found, the photo marked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from server.extensions import db
from server.models import ArchiveChange, Article, Attachment, Diagnosis, Document, Favourite, new_id
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire
from tests.server.pictures import encoded, photo

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLE = "三号机位黑屏"
DRAWING, ARTICLE = "地下二层点位图", "离线先量电源"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


def furnish(town: Town) -> None:
    """A drawing of the site, brought by the office, and an article of the symptom."""
    desk = town.desk()
    headers = {**desk.headers, "Content-Type": "application/octet-stream"}
    pages = desk.client.post("/api/documents/pages", data=photo(1200, 900), headers=headers).get_json()["pages"]
    receipt = desk.do(
        "document.add", id=new_id(), site_id=town.cast.site.id, kind="layout", title=DRAWING,
        pages=[{"sha256": page["sha256"]} for page in pages],
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    with town.app.app_context():
        db.session.add(
            Article(id=new_id(), number="KB-1", title=ARTICLE, symptom_codes=["offline"], text="## 处理\n1. 量电源")
        )
        db.session.commit()


def test_scanned_read_found_and_marked_without_a_network(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext], tmp_path: Path
):
    furnish(town)
    dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    page = browser_of("alice").new_page()
    thumb = Thumb(page, wire.url).enter(town.cast.alice)
    thumb.ready_for_no_network()
    fetch_ahead(page, wire.url)

    wire.unplug()
    read_the_drawing(thumb)
    diagnose(thumb, town)
    keep_at_hand(thumb)
    mark_a_photo(thumb, tmp_path)
    heic = keep_an_apple_photo(thumb, tmp_path)
    wire.plug_in()

    thumb.everything_arrives()
    apple_photo_is_seen(thumb, town, heic)
    with town.app.app_context():
        change = db.session.query(ArchiveChange).one()
        assert change.state == "proposed" and change.changes["serial"][1] == "SN-B2-7"
        diagnosis = db.session.query(Diagnosis).one()
        assert (diagnosis.asset_id, diagnosis.consent) == (town.cast.asset.id, "given")
        assert [pin["label"] for pin in db.session.query(Document).one().pins] == ["弱电间"]
        assert db.session.query(Favourite).one().chosen
        original, copy, _ = sorted(db.session.query(Attachment).all(), key=lambda row: row.id)
        assert (copy.parent_id, copy.taken_at) == (original.id, original.taken_at) and not original.withdrawn


def fetch_ahead(page: Page, url: str) -> None:
    """What the list would have done by itself a moment later."""
    page.goto(f"{url}/storage")
    page.get_by_role("button", name="现在取图纸").click()
    expect(page.get_by_text("手边的图纸已取好：1 页")).to_be_visible(timeout=ROUND_MS)


def read_the_drawing(thumb: Thumb) -> None:
    """The page is there, and what stands on it is said to who comes next."""
    thumb.open(TITLE)
    thumb.page.get_by_role("link", name=re.compile("现场图纸与手册")).click()
    thumb.page.get_by_role("link", name=re.compile(DRAWING)).click()
    drawing = thumb.page.get_by_role("img", name=DRAWING)
    expect(drawing).to_be_visible()
    thumb.page.get_by_role("button", name="加标记").click()
    drawing.click()
    sheet = thumb.page.get_by_role("dialog", name="加标记")
    sheet.get_by_label("这里是什么").fill("弱电间")
    sheet.get_by_role("button", name="标在图上").click()
    expect(thumb.page.get_by_role("button", name="标记 1：弱电间")).to_be_visible()


def diagnose(thumb: Thumb, town: Town) -> None:
    """The label names the asset, the customer agrees, the symptom leads to what is known, the archive is corrected."""
    page = thumb.page
    thumb.open(TITLE)
    thumb.tile("诊断")
    page.get_by_role("button", name="扫码", exact=True).click()
    scan = page.get_by_role("dialog", name="扫码")
    scan.get_by_label("手工输入编号").fill(f"https://xunxiu.example/a/{town.cast.asset.number}")
    scan.get_by_role("button", name="确定").click()
    thumb.sees(f"已选 {town.cast.asset.name}")
    thumb.choose("客户同意")
    page.get_by_label("谁同意的").fill("张女士")
    page.get_by_role("button", name="更正档案").click()
    sheet = page.get_by_role("dialog", name=re.compile("^更正档案"))
    sheet.get_by_label("序列号").fill("SN-B2-7")
    sheet.get_by_role("button", name="提交更正").click()
    thumb.sees("已提交更正，等办公室核对")
    thumb.pick("故障现象", "设备离线")
    page.get_by_role("link", name="这个现象的 1 篇文章").click()
    page.get_by_role("link", name=re.compile(ARTICLE)).click()
    thumb.sees("量电源")


def keep_at_hand(thumb: Thumb) -> None:
    """The star, and the search in which it stands."""
    page = thumb.page
    page.get_by_role("button", name="收藏", exact=True).click()
    expect(page.get_by_role("button", name="取消收藏")).to_be_visible()
    page.goto(f"{thumb.url}/knowledge?tab=favourites")
    page.get_by_role("searchbox").fill("电源离线")
    thumb.sees(ARTICLE)


def mark_a_photo(thumb: Thumb, tmp_path: Path) -> None:
    """An arrow on it makes a second photo; the first stays."""
    page = thumb.page
    thumb.open(TITLE)
    thumb.tile("照片")
    thumb.photos("处理前", [proof.large_jpeg(tmp_path, "panel", 5, megapixels=1)])
    page.locator(".grid .open").first.click()
    page.get_by_role("button", name="标注", exact=True).click()
    paper = page.locator("canvas.paper")
    save = page.get_by_role("button", name="存为新照片")
    expect(save).to_be_disabled()
    box = paper.bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90)
    page.mouse.move(box["x"] + 160, box["y"] + 120)
    page.mouse.up()
    expect(save).to_be_enabled()
    save.click()
    thumb.sees("看原图")
    page.get_by_role("button", name="关闭").click()
    expect(page.locator(".grid .open")).to_have_count(2)


def keep_an_apple_photo(thumb: Thumb, tmp_path: Path) -> Path:
    """A real HEIC: this browser cannot read it, so it is kept as it is, and said so instead of a broken picture."""
    page, path = thumb.page, tmp_path / "IMG_0042.HEIC"
    path.write_bytes(encoded(Image.effect_noise((1600, 1200), 60).convert("RGB"), "HEIF"))
    thumb.photos("处理后", [path])
    first = page.locator(".grid .cell").first
    expect(first.get_by_text("HEIC，已原样保存")).to_be_visible()
    first.locator(".open").click()
    thumb.sees("HEIC 照片已原样保存")
    page.get_by_role("button", name="关闭").click()
    return path


def apple_photo_is_seen(thumb: Thumb, town: Town, path: Path) -> None:
    """The server reads it; what the phone shows then is the server's small JPEG, and the original is what was taken."""
    of = {"sha256": proof.sha256_of(path)}
    proof.wait_for(lambda: [row.state for row in proof.rows(town, Attachment, **of)] == ["verified"])
    (row,) = proof.rows(town, Attachment, **of)
    proof.bytes_are(town, row.visit_id, [path])
    assert (row.mime, sorted(row.thumbs)) == ("image/heic", ["1280", "320"])
    thumb.open(TITLE)
    thumb.tile("照片")
    shown = thumb.page.locator(".grid .cell").first.locator("img")
    expect(shown).to_have_js_property("complete", True)
    proof.wait_for(lambda: shown.evaluate("(img) => img.naturalWidth") == 320)
