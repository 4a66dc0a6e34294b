"""What a service report says of a checklist: every item that was asked, with its answer. See `sync/report.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync import checklist

Row = Mapping[str, Any]


def checklist_content(run: Row, view: Mapping[str, Any]) -> dict[str, Any]:
    """A run as the customer reads it; what two phones contradict each other in is said with both."""
    version = run["version"]
    items = version.get("items") or []
    found = checklist.defects_of(view.get("defects") or [], run["id"])
    answers = checklist.latest_answers(run.get("answers") or [], view.get("attachments") or [], found)
    said = {row["id"]: row["value"] for row in run.get("answers") or []}
    shown = checklist.visible_ids(items, answers)
    return {
        "id": run["id"],
        "state": _text(run.get("state")),
        **_texts(version, "code", "name", "name_en"),
        "version": _whole(version.get("version")),
        "answers": [_answer(item, answers.get(item["id"]), said) for item in items if item["id"] in shown],
    }


def _answer(item: Row, answer: Mapping[str, Any] | None, said: Mapping[str, Any]) -> dict[str, Any]:
    value = answer["value"] if answer else None
    pictures = sorted(answer.get("photos") or []) if answer else []
    others = [_others(item, said[one]) for one in (answer or {}).get("doubles", [])[:-1] if isinstance(said[one], str)]
    if item["type"] == "signature":
        others = []
    if item["type"] in ("photo", "photo_pair", "signature"):
        many = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        if isinstance(value, Mapping):
            many = [value.get("before"), value.get("after")]
        pictures, value = [_text(one) for one in many if one] + pictures, ""
    return {
        **_texts(item, "id", "group", "group_en", "label", "label_en", "type", "unit"),
        "value": _text(value),
        "value_en": _english(item, value),
        **({"others": others} if others else {}),
        "photos": pictures,
        "verdict": checklist.verdict(item, answer["value"] if answer else None),
        "note": _text(answer.get("note")) if answer else "",
    }


def _others(item: Row, value: Any) -> dict[str, str]:
    """What another phone said that nobody has chosen between."""
    return {"value": _text(value), "value_en": _english(item, value)}


def _english(item: Row, value: Any) -> str:
    options, english = item.get("options") or [], item.get("options_en") or []
    if item["type"] != "choice" or value not in options or options.index(value) >= len(english):
        return ""
    return _text(english[options.index(value)])


def _texts(row: Row, *fields: str) -> dict[str, str]:
    return {field: _text(row.get(field)) for field in fields}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
