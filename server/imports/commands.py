"""`flask import`: files or folders from the shell."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from server.extensions import db
from server.imports import Result, Source, import_files
from server.imports.kinds import KINDS
from server.imports.sheets import MAX_FILE_BYTES
from server.problems import LANGUAGES, sentence

SUFFIXES = (".xlsx", ".csv")
MAX_FAULTS = 200  # lines; more help nobody in a terminal
LABELS = {**{name: kind.label for name, kind in KINDS.items()}, "team": ("班组", "team")}
HEADINGS = {
    "zh-CN": ("内容", "新增", "更新", "不变", "有误"),
    "en": ("what", "new", "changed", "same", "bad"),
}
WORDS = {
    "reading": ("读取 {n} 个文件", "reading {n} files"),
    "done": ("已导入,用时 {s:.1f} 秒", "imported in {s:.1f} s"),
    "dry": ("试运行,未写入任何数据", "dry run: nothing was written"),
    "partial": ("有误的行未导入,其余已导入", "the bad rows were left out, the others imported"),
    "more": ("…… 还有 {n} 处", "… and {n} more"),
    "ignored": ("未使用的列:{columns}", "columns not used: {columns}"),
    "passwords": ("新用户的初始密码(只显示这一次):", "initial passwords of new users (shown this once):"),
    "row": ("第 {row} 行", "row {row}"),
}


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--partial", is_flag=True, help="Import the good rows and name the bad ones.")
@click.option("--locale", type=click.Choice(LANGUAGES), default=LANGUAGES[0], help="Language of what is said.")
@with_appcontext
def import_command(paths: tuple[Path, ...], dry_run: bool, partial: bool, locale: str) -> None:
    """Import users, customers, sites, assets, parts, stock, prices, checklists, catalogue and knowledge.

    PATHS are .xlsx and .csv files, or folders of them. All rows or none, unless --partial.
    """
    files = list(_files(paths))
    _say(locale, "reading", n=len(files))
    began = time.monotonic()
    result = import_files(db.session(), map(_source, files), dry_run=dry_run, partial=partial)
    click.echo(_table(result.counts, locale))
    _name_faults(result, locale)
    if result.ignored:
        named = [f"{place} {place.column}" for place in result.ignored]
        _say(locale, "ignored", columns="、".join(named))
    if result.passwords:
        _say(locale, "passwords")
        for login, password in result.passwords:
            click.echo(f"  {login}  {password}")
    if dry_run:
        _say(locale, "dry")
    elif result.written:
        _say(locale, "done" if result.ok else "partial", s=time.monotonic() - began)
    else:
        click.echo(sentence("import-refused", locale), err=True)
    if not result.ok:
        raise SystemExit(1)


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            # `~$…` is what Excel leaves beside an open workbook.
            yield from sorted(p for p in path.glob("[!~.]*") if p.suffix.lower() in SUFFIXES)
        else:
            yield path


def _source(path: Path) -> Source:
    """The file, read no further than it takes to see that it is too large."""
    with path.open("rb") as file:
        return Source(path.name, file.read(MAX_FILE_BYTES + 1))


def _say(locale: str, key: str, **words: Any) -> None:
    chinese, english = WORDS[key]
    click.echo((english if locale == "en" else chinese).format(**words))


def _table(counts: dict[str, dict[str, int]], locale: str) -> str:
    rows: list[tuple[str, ...]] = [HEADINGS[locale]]
    for kind, count in counts.items():
        label = LABELS[kind][1 if locale == "en" else 0]
        rows.append((label, *(str(count[name]) for name in ("new", "changed", "same", "bad"))))
    return "\n".join("  " + "".join(_padded(cell, 18 if n == 0 else 9) for n, cell in enumerate(row)) for row in rows)


def _padded(text: str, width: int) -> str:
    """Padded to columns of the terminal, where a Chinese character takes two."""
    return text + " " * max(width - sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text), 1)


def _name_faults(result: Result, locale: str) -> None:
    chinese, english = WORDS["row"]
    for fault in result.faults[:MAX_FAULTS]:
        place = fault.place
        row = (english if locale == "en" else chinese).format(row=place.row) if place.row else None
        where = " · ".join(part for part in (place.file, place.sheet, row, place.column) if part)
        value = f"「{fault.value}」 " if fault.value is not None else ""
        click.echo(f"  {where}: {value}{fault.reason(locale)} [{fault.code}]", err=True)
    if len(result.faults) > MAX_FAULTS:
        _say(locale, "more", n=len(result.faults) - MAX_FAULTS)
