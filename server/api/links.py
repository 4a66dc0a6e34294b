"""Links for customers, as the office and the engineer see them: the address and its QR code. And who looked at what."""

from __future__ import annotations

from typing import Any

import segno
from flask import current_app, request
from marshmallow import Schema, fields
from sqlalchemy import select

from server import clock, scopes
from server.acts.link import MAKERS
from server.api.fields import Doors
from server.api.identity import current_user, requires
from server.extensions import db
from server.models import AccessLog, CustomerLink, User
from server.problems import Problem
from server.tokens import hash_of, token_of
from sync.protocol import is_id

MAX_LOG = 500  # lines of the access log in one answer
SEES_LOG = ("admin", "department_head")

blueprint = Doors("links", __name__, url_prefix="/api", description="Links for customers; the access log")


class LinkBody(Schema):
    url = fields.String()
    qr = fields.String(metadata={"description": "an SVG picture as data URI"})


class LogLine(Schema):
    id = fields.String()
    at = fields.String(metadata={"format": "date-time"})
    user_id = fields.String()
    user_name = fields.String()
    noun = fields.String()
    row_id = fields.String()
    reason = fields.String()


@blueprint.get("/links/<link_id>")
@requires()
@blueprint.response(200, LinkBody)
def link_address(link_id: str) -> dict[str, str]:
    """The address of a link, to copy or to show as QR code."""
    link = db.session.get(CustomerLink, link_id) if is_id(link_id) else None
    if link is None or not scopes.holds(db.session(), current_user.id, link.scope()):
        raise Problem("not-found")
    if not current_user.has_role(*MAKERS) and link.created_by != current_user.id:
        raise Problem("forbidden")
    token = token_of(link.id)
    if link.fate(clock.now()) != "live" or hash_of(token) != link.token_hash:  # another key made it
        raise Problem("link-over")
    return _shown(f"/public/l/{token}")


@blueprint.get("/links/report-form")
@requires(*MAKERS)
@blueprint.response(200, LinkBody)
def form_address() -> dict[str, str]:
    """The address of the public report form, for a poster on the door of a control room."""
    return _shown("/public/report")


def _shown(path: str) -> dict[str, str]:
    url = (current_app.config["PUBLIC_URL"] or request.url_root).rstrip("/") + path
    return {"url": url, "qr": segno.make(url, error="m", micro=False).svg_data_uri(scale=4, border=2, dark="#12212a")}


@blueprint.get("/access-log")
@requires(*SEES_LOG)
@blueprint.response(200, LogLine(many=True))
def access_log() -> list[dict[str, Any]]:
    """Who looked at masked personal data, when and why (A6); the latest first."""
    query = select(AccessLog, User.name).outerjoin(User, User.id == AccessLog.user_id)
    query = query.where(AccessLog.act == "contact.reveal")
    rows = db.session.execute(query.order_by(AccessLog.at.desc(), AccessLog.id.desc()).limit(MAX_LOG))
    return [
        {
            "id": row.id, "at": clock.wire(row.at), "user_id": row.user_id, "user_name": name or "",
            "noun": row.noun, "row_id": row.row_id, "reason": row.reason,
        }
        for row, name in rows
    ]  # fmt: skip
