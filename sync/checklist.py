"""Checklists: what is shown, what is wrong, what is missing, what failed.

An *item* is one entry of a `checklist_version`'s `items` (docs/contract.md). *Answers* are `{item id: {"value",
"note", "photos"?}}`; `photos` are ids of attachments that belong to the answer and are not its value. Values follow
the item's type. Nothing here raises on bad answers: it names what is wrong. `pwa/src/protocol/checklist.ts` is the
twin; both run `tests/vectors/checklist.json`.

A reading outside its limits is a true answer and a failed one, never a wrong one: an instrument is not argued with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sync.answers import in_order, joined, standing
from sync.protocol import is_id

Item = Mapping[str, Any]
Answer = Mapping[str, Any]
Answers = Mapping[str, Answer]

MAX_TEXT = 4000  # characters
MAX_PHOTOS = 30  # of one item

# One definition of blank for both languages: str.strip() and trim() disagree about U+FEFF and U+0085.
_BLANK = re.compile("[ \\t\\r\\n\u00a0\u3000]*\\Z")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?\Z")
_DECIMAL_LOOSE = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_SHOW_IF = re.compile(r"([^=!<>≠≥≤＝＞＜！]+)([=!<>≠≥≤＝＞＜！]+)(.+)\Z", re.DOTALL)
_FULL_WIDTH = str.maketrans("＝＞＜！", "=><!")
_OPERATORS = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "≠": "!=", ">": ">", ">=": ">=", "=>": ">=", "≥": ">=",
    "<": "<", "<=": "<=", "=<": "<=", "≤": "<=",
}  # fmt: skip
_CHECK_WORDS = {
    "合格": "ok", "正常": "ok", "通过": "ok", "不合格": "fail", "异常": "fail", "不通过": "fail", "不适用": "na",
}  # fmt: skip


def is_answered(value: object) -> bool:
    """True when the value says something: not None, not blank, not empty; of a pair both pictures."""
    if value is None:
        return False
    if isinstance(value, str):
        return _BLANK.match(value) is None
    if isinstance(value, list):
        return len(value) > 0
    if isinstance(value, dict):
        return is_answered(value.get("before")) and is_answered(value.get("after"))
    return True


def problem_of(item: Item, value: object) -> str | None:
    """The code of what is wrong with a value, None when it is well formed or absent. Never judges limits.

    Codes: `not-a-check`, `not-a-number`, `number-too-long` (12 digits, 6 decimals), `not-a-text`, `text-too-long`
    (MAX_TEXT characters), `not-an-option`, `not-a-date`, `not-photos`, `too-many-photos` (MAX_PHOTOS),
    `not-a-pair`, `not-a-signature`, `unknown-type`.
    """
    check = _CHECKS.get(item["type"])
    if check is None:
        return "unknown-type"
    if value is None or value == "" or value == []:
        return None
    return check(item, value)


def verdict(item: Item, value: object) -> str:
    """How an answer counts: `ok`, `fail`, `na`, or `none` when it is absent, faulty or of a kind that is not judged.

    A number is judged by `min` and `max` (both inclusive), a choice by the item's optional `fail_options`.
    """
    if not is_answered(value) or problem_of(item, value):
        return "none"
    if item["type"] == "check":
        return str(value)
    if item["type"] == "number":
        return _number_verdict(item, str(value))
    if item["type"] == "choice" and item.get("fail_options"):
        return "fail" if value in item["fail_options"] else "ok"
    return "none"


def visible(item: Item, answers: Answers, items: Sequence[Item]) -> bool:
    """Whether an item is shown. A condition on a hidden or unknown item is false; a circle of conditions hides all."""
    return str(item["id"]) in visible_ids(items, answers)


def visible_ids(items: Sequence[Item], answers: Answers) -> set[str]:
    """Ids of the items to show."""
    by_id = {str(item["id"]): item for item in items}
    known: dict[str, bool] = {}

    def shown(item: Item) -> bool:
        item_id = str(item["id"])
        if item_id not in known:
            known[item_id] = False  # a circle of conditions hides all its members instead of running for ever
            known[item_id] = _condition_met(item.get("show_if"))
        return known[item_id]

    def _condition_met(condition: Mapping[str, Any] | None) -> bool:
        if not condition:
            return True
        cause = by_id.get(condition["item"])
        return cause is not None and shown(cause) and _holds(condition, cause, _value(answers, cause))

    return {str(item["id"]) for item in items if shown(item)}


def missing(items: Sequence[Item], answers: Answers) -> list[dict[str, str]]:
    """What stands between a run and "completed": `[{"item", "code"}]` in the template's order.

    Codes: those of `problem_of`, `required` (mandatory and unanswered), `double-answer` (two phones contradict each
    other and nobody has chosen), and of a failed item what its `on_fail` asks
    for: `photo-required`, `note-required`, `defect-required`. A hidden item needs no answer and its stale answer does
    not count.
    """
    found: list[dict[str, str]] = []
    for item in _shown(items, answers):
        codes = _missing_codes(item, answers.get(item["id"]))
        found.extend({"item": str(item["id"]), "code": code} for code in codes)
    return found


def failed(items: Sequence[Item], answers: Answers) -> list[str]:
    """Ids of visible items whose answer is a failure, in the template's order."""
    return [str(item["id"]) for item in _shown(items, answers) if verdict(item, _value(answers, item)) == "fail"]


