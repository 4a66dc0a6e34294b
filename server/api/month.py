"""The month's report and the rows behind its numbers (F4)."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import select

from server import clock
from server.acts.channel import MailAddress
from server.acts.monthly import A_MONTH
from server.api.fields import Body, Doors, Moment, Text
from server.api.identity import current_user, requires
from server.audit import write_down
from server.extensions import db
from server.models import Delivery, MonthlyReport, User, new_id
from server.models.user import OFFICE_ROLES
from server.outbox import mail_is_set_up, send_later
from server.problems import LANGUAGES, Problem, language
from server.reports.effects import effects
from server.reports.month import monthly, rows_behind
from server.reports.month_figures import DIMENSIONS, FIGURES
from server.reports.month_pdf import month_pdf
from server.reports.month_sheet import month_sheet
from sync.rules import rule

blueprint = Doors("month", __name__, url_prefix="/api/reports", description="The month's report")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READERS = sorted(OFFICE_ROLES)
APPROVERS = rule("permissions")["acts"]["monthly_report.approve"][0]["roles"]
MAX_ADDRESSES = 50  # of one distribution


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


class SendForm(Body):
    month = fields.String(required=True, validate=validate.Regexp(A_MONTH))
    to = fields.List(MailAddress(validate=validate.Length(min=3)), required=True,
                     validate=validate.Length(min=1, max=MAX_ADDRESSES))  # fmt: skip
    lang = fields.String(load_default=LANGUAGES[0], validate=validate.OneOf(LANGUAGES))


class SentLine(Schema):
    address = fields.String()
    state = fields.String(validate=validate.OneOf(Delivery.STATES))
    error = fields.String()
    created_at = Moment()
    ended_at = Moment(allow_none=True)


class SentBody(Schema):
    mail = fields.Boolean(metadata={"description": "whether the server can send mails"})
    items = fields.List(fields.Nested(SentLine), metadata={"description": "of this month, the latest first"})
    last_to = fields.List(fields.String(), metadata={"description": "who got the report that was sent last"})


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


@blueprint.get("/month.pdf")
@requires(*READERS)
@blueprint.arguments(SheetQuestion, location="query")
@blueprint.doc(responses={200: {"description": "The PDF", "content": {"application/pdf": {}}}})
def pdf(question: dict[str, Any]) -> Response:
    """The same on paper, with its charts drawn."""
    report = monthly(db.session(), *_parts(question))
    approver = db.session.get(User, (report["report"] or {}).get("approved_by") or "")
    name = approver.name if approver else ""
    db.session.rollback()  # setting type takes a while; nobody shall wait for this reader
    made = month_pdf(report, question["lang"] or language(), name)
    headers = {"Content-Disposition": f'inline; filename="month-{question["month"]}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


@blueprint.get("/month/sent")
@requires(*READERS)
@blueprint.arguments(MonthQuestion, location="query")
@blueprint.response(200, SentBody)
def sent(question: dict[str, Any]) -> dict[str, Any]:
    """To whom the month went, and whether it arrived."""
    return sent_of(question["month"])


def sent_of(month: str) -> dict[str, Any]:
    query = select(Delivery).where(Delivery.kind == "month", Delivery.channel == "mail").order_by(Delivery.id.desc())
    lately = list(db.session.scalars(query.limit(10 * MAX_ADDRESSES)))
    last = [one.address for one in lately if one.body.get("batch") == lately[0].body.get("batch")]
    items = [one for one in lately if one.body.get("month") == month]
    return {"mail": mail_is_set_up(), "items": items, "last_to": sorted(set(last))}


@blueprint.post("/month/send")
@requires(*APPROVERS)
@blueprint.arguments(SendForm)
@blueprint.response(202, SentBody)
def send(form: dict[str, Any]) -> dict[str, Any]:
    """Sends the approved report as PDF and Excel, a mail to each address; what became of each stands in the log."""
    if not mail_is_set_up():
        raise Problem("no-mail-server")
    row = db.session.scalars(select(MonthlyReport).where(MonthlyReport.month == form["month"])).first()
    if row is None or row.approved_at is None:
        raise Problem("month-not-approved")
    addresses = list(dict.fromkeys(form["to"]))
    batch = new_id()
    for address in addresses:
        body = {"month": form["month"], "lang": form["lang"], "batch": batch}
        send_later(db.session(), Delivery(channel="mail", kind="month", address=address, body=body))
    told = {"addresses": addresses, "lang": form["lang"]}
    write_down(db.session(), current_user.id, "month.send", "monthly_report", row.id, form["month"], told)
    db.session.commit()
    return sent_of(form["month"])


def _parts(question: dict[str, Any]) -> tuple[int, int]:
    year, month_ = question["month"].split("-")
    return int(year), int(month_)
