"""A sheet becomes records: its kind is recognised by its headers, its cells are read, and every bad one is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from server.imports.columns import Column, column_of
from server.imports.faults import Bad, Fault, Place, shown
from server.imports.kinds import KINDS, Kind
from server.imports.sheets import Row, Sheet

HEADER_WITHIN = 10  # filled rows: above the headers there may be a title and a merged line of groups
MISSING_COSTS = 0.5  # of a point: headers that a kind does not know speak against it
HINT = 0.75  # of a point, when the sheet's or the file's name says the kind


@dataclass(slots=True)
class Record:
    """A row as read. `values`: the fields whose columns the sheet has; `headers` and `cells`: what stood there."""

    kind: Kind
    place: Place
    values: dict[str, Any]
    headers: dict[str, str]
    cells: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def blame(self, field: str, code: str, **words: Any) -> None:
        """Names what is wrong with a field, where its cell is."""
        column = self.headers.get(field, self.kind.column(field).headers[0])
        value = None if field == "password" else shown(self.cells.get(field))  # a password is repeated to nobody
        self.faults.append(Fault(self.place.at(column=column), code, value, words))

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(self.values.get(name) for name in self.kind.key)


@dataclass(slots=True)
class Table:
    """A sheet understood. `ignored`: headers nobody reads."""

    kind: Kind
    sheet: Sheet
    header_row: int
    records: list[Record] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


class Unrecognised(Exception):
    """The sheet cannot be read as any kind."""

    def __init__(self, faults: list[Fault]):
        super().__init__(faults[0].code)
        self.faults = faults


@dataclass(slots=True)
class _Reading:
    """One way to read a sheet: this row as headers of this kind."""

    sheet: Sheet
    header: Row
    position: int
    kind: Kind
    columns: dict[int, Column]
    score: float

    @property
    def missing(self) -> list[Column]:
        found = {column.field for column in self.columns.values()}
        return [column for column in self.kind.columns if column.required and column.field not in found]

    @property
    def twice(self) -> list[str]:
        seen: set[str] = set()
        names = []
        for index, column in self.columns.items():
            if column.field in seen:
                names.append(str(self.header[1][index]).strip())
            seen.add(column.field)
        return names


def table_of(ways: Sequence[Sheet], allowed: Sequence[str] = tuple(KINDS)) -> Table | None:
    """The table of a sheet that may be read in several ways; None for an empty one; raises `Unrecognised`."""
    readings = [reading for sheet in ways for reading in _readings(sheet, [KINDS[name] for name in allowed])]
    if not readings:
        if not any(sheet.rows for sheet in ways):
            return None
        number, cells = ways[0].rows[0]
        value = shown(" ".join(str(cell) for cell in cells if cell is not None))
        raise Unrecognised([Fault(ways[0].place.at(number), "sheet-unknown", value)])
    best = max(readings, key=lambda one: (not one.missing, one.score))
    place = best.sheet.place.at(best.header[0])
    if best.missing:
        words = [{"column": column.headers[0]} for column in best.missing]
        raise Unrecognised([Fault(place, "column-missing", words=one) for one in words])
    if best.twice:
        raise Unrecognised([Fault(place.at(column=name), "column-twice") for name in best.twice])
    return _table(best)


def _readings(sheet: Sheet, kinds: list[Kind]) -> list[_Reading]:
    found = []
    for position, header in enumerate(sheet.rows[:HEADER_WITHIN]):
        named = [index for index, cell in enumerate(header[1]) if isinstance(cell, str) and cell.strip()]
        for kind in kinds:
            columns = {
                index: column for index in named if (column := column_of(kind.columns, header[1][index])) is not None
            }
            if len(columns) >= 2:
                score = len(columns) - MISSING_COSTS * (len(named) - len(columns)) + _hint(kind, sheet)
                found.append(_Reading(sheet, header, position, kind, columns, score))
    return found


def _hint(kind: Kind, sheet: Sheet) -> float:
    name, file = sheet.name.casefold(), sheet.file.casefold()
    if any(hint in name for hint in kind.hints):
        return HINT
    return HINT / 2 if any(hint in file for hint in kind.hints) else 0


def _table(reading: _Reading) -> Table:
    sheet, (header_row, headers) = reading.sheet, reading.header
    table = Table(reading.kind, sheet, header_row)
    table.ignored = [
        str(cell).strip()
        for index, cell in enumerate(headers)
        if cell is not None and str(cell).strip() and index not in reading.columns
    ]
    for number, cells in sheet.rows[reading.position + 1 :]:
        record = _record(reading, sheet.place.at(number), cells)
        if any(cell is not None and str(cell).strip() for cell in record.cells.values()):
            table.records.append(record)
    return table


def _record(reading: _Reading, place: Place, cells: tuple[Any, ...]) -> Record:
    headers = {column.field: str(reading.header[1][index]).strip() for index, column in reading.columns.items()}
    raw = {column.field: cells[index] if index < len(cells) else None for index, column in reading.columns.items()}
    record = Record(reading.kind, place, {}, headers, raw)
    for column in reading.columns.values():
        try:
            value = column.read(raw[column.field])
        except Bad as bad:
            record.blame(column.field, bad.code, **bad.words)
            continue
        record.values[column.field] = value
        if column.required and value in (None, "", []):
            record.blame(column.field, "required")
    return record


def refer(record: Record, field_name: str, known: dict[Any, Any], kind: str) -> Any:
    """The row a record names, or None and a fault."""
    row = known.get(record.values[field_name])
    if row is None:
        chinese, english = KINDS[kind].label
        record.blame(field_name, "unknown-reference", what_zh=chinese, what_en=english)
    return row


def only(record: Record, *names: str) -> dict[str, Any]:
    """The values of the fields the sheet has columns for; what has no column is left as it is."""
    return {name: record.values[name] for name in names if name in record.values}
