"""Keys of other systems, made and revoked by administrators."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from server import clock
from server.api.fields import MAX_JSON_BYTES, Body, Doors, Moment, Text
from server.api.identity import current_user, requires
from server.audit import write_down
from server.extensions import db
from server.models import ApiKey
from server.problems import Problem
from sync.protocol import is_id

MAX_KEYS = 200  # shown

blueprint = Doors("keys", __name__, url_prefix="/api/keys", description="Keys of other systems")


class KeyForm(Body):
    name = Text(required=True, shortest=1)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(ApiKey.SCOPES)), required=True,
        validate=validate.Length(min=1, max=len(ApiKey.SCOPES)),
    )  # fmt: skip
    expires_at = fields.AwareDateTime(load_default=None, allow_none=True)


class KeyBody(Schema):
    id = fields.String()
    name = fields.String()
    prefix = fields.String()
    scopes = fields.List(fields.String())
    created_at = Moment()
    expires_at = Moment(allow_none=True)
    last_used_at = Moment(allow_none=True)
    last_address = fields.String()
    revoked_at = Moment(allow_none=True)


class FreshKeyBody(KeyBody):
    key = fields.String(metadata={"description": "only in the answer that made it"})


@blueprint.before_request
def _small_bodies() -> None:
    request.max_content_length = MAX_JSON_BYTES


@blueprint.get("")
@requires("admin")
@blueprint.response(200, KeyBody(many=True))
def keys() -> list[ApiKey]:
    """All of them, the newest first; the secret of none."""
    return list(db.session.scalars(select(ApiKey).order_by(ApiKey.id.desc()).limit(MAX_KEYS)))


@blueprint.post("")
@requires("admin")
@blueprint.arguments(KeyForm)
@blueprint.response(201, FreshKeyBody)
def create(form: dict[str, Any]) -> dict[str, Any]:
    """A new key. It is in this answer and in no other."""
    if form["expires_at"] is not None and form["expires_at"] <= clock.now():
        raise Problem("validation", extra={"errors": {"json": {"expires_at": ["It is over already."]}}})
    row = ApiKey(created_by=current_user.id, created_at=clock.now(), last_address="", **form)
    row.scopes = [scope for scope in ApiKey.SCOPES if scope in form["scopes"]]
    key = row.issue()
    db.session.add(row)
    db.session.flush()
    write_down(db.session(), current_user.id, "key.create", "api_key", row.id, row.name, {"scopes": row.scopes})
    db.session.commit()
    return {**{name: getattr(row, name) for name in KeyBody().fields}, "key": key}


@blueprint.post("/<key_id>/revoke")
@requires("admin")
@blueprint.response(200, KeyBody)
def revoke(key_id: str) -> ApiKey:
    """It opens nothing from now on."""
    row = db.session.get(ApiKey, key_id, with_for_update=True) if is_id(key_id) else None
    if row is None:
        raise Problem("not-found")
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = clock.now(), current_user.id
        write_down(db.session(), current_user.id, "key.revoke", "api_key", row.id, row.name)
        db.session.commit()
    return row
