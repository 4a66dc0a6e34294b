"""The door of rescue files: brought, looked at, imported. The office does this for a phone that cannot."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from flask import current_app, request
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server import clock, rescue
from server.api.fields import Doors
from server.api.identity import current_user, requires
from server.config import MAX_RESCUE_BYTES
from server.extensions import db
from server.models import RescueBundle, User
from server.problems import Problem
from sync.protocol import is_id

IMPORTERS = ("dispatcher", "supervisor", "admin")
BLOCK_BYTES = 256 * 1024
MOST_ROWS = 100  # of the list: the newest

blueprint = Doors("rescue", __name__, url_prefix="/api/rescue", description="What phones could not send, by hand")


class RescueBody(Schema):
    """`about` says what is in the file and what importing it would come to; `result`, what the last import came to."""

    id = fields.String()
    brought_by = fields.String()
    brought_by_name = fields.String()
    brought_at = fields.String(metadata={"format": "date-time"})
    imported_by_name = fields.String(allow_none=True)
    imported_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    size = fields.Integer()
    kept = fields.Boolean(metadata={"description": "the file is still here and can be imported (again)"})
    about = fields.Dict()
    result = fields.Dict(allow_none=True)


@blueprint.post("")
@requires(*IMPORTERS)
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
)
@blueprint.response(200, RescueBody)
def bring() -> dict[str, Any]:
    """Takes a rescue file and says what is in it. Nothing is imported yet. The same file again is the same row."""
    request.max_content_length = MAX_RESCUE_BYTES
    if (request.content_length or 0) > MAX_RESCUE_BYTES:
        raise Problem("too-large", limit=f"{MAX_RESCUE_BYTES // 1024 // 1024} MiB")
    scratch = rescue.folder() / f".{secrets.token_hex(8)}.part"
    try:
        digest, size = _receive(scratch)
        contents = rescue.look(scratch)
        row = db.session.scalar(select(RescueBundle).where(RescueBundle.sha256 == digest))
        if row is None:
            row = RescueBundle(sha256=digest, size=size, brought_by=current_user.id, brought_at=clock.now())
            db.session.add(row)
        _describe(row, contents)
        db.session.flush()
        scratch.replace(rescue.path_of(row))
        row.kept = True
        db.session.commit()
    except IntegrityError:  # the same file at the same moment
        raise Problem("conflict") from None
    finally:
        scratch.unlink(missing_ok=True)
    return _body(row)


def _describe(row: RescueBundle, contents: rescue.Contents) -> None:
    about = rescue.describe(contents)
    row.about, row.proven, row.damaged = about, about["proven"], contents.damaged
    row.user_id, row.user_name, row.device_id = contents.user_id, about["user"]["name"], contents.device_id
    row.made_at, row.acts, row.files = about["made_at"] or "", len(contents.acts), len(contents.files)


@blueprint.post("/<rescue_id>/import")
@requires(*IMPORTERS)
@blueprint.response(200, RescueBody)
def bring_in(rescue_id: str) -> dict[str, Any]:
    """Imports a file that was brought: its acts in their author's name, then its files. Any number of times."""
    row = db.session.get(RescueBundle, rescue_id) if is_id(rescue_id) else None
    if row is None:
        raise Problem("not-found")
    return _body(rescue.bring_in(row, current_user.id))


@blueprint.get("")
@requires(*IMPORTERS)
@blueprint.response(200, RescueBody(many=True))
def listed() -> list[dict[str, Any]]:
    """The rescue files that came, the newest first."""
    query = select(RescueBundle).order_by(RescueBundle.brought_at.desc(), RescueBundle.id).limit(MOST_ROWS)
    return [_body(row) for row in db.session.scalars(query)]


def _receive(path: Path) -> tuple[str, int]:
    """Streams the body to the disk; gives its SHA-256 and its size. No transaction is open meanwhile."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            while block := request.stream.read(BLOCK_BYTES):
                digest.update(block)
                size += len(block)
                if size > MAX_RESCUE_BYTES:  # a chunked body does not say its length before
                    raise Problem("too-large", limit=f"{MAX_RESCUE_BYTES // 1024 // 1024} MiB")
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        current_app.logger.exception("a rescue file cannot be written")
        raise Problem("busy", headers={"Retry-After": "30"}) from None
    return digest.hexdigest(), size


def _body(row: RescueBundle) -> dict[str, Any]:
    return {
        "id": row.id,
        "brought_by": row.brought_by,
        "brought_by_name": _name(row.brought_by),
        "brought_at": clock.wire(row.brought_at),
        "imported_by_name": _name(row.imported_by) if row.imported_by else None,
        "imported_at": clock.wire(row.imported_at) if row.imported_at else None,
        "size": row.size,
        "kept": row.kept,
        "about": row.about,
        "result": row.result,
    }


def _name(user_id: str) -> str:
    user = db.session.get(User, user_id)
    return user.name if user else ""
