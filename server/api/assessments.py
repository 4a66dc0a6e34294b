"""The month's assessments as a file (F5)."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from server.acts.monthly import A_MONTH
from server.api.identity import requires
from server.extensions import db
from server.models.user import ASSESSORS
from server.problems import LANGUAGES, language
from server.reports.assessment_sheet import assessment_sheet

blueprint = Blueprint("assessments", __name__, url_prefix="/api", description="The monthly assessment")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class AssessmentQuestion(Schema):
    month = fields.String(required=True, validate=validate.Regexp(A_MONTH), metadata={"description": "2026-11"})
    lang = fields.String(load_default=None, validate=validate.OneOf(LANGUAGES))


@blueprint.get("/assessments.xlsx")
@requires(*ASSESSORS)
@blueprint.arguments(AssessmentQuestion, location="query")
@blueprint.doc(responses={200: {"description": "The sheets", "content": {XLSX: {}}}})
def sheet(question: dict[str, Any]) -> Response:
    """Everybody's points of a month and each line behind them, for those who decide about people."""
    made = assessment_sheet(db.session(), question["month"], question["lang"] or language())
    headers = {
        "Content-Disposition": f'attachment; filename="assessment-{question["month"]}.xlsx"',
        "Cache-Control": "no-store",
    }
    return Response(made, mimetype=XLSX, headers=headers)
