"""Reading the fields of a message: each reader gives the value or says where the contract is broken. No I/O."""

from __future__ import annotations

import re
from typing import Any

MAX_N = 2**53 - 1  # beyond this JavaScript cannot count

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_INSTANT = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)\Z"
)


class Malformed(ValueError):
    """A message that breaks the contract. `code` is stable, `where` a JSON path such as `acts[3].n`."""

    def __init__(self, code: str, where: str):
        super().__init__(f"{code} at {where}")
        self.code = code
        self.where = where


def is_id(value: object) -> bool:
    """True for a lower-case UUID with dashes."""
    return isinstance(value, str) and _UUID.match(value) is not None


def is_instant(value: object) -> bool:
    """True for an ISO 8601 instant with a zone; whether the day exists in its month is not checked here."""
    return isinstance(value, str) and _INSTANT.match(value) is not None


def read_object(value: object, where: str) -> dict[str, Any]:
    """A JSON object; `Malformed` `not-an-object`."""
    if not isinstance(value, dict):
        raise Malformed("not-an-object", where)
    return value


def read_integer(value: object, where: str, low: int, high: int = MAX_N) -> int:
    """An integer from `low` to `high`; `Malformed` `not-an-integer` or `out-of-range`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed("not-an-integer", where)
    if not low <= value <= high:
        raise Malformed("out-of-range", where)
    return value


def read_text(value: object, where: str, longest: int) -> str:
    """A text of 1 to `longest` characters, without NUL; `Malformed` `not-a-text` or `bad-text`."""
    if not isinstance(value, str):
        raise Malformed("not-a-text", where)
    if not value or len(value) > longest or "\0" in value:
        raise Malformed("bad-text", where)
    return value


def read_optional_text(value: object, where: str, longest: int) -> str | None:
    """As `read_text`, or None."""
    return None if value is None else read_text(value, where, longest)


def read_id(value: object, where: str) -> str:
    """A lower-case UUID; `Malformed` `not-an-id`."""
    if not is_id(value):
        raise Malformed("not-an-id", where)
    return str(value)


def read_instant(value: object, where: str) -> str:
    """An ISO 8601 instant with a zone; `Malformed` `not-an-instant`."""
    if not is_instant(value):
        raise Malformed("not-an-instant", where)
    return str(value)


def read_optional_instant(value: object, where: str) -> str | None:
    """As `read_instant`, or None."""
    return None if value is None else read_instant(value, where)
