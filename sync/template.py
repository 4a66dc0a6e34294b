"""Checklist templates: what stands between a draft and a version that phones can fill.

An *item* is one entry of a `checklist_version`'s `items` (docs/contract.md). A version never changes again, so what is
wrong with it would be wrong for ever: it is said before it is published, by the editor while one types and by the
server once more. `pwa/src/protocol/template.ts` is the twin; both run `tests/vectors/template.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync.checklist import is_answered, problem_of, verdict
from sync.rules import rule

Item = Mapping[str, Any]
Fault = dict[str, str]

RULES = rule("checklist")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_NO_CONDITION: Mapping[str, Any] = {}


def faults_of(items: Sequence[Item], former: Mapping[str, str] | None = None) -> list[Fault]:
    """What is wrong with a template: `[{"item", "field", "code"}]` in its order; `item` is "" when it is about all.

    `former`: type by id of every item earlier versions had. An item is the same while its id is (answers of old runs,
    defects and points name it), so an id never comes back as something else.

    Codes: `no-item`, `too-many-items`; `id-wrong`, `id-twice`, `id-reused`; `label-missing`, `too-long`;
    `type-unknown`; `limit-wrong`, `limits-crossed`; `options-missing`, `options-twice`, `options-uneven`,
    `fail-option-unknown`; `show-if-unknown` (points nowhere), `show-if-later` (asked after it, or itself),
    `show-if-type` (of a picture or a signature), `show-if-operator`, `show-if-value` (never said).
    """
    if not items:
        return [_fault("", "items", "no-item")]
    if len(items) > RULES["max_items"]:
        return [_fault("", "items", "too-many-items")]
    found: list[Fault] = []
    earlier: dict[str, Item] = {}
    every = {item["id"] for item in items}
    for item in items:
        found.extend(
            _fault(item["id"], field, code) for field, code in _item_faults(item, earlier, every, former or {})
        )
        earlier.setdefault(item["id"], item)
    return found


def _fault(item: str, field: str, code: str) -> Fault:
    return {"item": item, "field": field, "code": code}


def _item_faults(
    item: Item, earlier: Mapping[str, Item], every: set[str], former: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    if not _ID.match(item["id"]):
        yield "id", "id-wrong"
    elif item["id"] in earlier:
        yield "id", "id-twice"
    elif former.get(item["id"], item["type"]) != item["type"]:
        yield "id", "id-reused"
    if not is_answered(item["label"]):
        yield "label", "label-missing"
    for field, most in RULES["max_characters"].items():
        if len(item.get(field) or "") > most:
            yield field, "too-long"
    if item["type"] not in RULES["types"]:
        yield "type", "type-unknown"
        return
    if item["type"] == "number":
        yield from _limit_faults(item)
    if item["type"] == "choice":
        yield from _option_faults(item)
    yield from _condition_faults(item.get("show_if") or _NO_CONDITION, earlier, every)


def _limit_faults(item: Item) -> Iterator[tuple[str, str]]:
    wrong = [name for name in ("min", "max") if item.get(name) is not None and _is_no_number(item[name])]
    for name in wrong:
        yield name, "limit-wrong"
    # Upside down: the upper limit itself would be too low a reading.
    if not wrong and item.get("max") is not None and verdict({**item, "max": None}, str(item["max"])) == "fail":
        yield "max", "limits-crossed"


def _is_no_number(limit: Any) -> bool:
    return not is_answered(str(limit)) or problem_of({"type": "number"}, str(limit)) is not None


def _option_faults(item: Item) -> Iterator[tuple[str, str]]:
    options, english = item.get("options") or [], item.get("options_en") or []
    if not options or not all(is_answered(one) for one in options):
        yield "options", "options-missing"
    elif len(set(options)) < len(options):
        yield "options", "options-twice"
    if len(options) > RULES["max_options"] or any(
        len(one) > RULES["max_characters"]["option"] for one in (*options, *english)
    ):
        yield "options", "too-long"
    if english and len(english) != len(options):
        yield "options_en", "options-uneven"
    if not set(item.get("fail_options") or []) <= set(options):
        yield "fail_options", "fail-option-unknown"


def _condition_faults(
    condition: Mapping[str, Any], earlier: Mapping[str, Item], every: set[str]
) -> Iterator[tuple[str, str]]:
    """Only an earlier item can be asked about: nothing hangs on itself, and nothing appears above where one reads."""
    if not condition:
        return
    cause = earlier.get(condition["item"])
    if cause is None:
        yield "show_if", "show-if-later" if condition["item"] in every else "show-if-unknown"
    elif cause["type"] in RULES["not_compared"]:
        yield "show_if", "show-if-type"
    elif condition["op"] not in RULES["operators"] or (
        condition["op"] not in ("=", "!=") and cause["type"] not in RULES["ordered"]
    ):
        yield "show_if", "show-if-operator"
    elif not _is_said(cause, str(condition["value"])):
        yield "show_if", "show-if-value"


def _is_said(cause: Item, value: str) -> bool:
    if cause["type"] == "choice" and value in (cause.get("options_en") or []):
        return True
    return is_answered(value) and problem_of(cause, value) is None
