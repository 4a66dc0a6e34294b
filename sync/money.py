"""What a repair costs and who pays: warranty, misuse, quotation, all in whole fen.

The phone reckons offline what the server checks again, so that a customer never consents to a sum that nobody can
repeat. `pwa/src/protocol/money.ts` is the twin; both run `tests/vectors/money.json`.

*Papers* are what a customer signs beside the report: a quotation before the repair, the receipt for equipment taken to
the workshop 拉修 and the one for its return. They are content as `sync/report.py` has it: no null, no fraction, one
hash for both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sync.report import content_hash

#: Why somebody pays, or does not. `unknown`: nobody knows until when the warranty runs, so it is quoted and said.
BASES = ("warranty", "charged", "misuse", "unknown")
KINDS = ("part", "labour", "travel", "other")
PAPERS = ("quotation", "custody", "custody_return")
MAX_LINES = 100
_MAX_INTEGER = 2**53 - 1  # beyond this JavaScript cannot count
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")

Line = Mapping[str, Any]


def basis_of(warranty_until: str | None, on: str, misuse: bool) -> str:
    """Who pays for a repair on the day `on` of something whose warranty ends with the day `warranty_until` (both
    `2026-11-21`). Misuse is charged whatever the warranty says (D7).
    """
    if misuse:
        return "misuse"
    if not warranty_until or not _DAY.match(warranty_until):
        return "unknown"
    return "warranty" if warranty_until >= on else "charged"


def is_billable(basis: str) -> bool:
    """Whether the customer pays on this basis, and so has to consent before the repair."""
    return basis != "warranty"


def amount_of(line: Line) -> int:
    """Fen for one line: nothing when it is covered (by the warranty, or as a kindness)."""
    return 0 if line["covered"] else int(line["quantity"]) * int(line["price_cents"])


def total_of(lines: Iterable[Line]) -> int:
    """Fen for all lines."""
    return sum(amount_of(line) for line in lines)


def yuan(cents: int) -> str:
    """`¥ 1280.50` for 128050 fen."""
    sign = "-" if cents < 0 else ""
    return f"{sign}¥ {abs(cents) // 100}.{abs(cents) % 100:02d}"


def lines_fault(lines: Any) -> str | None:
    """What is wrong with lines that a device sent; None when nothing is."""
    if not isinstance(lines, list) or len(lines) > MAX_LINES:
        return "lines"
    for line in lines:
        texts = isinstance(line, Mapping) and all(
            isinstance(line.get(key), str) for key in ("id", "kind", "code", "name", "name_en", "unit")
        )
        if not texts or line["kind"] not in KINDS or not isinstance(line.get("covered"), bool):
            return "lines"
        if not _whole(line.get("quantity"), 1) or not _whole(line.get("price_cents"), 0):
            return "lines"
        if line.get("amount_cents") != amount_of(line) or not _whole(line.get("amount_cents"), 0):
            return "amount"
    return None if _whole(total_of(lines), 0) else "amount"


def paper_fault(paper: str, content: Any) -> str | None:
    """What is wrong with the content of a paper that a device made; None when it is one that can be shown and repeated.

    A quotation adds up; one for misuse shows the picture that proves it; a custody receipt says what was taken in what
    condition.
    """
    if not isinstance(content, Mapping) or content.get("kind") != paper:
        return "kind"
    try:
        content_hash(content)
    except (ValueError, RecursionError):
        return "content"
    if paper == "quotation":
        if content.get("basis") not in BASES:
            return "basis"
        fault = lines_fault(content.get("lines"))
        if fault:
            return fault
        if content.get("total_cents") != total_of(content["lines"]):
            return "amount"
        return "photos" if content["basis"] == "misuse" and not content.get("photos") else None
    if not isinstance(content.get("condition"), str) or not content["condition"].strip():
        return "condition"
    accessories = content.get("accessories")
    named = isinstance(accessories, list) and all(isinstance(one, str) for one in accessories)
    return None if named and isinstance(content.get("asset"), Mapping) else "asset"


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MAX_INTEGER
