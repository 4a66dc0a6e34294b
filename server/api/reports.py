"""The service report of a visit: as data for a screen, as PDF for the customer and the archive."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import select

from server import files, scopes
from server.api.identity import current_user, requires
from server.archive import may_read
from server.extensions import db
from server.files import ORIGINAL
from server.images import THUMB_SIZES
from server.models import Visit, WorkOrder
from server.problems import LANGUAGES, Problem, language
from server.reports.service_report import render_pdf
from server.reports.view import VisitReport, visit_report
from sync.protocol import is_id
from sync.report import DEFAULT_UTC_OFFSET_MINUTES
from sync.report_text import changed_titles, report_title, sections, signature_blocks

blueprint = Blueprint("reports", __name__, url_prefix="/api/visits", description="Service reports")

_LANG = {"in": "query", "name": "lang", "schema": {"type": "string", "enum": list(LANGUAGES)}}
PHOTO_SIZE = str(max(THUMB_SIZES))


class Report(Schema):
    content = fields.Dict(metadata={"description": "what the customer signed; without a signature, what stands now"})
    content_hash = fields.String()
    signed = fields.Boolean()
    changed_since = fields.List(fields.String(), metadata={"description": "paths of what was edited after signing"})
    changed_titles = fields.List(fields.String())
    title = fields.String()
    sections = fields.List(fields.Dict())
    signatures = fields.List(fields.Dict(), metadata={"description": "blocks: id, title, image_id, rows"})
    files = fields.Dict(metadata={"description": "by attachment id: sha256, state, thumbs"})


@blueprint.get("/<visit_id>/report.json")
@requires()
@blueprint.doc(parameters=[_LANG])
@blueprint.response(200, Report)
def report_json(visit_id: str) -> dict[str, Any]:
    """The report as it is shown: signed content first, and what changed since."""
    report, locale = _load(visit_id), _locale()
    return {
        "content": report.content,
        "content_hash": report.content_hash,
        "signed": report.signed,
        "changed_since": report.changed,
        "changed_titles": changed_titles(report.changed, locale),
        "title": report_title(report.content, locale),
        "sections": sections(report.content, locale),
        "signatures": _blocks(report, locale),
        "files": {row["id"]: {key: row[key] for key in ("sha256", "state", "thumbs")} for row in report.attachments},
    }


@blueprint.get("/<visit_id>/report.pdf")
@requires()
@blueprint.doc(parameters=[_LANG], responses={200: {"description": "The PDF", "content": {"application/pdf": {}}}})
def report_pdf(visit_id: str) -> Response:
    """The same report on paper, with photos and signatures."""
    report, locale = _load(visit_id), _locale()
    db.session.rollback()  # setting type takes a while; nobody shall wait for this reader
    pdf = render_pdf(
        report.content, locale, signatures=report.signatures, waivers=report.waivers, photos=_photos(report),
        reasons=report.reasons, current=report.current if report.signed else None,
    )  # fmt: skip
    name = f"{report_title(report.content, locale)} {report.content.get('number', '')}.pdf".replace("/", "-")
    headers = {
        "Content-Disposition": f"inline; filename=\"report.pdf\"; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-cache",
    }
    return Response(pdf, mimetype="application/pdf", headers=headers)


def _load(visit_id: str) -> VisitReport:
    visit = db.session.get(Visit, visit_id) if is_id(visit_id) else None
    if visit is None or not (scopes.holds(db.session(), current_user.id, visit.scope()) or _archived(visit)):
        raise Problem("not-found")
    report = visit_report(db.session(), visit)
    if not report.ready:
        raise Problem("report-not-ready")
    return report


def _archived(visit: Visit) -> bool:
    """Whether the asker may read its ticket in the archive, which no device holds."""
    return db.session.scalar(select(WorkOrder.id).where(may_read(current_user, visit.work_order_id))) is not None


def _locale() -> str:
    wanted = request.args.get("lang")
    return wanted if wanted in LANGUAGES else language()


def _blocks(report: VisitReport, locale: str) -> list[dict[str, Any]]:
    offset = report.content.get("utc_offset_minutes", DEFAULT_UTC_OFFSET_MINUTES)
    return signature_blocks(report.signatures, locale, offset, report.waivers, report.reasons)


def _photos(report: VisitReport) -> dict[str, bytes]:
    """Bytes by attachment id: thumbnails, because paper needs no more; a signature as it was drawn."""
    shown = {image["id"] for section in sections(report.content, LANGUAGES[0]) for image in section.get("images", [])}
    drawn = {row["image_id"] for row in report.signatures}
    found: dict[str, bytes] = {}
    for row in report.attachments:
        if row["id"] in shown | drawn:
            path = files.store().path(row["sha256"], ORIGINAL if row["id"] in drawn else PHOTO_SIZE)
            if path.is_file():
                found[row["id"]] = path.read_bytes()
    return found
