"""The handover list of a site, to print and to hand on (E7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from server import clock
from server.api.identity import requires
from server.extensions import db
from server.models import Site
from server.models.user import OFFICE_ROLES
from server.occurrences import day_of
from server.problems import LANGUAGES, Problem, language
from server.reports.handover import handover_of, handover_pdf, handover_sheet

blueprint = Blueprint("handover", __name__, url_prefix="/api/sites", description="What came with a site")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class HandoverQuestion(Schema):
    lang = fields.String(load_default=None, validate=validate.OneOf(LANGUAGES))


@blueprint.get("/<uuid:site_id>/handover.pdf")
@requires(*sorted(OFFICE_ROLES))
@blueprint.arguments(HandoverQuestion, location="query")
@blueprint.doc(responses={200: {"description": "The PDF", "content": {"application/pdf": {}}}})
def paper(question: dict[str, Any], site_id: Any) -> Response:
    """With room for the signatures of both sides; 404 when the site is unknown."""
    name, found, locale = _asked(question, site_id)
    return _file(handover_pdf(found, locale), "application/pdf", f"{name} handover.pdf")


@blueprint.get("/<uuid:site_id>/handover.xlsx")
@requires(*sorted(OFFICE_ROLES))
@blueprint.arguments(HandoverQuestion, location="query")
@blueprint.doc(responses={200: {"description": "The sheets", "content": {XLSX: {}}}})
def sheet(question: dict[str, Any], site_id: Any) -> Response:
    """The same as sheets, what is missing marked; 404 when the site is unknown."""
    name, found, locale = _asked(question, site_id)
    return _file(handover_sheet(found, locale), XLSX, f"{name} handover.xlsx")


def _asked(question: dict[str, Any], site_id: Any) -> tuple[str, dict[str, Any], str]:
    site = db.session.get(Site, str(site_id))
    if site is None:
        raise Problem("not-found")
    locale = question["lang"] or language()
    name, found = site.name, handover_of(db.session(), site, locale, day_of(clock.now()))
    db.session.rollback()  # setting type takes a while; nobody shall wait for this reader
    return name, found, locale


def _file(made: bytes, mimetype: str, name: str) -> Response:
    kind = name.rpartition(".")[2]
    headers = {
        "Content-Disposition": f"attachment; filename=\"handover.{kind}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-cache",
    }
    return Response(made, mimetype=mimetype, headers=headers)
