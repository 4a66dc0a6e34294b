"""Who did what: the journal of acts, and what was done past it, searched and handed on by administrators."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from server import clock
from server.api.fields import Doors, Id, Text
from server.api.identity import current_user, requires
from server.audit import write_down
from server.extensions import db, reading
from server.problems import LANGUAGES, Problem, language
from server.reports.audit import FORMS, MOST_LINES, Asked, audit_file, lines_of
from server.scopes import ZONE

PAGE = 100

blueprint = Doors("audit", __name__, url_prefix="/api/audit", description="Who did what")


class AuditQuestion(Schema):
    of = fields.String(load_default=None, validate=validate.OneOf(Asked.SOURCES))
    since = fields.Date(load_default=None)
    until = fields.Date(load_default=None, metadata={"description": "this day too"})
    user_id = Id(load_default=None)
    act = Text(longest=64, load_default="", metadata={"description": "the beginning of an act: `visit.`"})
    number = Text(longest=32, load_default="", metadata={"description": "of a work order"})
    before = Text(longest=100, load_default="", metadata={"description": "`next`"})


class FileQuestion(AuditQuestion):
    lang = fields.String(load_default=None, validate=validate.OneOf(LANGUAGES))


class LineBody(Schema):
    id = fields.String()
    at = fields.String(metadata={"format": "date-time"})
    user_id = fields.String()
    user_name = fields.String()
    device = fields.String()
    act = fields.String()
    noun = fields.String()
    row_id = fields.String()
    number = fields.String(metadata={"description": "of the work order it was about"})
    outcome = fields.String()
    reason = fields.String()


class LinesBody(Schema):
    items = fields.List(fields.Nested(LineBody))
    next = fields.String(allow_none=True)


@blueprint.get("")
@requires("admin")
@blueprint.arguments(AuditQuestion, location="query")
@blueprint.response(200, LinesBody)
def audit(question: dict[str, Any]) -> dict[str, Any]:
    """The latest first."""
    found = lines_of(db.session(), _asked(question), PAGE + 1)
    items = found[:PAGE]
    return {"items": items, "next": f"{items[-1]['at']} {items[-1]['id']}" if len(found) > PAGE else None}


@blueprint.get("/export.<form>")
@requires("admin")
@blueprint.arguments(FileQuestion, location="query")
@blueprint.doc(
    responses={200: {"description": "The lines as a sheet", "content": {mime: {} for mime in FORMS.values()}}}
)
def export(question: dict[str, Any], form: str) -> Response:
    """The same as Excel (`xlsx`) or `csv`. That it was handed on is written down as well."""
    if form not in FORMS:
        raise Problem("not-found")
    found = lines_of(db.session(), _asked(question), MOST_LINES)
    db.session.rollback()  # making a sheet takes a while; nobody shall wait for this reader
    made = audit_file(found, form, question["lang"] or language())
    token = reading.set(False)
    try:
        asked = {name: str(value) for name, value in question.items() if value}
        write_down(db.session(), current_user.id, "audit.export", "audit", "", "", {**asked, "lines": len(found)})
        db.session.commit()
    finally:
        reading.reset(token)
    headers = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
    return Response(made, mimetype=FORMS[form], headers=headers)


def _asked(question: dict[str, Any]) -> Asked:
    at, _, id_ = question["before"].partition(" ")
    try:
        before = (clock.parse(at), id_) if at else None
        since, until = (_midnight(question[name], extra) for name, extra in (("since", 0), ("until", 1)))
    except (ValueError, OverflowError):
        raise Problem("validation", extra={"errors": {"query": {"before": ["not a day or a place"]}}}) from None
    return Asked(question["of"], since, until, question["user_id"], question["act"], question["number"], before)


def _midnight(day: date | None, extra_days: int) -> datetime | None:
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - ZONE + timedelta(days=extra_days)
