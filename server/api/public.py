"""Pages for customers without an account (A8): a report form, and links that show, take a signature or a rating.

They are made here and not in the app: a customer's phone opens them once, in whatever browser WeChat brings along.
What is written comes as a form and is answered as JSON, so that a page can say what is wrong and keep what was typed.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, make_response, render_template, request
from marshmallow import ValidationError, fields, validate
from sqlalchemy import select

from server import clock, files
from server.acts import Context, Refusal
from server.acts.link import SIGNABLE, new_link, rate_by_link, sign_by_link
from server.acts.report import has_ink
from server.acts.schemas import ArgsSchema, JsonObject, Name, Text, texts
from server.api import pictures
from server.api.public_words import words
from server.api.pwa import ASK_AGAIN, serve
from server.extensions import db, limiter
from server.models import (
    Attachment,
    Complaint,
    CustomerLink,
    CustomerReport,
    CustomerReportFile,
    SlaMilestone,
    Survey,
    User,
    Visit,
    WorkOrder,
    new_id,
)
from server.models.base import NAME_LENGTH
from server.models.intake import shown
from server.models.visit import GONE
from server.problems import Problem, language
from server.reports.view import VisitReport, visit_report
from server.tokens import SOONEST, challenge_for, hash_of, is_proof, read_challenge, token_of
from sync.report import content_hash, local_time
from sync.report_text import report_title, sections
from sync.rules import rule

MAX_PICTURES = 4
MAX_PICTURE_BYTES = 8 * 1024 * 1024  # the page makes them smaller; a browser that cannot sends what the camera made
MAX_SIGNATURE_BYTES = 1024 * 1024
MAX_STROKES_CHARS = 400_000
REPORTS_PER_ADDRESS = "20 per hour"  # a customer's whole company may stand behind one address
WRONG_TOKENS = "30 per minute"  # of one address; a token has 144 bits
OFFSET_MINUTES = 480
PAGES = Path(__file__).parent / "pages"
#: What a customer is told of a work order's state, and how far that is: sent, planned, being done, done.
PROMISED = ("respond", "plan", "arrive", "resolve")  # what is between us and the customer
STEPS = {
    "draft": 0, "registered": 0, "triaged": 0, "planning": 0, "plan_review": 0, "ready": 0, "scheduled": 1,
    "in_progress": 2, "on_hold": 2, "work_done": 3, "confirming": 3, "resolved": 3, "follow_up": 3, "closed": 3,
}  # fmt: skip

blueprint = Blueprint("public", __name__, url_prefix="/public", template_folder="pages")


class ReportForm(ArgsSchema):
    company = Name(required=True)
    place = Text(NAME_LENGTH, load_default="")
    equipment = Text(NAME_LENGTH, load_default="")
    title = Name(required=True)
    description = Text(4000, load_default="")
    happened_at = Text(32, load_default="")
    demands = texts(16, load_default=list)
    contact_name = Name(required=True)
    contact_phone = Text(32, 5, required=True)
    challenge = Text(200, 1, required=True)
    proof = Text(32, 1, required=True)
    website = Text(NAME_LENGTH, load_default="")  # nobody sees this field; who fills it in is no person


class SignForm(ArgsSchema):
    name = Name(required=True)
    opinion = Text(2000, load_default="")
    content_hash = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))
    strokes = JsonObject(depth=6, required=True)
    rating = JsonObject(depth=2, load_default=None, allow_none=True)


class RateForm(ArgsSchema):
    speed = fields.Integer(required=True, validate=validate.Range(1, 5))
    solution = fields.Integer(required=True, validate=validate.Range(1, 5))
    attitude = fields.Integer(required=True, validate=validate.Range(1, 5))
    words = Text(2000, load_default="")


# --- Reporting --------------------------------------------------------------------------------------------


@blueprint.get("/report")
def report_form() -> Response:
    demands = rule("intake")["choices"]["demand"]
    return _page("report.html", challenge=challenge_for(new_id()), demands=demands, max_pictures=MAX_PICTURES)


@blueprint.post("/report")
@limiter.limit(REPORTS_PER_ADDRESS)
def send_report() -> Response:
    """A report, once however often it is sent: its id came with the form."""
    typed = _read(ReportForm(), {**request.form.to_dict(), "demands": request.form.getlist("demands")})
    now = clock.now()
    challenge, proof = typed.pop("challenge"), typed.pop("proof")
    opened = read_challenge(challenge, now)
    if opened is None or opened[1] < SOONEST or typed.pop("website") or not is_proof(challenge, proof):
        raise Problem("form-stale")
    report_id = opened[0]
    sent = [file for file in request.files.getlist("pictures") if file.filename]
    if len(sent) > MAX_PICTURES:
        raise Problem("too-many-files", limit=str(MAX_PICTURES))
    kept = {one.sha256: one for one in (pictures.keep(file.stream, MAX_PICTURE_BYTES) for file in sent)}
    if db.session.get(CustomerReport, report_id) is None:
        ctx = _as_customer(typed["contact_name"], now)
        report = CustomerReport(
            id=report_id, state="new", files=[shown(one) for one in kept.values()], address=request.remote_addr or "",
            **typed,
        )  # fmt: skip
        ctx.add(report)
        for one in kept.values():
            pictures.record(one)
            db.session.add(CustomerReportFile(report_id=report_id, sha256=one.sha256))
        ctx.add(new_link(ctx, "status", id=report_id, report_id=report_id))
        db.session.commit()
    return _done(f"/public/l/{token_of(report_id)}?new=1")


# --- Links ------------------------------------------------------------------------------------------------


def _unknown(response: Response) -> bool:
    return response.status_code == HTTPStatus.NOT_FOUND


@blueprint.get("/l/<token>")
@limiter.limit(WRONG_TOKENS, deduct_when=_unknown)
def open_link(token: str) -> Response:
    """What the link shows: how far a matter is, a report to sign, a visit to rate."""
    link = _find(token)
    if link is None:
        return _page("over.html", HTTPStatus.NOT_FOUND, why="unknown")
    fate = link.fate(clock.now())
    if fate == "used":
        return _page("done.html", kind=link.kind)
    if fate != "live":
        return _page("over.html", HTTPStatus.GONE, why=fate)
    if link.kind == "status":
        return _page("status.html", new="new" in request.args, **_status(link))
    visit = db.session.get_one(Visit, str(link.visit_id))
    if link.kind == "rate":
        return _page("rate.html", aspects=Survey.ASPECTS, day=_local(visit.slot_start)[:10])
    if visit.state not in SIGNABLE:
        return _page("over.html", HTTPStatus.CONFLICT, why="early")
    report = visit_report(db.session(), visit)
    return _page("sign.html", report=report, title=report_title(report.current, _lang()), aspects=Survey.ASPECTS,
                 hash=_hash(report), sections=sections(report.current, _lang()), token=token,
                 photos=_photos(report))  # fmt: skip


@blueprint.post("/l/<token>")
@limiter.limit(WRONG_TOKENS, deduct_when=_unknown)
def use_link(token: str) -> Response:
    """Signs or rates, once. A second sending of the same is told that it is done."""
    found = _find(token)
    if found is None or found.kind == "status":
        raise Problem("link-unknown")
    db.session.rollback()
    if found.kind == "rate":
        rating = _read(RateForm(), request.form.to_dict())
        link, ctx = _take(token, "")
        rate_by_link(ctx, link, db.session.get_one(WorkOrder, str(link.work_order_id)), rating, rating.pop("words"))
    else:
        _sign(token)
    db.session.commit()
    return _done(f"/public/l/{token}")


def _sign(token: str) -> None:
    typed = {**request.form.to_dict(), "strokes": _json("strokes"), "rating": _json("rating") or None}
    signature = _read(SignForm(), typed)
    rating = signature["rating"] or {}
    if set(rating) - set(Survey.ASPECTS) or any(stars not in (1, 2, 3, 4, 5) for stars in rating.values()):
        raise Problem("validation", extra={"errors": {"rating": "1 to 5"}})
    image = request.files.get("image")
    if image is None or not has_ink(signature["strokes"]):
        raise Problem("no-ink")
    kept = pictures.keep(image.stream, MAX_SIGNATURE_BYTES)
    link, ctx = _take(token, signature["name"])
    visit = ctx.lock(Visit, str(link.visit_id))
    report = visit_report(db.session(), visit)
    if visit.state not in SIGNABLE or _hash(report) != signature["content_hash"]:
        raise Problem("report-changed")
    pictures.record(kept)
    picture = {"sha256": kept.sha256, "size": kept.size, "mime": kept.mime, "width": kept.width, "height": kept.height}
    try:
        sign_by_link(ctx, link, visit, signature={**signature, "content": report.current}, picture=picture)
    except Refusal as refusal:  # it ended between the look and the lock
        raise Problem("link-over") from refusal


@blueprint.get("/l/<token>/photo/<attachment_id>")
@limiter.limit(WRONG_TOKENS, deduct_when=_unknown)
def photo(token: str, attachment_id: str) -> Response:
    """A photo of the report that is to be signed, small."""
    link = _find(token)
    row = db.session.get(Attachment, attachment_id)
    if link is None or row is None or link.kind != "sign" or link.fate(clock.now()) != "live":
        raise Problem("link-unknown")
    path = files.store().path(row.sha256, "320")
    if row.visit_id != link.visit_id or row.withdrawn or not path.is_file():
        raise Problem("link-unknown")
    return serve(path, "private, max-age=600")


def _find(token: str) -> CustomerLink | None:
    found = select(CustomerLink).where(CustomerLink.token_hash == hash_of(token))
    return db.session.scalars(found).first()


def _take(token: str, name: str) -> tuple[CustomerLink, Context]:
    """The link, locked and still good; who acts is the customer."""
    now = clock.now()
    found = select(CustomerLink).where(CustomerLink.token_hash == hash_of(token))
    link = db.session.scalars(found.with_for_update().execution_options(populate_existing=True)).first()
    if link is None:
        raise Problem("link-unknown")
    if link.fate(now) != "live":
        raise Problem("link-over")
    ctx = _as_customer(name, now)
    ctx.locked[CustomerLink, link.id] = link
    return link, ctx


def _as_customer(name: str, now: datetime) -> Context:
    """Nobody of ours acts: rows have no author, and the timeline says the customer did it, masked or not at all."""
    return Context(db.session(), User(name="客户"), "", now, now)


# --- What pages show --------------------------------------------------------------------------------------


def _status(link: CustomerLink) -> dict[str, Any]:
    """How far it is, what is promised and when somebody comes: no name, no address, no phone."""
    report = db.session.get(CustomerReport, link.report_id) if link.report_id else None
    order_id = link.work_order_id or (report.work_order_id if report else None)
    order = db.session.get(WorkOrder, order_id) if order_id else None
    while order is not None and order.merged_into_id:
        order = db.session.get(WorkOrder, order.merged_into_id)
    if order is None:
        assert report is not None
        complaint = db.session.get(Complaint, report.complaint_id) if report.complaint_id else None
        promises = [_answer_of(complaint)] if complaint else []
        return {"state": "declined" if report.state == "declined" else "received", "step": 0,
                "number": complaint.number if complaint else "", "sent": _local(report.server_at),
                "reason": report.reason, "promises": promises, "visits": []}  # fmt: skip
    shown = (SlaMilestone.work_order_id == order.id, SlaMilestone.kind.in_(PROMISED))
    milestones = db.session.scalars(select(SlaMilestone).where(*shown))
    visits = db.session.scalars(select(Visit).where(Visit.work_order_id == order.id, Visit.state.not_in(GONE)))
    return {
        "state": order.state,
        "step": STEPS.get(order.state, 0),
        "number": order.number,
        "sent": _local(order.reported_at),
        "reason": "",
        "promises": [
            {"kind": one.kind, "due": _local(one.due_at), "met": _local(one.met_at) if one.met_at else "",
             "late": one.breached}
            for one in sorted(milestones, key=lambda one: one.due_at)
        ],
        "visits": [
            {"from": _local(one.slot_start), "to": _local(one.slot_end)[11:], "state": one.state}
            for one in sorted(visits, key=lambda one: one.sequence)
        ],
    }  # fmt: skip


def _answer_of(complaint: Complaint) -> dict[str, Any]:
    """What who complained is promised: an answer."""
    answered = _local(complaint.answered_at) if complaint.answered_at else ""
    return {"kind": "complaint", "due": _local(complaint.answer_due_at), "met": answered, "late": complaint.breached}


def _hash(report: VisitReport) -> str:
    """The hash of what the page shows: the report as it stands, whatever was signed before."""
    return content_hash(report.current)


def _photos(report: VisitReport) -> set[str]:
    return {row["id"] for row in report.attachments if "320" in (row["thumbs"] or {})}


def _local(at: datetime) -> str:
    return local_time(clock.wire(at), OFFSET_MINUTES)


def _lang() -> str:
    wanted = request.args.get("lang") or request.cookies.get("lang")
    return wanted if wanted in ("zh-CN", "en") else language()


def _page(name: str, status: int = 200, **values: Any) -> Response:
    locale = _lang()
    response = make_response(render_template(name, t=words(locale), locale=locale, **values), status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.vary.update(("Accept-Language", "Cookie"))
    if request.args.get("lang") == locale:
        response.set_cookie("lang", locale, max_age=365 * 86400, samesite="Lax", httponly=True, path="/public")
    return response


def _read(schema: ArgsSchema, typed: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(typed)
    except ValidationError as error:
        names = sorted(str(key) for key in error.messages_dict)
        raise Problem("validation", extra={"errors": dict.fromkeys(names, "invalid")}) from None
    return loaded


def _json(name: str) -> Any:
    text = request.form.get(name, "")
    if len(text) > MAX_STROKES_CHARS:
        raise Problem("too-large", limit="400 kB")
    try:
        return orjson.loads(text or "null")
    except orjson.JSONDecodeError:
        raise Problem("bad-json") from None


def _done(to: str) -> Response:
    return Response(orjson.dumps({"to": to}), HTTPStatus.CREATED, mimetype="application/json",
                    headers={"Cache-Control": "no-store"})  # fmt: skip


@blueprint.get("/public.css")
def style() -> Response:
    return serve(PAGES / "public.css", ASK_AGAIN)


@blueprint.get("/public.js")
def script() -> Response:
    return serve(PAGES / "public.js", ASK_AGAIN)
