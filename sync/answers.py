"""Answers of several phones to one item: what was said over what, what goes together, and what contradicts.

An answer names the answers its author saw (`over`). Those nobody has answered over *stand*; there are several when two
people answered without knowing of each other. Photos go together; a picture before and another's after make a pair;
what agrees is one answer. Whatever is left contradicts: it is shown side by side until somebody who saw them answers
over all. `pwa/src/protocol/answers.ts` is the twin; both run `tests/vectors/checklist.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

SIDES = ("before", "after")
#: What of an item is compared between two versions of its checklist.
COMPARED = ("label", "group", "type", "mandatory", "unit", "min", "max", "options", "show_if", "on_fail")


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The rows that count, as the server took them; what it has not seen yet comes after, in the order of birth."""
    counted = [row for row in rows if not row.get("withdrawn") and row.get("late_state") != "discarded"]
    return sorted(counted, key=lambda row: (row.get("server_at") or "~", row["id"]))


def standing(rows: Sequence[Row]) -> list[Row]:
    """The answers to one item, in order, that nobody answered over. Without `over`, as older phones have it, an answer
    stands for all that came before.
    """
    left: list[Row] = []
    for row in rows:
        over = row.get("over")
        left = [] if over is None else [one for one in left if one["id"] not in over]
        left.append(row)
    return left


def joined(rows: Sequence[Row]) -> tuple[Any, list[Row]]:
    """The value of the answers that stand, and those that contradict each other (none, or two and more).

    Lists are joined, in order; pairs that fill each other's gaps too. Of a contradiction the last is the value.
    """
    said = [row for row in rows if row["value"] not in (None, "", [])]
    if not said:
        return (rows[-1]["value"] if rows else None), []
    values = [row["value"] for row in said]
    if len(said) > 1 and all(isinstance(value, list) for value in values):
        return list(dict.fromkeys(one for value in values for one in value)), []
    if len(said) > 1 and (pair := _pair(values)) is not None:
        return pair, []
    last = {_key(row["value"]): row for row in said}
    different = [row for row in said if last[_key(row["value"])] is row]
    return said[-1]["value"], different if len(different) > 1 else []


def version_changes(old: Sequence[Row], new: Sequence[Row]) -> list[dict[str, Any]]:
    """What a newer version of a checklist asks otherwise: `[{"item", "change": added|changed|removed, "fields"}]` in
    the newer version's order, what it no longer asks at the end. An item is the same while its id is.
    """
    before, after = ({item["id"]: item for item in items} for items in (old, new))
    found: list[dict[str, Any]] = []
    for item in new:
        was = before.get(item["id"])
        if was is None:
            found.append({"item": item["id"], "change": "added", "fields": []})
        elif fields := [name for name in COMPARED if _key(was.get(name)) != _key(item.get(name))]:
            found.append({"item": item["id"], "change": "changed", "fields": fields})
    found += [{"item": item["id"], "change": "removed", "fields": []} for item in old if item["id"] not in after]
    return found


def _pair(values: Sequence[Any]) -> dict[str, Any] | None:
    """One pair out of several, when no side was given twice."""
    if not all(isinstance(value, dict) for value in values):
        return None
    sides = {side: list(dict.fromkeys(value.get(side) for value in values if value.get(side))) for side in SIDES}
    if any(len(given) > 1 for given in sides.values()):
        return None
    return {side: given[0] if given else None for side, given in sides.items()}


def _key(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
