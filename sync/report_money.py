"""What a service report says of money and of what stays behind: charges, custody receipts, message slips.

Rows come as `sync/report.py` has sorted and sifted them. A part of the content that nobody needs is not there, so that
reports without money keep their hash. `pwa/src/protocol/report_money.ts` is the twin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

_LINE = dict.fromkeys(["id", "kind", "code", "name", "name_en", "unit"], str)
MONEY_SHAPE: dict[str, Any] = {
    "charges": [({**_LINE, "quantity": int, "price_cents": int, "amount_cents": int},)],
    "payment": {"basis": str, "total_cents": int, "paid_cents": int, "method": str, "receipts": [str]},
    "custody": [({"id": str, "name": str, "serial": str, "condition": str, "accessories": [str], "signer": str},)],
    "slips": [({"id": str, "addressee": str, "text": str},)],
}


def money_content(
    charges: Sequence[Row], quotations: Sequence[Row], custodies: Sequence[Row], slips: Sequence[Row]
) -> dict[str, Any]:
    """`charges` (lines), `payment`, `custody` and `slips` of a report, each only when there is any.

    Before anything is charged the customer reads what they consented to; the lines keep their ids when they are
    charged, so that paying after signing changes nothing that was signed.
    """
    agreed = [row for row in quotations if row.get("state") == "agreed"][-1:]
    content: dict[str, Any] = {}
    lines = [line for row in charges for line in row.get("lines") or []]
    if not charges and agreed:
        lines = (agreed[0].get("content") or {}).get("lines") or []
    if charges or agreed:
        content["charges"] = [_line(line) for line in lines]
        content["payment"] = {
            "basis": _text([*agreed, *charges][-1].get("basis")),
            "total_cents": sum(_whole(row.get("total_cents")) for row in charges or agreed),
            "paid_cents": sum(_whole(row.get("paid_cents")) for row in charges),
            "method": _text(charges[-1].get("method")) if charges else "",
            "receipts": [_text(row.get("receipt_number")) for row in charges if row.get("receipt_number")],
        }
    if custodies:
        content["custody"] = [_custody(row) for row in custodies]
    if slips:
        content["slips"] = [
            {"id": row["id"], "addressee": _text(row.get("addressee")), "text": _text(row.get("text"))} for row in slips
        ]
    return content


def _line(line: Row) -> dict[str, Any]:
    texts = {key: _text(line.get(key)) for key in _LINE}
    return {**texts, **{key: _whole(line.get(key)) for key in ("quantity", "price_cents", "amount_cents")}}


def _custody(row: Row) -> dict[str, Any]:
    """What was taken. That it comes back one day changes no report of today."""
    taken = row.get("content") or {}
    asset = taken.get("asset") or {}
    return {
        "id": row["id"],
        "name": _text(asset.get("name")),
        "serial": _text(asset.get("serial")),
        "condition": _text(taken.get("condition")),
        "accessories": [_text(one) for one in taken.get("accessories") or []],
        "signer": _text(row.get("signer")),
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
