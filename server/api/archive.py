"""The archive's door: searched and read at the server, because no device holds it (F7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from server import clock
from server.api.fields import Text
from server.api.identity import current_user, requires
from server.archive import Asked, may_read, search
from server.extensions import db
from server.models import FeedRow, WorkOrder
from server.problems import Problem
from server.scopes import ZONE
from sync.protocol import is_id

MAX_QUESTION = 200  # characters

blueprint = Blueprint("archive", __name__, url_prefix="/api/archive", description="Search over every ended work order")


class Question(Schema):
    q = Text(longest=MAX_QUESTION, load_default="")
    since = fields.Date(load_default=None, metadata={"description": "ended on this day or later"})
    until = fields.Date(load_default=None, metadata={"description": "ended on this day or before"})
    site_id = fields.UUID(load_default=None)
    level = fields.Integer(load_default=None, validate=validate.OneOf((1, 2, 3)))
    before = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1), metadata={"description": "`next`"}
    )


class Hit(Schema):
    id = fields.String()
    number = fields.String()
    title = fields.String()
    kind = fields.String()
    level = fields.Integer()
    state = fields.String()
    site_id = fields.String()
    site_name = fields.String()
    customer_name = fields.String()
    reported_at = fields.String()
    ended_at = fields.String()
    around = fields.String(metadata={"description": "what stands around the first word found, folded"})


class Hits(Schema):
    items = fields.List(fields.Nested(Hit))
    next = fields.Integer(allow_none=True)
    about = fields.Integer(allow_none=True)
    words = fields.List(fields.String())


@blueprint.get("")
@requires()
@blueprint.arguments(Question, location="query")
@blueprint.response(200, Hits)
def ask(question: dict[str, Any]) -> dict[str, Any]:
    """Tickets that have all words, the newest first; each is one the asker may see."""
    since, until = (_midnight(question[name], extra) for name, extra in (("since", 0), ("until", 1)))
    site_id = str(question["site_id"]) if question["site_id"] else None
    asked = Asked(question["q"], since, until, site_id, question["level"], question["before"])
    found = search(db.session(), current_user, asked)
    items = [
        {
            **{name: getattr(order, name) for name in ("id", "number", "title", "kind", "level", "state", "site_id")},
            "site_name": order.site_name, "customer_name": order.customer_name, "around": line,
            "reported_at": clock.wire(order.reported_at), "ended_at": clock.wire(entry.ended_at),
        }
        for entry, order, line in found.items
    ]  # fmt: skip
    return {"items": items, "next": found.next, "about": found.about, "words": asked.words}


def _midnight(day: date | None, extra_days: int) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - ZONE + timedelta(days=extra_days)
    except OverflowError:
        raise Problem("validation", extra={"errors": {"since": ["not a day"]}}) from None


@blueprint.get("/<order_id>")
@requires()
@blueprint.doc(responses={200: {"description": "{rows: [{noun, id, scope, rev, body}]}: everything under the order"}})
def read(order_id: str) -> Response:
    """A ticket whole, as a device would hold it."""
    if not is_id(order_id) or db.session.scalar(select(WorkOrder.id).where(may_read(current_user, order_id))) is None:
        raise Problem("not-found")
    rows = select(FeedRow).where(FeedRow.scope == f"wo:{order_id}", FeedRow.body.is_not(None)).order_by(FeedRow.row_id)
    parts = [
        f'{{"noun":"{row.noun}","id":"{row.row_id}","scope":"{row.scope}","rev":{row.rev},"body":{row.body}}}'
        for row in db.session.scalars(rows)
    ]  # bodies are served as they are stored
    return Response('{"rows":[' + ",".join(parts) + "]}", mimetype="application/json")
