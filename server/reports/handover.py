"""The handover list of a site as a sheet and on paper: what is there, and what is missing (E7)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import typst
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.models import Asset, Document, HandoverItem, Point, Site
from server.reports.service_report import FONTS, available, fonts
from sync.handover import LINES, Archive, completeness

#: Chinese, English.
WORDS: dict[str, tuple[str, str]] = {
    "title": ("工程资料移交清单", "Handover list"), "site": ("现场", "Site"), "number": ("编号", "Number"),
    "customer": ("客户", "Customer"), "address": ("地址", "Address"), "responsible": ("我方负责人", "Responsible"),
    "accepted_on": ("验收日期", "Accepted"), "made": ("制表日期", "Made on"), "percent": ("完整度", "Complete"),
    "item": ("项目", "Item"), "state": ("状态", "State"), "count": ("数量", "Count"), "note": ("说明", "Note"),
    "complete": ("齐全", "There"), "partly": ("不全", "In part"), "missing": ("缺", "Missing"),
    "waived": ("不适用", "Not asked"), "assets": ("设备清单", "Equipment"), "lacking": ("缺：", "Lacking: "),
    "received": ("收到 ", "received "), "more": (" 等 {n} 项", " and {n} more"),
    "name": ("名称", "Name"), "class": ("类别", "Class"), "brand": ("品牌", "Brand"), "model": ("型号", "Model"),
    "serial": ("序列号", "Serial"), "quantity": ("数量", "Quantity"), "location": ("位置", "Where"),
    "software_version": ("软件版本", "Software"), "warranty_until": ("保修截止", "Warranty"),
    "giver": ("移交方", "Handed over by"), "taker": ("接收方", "Received by"), "day": ("日期", "Date"),
}  # fmt: skip
HEADS = ("title", "site", "number", "customer", "address", "responsible", "accepted_on", "made", "percent")
ASSET_COLUMNS = (
    ("number", 14), ("name", 24), ("asset_class", 14), ("brand", 12), ("model", 18), ("serial", 18), ("quantity", 8),
    ("location", 22), ("software_version", 12), ("warranty_until", 12),
)  # fmt: skip
NAMED = 8  # of what lacks something; the sheet of equipment has them all
_HEAD = PatternFill("solid", fgColor="0F4C5C")
_GAP = PatternFill("solid", fgColor="FDEED4")
_LINE = Border(bottom=Side(style="thin", color="D2DCDF"))


def handover_of(session: Session, site: Site, locale: str, today: date) -> dict[str, Any]:
    """All of the list in words of one language: `{"head", "lines", "assets", "percent"}`."""
    column = 0 if locale == "zh-CN" else 1
    assets = session.scalars(select(Asset).where(Asset.site_id == site.id).order_by(Asset.number)).all()
    documents = session.scalars(select(Document).where(or_(Document.site_id == site.id, Document.site_id.is_(None))))
    items = session.scalars(select(HandoverItem).where(HandoverItem.site_id == site.id)).all()
    points = session.scalars(select(Point).where(Point.site_id == site.id))
    found = completeness(Archive(
        site.body(), [{"id": row.id, **row.body()} for row in assets], [row.body() for row in documents],
        [row.body() for row in points], [row.body() for row in items],
    ))  # fmt: skip
    numbers = {row.id: f"{row.number} {row.name}" for row in assets}
    said = {row.code: row for row in items}
    rules = {line["code"]: line for line in LINES}
    head = {
        "site": site.name, "number": site.number, "customer": site.customer_name, "address": site.address,
        "responsible": site.responsible, "accepted_on": site.accepted_on.isoformat() if site.accepted_on else "",
        "made": today.isoformat(), "percent": f"{found['percent']}%",
    }  # fmt: skip
    return {
        "percent": found["percent"], "head": head,
        "lines": [_line(line, rules[line["code"]], said.get(line["code"]), numbers, column) for line in found["lines"]],
        "assets": [[_text(getattr(row, name)) for name, _ in ASSET_COLUMNS] for row in assets],
    }  # fmt: skip


def _line(
    line: Mapping[str, Any], of: Mapping[str, Any], said: HandoverItem | None, numbers: Mapping[str, str], column: int
) -> dict[str, str]:
    notes = []
    if said and said.received_on and said.state == "received":
        notes.append(WORDS["received"][column] + said.received_on.isoformat())
    if said and said.note and said.state != "open":
        notes.append(said.note)
    if line["lacking"] and line["state"] != "waived":
        named = "、".join(numbers.get(one, one) for one in line["lacking"][:NAMED])
        more = len(line["lacking"]) - NAMED
        notes.append(WORDS["lacking"][column] + named + (WORDS["more"][column].format(n=more) if more > 0 else ""))
    counted = f"{line['have']} / {line['of']}" if line["of"] > 1 else ""
    return {
        "name": of[("name", "name_en")[column]], "state": WORDS[line["state"]][column], "is": line["state"],
        "count": counted, "note": "; ".join(notes),
    }  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def handover_pdf(found: Mapping[str, Any], locale: str) -> bytes:
    """A4: the head, what belongs to it, the equipment, and room for two signatures."""
    column = 0 if locale == "zh-CN" else 1
    data = {
        **found, "fonts": available(FONTS), "lang": locale[:2],
        "words": {key: pair[column] for key, pair in WORDS.items()},
        "asset_heads": [_asset_word(name, column) for name, _ in ASSET_COLUMNS],
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="handover-") as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        (folder / "handover.typ").write_bytes((Path(__file__).parent / "handover.typ").read_bytes())
        made = typst.compile(str(folder / "handover.typ"), root=str(folder), font_paths=fonts(), format="pdf")
    assert isinstance(made, bytes)
    return made


def handover_sheet(found: Mapping[str, Any], locale: str) -> bytes:
    """An xlsx of two sheets: the list with what is missing marked, and the equipment."""
    column = 0 if locale == "zh-CN" else 1
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    sheet = _sheet(book, WORDS["title"][column], (30, 12, 10, 70))
    _write(sheet, [WORDS["title"][column]], size=14)
    for name in HEADS[1:]:
        _write(sheet, [WORDS[name][column], found["head"][name]])
    _write(sheet, [WORDS[name][column] for name in ("item", "state", "count", "note")], head=True)
    for line in found["lines"]:
        gap = line["is"] in ("missing", "partly")
        _write(sheet, [line["name"], line["state"], line["count"], line["note"]], gap=gap)
    assets = _sheet(book, WORDS["assets"][column], tuple(width for _, width in ASSET_COLUMNS))
    _write(assets, [_asset_word(name, column) for name, _ in ASSET_COLUMNS], head=True)
    for row in found["assets"]:
        _write(assets, row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _asset_word(name: str, column: int) -> str:
    return WORDS["class" if name == "asset_class" else name][column]


def _sheet(book: Workbook, title: str, widths: tuple[int, ...]) -> Worksheet:
    sheet: Worksheet = book.create_sheet(title)
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _write(
    sheet: Worksheet, values: Iterable[str], *, head: bool = False, gap: bool = False, size: int | None = None
) -> None:
    """A line of texts. What somebody typed is never a formula, whatever it begins with."""
    row = sheet.max_row + 1 if sheet.cell(1, 1).value is not None else 1
    for number, value in enumerate(values, 1):
        cell = sheet.cell(row, number)
        assert isinstance(cell, Cell)
        cell.value, cell.data_type = "".join(c for c in value if c >= " " or c == "\n")[:2000], "s"
        cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _LINE
        if head:
            cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        elif gap:
            cell.fill = _GAP
        if size:
            cell.font = Font(bold=True, size=size)
