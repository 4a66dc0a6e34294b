"""The doors of the protocol: push, pull, live."""

from __future__ import annotations

import re
import zlib
from typing import Any

import orjson
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from server.api.identity import clock_read, current_device_id, current_device_last, current_user, signed_in
from server.check import compare, repair
from server.extensions import db
from server.live import stream
from server.problems import Problem
from server.pull import pull
from server.push import push
from sync.check import MAX_CHECK_BYTES, CheckRequest, parse_check
from sync.protocol import (
    MAX_BATCH_BYTES,
    Malformed,
    dump_push_answer,
    parse_pull,
    parse_push,
)

MAX_PULL_BYTES = 4096
COMPRESS_FROM_BYTES = 1024
COMPRESS_LEVEL = 1  # zlib: the phone's link is slow, but the server's CPU is shared by everyone

blueprint = Blueprint("sync", __name__, url_prefix="/api/sync", description="Push acts up, pull rows down")

# A lone surrogate cannot be stored as UTF-8. Refusing it would block the queue behind it, so it becomes U+FFFD.
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class ActSchema(Schema):
    n = fields.Integer(required=True)
    id = fields.UUID(required=True)
    act = fields.String(required=True)
    v = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    args = fields.Dict(required=True)
    group = fields.String(allow_none=True)


class PushSchema(Schema):
    protocol = fields.Integer(required=True)
    device = fields.UUID(required=True)
    epoch = fields.String(allow_none=True)
    sent_at = fields.DateTime(allow_none=True)
    acts = fields.List(fields.Nested(ActSchema), required=True)
    status = fields.Dict(allow_none=True)


class PullSchema(Schema):
    protocol = fields.Integer(required=True)
    device = fields.UUID(required=True)
    cookie = fields.String(allow_none=True)
    limit = fields.Integer()


class CheckSchema(Schema):
    """The first question has `count` and `digest`, the second `scopes`."""

    protocol = fields.Integer(required=True)
    device = fields.UUID(required=True)
    cookie = fields.String(required=True)
    count = fields.Integer()
    digest = fields.String(metadata={"pattern": "^[0-9a-f]{16}$"})
    scopes = fields.Dict(keys=fields.String(), values=fields.List(fields.List(fields.Raw())))
    after = fields.List(fields.String(), allow_none=True)
    upto = fields.List(fields.String(), allow_none=True)


def _body(limit: int) -> Any:
    if (request.content_length or 0) > limit:
        raise Problem("too-large", limit=f"{limit // 1024} KiB")
    data = request.get_data(cache=False)
    if len(data) > limit:
        raise Problem("too-large", limit=f"{limit // 1024} KiB")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return orjson.loads(_LONE_SURROGATE.sub(rb"\\ufffd", data))
        except orjson.JSONDecodeError:
            raise Problem("bad-json") from None


def _own(device_id: str) -> None:
    if device_id != current_device_id():
        raise Problem("device-foreign")


def _answer(body: bytes) -> Response:
    response = Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})
    if len(body) >= COMPRESS_FROM_BYTES and "gzip" in request.accept_encodings:
        response.set_data(_gzip(body))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(COMPRESS_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(body) + packer.flush()


@blueprint.post("/push")
@blueprint.doc(requestBody={"content": {"application/json": {"schema": PushSchema}}})
@signed_in
def push_acts() -> Response:
    """A bounded batch of acts; receipts after the commit."""
    try:
        message = parse_push(_body(MAX_BATCH_BYTES))
    except Malformed as fault:
        raise Problem("malformed", extra={"fault": fault.code, "where": fault.where}, where=fault.where) from None
    _own(message.device)
    answer = push(db.session(), current_user, current_device_id(), message)
    return _answer(orjson.dumps(dump_push_answer(answer)))


@blueprint.post("/pull")
@blueprint.doc(requestBody={"content": {"application/json": {"schema": PullSchema}}})
@signed_in
def pull_rows() -> Response:
    """Rows changed since the cookie in the scopes held; scopes entered and left."""
    try:
        message = parse_pull(_body(MAX_PULL_BYTES))
    except Malformed as fault:
        raise Problem("malformed", extra={"fault": fault.code, "where": fault.where}, where=fault.where) from None
    _own(message.device)
    body = pull(db.session(), current_user.id, current_device_last(), message, clock_read())
    db.session.rollback()
    return _answer(body)


@blueprint.post("/check")
@blueprint.doc(requestBody={"content": {"application/json": {"schema": CheckSchema}}})
@signed_in
def check_rows() -> Response:
    """Whether the device holds what it should; for scopes that differ, what repairs them."""
    try:
        message = parse_check(_body(MAX_CHECK_BYTES))
    except Malformed as fault:
        raise Problem("malformed", extra={"fault": fault.code, "where": fault.where}, where=fault.where) from None
    _own(message.device)
    if isinstance(message, CheckRequest):
        body = compare(db.session, current_user.id, message)  # type: ignore[arg-type]
    else:
        body = repair(db.session, current_user.id, current_device_id(), message)  # type: ignore[arg-type]
    db.session.rollback()
    return _answer(body)


@blueprint.get("/live")
@signed_in
def live() -> Response:
    """An event stream of pokes."""
    user_id, device_id = current_user.id, current_device_id()
    db.session.remove()  # a stream must not hold a connection of the database for an hour
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(stream(user_id, device_id, request.environ), mimetype="text/event-stream", headers=headers)
