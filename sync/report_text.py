"""The service report in words: sections of labels and values, made from its content by `sync/rules/report.json`.

The phone shows these sections and the PDF prints them, so what was read on the screen is what lies on paper. The
twin is `pwa/src/protocol/report_text.ts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.money import yuan
from sync.report import DEFAULT_UTC_OFFSET_MINUTES, local_time
from sync.rules import rule

_RULES = rule("report")

Content = Mapping[str, Any]


def report_title(content: Content, locale: str) -> str:
    """设备维修服务意见单 or another title, by the kind of the work order. `locale` is `zh-CN` or `en` throughout."""
    kind = _at(content, "work_order.kind")
    return str(_RULES["titles"].get(kind, _RULES["titles"]["other"])[locale])


def report_text(key: str, locale: str, **values: object) -> str:
    """One of the rules' `texts`, its `{name}` places filled. KeyError for an unknown key."""
    text = str(_RULES["texts"][key][locale])
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def sections(content: Content, locale: str) -> list[dict[str, Any]]:
    """What to show, in order: `[{id, title, rows: [{label, value}], table?: {head, rows, marks}, images?: [{id,
    sha256, caption}]}]`. Rows without a value and sections without anything are left out; `marks` has one verdict or
    an empty string per row of the table. Content of an older format gives what it has.
    """
    found: list[dict[str, Any]] = []
    for rule_ in _RULES["sections"]:
        if "each" in rule_:
            found.extend(_checklist_section(rule_, run, locale) for run in _at(content, rule_["each"]) or [])
        else:
            found.append(_section(rule_, content, locale))
    return [one for one in found if one["rows"] or one.get("table") or one.get("images")]


def changed_titles(paths: Iterable[str], locale: str) -> list[str]:
    """What `changed_since` found, in words: `故障诊断与处理：故障原因`, each once, in the order of the report."""
    heads = [path.replace("[", ".").split(".") for path in paths]
    found: list[str] = []
    for rule_ in _RULES["sections"]:
        title = rule_["title"][locale]
        for row in rule_.get("rows", []):
            wanted = [row["path"].split("."), row.get("then", row["path"]).split(".")]
            if any(head[: len(path)] == path for head in heads for path in wanted):
                found.append(title + report_text("colon", locale) + row["label"][locale])
        source = rule_.get("each") or next((rule_[key]["from"] for key in _LISTS if key in rule_), None)
        if source and any(head[0] == source for head in heads):
            found.append(title)
    return list(dict.fromkeys(found))


def signature_blocks(
    signatures: Iterable[Mapping[str, Any]],
    locale: str,
    utc_offset_minutes: int = DEFAULT_UTC_OFFSET_MINUTES,
    waivers: Iterable[Mapping[str, Any]] = (),
    reasons: Mapping[str, Mapping[str, str]] | None = None,
) -> list[dict[str, Any]]:
    """What stands under the report: `[{id, title, image_id, rows: [{label, value}]}]`, one per signature and waiver.

    Rows are wire bodies with `id`; `reasons` are the catalogue's waive reasons by code (`{name, name_en}`).
    """
    blocks = []
    for row in sorted(signatures, key=lambda row: str(row["id"])):
        if row.get("withdrawn") or row.get("late_state") == "discarded":
            continue
        rows = [
            ("name", row.get("name")),
            ("signed_at", local_time(row.get("device_at") or "", utc_offset_minutes)),
            ("rating", _rating(row.get("rating") or {}, locale)),
            ("opinion", row.get("opinion")),
        ]
        title = _value("role", row.get("role"), locale)
        blocks.append(_block(row, title, row.get("image_id") or "", rows, locale))
    for row in sorted(waivers, key=lambda row: str(row["id"])):
        if row.get("withdrawn") or row.get("late_state") == "discarded":
            continue
        entry = (reasons or {}).get(row.get("reason") or "") or {"name": row.get("reason") or "", "name_en": ""}
        rows = [("reason", _either(entry, "name", "name_en", locale)), ("note", row.get("note"))]
        blocks.append(_block(row, report_text("waived", locale), "", rows, locale))
    return blocks


_LISTS = ("table", "list", "images")


def _block(
    row: Mapping[str, Any], title: str, image_id: str, rows: list[tuple[str, Any]], locale: str
) -> dict[str, Any]:
    shown = [{"label": report_text(key, locale), "value": str(value)} for key, value in rows if value]
    return {"id": row["id"], "title": title, "image_id": image_id, "rows": shown}


def _rating(rating: Mapping[str, Any], locale: str) -> str:
    given = [
        f"{_value('rating', key, locale)} {rating[key]}/5"
        for key in _RULES["values"]["rating"]
        if isinstance(rating.get(key), int)
    ]
    return report_text("comma", locale).join(given)


def _section(rule_: Mapping[str, Any], content: Content, locale: str) -> dict[str, Any]:
    section: dict[str, Any] = {"id": rule_["id"], "title": rule_["title"][locale], "rows": []}
    for row in rule_.get("rows", []):
        value = _formatted(row, content, content, locale)
        if value:
            section["rows"].append({"label": row["label"][locale], "value": value})
    if "list" in rule_:
        entries = _at(content, rule_["list"]["from"]) or []
        for number, entry in enumerate(entries, start=1):
            label = rule_["list"]["label"][locale].replace("{n}", str(number))
            section["rows"].append({"label": label, "value": entry[rule_["list"]["path"]]})
    if "table" in rule_ and _at(content, rule_["table"]["from"]):
        section["table"] = _table(rule_["table"], content, content, locale)
    if "images" in rule_ and _at(content, rule_["images"]["from"]):
        section["images"] = [_image(row, content, locale) for row in _at(content, rule_["images"]["from"])]
    return section


