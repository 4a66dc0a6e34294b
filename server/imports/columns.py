"""What a column is called, in the languages people use, and how its cells are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from server.imports.values import MAX_TEXT, Reader, text

_NOISE = re.compile(r"[\s*_.:：·'’\"/-]+")
LONGEST_HEADER = 60  # characters; more is no header but a text

_BRACKETS = re.compile(r"\([^()]*\)\Z")


def normal(header: str) -> str:
    """A header without what people vary: case, spaces, full width, punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).casefold())


@lru_cache(4096)
def spellings(header: str) -> tuple[str, str]:
    """The header, and the header without a remark in brackets: 合同截止(必填)."""
    whole = normal(header)
    return whole, _BRACKETS.sub("", whole)


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a record. `headers`: every name it goes by, the first in Chinese is how we call it."""

    field: str
    headers: tuple[str, ...]
    read: Reader
    required: bool = False
    names: frozenset[str] = frozenset()

    def is_called(self, header: str) -> bool:
        return any(spelling in self.names for spelling in spellings(header))


def column(field: str, headers: str, read: Reader | None = None, *, required: bool = False) -> Column:
    """`headers` separated by `|`; the field's own name always counts."""
    given = tuple(headers.split("|"))
    names = frozenset(normal(name) for name in (*given, field))
    return Column(field, given, read or text(), required, names)


def column_of(columns: Sequence[Column], header: Any) -> Column | None:
    if not isinstance(header, str) or not header.strip() or len(header) > LONGEST_HEADER:
        return None
    return next((one for one in columns if one.is_called(header)), None)


def fitting(model: Any, field: str) -> Reader:
    """A text as long as the model's column can hold."""
    length = getattr(model.__table__.c[field].type, "length", None)
    return text(length or MAX_TEXT)
