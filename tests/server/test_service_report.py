"""The service report on paper: the same words as on the phone, whatever people wrote."""

from __future__ import annotations

import copy
import io
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from server.reports.service_report import render_pages, render_pdf
from sync.report import LOCALES, content_hash, report_content
from sync.report_text import report_text, report_title, sections, signature_blocks

pypdf = pytest.importorskip("pypdf")

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "report.json").read_text("utf-8"))
VIEWS = {case["name"]: case["view"] for case in VECTORS["views"]}
REPAIR = report_content(VIEWS["a repair with everything"])
PATROL = report_content(VIEWS["a monthly patrol with a checklist"])
SIGNING = VECTORS["signing"][0]
REPAIR["notes"][0]["text"] = "客户要求下次提前一天预约"  # which emoji have a glyph depends on the machine's fonts


def read(pdf: bytes) -> str:
    """The text of all pages without spaces and breaks, which Typst puts where the lines need them."""
    return squeezed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def words_of(content: dict[str, Any], locale: str) -> list[str]:
    words = [report_title(content, locale), content["number"]]
    for section in sections(content, locale):
        words.append(section["title"])
        for row in section["rows"]:
            words += [row["label"], row["value"]]
        table = section.get("table", {"head": [], "rows": []})
        words += table["head"] + [cell for row in table["rows"] for cell in row]
        words += [image["caption"] for image in section.get("images", [])]
    return words


