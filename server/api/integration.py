"""The doors of other systems, opened by a key and not by a person: rows as they change, the month, a report of a fault.

What is read here is what pulls say: contacts are masked, and no key opens more than its scopes. What is written becomes
a customer's report in the inbox, where a person decides; so whatever another system says, nobody is sent by it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Response, current_app, g, request
from flask_limiter.util import get_remote_address
from marshmallow import Schema, fields, validate
from sqlalchemy import select, update

from server import clock
from server.acts import Context
from server.acts.link import new_link
from server.acts.monthly import A_MONTH
from server.api.fields import MAX_JSON_BYTES, Body, Doors, Id, Text
from server.api.identity import short_read
from server.extensions import db, limiter, reading
from server.models import ApiKey, CustomerReport, FeedRow, User, new_id
from server.models.api_key import split
from server.problems import Problem
from server.reports.month import monthly
from server.tokens import token_of

P = ParamSpec("P")
R = TypeVar("R")
PER_KEY = "240 per minute"
WRONG_KEYS = "30 per minute"  # of one address
PAGE = 200
USED_AGAIN = timedelta(minutes=1)  # how exactly the last use is known
#: What each scope opens, by noun; all of it is also on the desks of the office.
NOUNS: dict[str, str] = {
    **dict.fromkeys(("work_order", "visit", "event", "sla_milestone", "diagnosis", "part_use", "survey", "defect"),
                    "work_orders:read"),
    **dict.fromkeys(("team", "customer", "site", "asset", "part", "price_item", "catalogue_entry", "maintenance_plan",
                     "plan_occurrence"), "master:read"),
}  # fmt: skip

blueprint = Doors("integration", __name__, url_prefix="/api/v1", description="For other systems, by key")


class RowsQuestion(Schema):
    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**62), metadata={"description": "`next`"})
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, PAGE))


class MonthQuestion(Schema):
    month = fields.String(required=True, validate=validate.Regexp(A_MONTH), metadata={"description": "2026-11"})


class ReportForm(Body):
    id = Id(load_default=None, allow_none=True, metadata={"description": "UUIDv7: sent again, it is the same report"})
    company = Text(required=True, shortest=1)
    place = Text(load_default="")
    equipment = Text(load_default="")
    title = Text(required=True, shortest=1)
    description = Text(longest=4000, load_default="")
    happened_at = Text(longest=32, load_default="")
    contact_name = Text(load_default="")
    contact_phone = Text(longest=32, load_default="")


class ReportBody(Schema):
    id = fields.String()
    url = fields.String(metadata={"description": "where its progress is seen without an account"})


@blueprint.before_request
def _small_bodies() -> None:
    request.max_content_length = MAX_JSON_BYTES


def _given() -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key if scheme == "Bearer" else ""


def _prefix() -> str:
    parts = split(_given())
    return f"key:{parts[0]}" if parts else f"address:{get_remote_address()}"


def _wrong(response: Response) -> bool:
    return response.status_code == Problem("sign-in").status


def opened(scope: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets in a key that has the scope; the door itself asks further when it depends on what is asked for."""

    def decorate(door: Callable[P, R]) -> Callable[P, R]:
        @wraps(door)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            g.api_key = _recognised()
            if scope is not None:
                demand(scope)
            return door(*args, **kwargs)

        limited = limiter.limit(PER_KEY, key_func=_prefix)(guarded)
        return limiter.limit(WRONG_KEYS, key_func=get_remote_address, deduct_when=_wrong)(limited)

    return decorate


def demand(scope: str) -> None:
    """Raises problem `forbidden` unless the key has the scope."""
    if scope not in g.api_key.scopes:
        raise Problem("forbidden", extra={"scope": scope})