def _checklist_section(rule_: Mapping[str, Any], run: Mapping[str, Any], locale: str) -> dict[str, Any]:
    title = report_text(
        "checklist_title", locale, version=run.get("version", 0), name=_either(run, "name", "name_en", locale)
    )
    section: dict[str, Any] = {"id": f"{rule_['id']}-{run['id']}", "title": title, "rows": []}
    if _at(run, rule_["table"]["from"]):
        section["table"] = _table(rule_["table"], run, {}, locale)
    return section


def _table(table: Mapping[str, Any], source: Content, content: Content, locale: str) -> dict[str, Any]:
    """A column without any value is left out; a collapsing one says its word once and then falls silent."""
    entries = _at(source, table["from"])
    columns = []
    for column in table["columns"]:
        cells = [_formatted(column, entry, content, locale) for entry in entries]
        if column.get("collapse"):
            cells = [cell if i == 0 or cell != cells[i - 1] else "" for i, cell in enumerate(cells)]
        if any(cells):
            columns.append((column["label"][locale], cells))
    return {
        "head": [label for label, _ in columns],
        "rows": [[cells[i] for _, cells in columns] for i in range(len(entries))],
        "marks": [str(entry.get(table["mark"], "")) if "mark" in table else "" for entry in entries],
    }


def _image(row: Mapping[str, Any], content: Content, locale: str) -> dict[str, str]:
    taken = local_time(row.get("taken_at", ""), _offset(content))
    label = _either(row, "label", "label_en", locale)
    said = row.get("caption", "")
    own = said if said not in (row.get("label"), row.get("label_en")) else ""
    parts = [_value("purpose", row.get("purpose"), locale), label, own, taken]
    caption = " / ".join(part for part in parts if part)
    return {"id": row["id"], "sha256": row["sha256"], "caption": caption}


def _formatted(row: Mapping[str, Any], source: Content, content: Content, locale: str) -> str:
    value = _at(source, row["path"])
    text = _FORMATS[row.get("format", "text")](value, row, source, content, locale)
    more = _at(source, row["then"]) if "then" in row else ""
    return text + report_text("colon", locale) + more if text and more else text or more or ""


def _names(value: Any, locale: str) -> str:
    names = [_either(one, "name", "name_en", locale) for one in value or []]
    return report_text("comma", locale).join(names)


def _answer(answer: Content, locale: str) -> str:
    """An answer as a sentence of a few characters: `31 ℃（超限）`, `合格 / 照片 2 张`, `—` when there is none."""
    kind, verdict, count = answer.get("type"), answer.get("verdict"), len(answer.get("photos") or [])
    text = _said(answer, answer, locale)
    if verdict == "fail" and kind != "check":
        text = report_text("out_of_limits" if kind == "number" else "failed", locale, value=text)
    if others := [_said(answer, one, locale) for one in answer.get("others") or []]:
        words = report_text("comma", locale).join(dict.fromkeys(others))
        text = report_text("another_phone", locale, others=words, value=text or report_text("nothing", locale))
    pictures = ""
    if count:
        given = kind == "signature"
        pictures = report_text("given", locale) if given else report_text("photos", locale, n=count)
    return " / ".join(part for part in (text, pictures) if part) or report_text("nothing", locale)


def _said(answer: Content, one: Content, locale: str) -> str:
    """A value in words: that of the answer itself, or another phone's."""
    if answer.get("type") == "check":
        return _value("check", one.get("value"), locale)
    text = _either(one, "value", "value_en", locale)
    return f"{text} {answer['unit']}" if answer.get("type") == "number" and text and answer.get("unit") else text


_FORMATS: Mapping[str, Any] = {
    "text": lambda value, row, source, content, locale: value or "",
    "name": lambda value, row, source, content, locale: _either(value or {}, "name", "name_en", locale),
    "names": lambda value, row, source, content, locale: _names(value, locale),
    "either": lambda value, row, source, content, locale: _either(source, row["path"], row["path_en"], locale),
    "list": lambda value, row, source, content, locale: report_text("comma", locale).join(value or []),
    "value": lambda value, row, source, content, locale: _value(row["of"], value, locale),
    "instant": lambda value, row, source, content, locale: local_time(value or "", _offset(content)),
    "quantity": lambda value, row, source, content, locale: f"{value} {source.get(row['unit'], '')}".strip(),
    "answer": lambda value, row, source, content, locale: _answer(source, locale),
    "money": lambda value, row, source, content, locale: yuan(value) if isinstance(value, int) else "",
}


def _value(table: str, key: Any, locale: str) -> str:
    """The word for a code; the code itself when the rules do not know it, as on a phone of an older version."""
    if not key:
        return ""
    words = _RULES["values"][table].get(str(key))
    return str(words[locale]) if words else str(key)


def _either(row: Mapping[str, Any], field: str, field_en: str, locale: str) -> str:
    return str((row.get(field_en) if locale == "en" else "") or row.get(field) or "")


def _offset(content: Content) -> int:
    return int(content.get("utc_offset_minutes", DEFAULT_UTC_OFFSET_MINUTES))


def _at(source: Any, path: str) -> Any:
    for key in path.split("."):
        source = source.get(key) if isinstance(source, Mapping) else None
    return source
