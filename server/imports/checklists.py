"""The items of a checklist template, from a sheet of rows to what `checklist_version.items` holds."""

from __future__ import annotations

import re
from typing import Any

from server.imports.faults import Bad, Fault
from server.imports.records import Record, Table
from server.imports.values import decimal, decimal_text
from sync.checklist import parse_show_if, problem_of

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_TEXTS = ("group", "group_en", "label", "label_en", "unit", "help", "help_en")
_ORDERED = ("number", "date")
_CHECK_VALUES = {
    "ok": "ok", "fail": "fail", "na": "na", "合格": "ok", "正常": "ok", "通过": "ok", "不合格": "fail", "异常": "fail",
    "不通过": "fail", "不适用": "na",
}  # fmt: skip

Item = dict[str, Any]


def items_of(table: Table) -> tuple[list[Item], list[Fault]]:
    """The items in the sheet's order, and what is wrong with them."""
    items: dict[str, Item] = {}
    for record in table.records:
        if not record.faults:
            _read(record, items)
    return list(items.values()), [fault for record in table.records for fault in record.faults]


def _read(record: Record, items: dict[str, Item]) -> None:
    values = record.values
    item_id = values["id"]
    if not _ID.match(item_id):
        record.blame("id", "item-id")
    if item_id in items:
        record.blame("id", "duplicate", where=f"{record.place.sheet or record.place.file} {item_id}")
        return
    item: Item = {
        "id": item_id, **{name: values.get(name) or "" for name in _TEXTS}, "type": values["type"],
        "mandatory": bool(values.get("mandatory")), "min": _limit(record, "min"), "max": _limit(record, "max"),
        "options": _options(values.get("options")), "options_en": _options(values.get("options_en")),
        "show_if": None, "on_fail": list(values.get("on_fail") or []),
    }  # fmt: skip
    failing = _options(values.get("fail_options"))
    if failing:
        item["fail_options"] = failing
        if not set(failing) <= set(item["options"]):
            record.blame("fail_options", "not-allowed", allowed="、".join(item["options"]))
    _check(record, item)
    _condition(record, item, items)
    items[item_id] = item


def _limit(record: Record, field: str) -> str | None:
    """A limit as the decimal string the rules compare with."""
    try:
        number = decimal(record.values.get(field))
    except Bad as bad:
        record.blame(field, bad.code, **bad.words)
        return None
    if number is None:
        return None
    written = decimal_text(number)
    if problem_of({"type": "number"}, written):
        record.blame(field, "bad-number")
    return written


def _options(cell: str | None) -> list[str]:
    return [part.strip() for part in re.split(r"[|｜\n]", cell or "") if part.strip()]


def _check(record: Record, item: Item) -> None:
    low, high = item["min"], item["max"]
    if low is not None and high is not None and float(low) > float(high):
        record.blame("max", "min-over-max")
    if item["type"] == "choice" and not item["options"]:
        record.blame("options", "options-missing")
    if item["options_en"] and len(item["options_en"]) != len(item["options"]):
        record.blame("options_en", "options-uneven")


def _condition(record: Record, item: Item, earlier: dict[str, Item]) -> None:
    """The condition under which the item is shown: over an earlier item, so that nothing hangs on itself."""
    written = record.values.get("show_if")
    if not written:
        return
    try:
        condition = parse_show_if(written)
    except ValueError:
        record.blame("show_if", "bad-condition")
        return
    cause = earlier.get(condition["item"])
    if cause is None:
        record.blame("show_if", "condition-item", item=condition["item"])
        return
    if condition["op"] not in ("=", "!=") and cause["type"] not in _ORDERED:
        record.blame("show_if", "condition-order", item=cause["id"])
    elif not _is_possible(cause, condition["value"]):
        record.blame("show_if", "condition-value", wanted=condition["value"], item=cause["id"])
    if cause["type"] == "check":
        condition["value"] = _CHECK_VALUES.get(condition["value"], condition["value"])
    item["show_if"] = condition


def _is_possible(cause: Item, value: str) -> bool:
    if cause["type"] == "check":
        return value in _CHECK_VALUES
    if cause["type"] == "choice":
        return value in cause["options"] or value in cause["options_en"]
    if cause["type"] in ("photo", "photo_pair", "signature"):
        return False
    return problem_of(cause, value) is None
