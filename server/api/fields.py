"""What the JSON doors share: the blueprint that reads bodies strictly, the base schema and its fields.

What no database and no screen could hold is refused here, with a sentence.
"""

from __future__ import annotations

from typing import Any, NoReturn

import orjson
from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError, fields, validate
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request

from server import clock
from server.models.base import ID_LENGTH, NAME_LENGTH
from server.problems import Problem
from sync.protocol import is_id

MAX_JSON_BYTES = 64 * 1024  # of a body at a door that takes one small form


def read_json(request: Request) -> Any:
    """The decoded body. Problems `bad-json` and `unsupported-media-type`.

    orjson and not the standard library's reader, which takes NaN and halves of surrogate pairs, and which a body
    of a thousand brackets sends into the depths.
    """
    data = request.get_data()
    if not data:
        return core.missing
    if not is_json_request(request):
        raise Problem("unsupported-media-type")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Problem("bad-json") from error


class StrictParser(FlaskParser):
    """Reads bodies by `read_json` and refuses them as problems."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        return read_json(req)

    def handle_error(self, error: ValidationError, *args: Any, **more: Any) -> NoReturn:
        raise Problem("validation", extra={"errors": _with_text_keys(error.messages)}) from error


def _with_text_keys(messages: Any) -> Any:
    """marshmallow names places in lists by number, and JSON has no such keys."""
    if isinstance(messages, dict):
        return {str(key): _with_text_keys(value) for key, value in messages.items()}
    return messages


class Doors(Blueprint):
    """A blueprint whose bodies are read strictly."""

    ARGUMENTS_PARSER = StrictParser()


class Body(Schema):
    """A JSON body. Unknown fields are refused, so that a misspelt one is not taken for a wish that was granted."""


class Text(fields.String):
    """Text that PostgreSQL can store: no NUL. Trimmed unless `trim=False`."""

    def __init__(self, *, longest: int = NAME_LENGTH, shortest: int = 0, trim: bool = True, **options: Any):
        super().__init__(validate=validate.Length(min=shortest, max=longest), **options)
        self.trim = trim

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more)
        if "\0" in text:
            raise ValidationError("Not a valid text.")
        return text.strip() if self.trim else text


class Moment(fields.String):
    """An instant of an answer, as the wire says it."""

    def __init__(self, **options: Any):
        options.setdefault("metadata", {"format": "date-time"})
        super().__init__(**options)

    def _serialize(self, value: Any, *args: Any, **more: Any) -> str | None:
        return None if value is None else clock.wire(value)


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
