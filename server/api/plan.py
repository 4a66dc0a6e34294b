"""The plan of the days to come, as a sheet to hand on (C7)."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from server.api.identity import requires
from server.extensions import db
from server.models.user import OFFICE_ROLES
from server.problems import LANGUAGES, Problem, language
from server.reports.plan import plan_sheet

blueprint = Blueprint("plan", __name__, url_prefix="/api", description="The plan of the days to come")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlanQuestion(Schema):
    day = fields.Date(required=True)
    days = fields.Integer(load_default=7, validate=validate.Range(1, 31))
    team_id = fields.UUID(load_default=None)
    lang = fields.String(load_default=None, validate=validate.OneOf(LANGUAGES))


@blueprint.get("/plan.xlsx")
@requires(*sorted(OFFICE_ROLES))
@blueprint.arguments(PlanQuestion, location="query")
@blueprint.doc(responses={200: {"description": "The sheet", "content": {XLSX: {}}}})
def plan(question: dict[str, Any]) -> Response:
    """Who goes where and when, and who is on duty."""
    day, team = question["day"], question["team_id"]
    try:
        made = plan_sheet(
            db.session(), day, question["days"], question["lang"] or language(), str(team) if team else None
        )
    except OverflowError:
        raise Problem("validation", extra={"errors": {"day": ["not a day of this calendar"]}}) from None
    headers = {
        "Content-Disposition": f'attachment; filename="plan-{day.isoformat()}.xlsx"',
        "Cache-Control": "no-store",
    }
    return Response(made, mimetype=XLSX, headers=headers)
