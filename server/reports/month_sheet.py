"""The month's report as sheets to hand on: numbers are numbers, rates are per cent, texts are never formulas."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from server import clock
from server.reports.month import SITE_COLUMNS
from server.reports.month_words import FIGURE_WORDS, OTHER_WORDS, RATE_WORDS
from server.scopes import ZONE

PER_CENT, TENTH, WHOLE = "0.0%", "0.0", "#,##0"
_HEAD = PatternFill("solid", fgColor="0F4C5C")
_LINE = Border(bottom=Side(style="thin", color="D2DCDF"))
Line = Iterable[tuple[Any, str | None]]


def month_sheet(report: dict[str, Any], locale: str) -> bytes:
    """An xlsx of `server.reports.month.monthly`."""
    column = 0 if locale == "zh-CN" else 1
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    _indicators(_sheet(book, "rates", column), report, column)
    _statistics(_sheet(book, "figures", column), report, column)
    _sites(_sheet(book, "sites", column), report, column)
    _types(_sheet(book, "types", column), report, column)
    _trend(_sheet(book, "trend", column), report, column)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, name: str, column: int) -> Worksheet:
    sheet: Worksheet = book.create_sheet(OTHER_WORDS[name][column])
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _indicators(sheet: Worksheet, report: dict[str, Any], column: int) -> None:
    made = clock.parse(report["made_at"]) + ZONE
    write(sheet, [(f"{OTHER_WORDS['title'][column]} {report['month']}", None)], size=14)
    write(sheet, [(f"{OTHER_WORDS['made'][column]} {made:%Y-%m-%d %H:%M}", None)])
    head(sheet, [OTHER_WORDS[name][column] for name in ("rates", "value", "was", "aim", "count", "of")], 22)
    for name, rate in report["rates"].items():
        shares = [(_part(rate[key]), PER_CENT) for key in ("value", "was", "aim")]
        write(sheet, [(RATE_WORDS[name][column], None), *shares, (rate["n"], WHOLE), (rate["of"], WHOLE)])
    for name, mean in report["means"].items():
        write(
            sheet,
            [
                (RATE_WORDS[name][column], None),
                *((mean[key], TENTH) for key in ("value", "was", "aim")),
                (mean["n"], WHOLE),
            ],
        )
    quarter = report["quarter"]
    write(sheet, [])
    head(sheet, [f"{OTHER_WORDS['quarter'][column]} {quarter['name']}", OTHER_WORDS["value"][column]], 22)
    for name, kpi in quarter["kpis"].items():
        value = (_part(kpi["value"]), PER_CENT) if name in report["rates"] else (kpi["value"], TENTH)
        write(sheet, [(RATE_WORDS[name][column], None), value])
    words = report["report"] or {}
    for name in ("analysis", "improvements"):
        if words.get(name):
            write(sheet, [])
            head(sheet, [OTHER_WORDS[name][column]], 22)
            write(sheet, [(words[name], None)])
            sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=6)
            sheet.row_dimensions[sheet.max_row].height = 16 * (2 + words[name].count("\n") + len(words[name]) // 60)


def _statistics(sheet: Worksheet, report: dict[str, Any], column: int) -> None:
    head(sheet, [OTHER_WORDS[name][column] for name in ("figures", "value", "was")], 28)
    for name, figure in report["figures"].items():
        write(sheet, [(FIGURE_WORDS[name][column], None), (figure["n"], WHOLE), (figure["was"], WHOLE)])
    said = report["complaints"]
    write(sheet, [(OTHER_WORDS["complaints"][column], None), (said["n"], WHOLE), (said["was"], WHOLE)])
    write(sheet, [(OTHER_WORDS["in_time"][column], None), (said["in_time"], WHOLE)])


def _sites(sheet: Worksheet, report: dict[str, Any], column: int) -> None:
    head(sheet, [OTHER_WORDS["site"][column], *(FIGURE_WORDS[name][column] for name in SITE_COLUMNS)], 14)
    sheet.column_dimensions["A"].width = 32
    for line in report["sites"]:
        write(sheet, [(line["name"], None), *((line[name], WHOLE) for name in SITE_COLUMNS)])
    last = sheet.max_row
    if last > 1:
        letters = [get_column_letter(number) for number in range(2, len(SITE_COLUMNS) + 2)]
        write(sheet, [(OTHER_WORDS["total"][column], None)])
        for letter in letters:
            cell = sheet[f"{letter}{last + 1}"]
            cell.value, cell.number_format, cell.font = f"=SUM({letter}2:{letter}{last})", WHOLE, Font(bold=True)
    sheet.freeze_panes, sheet.print_title_rows = "B2", "1:1"


def _types(sheet: Worksheet, report: dict[str, Any], column: int) -> None:
    for kind, lines in report["types"].items():
        head(sheet, [OTHER_WORDS[name][column] for name in (kind, "count", "share", "rank")], 24)
        total = report["figures"]["registered"]["n"]
        for rank, line in enumerate(lines, 1):
            name = (line["name_en"] if column else "") or line["name"]
            write(sheet, [(name, None), (line["n"], WHOLE), (line["n"] / total, PER_CENT), (rank, WHOLE)])
        write(sheet, [])


def _trend(sheet: Worksheet, report: dict[str, Any], column: int) -> None:
    names = ("registered", "resolved", "patrols_done")
    heads = [OTHER_WORDS["month"], *(FIGURE_WORDS[name] for name in names), RATE_WORDS["satisfaction"]]
    head(sheet, [words[column] for words in heads], 18)
    for line in report["trend"]:
        counts = [(line[name], WHOLE) for name in names]
        write(sheet, [(line["month"], None), *counts, (line["satisfaction"], TENTH)])


def _part(per_cent: float | None) -> float | None:
    return None if per_cent is None else per_cent / 100


def head(sheet: Worksheet, headings: list[str], width: int) -> None:
    write(sheet, [(heading, None) for heading in headings])
    for number in range(1, len(headings) + 1):
        cell = sheet.cell(sheet.max_row, number)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        sheet.column_dimensions[get_column_letter(number)].width = width


def write(sheet: Worksheet, line: Line, size: int | None = None) -> None:
    """A line of values with their formats. What somebody typed is text, whatever it begins with."""
    row = sheet.max_row + 1 if sheet.cell(1, 1).value is not None else 1
    values = list(line) or [("\u00a0", None)]  # a line between two tables, which openpyxl would else write over
    for number, (value, shape) in enumerate(values, 1):
        cell = sheet.cell(row, number)
        assert isinstance(cell, Cell)
        if isinstance(value, str):
            cell.value, cell.data_type = "".join(char for char in value if char >= " " or char == "\n"), "s"
        elif value is not None:
            cell.value = value
        if shape:
            cell.number_format = shape
        cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _LINE
        if size:
            cell.font = Font(bold=True, size=size)