def photo(colour: str = "green", size: tuple[int, int] = (1280, 960), kind: str = "JPEG") -> bytes:
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((100, 100, 500, 500), fill="white")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def images_in(pdf: bytes) -> int:
    return sum(len(page.images) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", [name for name in VIEWS if not name.startswith("odd")])
def test_every_label_and_value_the_phone_shows_stands_on_paper(name, locale):
    content = REPAIR if name == "a repair with everything" else report_content(VIEWS[name])
    text = read(render_pdf(content, locale))
    absent = [word for word in words_of(content, locale) if squeezed(word) not in text]
    assert not absent
    assert content_hash(content) in text


@pytest.mark.parametrize("locale", LOCALES)
def test_signatures_ratings_opinions_and_waivers_stand_under_it(locale):
    rows = [dict(row, content_hash=content_hash(REPAIR)) for row in SIGNING["signatures"]]
    pdf = render_pdf(REPAIR, locale, signatures=rows, waivers=SIGNING["waivers"], reasons=SIGNING["reasons"])
    text = read(pdf)
    for block in signature_blocks(rows, locale, 480, SIGNING["waivers"], SIGNING["reasons"]):
        for word in [block["title"], *(value for row in block["rows"] for value in row.values())]:
            assert squeezed(word) in text
    assert squeezed(report_text("other_version", locale)) not in text


def test_what_people_write_is_shown_and_never_run():
    evil = [
        '#panic("x")', "$ x^2 $", "*bold* _it_ `raw`", "= heading", "@nobody <label>", "/* no */ // no", "\\u{41}",
        "#image(\"/etc/passwd\")", '"]} #read("data.json")', "a~b -- c --- d...", "#[", "#{", "${x}",
        "{page} {n} {version}",
    ]  # fmt: skip
    content = copy.deepcopy(REPAIR)
    content["diagnosis"]["cautions"] = "\n".join(evil)
    content["customer"]["name"] = evil[0]
    content["parts"][0]["name"] = evil[7]
    content["photos"][0]["caption"] = evil[4]
    content["number"] = evil[8]
    text = read(render_pdf(content, "en", company=evil[0]))
    for word in evil:
        assert squeezed(word) in text


def test_control_and_rare_characters_do_not_keep_the_customer_from_the_report():
    content = report_content(VIEWS["odd characters and odd times"])
    assert render_pdf(content, "zh-CN").startswith(b"%PDF")


def test_a_serial_number_without_spaces_breaks_instead_of_running_off_the_page():
    content = copy.deepcopy(REPAIR)
    content["parts"][0]["serials"] = ["X" * 90, "Y" * 90]
    pdf = render_pdf(content, "en")
    assert "X" * 90 in read(pdf)
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        seen: list[float] = []
        page.extract_text(visitor_text=lambda text, cm, tm, *_, seen=seen: seen.append(cm[4] + tm[4]))
        assert max(seen) < float(page.mediabox.width)


def test_without_a_signature_it_says_so_and_with_one_or_a_waiver_it_does_not():
    said = squeezed(report_text("unsigned_note", "zh-CN"))
    customer = next(row for row in SIGNING["signatures"] if row["role"] == "customer")
    engineer = next(row for row in SIGNING["signatures"] if row["role"] == "engineer")
    assert said in read(render_pdf(REPAIR, "zh-CN"))
    assert said in read(render_pdf(REPAIR, "zh-CN", signatures=[engineer]))
    assert said in read(render_pdf(REPAIR, "zh-CN", signatures=[dict(customer, withdrawn=True)]))
    assert said not in read(render_pdf(REPAIR, "zh-CN", signatures=[customer]))
    assert said not in read(render_pdf(REPAIR, "zh-CN", waivers=SIGNING["waivers"]))


def test_what_changed_after_signing_is_listed_and_the_signed_words_stand():
    current = copy.deepcopy(REPAIR)
    current["diagnosis"]["cautions"] = "换成了别的话"
    text = read(render_pdf(REPAIR, "zh-CN", current=current))
    assert squeezed(report_text("changed_note", "zh-CN")) in text
    assert "故障诊断与处理：注意事项" in text
    assert "雨季前请检查接头" in text and "换成了别的话" not in text
    assert squeezed(report_text("changed_note", "zh-CN")) not in read(render_pdf(REPAIR, "zh-CN", current=REPAIR))


def test_a_signature_given_to_another_version_is_marked_as_such():
    row = dict(SIGNING["signatures"][0], content_hash="0" * 64)
    assert squeezed(report_text("other_version", "en")) in read(render_pdf(REPAIR, "en", signatures=[row]))


def test_photos_are_printed_and_missing_or_broken_ones_say_so():
    first, second, third = (one["id"] for one in PATROL["photos"])
    pdf = render_pdf(PATROL, "zh-CN", photos={first: photo(), second: photo(kind="PNG"), third: photo()[:900]})
    assert images_in(pdf) == 2
    assert read(pdf).count(squeezed(report_text("photo_missing", "zh-CN"))) == 1
    assert read(render_pdf(PATROL, "zh-CN")).count(squeezed(report_text("photo_missing", "zh-CN"))) == 3


def test_a_large_photo_does_not_make_a_large_file():
    noisy = Image.effect_noise((3000, 2250), 90).convert("RGB")
    out = io.BytesIO()
    noisy.save(out, "JPEG", quality=95)
    pdf = render_pdf(PATROL, "zh-CN", photos={PATROL["photos"][0]["id"]: out.getvalue()})
    assert images_in(pdf) == 1
    assert len(pdf) < len(out.getvalue()) / 4


def test_a_photo_taken_with_the_phone_on_its_side_stands_upright_and_brings_no_place_along():
    image = Image.new("RGB", (1200, 600), "green")
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretPhone"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    pdf = render_pdf(PATROL, "zh-CN", photos={PATROL["photos"][0]["id"]: out.getvalue()})
    assert b"SecretPhone" in out.getvalue() and b"SecretPhone" not in pdf
    (printed,) = [image for page in pypdf.PdfReader(io.BytesIO(pdf)).pages for image in page.images]
    assert printed.image.width < printed.image.height


def test_the_same_report_is_the_same_file():
    photos = {REPAIR["photos"][0]["id"]: photo()}
    assert render_pdf(REPAIR, "en", photos=photos) == render_pdf(REPAIR, "en", photos=photos)


def test_a_preview_has_the_pages_of_the_pdf():
    pages = render_pages(PATROL, "zh-CN")
    assert len(pages) == len(pypdf.PdfReader(io.BytesIO(render_pdf(PATROL, "zh-CN"))).pages)
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_long_patrol_with_thirty_photos_is_set_within_seconds():
    content = copy.deepcopy(PATROL)
    run = content["checklists"][0]
    run["answers"] = [dict(run["answers"][i % 10], id=f"i{i}") for i in range(80)]
    content["photos"] = [dict(content["photos"][0], id=f"p{i}") for i in range(30)]
    photos = {f"p{i}": photo(f"#{i * 8:02x}8844") for i in range(30)}
    render_pdf(PATROL, "zh-CN")  # fonts are read once per process
    began = time.perf_counter()
    pdf = render_pdf(content, "zh-CN", photos=photos)
    spent = time.perf_counter() - began
    print(f"{spent:.2f} s, {len(pdf)} bytes")
    assert images_in(pdf) == 30
    assert spent < 3  # measured 0.2 s; the slack is for a busy machine
