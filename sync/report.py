"""The service report: what the customer reads and signs, as content, as bytes, and as sections of text.

*Content* holds strings, whole numbers, booleans, lists and dicts only: no null, no fraction. It names things in both
languages, so one content, and one hash, serves a Chinese and an English page. The phone makes it offline, the server
makes it again, and both must get the same bytes: lists are ordered by id (UUIDv7, so by birth), never by a clock that
the server may correct. `pwa/src/protocol/report.ts` is the twin; both run `tests/vectors/report.json`. Wording, order
and formats are data: `sync/rules/report.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.report_checklist import checklist_content
from sync.report_money import MONEY_SHAPE, money_content
from sync.rules import rule

FORMAT = 1  # of the content; a new number whenever the same view gives other content
DEFAULT_UTC_OFFSET_MINUTES = 480  # China has one zone and no summer time, so a fixed offset needs no tz database
MAX_UTC_OFFSET_MINUTES = 14 * 60
LOCALES = ("zh-CN", "en")

Row = Mapping[str, Any]
Content = dict[str, Any]

_RULES = rule("report")
# Stricter than either language's reader, because they differ on 24:00 and on digits of other scripts.
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_INSTANT = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_TIME}:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-]{_TIME})\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_INTEGER = 2**53 - 1  # beyond this JavaScript cannot count


def report_content(view: Mapping[str, Any]) -> Content:
    """The report of a visit as plain data.

    `view` holds wire bodies with their `id` beside them: `work_order`, `visit`; `site`, `asset`, `diagnosis` (or
    None); lists `part_uses`, `attachments`, `notes`, `checklist_runs` (each with `version`, the pinned
    checklist_version body, and `answers`, its rows); optional `defects` of the site, `charges`, `quotations`,
    `custodies`, `slips`; `users` by id and `catalogue` by
    kind and code, each entry with `name` and `name_en`; optional `utc_offset_minutes`. Withdrawn and discarded facts
    are left out, and so are notes of people who are not on the visit: the office's remarks are not the customer's
    reading. KeyError when `work_order` or `visit` is missing.
    """
    order, visit = view["work_order"], view["visit"]
    site = view.get("site") or {}
    crew = [visit.get("lead_id"), *(visit.get("helper_ids") or [])]
    users = view.get("users") or {}
    checklists = [checklist_content(run, view) for run in _facts(view.get("checklist_runs"))]
    defects = [_defect(row, visit) for row in _facts(view.get("defects")) if _last_step(row, visit)]
    return {
        "format": FORMAT,
        "utc_offset_minutes": _whole(view.get("utc_offset_minutes", DEFAULT_UTC_OFFSET_MINUTES)),
        "number": f"{_text(order.get('number'))}-{_whole(visit.get('sequence')) or 1}",
        "work_order": {
            **_texts(order, "number", "kind", "title", "description"),
            "level": _whole(order.get("level")),
            "reported_at": _instant(order.get("reported_at")),
        },
        "customer": {"name": _text(order.get("customer_name")) or _text(site.get("customer_name"))},
        "site": {
            "name": _text(site.get("name")) or _text(order.get("site_name")),
            "address": _text(site.get("address")),
            "contact": _text(order.get("contact_masked")) or _text(site.get("contact_masked")),
        },
        "asset": _texts(view["asset"], "name", "brand", "model", "serial", "location") if view.get("asset") else {},
        "engineers": [_name(users.get(one), one) for one in crew if one],
        "visit": {"mode": _text(visit.get("mode")), "times": _times(visit)},
        "cannot_complete": _cannot_complete(visit, view),
        "diagnosis": _diagnosis(view),
        "parts": [_part(row) for row in _facts(view.get("part_uses"))],
        "checklists": checklists,
        **({"defects": defects} if defects else {}),
        **money_content(*(_facts(view.get(name)) for name in ("charges", "quotations", "custodies", "slips"))),
        "photos": _photos(view.get("attachments"), checklists),
        "notes": [
            {"id": row["id"], "text": _text(row.get("text"))}
            for row in _facts(view.get("notes"))
            if not row.get("created_by") or row["created_by"] in crew
        ],
    }


def canonical(content: Any) -> str:
    """The content as JSON that Python and JavaScript write alike: keys sorted by UTF-16 unit, no spaces, escapes as
    `JSON.stringify` makes them. ValueError for null, a fraction or a number JavaScript cannot hold.
    """
    if isinstance(content, str):
        return _json_text(content)
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, int) and abs(content) <= _MAX_INTEGER:
        return str(content)
    if isinstance(content, (list, tuple)):
        return "[" + ",".join(canonical(one) for one in content) + "]"
    if isinstance(content, Mapping) and all(isinstance(key, str) for key in content):
        keys = sorted(content, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_json_text(key)}:{canonical(content[key])}" for key in keys) + "}"
    raise ValueError(f"not content: {type(content).__name__}")


def content_hash(content: Any) -> str:
    """SHA-256 of `canonical(content)` in UTF-8, 64 hex digits; ValueError as `canonical`."""
    return hashlib.sha256(canonical(content).encode("utf-8")).hexdigest()


def is_content(value: Any) -> bool:
    """Whether a device's word for content has the shape `report_content` makes: nothing of the wrong type where
    `sections` reads, and nothing `canonical` cannot write. Beside `format`, `number` and `utc_offset_minutes` keys may
    be missing and others unknown, for other versions.
    """
    try:
        canonical(value)
    except (ValueError, RecursionError):
        return False
    if not _has_shape(value, _SHAPE) or not value.keys() >= {"format", "number", "utc_offset_minutes"}:
        return False
    return -MAX_UTC_OFFSET_MINUTES <= int(value["utc_offset_minutes"]) <= MAX_UTC_OFFSET_MINUTES


def _has_shape(value: Any, shape: Any) -> bool:
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            _has_shape(value[key], part) for key, part in shape.items() if key in value
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(_has_shape(one, shape[0]) for one in value)
    if isinstance(shape, tuple):  # an object with an id, that has all its keys, and perhaps those of the second part
        known = {key: part for each in shape for key, part in each.items()}
        return isinstance(value, dict) and all(key in value for key in shape[0]) and _has_shape(value, known)
    return isinstance(value, shape) and not (shape is int and isinstance(value, bool))


def changed_since(signed: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Paths of what differs from the content that was signed: `diagnosis.cause_text`, `parts[0193…].quantity`,
    `photos[0193…]` for an entry that came or went. What clocks and versions change is no edit (`not_edits` in the
    rules): the server corrects the phone's times by its clock's offset.
    """
    found: list[str] = []
    _compare(signed, current, "", found)
    ignored = _RULES["not_edits"]
    return [path for path in found if not any(path == one or path.startswith(f"{one}.") for one in ignored)]