def progress(items: Sequence[Item], answers: Answers) -> dict[str, int]:
    """`{"done", "total"}`: visible items answered without a fault, and visible items."""
    shown = _shown(items, answers)
    return {"done": sum(_is_done(item, _value(answers, item)) for item in shown), "total": len(shown)}


def defects_of(defects: Iterable[Mapping[str, Any]], run_id: str) -> list[Mapping[str, Any]]:
    """The defects (dicts with `id` beside the body) that were found or looked at again in a run.

    A picture of last month says nothing about today: one that was found earlier is given without its photos.
    """
    kept = [row for row in defects if _counts(row) and run_id in (row.get("run_id"), row.get("checked_run_id"))]
    return [row if row.get("run_id") == run_id else {**row, "photos": []} for row in kept]


def latest_answers(
    rows: Iterable[Mapping[str, Any]],
    attachments: Iterable[Mapping[str, Any]] = (),
    defects: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The answer that counts per item, from `checklist_answer` rows and attachments (dicts with `id` beside the body).

    Answers are only ever added, and what several phones said is put together as `sync/answers.py` says: an item whose
    answers contradict each other names them in `doubles`. Photos are attachments whose parent is any answer given to
    the item, because a second answer does not undo a picture, and those of its defects. An item with `defects` (those
    of the run, see `defects_of`) has their ids. Withdrawn and discarded rows do not count.
    """
    counted = in_order(rows)
    item_of = {row["id"]: row["item_id"] for row in counted}
    answers: dict[str, Any] = {}
    for item_id in dict.fromkeys(item_of.values()):
        left = standing([row for row in counted if row["item_id"] == item_id])
        value, different = joined(left)
        answers[item_id] = {"value": value, "note": _note(left, different), "photos": []}
        if different:
            answers[item_id]["doubles"] = [row["id"] for row in different]
    for photo in attachments:
        if _counts(photo) and photo.get("parent_noun") == "checklist_answer" and photo.get("parent_id") in item_of:
            answers[item_of[photo["parent_id"]]]["photos"].append(photo["id"])
    for defect in defects:
        answer = answers.get(defect.get("item_id") or "")
        if answer is not None and _counts(defect):
            answer.setdefault("defects", []).append(defect["id"])
            answer["photos"] += [photo["id"] for photo in defect.get("photos") or []]
    return answers


def parse_show_if(text: str) -> dict[str, str]:
    """Reads `ac-03>30` as `{"item": "ac-03", "op": ">", "value": "30"}`.

    Operators `= != > >= < <=` and the ways people type them in Excel (`==`, `<>`, `≠`, `≥`, `≤`, full-width ones).
    The value may be Chinese and may hold operators itself. Raises ValueError when there is no item, operator or value.
    """
    match = _SHOW_IF.match(text.strip())
    if not match:
        raise ValueError(f"not a condition: {text!r} (expected for example ac-03>30)")
    item, typed, value = (part.strip() for part in match.groups())
    operator = _OPERATORS.get(typed.translate(_FULL_WIDTH))
    if not item or not value or operator is None:
        raise ValueError(f"not a condition: {text!r} (an item, one of = != > >= < <= and a value are needed)")
    return {"item": item, "op": operator, "value": value}


def _note(left: Sequence[Mapping[str, Any]], different: Sequence[Mapping[str, Any]]) -> str:
    """Of a contradiction the note of the answer that is shown; else all that was noted, each once."""
    notes = [row.get("note") or "" for row in (different[-1:] or left)]
    return "\n".join(dict.fromkeys(note for note in notes if note))


def _shown(items: Sequence[Item], answers: Answers) -> list[Item]:
    ids = visible_ids(items, answers)
    return [item for item in items if item["id"] in ids]


def _value(answers: Answers, item: Item) -> object:
    answer = answers.get(item["id"])
    return answer.get("value") if answer else None


def _is_done(item: Item, value: object) -> bool:
    return is_answered(value) and problem_of(item, value) is None


def _missing_codes(item: Item, answer: Answer | None) -> list[str]:
    value = answer.get("value") if answer else None
    codes: list[str] = []
    problem = problem_of(item, value)
    if problem:
        codes.append(problem)
    elif item.get("mandatory") and not is_answered(value):
        codes.append("required")
    if answer and answer.get("doubles"):
        codes.append("double-answer")
    if answer and verdict(item, value) == "fail":
        wanted = item.get("on_fail") or []
        if "photo" in wanted and not answer.get("photos"):
            codes.append("photo-required")
        if "note" in wanted and not is_answered(answer.get("note")):
            codes.append("note-required")
        if "defect" in wanted and not answer.get("defects"):
            codes.append("defect-required")
    return codes


def _counts(row: Mapping[str, Any]) -> bool:
    return not row.get("withdrawn") and row.get("late_state") != "discarded"


def _holds(condition: Mapping[str, Any], cause: Item, value: object) -> bool:
    """A condition on an unanswered item does not hold, not even `!=`: nothing is asked before its cause is known."""
    if not isinstance(value, str) or not is_answered(value) or problem_of(cause, value):
        return False
    wanted = str(condition["value"])
    operator = str(condition["op"])
    if cause["type"] == "number":
        order = _compare_decimals(value, wanted)
    elif cause["type"] == "date":
        order = (value > wanted) - (value < wanted) if _is_date(wanted) else None
    else:
        equal = value == _meant(cause, wanted)
        return equal if operator == "=" else operator == "!=" and not equal
    return order is not None and operator in _ORDERS and _ORDERS[operator](order)


_ORDERS: Mapping[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
}


def _meant(cause: Item, wanted: str) -> str:
    """The stored value behind the word an author used: 不合格 for `fail`, an English option for its Chinese one."""
    if cause["type"] == "check":
        return _CHECK_WORDS.get(wanted, wanted)
    options, english = list(cause.get("options") or []), list(cause.get("options_en") or [])
    if cause["type"] == "choice" and wanted not in options and wanted in english[: len(options)]:
        return str(options[english.index(wanted)])
    return wanted


def _number_verdict(item: Item, value: str) -> str:
    low = None if item.get("min") is None else _compare_decimals(value, str(item["min"]))
    high = None if item.get("max") is None else _compare_decimals(value, str(item["max"]))
    if low is None and high is None:
        return "none"
    return "fail" if (low is not None and low < 0) or (high is not None and high > 0) else "ok"


def _compare_decimals(a: str, b: str) -> int | None:
    """-1, 0 or 1; None when either is not a decimal of ours. Exact, in whole millionths."""
    if not _DECIMAL.match(a) or not _DECIMAL.match(b):
        return None
    x, y = _millionths(a), _millionths(b)
    return (x > y) - (x < y)


def _millionths(text: str) -> int:
    whole, _, part = text.lstrip("-").partition(".")
    size = int(whole + part.ljust(6, "0"))
    return -size if text.startswith("-") else size


def _is_date(value: object) -> bool:
    match = _DATE.match(value) if isinstance(value, str) else None
    if not match:
        return False
    year, month, day = (int(part) for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return year >= 1900


def _text_problem(item: Item, value: object) -> str | None:
    if not isinstance(value, str):
        return "not-a-text"
    return "text-too-long" if len(value) > MAX_TEXT else None


def _number_problem(item: Item, value: object) -> str | None:
    if not isinstance(value, str) or not _DECIMAL_LOOSE.match(value):
        return "not-a-number"
    return None if _DECIMAL.match(value) else "number-too-long"


def _photos_problem(item: Item, value: object) -> str | None:
    if not isinstance(value, list) or not all(is_id(one) for one in value):
        return "not-photos"
    return "too-many-photos" if len(value) > MAX_PHOTOS else None


def _pair_problem(item: Item, value: object) -> str | None:
    if not isinstance(value, dict) or not set(value) <= {"before", "after"}:
        return "not-a-pair"
    return None if all(one is None or is_id(one) for one in value.values()) else "not-a-pair"


_CHECKS: Mapping[str, Callable[[Item, object], str | None]] = {
    "check": lambda item, value: None if value in ("ok", "fail", "na") else "not-a-check",
    "number": _number_problem,
    "text": _text_problem,
    "choice": lambda item, value: (
        None if isinstance(value, str) and value in (item.get("options") or []) else "not-an-option"
    ),
    "date": lambda item, value: None if _is_date(value) else "not-a-date",
    "photo": _photos_problem,
    "photo_pair": _pair_problem,
    "scan": _text_problem,
    "signature": lambda item, value: None if is_id(value) else "not-a-signature",
}
