"""A workbook of checklists, read for the editor and written nowhere: its items go into a draft (E2)."""

from __future__ import annotations

from typing import Any

from server.imports.checklists import items_of
from server.imports.faults import Fault, Place
from server.imports.records import Unrecognised, table_of
from server.imports.sheets import Source, Unreadable, read

KINDS = ("checklist_version", "checklist_item")


def read_drafts(source: Source) -> tuple[list[dict[str, Any]], list[Fault]]:
    """`[{"name": of the sheet, "items"}]` of each sheet of items, and every cell that could not be read. A list of
    checklists beside them says nothing that a draft needs and is passed over."""
    try:
        sheets = read(source)
    except Unreadable as unreadable:
        return [], [unreadable.fault]
    drafts, faults, strange = [], [], []
    for ways in sheets:
        try:
            table = table_of(ways, KINDS)
        except Unrecognised as unrecognised:
            strange += unrecognised.faults
            continue
        if table is not None and table.kind.name == "checklist_item":
            items, wrong = items_of(table)
            faults += wrong
            drafts.append({"name": table.sheet.name, "items": items})
    # A sheet of something else is somebody's notes, unless there is nothing beside it.
    if not drafts:
        faults += strange or [Fault(Place(source.name), "file-empty")]
    return drafts, faults
