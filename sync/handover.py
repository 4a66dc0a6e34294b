"""How complete the archive of a site is, and what is missing: counted from what there is, by rules that are data.

Rows are mappings of wire bodies (docs/contract.md), assets with their `id`. `pwa/src/protocol/handover.ts` is the twin;
both run `tests/vectors/handover.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.rules import rule

Row = Mapping[str, Any]
LINES: Sequence[Row] = rule("handover")["lines"]
CODES = tuple(line["code"] for line in LINES)
STATES: Sequence[str] = rule("handover")["states"]
_WHOLE = 1000  # shares are whole thousandths: both languages round the same


@dataclass(frozen=True, slots=True)
class Archive:
    """What is known of a site. `items`: its `handover_item` rows."""

    site: Row
    assets: Sequence[Row] = ()
    documents: Sequence[Row] = ()
    points: Sequence[Row] = ()
    items: Sequence[Row] = ()


def completeness(archive: Archive) -> dict[str, Any]:
    """`{"percent", "lines": [{"code", "state", "have", "of", "lacking"}]}` in the order of the rules.

    `state`: `complete`, `partly`, `missing` or `waived` (not asked at this site, and not counted). `lacking`: ids of
    the assets, or classes of equipment, that the line is not complete for. `percent` is whole and rounded down: a
    hundred means that nothing is missing. A site where everything is waived is complete.
    """
    said = {item["code"]: item["state"] for item in archive.items}
    lines = []
    total = reached = 0
    for line in LINES:
        if said.get(line["code"]) == "waived":
            lines.append({"code": line["code"], "state": "waived", "have": 0, "of": 0, "lacking": []})
            continue
        have, of, lacking = _COUNTS[line["of"]](line, archive, said)
        share = _WHOLE * have // of if of else 0
        total += line["weight"]
        reached += line["weight"] * share
        state = "complete" if share == _WHOLE else "partly" if have else "missing"
        lines.append({"code": line["code"], "state": state, "have": have, "of": of, "lacking": lacking})
    return {"percent": reached // (total * (_WHOLE // 100)) if total else 100, "lines": lines}


Count = tuple[int, int, list[str]]


def _site(line: Row, archive: Archive, said: Row) -> Count:
    return int(_is_filled(archive.site.get(line["field"]))), 1, []


def _any(rows: Sequence[Row]) -> Count:
    return int(bool(rows)), 1, []


def _asset(line: Row, archive: Archive, said: Row) -> Count:
    lacking = [
        row["id"] for row in archive.assets if not all(_is_filled(row.get(field)) for field in line["fields"])
    ]  # fmt: skip
    # Without any equipment nothing is known of it either.
    return len(archive.assets) - len(lacking), len(archive.assets) or 1, lacking


def _document(line: Row, archive: Archive, said: Row) -> Count:
    return _any([row for row in _in_force(archive) if row["kind"] in line["kinds"] and row.get("site_id")])


def _manual(line: Row, archive: Archive, said: Row) -> Count:
    """A manual is everybody's: it counts for each class of equipment that it is about."""
    classes = list(dict.fromkeys(row["asset_class"] for row in archive.assets if row.get("asset_class")))
    covered = {row["asset_class"] for row in _in_force(archive) if row["kind"] == "manual"}
    lacking = [one for one in classes if one not in covered]
    return len(classes) - len(lacking), len(classes) or 1, lacking


def _in_force(archive: Archive) -> list[Row]:
    return [row for row in archive.documents if row["state"] == "active"]


_COUNTS: Mapping[str, Callable[[Row, Archive, Row], Count]] = {
    "site": _site,
    "assets": lambda line, archive, said: _any(archive.assets),
    "asset": _asset,
    "document": _document,
    "manual": _manual,
    "points": lambda line, archive, said: _any([row for row in archive.points if row["active"]]),
    "item": lambda line, archive, said: (int(said.get(line["code"]) == "received"), 1, []),
}


def _is_filled(value: object) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip(" \t\r\n\u00a0\u3000")))
