"""Files become sheets of raw cells. What is too big, broken or in a strange encoding is named, never guessed at.

Rows keep the number a person sees in a spreadsheet. Hidden sheets are somebody's scratch paper and are not read.
Formulas are read as the value Excel last computed.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import openpyxl

from server.imports.faults import Fault, Place

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 120 * 1024 * 1024  # of an .xlsx, which is a zip archive
MAX_ROWS = 50_000  # of a sheet
MAX_COLUMNS = 100
MAX_SHEETS = 60  # of a workbook
DELIMITERS = ",;\t|"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"  # OLE: .xls, and .xlsx under a password
ZIP = b"PK\x03\x04"
MEGABYTE = 1024 * 1024

csv.field_size_limit(MEGABYTE)

Row = tuple[int, tuple[Any, ...]]  # number, cells


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of raw cells. `title` is None for a CSV, whose file is its only sheet."""

    file: str
    title: str | None
    rows: list[Row]

    @property
    def place(self) -> Place:
        return Place(self.file, self.title)

    @property
    def name(self) -> str:
        """What the sheet is called: its title, or the file's name without its ending."""
        return self.title or PurePath(self.file).stem


class Unreadable(Exception):
    """The file, or one of its sheets, cannot be read."""

    def __init__(self, fault: Fault):
        super().__init__(fault.code)
        self.fault = fault


def read(source: Source) -> list[list[Sheet]]:
    """The sheets of a file; of each, the ways it may be read (a CSV's delimiter is only known by its headers)."""
    place = Place(source.name)
    if len(source.content) > MAX_FILE_BYTES:
        raise Unreadable(Fault(place, "file-too-large", words={"limit": MAX_FILE_BYTES // MEGABYTE}))
    if source.content.startswith(OLD_EXCEL):
        raise Unreadable(Fault(place, "file-old-excel"))
    if source.content.startswith(ZIP):
        return [[sheet] for sheet in _workbook(source)]
    if PurePath(source.name).suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        raise Unreadable(Fault(place, "file-broken"))
    if PurePath(source.name).suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise Unreadable(Fault(place, "file-type"))
    return [_delimited(source)]


def _workbook(source: Source) -> list[Sheet]:
    place = Place(source.name)
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            fault = Fault(place, "file-unpacked-too-large", words={"limit": MAX_UNPACKED_BYTES // MEGABYTE})
            raise Unreadable(fault)
        book = openpyxl.load_workbook(io.BytesIO(source.content), read_only=True, data_only=True)
        try:
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"][:MAX_SHEETS]
            filled = ((sheet.title, list(_filled(_cells(sheet), place.file, sheet.title))) for sheet in visible)
            return [Sheet(source.name, title, rows) for title, rows in filled]
        finally:
            book.close()
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        # A damaged workbook makes openpyxl and zipfile raise nearly anything: KeyError, ParseError, BadZipFile, …
        raise Unreadable(Fault(place, "file-broken")) from error


def _cells(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # some programs write a wrong extent; the rows themselves are the truth
    yield from enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), 1)


def _filled(rows: Iterator[Row], file: str, title: str | None) -> Iterator[Row]:
    """Rows that hold something. The limit counts empty ones too: a stray cell in the last row makes a million."""
    for number, cells in rows:
        if number > MAX_ROWS:
            raise Unreadable(Fault(Place(file, title, number), "too-many-rows", words={"limit": MAX_ROWS}))
        if any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in cells):
            yield number, cells


def _delimited(source: Source) -> list[Sheet]:
    text = _decoded(source)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise Unreadable(Fault(Place(source.name), "file-empty"))
    candidates = sorted((d for d in DELIMITERS if d in first), key=first.count, reverse=True) or [","]
    ways, broken = [], None
    for delimiter in candidates:
        try:
            ways.append(Sheet(source.name, None, _records(source.name, text, delimiter)))
        except Unreadable as unreadable:
            broken = broken or unreadable
    if not ways:
        raise broken or Unreadable(Fault(Place(source.name), "csv-broken"))
    return ways


def _records(file: str, text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0

    def counted() -> Iterator[Row]:
        nonlocal number
        for number, cells in enumerate(reader, 1):
            yield number, tuple(cells[:MAX_COLUMNS])

    try:
        return list(_filled(counted(), file, None))
    except csv.Error as error:
        raise Unreadable(Fault(Place(file, None, number + 1), "csv-broken")) from error


def _decoded(source: Source) -> str:
    """UTF-8 is tried first, because text in another encoding is hardly ever valid UTF-8 by accident."""
    content = source.content
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]  # what Excel calls Unicode text
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(Fault(Place(source.name), "file-encoding"))