def _fields(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), str)


_NAME = _fields("name name_en")
_SHAPE: dict[str, Any] = {
    **MONEY_SHAPE,
    "format": int,
    "utc_offset_minutes": int,
    "number": str,
    "work_order": {**_fields("number kind title description reported_at"), "level": int},
    "customer": _fields("name"),
    "site": _fields("name address contact"),
    "asset": _fields("name brand model serial location"),
    "engineers": [_NAME],
    "visit": {"mode": str, "times": _fields("travelling arrived working work_done")},
    "cannot_complete": {"reason": _NAME, "note": str},
    "diagnosis": {
        **_fields("symptom_text cause_text action_text cautions test_result test_text"),
        **dict.fromkeys(("symptom", "cause", "action"), _NAME),
    },
    "parts": [
        (
            {
                **_fields("id number name unit source note"),
                "quantity": int,
                "serials": [str],
                "old_serials": [str],
            },
        )
    ],
    "checklists": [
        (
            {
                **_fields("id state code name name_en"),
                "version": int,
                "answers": [
                    (
                        {
                            **_fields("id group group_en label label_en type unit value value_en verdict note"),
                            "photos": [str],
                        },
                        {"others": [(_fields("value value_en"),)]},
                    )
                ],
            },
        )
    ],
    "defects": [(_fields("id label label_en severity text done done_text"),)],
    "photos": [(_fields("id sha256 purpose caption label label_en taken_at"),)],
    "notes": [(_fields("id text"),)],
}


def _compare(was: Any, now: Any, path: str, found: list[str]) -> None:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted({*was, *now}):
            _compare(was.get(key), now.get(key), f"{path}.{key}" if path else key, found)
    elif _by_id(was) is not None and _by_id(now) is not None:
        before, after = _by_id(was) or {}, _by_id(now) or {}
        for key in sorted({*before, *after}):
            if key in before and key in after:
                _compare(before[key], after[key], f"{path}[{key}]", found)
            else:
                found.append(f"{path}[{key}]")
    elif was != now:
        found.append(path)


def _by_id(rows: Any) -> dict[str, Any] | None:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "id" in row for row in rows):
        return None
    return {str(row["id"]): row for row in rows}


def _facts(rows: Iterable[Row] | None) -> list[Row]:
    kept = [row for row in rows or () if not row.get("withdrawn") and row.get("late_state") != "discarded"]
    return sorted(kept, key=lambda row: str(row["id"]))


