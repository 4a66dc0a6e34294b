"""Sheets of QR labels for a site's points and equipment (E8)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from server.api.identity import requires
from server.extensions import db
from server.models import Site
from server.models.user import OFFICE_ROLES
from server.problems import LANGUAGES, Problem, language
from server.reports.labels import KINDS, label_sheet, labels_of

blueprint = Blueprint("labels", __name__, url_prefix="/api/sites", description="Labels to stick on")


class LabelQuestion(Schema):
    of = fields.String(required=True, validate=validate.OneOf(KINDS))
    lang = fields.String(load_default=None, validate=validate.OneOf(LANGUAGES))


@blueprint.get("/<uuid:site_id>/labels.pdf")
@requires(*sorted(OFFICE_ROLES))
@blueprint.arguments(LabelQuestion, location="query")
@blueprint.doc(responses={200: {"description": "The PDF", "content": {"application/pdf": {}}}})
def labels(question: dict[str, Any], site_id: Any) -> Response:
    """A sheet of labels; 404 when the site is unknown or has nothing to label."""
    site = db.session.get(Site, str(site_id))
    locale = question["lang"] or language()
    found = labels_of(db.session(), site, question["of"], locale) if site else []
    if site is None or not found:
        raise Problem("not-found")
    name = site.name
    db.session.rollback()  # setting type takes a while; nobody shall wait for this reader
    made = label_sheet(name, question["of"], found, locale)
    headers = {
        "Content-Disposition": f"inline; filename=\"labels.pdf\"; filename*=UTF-8''{quote(name + '.pdf', safe='')}",
        "Cache-Control": "private, no-cache",
    }
    return Response(made, mimetype="application/pdf", headers=headers)
