"""Registering a request: what is still to be asked, and which level is suggested. Data: `sync/rules/intake.json`.

`pwa/src/protocol/intake.ts` is the twin; both run `tests/vectors/intake.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.rules import rule

_RULES = rule("intake")


def lacking(request: Mapping[str, Any]) -> dict[str, Any]:
    """`{must, should, percent}`: fields without which nothing is registered, fields without which somebody may drive
    out for nothing, and how much of both is there. `request` has the argument names of `work_order.register`.
    """
    asked = [entry for entry in _RULES["completeness"] if _concerns(entry, request)]
    empty = [entry for entry in asked if not _said(request.get(entry["field"]))]
    return {
        "must": [entry["field"] for entry in empty if entry.get("must")],
        "should": [entry["field"] for entry in empty if not entry.get("must")],
        "percent": (100 * (len(asked) - len(empty)) + len(asked) // 2) // len(asked),
    }


def suggest_level(title: str, description: str, faulted_before: int) -> dict[str, Any]:
    """`{level, why}`: `why` is `[{code: "keyword", word}]` or `[{code: "faulted_before", n}]`, empty for the usual."""
    text = f"{title}\n{description}".lower()
    found = [(entry["level"], word) for entry in _RULES["level"]["keywords"] for word in entry["words"] if word in text]
    level = min((one for one, _ in found), default=_RULES["level"]["otherwise"])
    why: list[dict[str, Any]] = [{"code": "keyword", "word": word} for one, word in found if one == level]
    if faulted_before > 0 and level >= _RULES["level"]["faulted_before"]:
        level = _RULES["level"]["faulted_before"]
        why = [{"code": "faulted_before", "n": faulted_before}, *why]
    return {"level": level, "why": why}


def _concerns(entry: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    if "kinds" in entry and request.get("kind") not in entry["kinds"]:
        return False
    return "demands" not in entry or any(one in entry["demands"] for one in request.get("demands") or [])


def _said(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else bool(value)
