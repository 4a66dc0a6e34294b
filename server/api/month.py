"""The month's report and the rows behind its numbers (F4)."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from server import clock
from server.acts.monthly import A_MONTH
from server.api.fields import Text
from server.api.identity import requires
from server.extensions import db
from server.models.user import OFFICE_ROLES
from server.problems import LANGUAGES, language
from server.reports.effects import effects
from server.reports.month import monthly, rows_behind
from server.reports.month_figures import DIMENSIONS, FIGURES
from server.reports.month_sheet import month_sheet

blueprint = Blueprint("month", __name__, url_prefix="/api/reports", description="The month's report")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READERS = sorted(OFFICE_ROLES)


class MonthQuestion(Schema):
    month = fields.String(required=True, validate=validate.Regexp(A_MONTH), metadata={"description": "2026-11"})


class SheetQuestion(MonthQuestion):
    lang = fields.String(load_default=None, validate=validate.OneOf(LANGUAGES))


class RowsQuestion(MonthQuestion):
    figure = fields.String(required=True, validate=validate.OneOf(sorted(FIGURES)))
    months = fields.Integer(load_default=1, validate=validate.OneOf((1, 3)), metadata={"description": "3: a quarter"})
    by = fields.String(load_default=None, validate=validate.OneOf(DIMENSIONS))
    value = Text(longest=200, load_default=None)

    @validates_schema
    def _together(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("by") is None) != (data.get("value") is None):
            raise ValidationError("needed together with `by`", "value")


@blueprint.get("/month")
@requires(*READERS)
@blueprint.arguments(MonthQuestion, location="query")
@blueprint.doc(responses={200: {"description": "All numbers, tables and series of the month"}})
@blueprint.response(200)
def month(question: dict[str, Any]) -> dict[str, Any]:
    """Counted when it is asked for; nothing is kept but what was written about it."""
    return monthly(db.session(), *_parts(question))


@blueprint.get("/month/rows")
@requires(*READERS)
@blueprint.arguments(RowsQuestion, location="query")
@blueprint.doc(responses={200: {"description": "{total, items}: the rows one number was counted from"}})
@blueprint.response(200)
def rows(question: dict[str, Any]) -> dict[str, Any]:
    """The rows behind a number. With `months=3` the month is the first of a quarter."""
    asked = {name: question[name] for name in ("months", "by", "value")}
    return rows_behind(db.session(), *_parts(question), question["figure"], **asked)


@blueprint.get("/effects")
@requires(*READERS)
@blueprint.arguments(MonthQuestion, location="query")
@blueprint.doc(responses={200: {"description": "{effects: [{id, figure, month, before, after, so_far, better}]}"}})
@blueprint.response(200)
def moved(question: dict[str, Any]) -> dict[str, Any]:
    """What improvement actions since that month were to move, before and in the month after."""
    return {"effects": effects(db.session(), clock.now(), question["month"])}


@blueprint.get("/month.xlsx")
@requires(*READERS)
@blueprint.arguments(SheetQuestion, location="query")
@blueprint.doc(responses={200: {"description": "The sheets", "content": {XLSX: {}}}})
def sheet(question: dict[str, Any]) -> Response:
    """The same as sheets to hand on."""
    report = monthly(db.session(), *_parts(question))
    db.session.rollback()  # making a sheet takes a while; nobody shall wait for this reader
    made = month_sheet(report, question["lang"] or language())
    headers = {"Content-Disposition": f'attachment; filename="month-{question["month"]}.xlsx"'}
    return Response(made, mimetype=XLSX, headers=headers)


def _parts(question: dict[str, Any]) -> tuple[int, int]:
    year, month_ = question["month"].split("-")
    return int(year), int(month_)