def _recognised() -> ApiKey:
    parts, now = split(_given()), clock.now()
    if parts is None:
        raise Problem("sign-in", headers={"WWW-Authenticate": "Bearer"})
    with short_read():
        row = db.session.scalars(select(ApiKey).where(ApiKey.prefix == parts[0])).first()
        if row is not None:
            db.session.expunge(row)
    if row is None or not row.opens(parts[1], now):
        raise Problem("sign-in", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    if row.last_used_at is None or now - row.last_used_at > USED_AGAIN:
        _note_use(row.id)
    return row


def _note_use(key_id: str) -> None:
    """In a writing transaction of its own, also when the door only reads."""
    token = reading.set(False)
    try:
        db.session.rollback()
        used = {"last_used_at": clock.now(), "last_address": (request.remote_addr or "")[:64]}
        db.session.execute(update(ApiKey).where(ApiKey.id == key_id).values(**used))
        db.session.commit()
    finally:
        reading.reset(token)


@blueprint.get("/rows/<noun>")
@opened()
@blueprint.arguments(RowsQuestion, location="query")
@blueprint.doc(responses={200: {"description": "{items: [{id, rev, body}], next, more}; null: deleted"}})
def rows(question: dict[str, Any], noun: str) -> Response:
    """Rows of a noun in the order of their last change. Who asks on with `next` misses none and sees none twice."""
    if noun not in NOUNS:
        raise Problem("not-found")
    demand(NOUNS[noun])
    query = select(FeedRow).where(FeedRow.noun == noun, FeedRow.rev > question["after"])
    found = db.session.scalars(query.order_by(FeedRow.rev, FeedRow.row_id).limit(question["limit"] + 1)).all()
    page = found[: question["limit"]]
    more = len(found) > len(page)
    if more:  # rows of one transaction share a rev: a page ends between two, or a cursor would skip the rest
        last = found[len(page)].rev
        page = [row for row in page if row.rev < last] or _whole_rev(noun, last)
    items = ",".join(f'{{"id":"{row.row_id}","rev":{row.rev},"body":{row.body or "null"}}}' for row in page)
    after = page[-1].rev if page else question["after"]
    body = f'{{"items":[{items}],"next":{after},"more":{"true" if more else "false"}}}'
    return Response(body, mimetype="application/json")


def _whole_rev(noun: str, rev: int) -> list[FeedRow]:
    """One transaction that is longer than a page, such as an import."""
    query = select(FeedRow).where(FeedRow.noun == noun, FeedRow.rev == rev)
    return list(db.session.scalars(query.order_by(FeedRow.row_id)))


@blueprint.get("/month")
@opened("reports:read")
@blueprint.arguments(MonthQuestion, location="query")
@blueprint.doc(responses={200: {"description": "All numbers of the month, as `GET /api/reports/month`"}})
@blueprint.response(200)
def month(question: dict[str, Any]) -> dict[str, Any]:
    """The month's report."""
    year, number = question["month"].split("-")
    return monthly(db.session(), int(year), int(number))


@blueprint.post("/reports")
@opened("intake:write")
@blueprint.arguments(ReportForm)
@blueprint.response(201, ReportBody)
def report(form: dict[str, Any]) -> dict[str, str]:
    """A fault somebody or something noticed: it comes into the office's inbox, once however often it is sent."""
    now = clock.now()
    report_id = form.pop("id") or new_id()
    known = db.session.get(CustomerReport, report_id)
    if known is None:
        ctx = Context(db.session(), User(name=g.api_key.name), "", now, now)
        ctx.add(
            CustomerReport(id=report_id, state="new", files=[], demands=[], address=f"key {g.api_key.prefix}", **form)
        )
        ctx.add(new_link(ctx, "status", id=report_id, report_id=report_id))
        db.session.commit()
    elif known.address != f"key {g.api_key.prefix}":
        raise Problem("conflict")
    base = (current_app.config["PUBLIC_URL"] or request.url_root).rstrip("/")
    return {"id": report_id, "url": f"{base}/public/l/{token_of(report_id)}"}
