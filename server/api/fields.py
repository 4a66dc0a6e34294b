"""Fields and base schema of the JSON doors: what no database and no screen could hold is refused with a sentence."""
from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from server.models.base import ID_LENGTH, NAME_LENGTH
from sync.protocol import is_id

MAX_JSON_BYTES = 64 * 1024  # of a body at a door that takes one small form


class Body(Schema):
    """A JSON body. Unknown fields are refused, so that a misspelt one is not taken for a wish that was granted."""


class Text(fields.String):
    """Text that PostgreSQL can store: no NUL, no half of a surrogate pair. Trimmed unless `trim=False`."""

    def __init__(self, *, longest: int = NAME_LENGTH, shortest: int = 0, trim: bool = True, **options: Any):
        super().__init__(validate=validate.Length(min=shortest, max=longest), **options)
        self.trim = trim

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more)
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError("Not a valid text.")
        return text.strip() if self.trim else text


class Id(fields.String):
    """A lower-case UUID with dashes."""

    def __init__(self, **options: Any):
        options.setdefault("metadata", {"format": "uuid", "minLength": ID_LENGTH, "maxLength": ID_LENGTH})
        super().__init__(**options)

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more)
        if not is_id(text):
            raise ValidationError("Not a valid id.")
        return text
