"""Cells become values: what people and spreadsheets write, read without guessing. Each reader raises `Bad`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from server.imports.faults import Bad

Reader = Callable[[Any], Any]

LARGEST = 2**31 - 1  # of an integer column in PostgreSQL
MAX_TEXT = 10_000  # characters of a free text
EXACT = 10**15  # beyond this Excel's numbers lose digits
YEARS = (1900, 2100)

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d{2,}\Z", re.I)
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00(?:\.0+)?)?)?\Z")
_EXCEL_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
_YES = {"是", "有", "需要", "对", "yes", "y", "true", "1", "√", "✓"}
_NO = {"否", "无", "不需要", "错", "no", "n", "false", "0", "×", "✗"}
_SEPARATORS = re.compile(r"[、,，;；|\n]+")


def plain(cell: Any) -> str:
    """The text of any cell, trimmed; empty for an empty one. A number is written as a person would."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        whole = not (cell.hour or cell.minute or cell.second)
        return cell.date().isoformat() if whole else cell.isoformat(" ", "seconds")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        cell = int(cell)
    text = str(cell).strip(" \t\r\n\u00a0\u3000\ufeff")
    if text in _EXCEL_ERRORS:
        raise Bad("cell-error")
    if _CONTROL.search(text):
        raise Bad("bad-character")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text(limit: int = MAX_TEXT) -> Reader:
    """Any text of at most `limit` characters. What looks like a formula is only text here."""

    def read(cell: Any) -> str:
        is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
        value = plain(cell)
        if (is_number and abs(cell) >= EXACT) or _SCIENTIFIC.match(value):
            raise Bad("digits-lost")
        if len(value) > limit:
            raise Bad("too-long", limit=limit)
        return value

    return read


def day(cell: Any) -> date | None:
    """A day from a date cell or from 2026-11-21, 2026/11/21, 2026.11.21, 2026年11月21日."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if not isinstance(cell, date):
        value = _narrow(cell)
        if not value:
            return None
        match = _DATE.match(value)
        if not match:
            raise Bad("bad-date")
        try:
            cell = date(*(int(part) for part in match.groups()))
        except ValueError:
            raise Bad("bad-date") from None
    if not YEARS[0] <= cell.year <= YEARS[1]:
        raise Bad("bad-date")
    return cell


def _narrow(cell: Any) -> str:
    """Full-width digits and signs as the ordinary ones."""
    return unicodedata.normalize("NFKC", plain(cell)).strip()


def decimal(cell: Any) -> Decimal | None:
    value = _narrow(cell).removeprefix("¥").removesuffix("元").replace(",", "").strip()
    if not value:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Bad("bad-number") from None
    if not number.is_finite():
        raise Bad("bad-number")
    return number


def _between(number: Decimal, low: Decimal | int, high: Decimal | int) -> None:
    if not low <= number <= high:
        raise Bad("out-of-range", low=low, high=high)


def integer(low: int = 0, high: int = LARGEST, default: int | None = 0) -> Reader:
    def read(cell: Any) -> int | None:
        number = decimal(cell)
        if number is None:
            return default
        _between(number, low, high)
        if number != number.to_integral_value():
            raise Bad("bad-integer")
        return int(number)

    return read


def cents(cell: Any) -> int:
    """Yuan with at most two decimals, in fen."""
    number = decimal(cell)
    if number is None:
        return 0
    _between(number, 0, Decimal(LARGEST) / 100)
    fen = number * 100
    if fen != fen.to_integral_value():
        raise Bad("bad-number")
    return int(fen)


def degrees(limit: int) -> Reader:
    """Latitude or longitude as a decimal string, at most 6 places: 10 cm."""

    def read(cell: Any) -> str:
        number = decimal(cell)
        if number is None:
            return ""
        _between(number, -limit, limit)
        return decimal_text(number.quantize(Decimal("0.000001")))

    return read


def decimal_text(number: Decimal) -> str:
    """`11.4`, `2000`, never `2E+3` or `-0`."""
    written = f"{number:f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in ("-0", "") else written


def yes_no(cell: Any) -> bool:
    value = _narrow(cell).casefold()
    if not value or value in _NO:
        return False
    if value in _YES:
        return True
    raise Bad("bad-yes-no")


def in_use(cell: Any) -> bool:
    """Yes unless it says no."""
    return yes_no(cell) if _narrow(cell) else True


def one_of(words: Mapping[str, str], default: str | None = None) -> Reader:
    """A code by any of its names; `words` maps names (lower case) to codes. Codes name themselves."""
    codes = {code.casefold(): code for code in words.values()}

    def read(cell: Any) -> str | None:
        value = _narrow(cell)
        if not value:
            return default
        found = words.get(value.casefold(), codes.get(value.casefold()))
        if found is None:
            raise Bad("not-allowed", allowed="、".join(dict.fromkeys(words)))
        return found

    return read


def several(read_one: Reader) -> Reader:
    """A list, separated by 、 , ; | or a line break; without repetitions."""

    def read(cell: Any) -> list[Any]:
        parts = [part.strip() for part in _SEPARATORS.split(plain(cell))]
        return list(dict.fromkeys(read_one(part) for part in parts if part))

    return read


def asset_class(cell: Any) -> str:
    """A class of equipment; 通用 fits every class, which is written as none."""
    value = text(64)(cell)
    return "" if value.casefold() in ("通用", "all", "general") else value
