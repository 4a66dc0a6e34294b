"""Argument fields the verbs share, with the limits of what a person can sensibly mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from server import clock
from server.models.base import NAME_LENGTH
from sync.protocol import is_id

MAX_TEXT = 10_000  # characters of a free text
MAX_LIST = 200  # entries of a list
MAX_QUANTITY = 100_000
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
NEWEST = datetime(2100, 1, 1, tzinfo=UTC)


class ArgsSchema(Schema):
    """Unknown arguments are an error: dropping them silently would lose what someone typed."""

    class Meta:
        unknown = RAISE


class Id(fields.Field[str]):
    """A lower-case UUID."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not is_id(value):
            raise ValidationError("not an id")
        return str(value)


class Text(fields.Field[str]):
    """A text without NUL (PostgreSQL cannot hold it) of bounded length."""

    def __init__(self, longest: int = MAX_TEXT, shortest: int = 0, **options: Any):
        super().__init__(**options)
        self.longest = longest
        self.shortest = shortest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("not a text")
        if "\0" in value or not self.shortest <= len(value) <= self.longest:
            raise ValidationError(f"needs {self.shortest} to {self.longest} characters")
        return value


class Name(Text):
    """A short text on one line."""

    def __init__(self, **options: Any):
        super().__init__(longest=NAME_LENGTH, shortest=1, **options)


class At(fields.Field[datetime]):
    """An instant with a zone, between 2000 and 2100."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            instant = clock.parse(value)
        except (TypeError, ValueError, OverflowError):
            raise ValidationError("not an instant") from None
        if not OLDEST <= instant <= NEWEST:
            raise ValidationError("not in this century")
        return instant


class Json(fields.Field[Any]):
    """Any JSON value of bounded depth, without NUL."""

    def __init__(self, depth: int = 12, **options: Any):
        super().__init__(**options)
        self.depth = depth

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        _check_json(value, self.depth)
        return value


def _check_json(value: Any, depth: int) -> None:
    if depth < 0:
        raise ValidationError("nested too deeply")
    if isinstance(value, str):
        if "\0" in value:
            raise ValidationError("NUL in text")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_json(key, depth - 1)
            _check_json(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check_json(inner, depth - 1)


class JsonObject(Json):
    """A JSON object."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("not an object")
        _check_json(value, self.depth)
        return value


class Changes(JsonObject):
    """`{field: [was, now]}`: what a person saw and what they made of it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, list[Any]]:
        changes = super()._deserialize(value, attr, data, **kwargs)
        if not changes or any(not isinstance(pair, list) or len(pair) != 2 for pair in changes.values()):
            raise ValidationError("needs {field: [was, now]}")
        return changes


def texts(longest: int = NAME_LENGTH, **options: Any) -> fields.List:
    """A list of short texts."""
    return fields.List(Text(longest, shortest=1), validate=validate.Length(max=MAX_LIST), **options)


def one_of(values: Any, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(list(values)), **options)


def quantity(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(1, MAX_QUANTITY), **options)