def _times(visit: Row) -> dict[str, str]:
    """Only times that are past when the customer signs: the moment of signing must not change what was signed."""
    times = visit.get("times") or {}
    return {name: _instant(times.get(name)) for name in ("travelling", "arrived", "working", "work_done")}


def _cannot_complete(visit: Row, view: Mapping[str, Any]) -> dict[str, Any]:
    times = visit.get("times") or {}
    gave_up = _instant(times.get("cannot_complete"))
    if visit.get("state") != "cannot_complete" and (not gave_up or gave_up < _instant(times.get("work_done"))):
        return {}
    reason = _catalogue(view, "cannot_reason", visit.get("reason"))
    return {"reason": reason, "note": _text(visit.get("reason_note"))}


def _diagnosis(view: Mapping[str, Any]) -> dict[str, Any]:
    row = view.get("diagnosis")
    if not row:
        return {}
    named = {kind: _catalogue(view, kind, row.get(f"{kind}_code")) for kind in ("symptom", "cause", "action")}
    texts = _texts(row, "symptom_text", "cause_text", "action_text", "cautions", "test_result", "test_text")
    return {**named, **texts}


def _part(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": _text(row.get("part_number")),
        "name": _text(row.get("part_name")),
        "quantity": _whole(row.get("quantity")),
        **_texts(row, "unit", "source", "note"),
        "serials": [_text(one) for one in row.get("serials") or []],
        "old_serials": [_text(one) for one in row.get("old_serials") or []],
    }


def _last_step(defect: Row, visit: Row) -> Mapping[str, Any] | None:
    """What was done last about a defect on this visit; what others do later changes no report of today."""
    own = [
        step
        for step in defect.get("steps") or []
        if step.get("visit_id") == visit.get("id") and step.get("act") in _RULES["defect_done"]
    ]
    return own[-1] if own else None


def _defect(row: Row, visit: Row) -> dict[str, str]:
    step = _last_step(row, visit) or {}
    done = _RULES["defect_done"][step["act"]]
    return {
        "id": row["id"],
        **_texts(row, "label", "label_en", "severity", "text"),
        "done": done,
        "done_text": "" if done == "open" else _text(step.get("text")),
    }


def _photos(rows: Iterable[Row] | None, checklists: list[dict[str, Any]]) -> list[dict[str, str]]:
    order = _RULES["photo_order"]
    answers = [answer for run in checklists for answer in run["answers"]]
    item_of = {photo: answer for answer in answers for photo in answer["photos"]}
    shown = [row for row in _facts(rows) if row.get("purpose") in order]
    shown.sort(key=lambda row: order.index(row["purpose"]))
    return [
        {
            "id": row["id"],
            **_texts(row, "sha256", "purpose", "caption"),
            **_texts(item_of.get(row["id"], {}), "label", "label_en"),
            "taken_at": _instant(row.get("taken_at")),
        }
        for row in shown
    ]


def _catalogue(view: Mapping[str, Any], kind: str, code: object) -> dict[str, str]:
    entry = ((view.get("catalogue") or {}).get(kind) or {}).get(code)
    return _name(entry, code)


def _name(entry: Row | None, otherwise: object) -> dict[str, str]:
    """Both names; the bare code when nothing is known of it, because something the engineer chose must not vanish."""
    if not entry:
        return {"name": _text(otherwise), "name_en": ""}
    return {"name": _text(entry.get("name")), "name_en": _text(entry.get("name_en"))}


def _texts(row: Row, *fields: str) -> dict[str, str]:
    return {field: _text(row.get(field)) for field in fields}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _instant(value: object) -> str:
    """The instant in UTC with milliseconds and `Z`, or empty: two spellings of one instant are one content."""
    if not isinstance(value, str) or not _INSTANT.match(value):
        return ""
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json_text(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    if not _SURROGATE.search(written):
        return written
    # JavaScript joins two halves of a pair that stand together, and escapes a half that stands alone.
    joined = written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return _SURROGATE.sub(lambda half: f"\\u{ord(half.group()):04x}", joined)


def local_time(instant: str, utc_offset_minutes: int) -> str:
    """`2026-11-21 16:30` for an instant, in the fixed offset of the content; empty for an empty one."""
    if not _instant(instant):
        return ""
    try:
        moment = datetime.fromisoformat(_instant(instant)) + timedelta(minutes=utc_offset_minutes)
    except OverflowError:  # the last hours of the year 9999
        return ""
    return moment.isoformat(sep=" ", timespec="minutes")[:16]
