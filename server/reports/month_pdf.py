"""The month's report as a PDF to hand on (F4): the numbers of the screen, its charts drawn, and what was written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

from server import clock
from server.reports.month import SITE_COLUMNS
from server.reports.month_words import FIGURE_WORDS, OTHER_WORDS, RATE_WORDS
from server.reports.service_report import FONTS, available, fonts
from server.scopes import ZONE

BARS = 8
MOST_SITES = 60  # lines; the sheet has all of them
TYPES = ("category", "symptom", "asset_class")
#: What only the paper says: Chinese, English.
PAPER_WORDS: dict[str, tuple[str, str]] = {
    "nothing": ("没有", "None"), "was_is": ("上月 {was} · {n}", "last month {was} · {n}"),
    "approved": ("{by} 于 {at} 审批", "Approved by {by} on {at}"),
    "draft": ("尚未审批,仅供内部讨论", "Not approved yet; for discussion only"),
    "made": ("统计时间 {at}", "Counted at {at}"), "more": ("其余 {n} 个现场见 Excel", "{n} more sites in the sheet"),
    "top": ("{title}({of})", "{title} by {of}"),
}  # fmt: skip


def month_pdf(report: Mapping[str, Any], locale: str, approver: str = "") -> bytes:
    """The PDF of `server.reports.month.monthly`. `approver`: the name of who approved what was written."""
    with tempfile.TemporaryDirectory(prefix="month-") as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(_data(report, locale, approver), ensure_ascii=False), "utf-8")
        (folder / "month.typ").write_bytes((Path(__file__).parent / "month.typ").read_bytes())
        made = typst.compile(str(folder / "month.typ"), root=str(folder), font_paths=fonts(), format="pdf")
    assert isinstance(made, bytes)
    return made


def _data(report: Mapping[str, Any], locale: str, approver: str) -> dict[str, Any]:
    """What the template reads: only text that is ready to stand on paper, and what charts are drawn from."""
    column = 1 if locale == "en" else 0
    other = {name: words[column] for name, words in OTHER_WORDS.items()}
    paper = {name: words[column] for name, words in PAPER_WORDS.items()}
    written = report["report"] or {}
    approved = bool(written.get("approved_at"))
    return {
        "title": f"{other['title']} {report['month']}", "lang": locale[:2], "fonts": available(FONTS),
        "texts": {**other, **paper}, "made": paper["made"].format(at=_local(report["made_at"])), "approved": approved,
        "approval": paper["approved"].format(by=approver, at=_local(written["approved_at"])) if approved
        else paper["draft"],
        "cards": _cards(report["rates"], report["means"], column),
        "months": [line["month"] for line in report["trend"]],
        "trend": _two(report, column),
        "satisfaction": _series(report, "satisfaction", RATE_WORDS["satisfaction"][column], "{:.1f}"),
        "words": {name: str(written.get(name) or "") for name in ("analysis", "improvements")},
        "types": [_bars(report["types"][name], paper["top"].format(title=other["types"], of=other[name]), column)
                  for name in TYPES],
        "figures": [_figure(FIGURE_WORDS[name][column], one) for name, one in report["figures"].items()],
        "quarter": {"title": f"{other['quarter']} {report['quarter']['name']}", "name": report["quarter"]["name"],
                    "rows": _quarter(report, column)},
        "sites": _sites(report["sites"], column, other["site"], paper["more"]),
    }  # fmt: skip


def _local(instant: str) -> str:
    return f"{clock.parse(instant) + ZONE:%Y-%m-%d %H:%M}"


def _said(value: float | None, is_rate: bool) -> str:
    return "–" if value is None else f"{value:.1f}%" if is_rate else f"{value:.1f}"


def _aim(one: Mapping[str, Any], is_rate: bool) -> tuple[str, bool | None]:
    """What is aimed at, and whether it was met; nothing where there is no aim, or no value."""
    if one["aim"] is None:
        return "", None
    less = bool(one.get("less_is_better"))
    text = f"{'≤' if less else '≥'} {one['aim']:g}{'%' if is_rate else ''}"
    if one["value"] is None:
        return text, None
    met = one["value"] <= one["aim"] if less else one["value"] >= one["aim"]
    return f"{text} {'✓' if met else '✗'}", met


def _cards(rates: Mapping[str, Any], means: Mapping[str, Any], column: int) -> list[dict[str, Any]]:
    cards = []
    for group, is_rate in ((rates, True), (means, False)):
        for name, one in group.items():
            aim, good = _aim(one, is_rate)
            n = f"{one['n']} / {one['of']}" if is_rate else f"n = {one['n']}"
            was = PAPER_WORDS["was_is"][column].format(was=_said(one["was"], is_rate), n=n)
            cards.append({"name": RATE_WORDS[name][column], "value": _said(one["value"], is_rate), "was": was,
                          "aim": aim, "good": good})  # fmt: skip
    return cards


def _series(report: Mapping[str, Any], key: str, name: str, form: str) -> dict[str, Any]:
    values = [line[key] for line in report["trend"]]
    return {"name": name, "values": values, "said": ["" if v is None else form.format(v) for v in values]}


def _two(report: Mapping[str, Any], column: int) -> list[dict[str, Any]]:
    """What was reported and what was put right; where both are the same, one number is enough."""
    first, second = (_series(report, name, FIGURE_WORDS[name][column], "{:.0f}") for name in ("registered", "resolved"))
    pairs = zip(second["said"], first["said"], strict=True)
    return [first, {**second, "said": ["" if mine == other else mine for mine, other in pairs]}]


def _bars(lines: list[Mapping[str, Any]], title: str, column: int) -> dict[str, Any]:
    shown = [{"name": (one["name_en"] if column else "") or one["name"], "n": one["n"]} for one in lines[:BARS]]
    return {"title": title, "lines": shown}


def _figure(name: str, one: Mapping[str, int]) -> list[str]:
    change = one["n"] - one["was"]
    return [name, str(one["n"]), str(one["was"]), "=" if not change else f"{change:+d}".replace("-", "−")]


def _quarter(report: Mapping[str, Any], column: int) -> list[list[str]]:
    rows = []
    for name, one in report["quarter"]["kpis"].items():
        is_rate = name in report["rates"]
        rows.append([RATE_WORDS[name][column], _said(one["value"], is_rate), _aim(one, is_rate)[0]])
    return rows


def _sites(lines: list[Mapping[str, Any]], column: int, site: str, more: str) -> dict[str, Any]:
    rows = [[one["name"], *(str(one[name]) for name in SITE_COLUMNS)] for one in lines[:MOST_SITES]]
    if len(lines) > MOST_SITES:
        rows.append([more.format(n=len(lines) - MOST_SITES), *[""] * len(SITE_COLUMNS)])
    return {"head": [site, *(FIGURE_WORDS[name][column] for name in SITE_COLUMNS)], "rows": rows}
