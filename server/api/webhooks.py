"""Webhooks and the log of everything that was told outside: for administrators (F8)."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import func, select

from server import clock
from server.api.fields import MAX_JSON_BYTES, Body, Doors, Id, Moment, Text
from server.api.identity import current_user, requires
from server.audit import write_down
from server.delivering import outgoing
from server.delivering.hooks import PREFIX, new_secret
from server.extensions import db
from server.models import Delivery, User, Webhook
from server.models.channel import EVENTS, KINDS, URL_LENGTH
from server.outbox import send_later
from server.problems import LANGUAGES, Problem
from sync.protocol import is_id

PAGE = 100
MAX_HOOKS = 100

blueprint = Doors("webhooks", __name__, url_prefix="/api", description="Webhooks and deliveries")


class HookForm(Body):
    name = Text(shortest=1)
    url = Text(longest=URL_LENGTH, shortest=8)
    format = fields.String(validate=validate.OneOf(Webhook.FORMATS))
    lang = fields.String(validate=validate.OneOf(LANGUAGES))
    kinds = fields.List(fields.String(validate=validate.OneOf((*KINDS, *EVENTS))), validate=validate.Length(max=100))
    active = fields.Boolean()
    secret = Text(longest=100, metadata={"description": "DingTalk's own; a standard webhook gets one of ours"})
    new_secret = fields.Boolean(metadata={"description": "a new one of ours, told once"})


class NewHookForm(HookForm):
    name = Text(required=True, shortest=1)
    url = Text(required=True, longest=URL_LENGTH, shortest=8)
    format = fields.String(load_default="standard", validate=validate.OneOf(Webhook.FORMATS))

    @validates_schema
    def _no_foreign(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("secret") and data.get("format") != "dingtalk":
            raise ValidationError("only DingTalk has one of its own", "secret")


class HookBody(Schema):
    id = fields.String()
    name = fields.String()
    url = fields.String()
    format = fields.String()
    lang = fields.String()
    kinds = fields.List(fields.String())
    active = fields.Boolean()
    failures = fields.Integer()
    stopped_at = Moment(allow_none=True)
    created_at = Moment()


class FreshHookBody(HookBody):
    secret = fields.String(metadata={"description": "only in the answer that made it"})


class LogQuestion(Schema):
    channel = fields.String(load_default=None, validate=validate.OneOf(Delivery.CHANNELS))
    state = fields.String(load_default=None, validate=validate.OneOf(Delivery.STATES))
    target_id = Id(load_default=None)
    before = Id(load_default=None, metadata={"description": "`next`"})


class DeliveryBody(Schema):
    id = fields.String()
    channel = fields.String()
    kind = fields.String()
    to = fields.String(metadata={"description": "who: a name, a webhook's name, an address"})
    number = fields.String(allow_none=True)
    state = fields.String()
    attempts = fields.Integer()
    status = fields.Integer(allow_none=True)
    error = fields.String()
    created_at = Moment()
    next_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)


class LogBody(Schema):
    items = fields.List(fields.Nested(DeliveryBody))
    next = fields.String(allow_none=True)


@blueprint.before_request
def _small_bodies() -> None:
    request.max_content_length = MAX_JSON_BYTES


@blueprint.get("/webhooks")
@requires("admin")
@blueprint.response(200, HookBody(many=True))
def webhooks() -> list[Webhook]:
    """All that are not removed, by name."""
    found = select(Webhook).where(~Webhook.removed).order_by(Webhook.name, Webhook.id)
    return list(db.session.scalars(found.limit(MAX_HOOKS)))


@blueprint.post("/webhooks")
@requires("admin")
@blueprint.arguments(NewHookForm)
@blueprint.response(201, FreshHookBody)
def create(form: dict[str, Any]) -> dict[str, Any]:
    """A new one. The secret of a standard webhook is in this answer and in no other."""
    if (db.session.scalar(select(func.count()).where(~Webhook.removed)) or 0) >= MAX_HOOKS:
        raise Problem("conflict", extra={"errors": {"json": {"name": [f"There are {MAX_HOOKS} already."]}}})
    hook = Webhook(created_by=current_user.id, kinds=[], secret="", lang=LANGUAGES[0])
    form["new_secret"] = form["format"] == "standard"
    return _change(hook, form, "webhook.create")


@blueprint.patch("/webhooks/<hook_id>")
@requires("admin")
@blueprint.arguments(HookForm)
@blueprint.response(200, FreshHookBody)
def change(form: dict[str, Any], hook_id: str) -> dict[str, Any]:
    """Changes what is given. Turned on again, it begins without the failures of before."""
    return _change(_find(hook_id), form, "webhook.change")


@blueprint.delete("/webhooks/<hook_id>")
@requires("admin")
@blueprint.response(204)
def remove(hook_id: str) -> None:
    """Nothing is told to it any more; what was told stays in the log."""
    hook = _find(hook_id)
    hook.removed, hook.active = True, False
    write_down(db.session(), current_user.id, "webhook.remove", "webhook", hook.id, hook.name)
    db.session.commit()


@blueprint.post("/webhooks/<hook_id>/test")
@requires("admin")
@blueprint.response(202)
def test(hook_id: str) -> dict[str, str]:
    """Tells it something of no meaning; how that went stands in the log."""
    hook = _find(hook_id)
    body = {"type": "test", "timestamp": clock.wire(clock.now()), "data": {}}
    made = send_later(db.session(), Delivery(channel="hook", kind="test", target_id=hook.id, body=body))
    hook.resting_until = None
    db.session.commit()
    return {"id": made.id}


@blueprint.get("/deliveries")
@requires("admin")
@blueprint.arguments(LogQuestion, location="query")
@blueprint.response(200, LogBody)
def deliveries(question: dict[str, Any]) -> dict[str, Any]:
    """What was told outside, the latest first, and what became of it."""
    query = select(Delivery, User.name, Webhook.name)
    query = query.outerjoin(User, User.id == Delivery.user_id).outerjoin(Webhook, Webhook.id == Delivery.target_id)
    for name in ("channel", "state", "target_id"):
        if question[name]:
            query = query.where(getattr(Delivery, name) == question[name])
    if question["before"]:
        query = query.where(Delivery.id < question["before"])
    found = db.session.execute(query.order_by(Delivery.id.desc()).limit(PAGE + 1)).all()
    items = [_line(one, user, hook) for one, user, hook in found[:PAGE]]
    return {"items": items, "next": found[PAGE - 1][0].id if len(found) > PAGE else None}


@blueprint.post("/deliveries/<delivery_id>/again")
@requires("admin")
@blueprint.response(202)
def again(delivery_id: str) -> dict[str, str]:
    """What failed or was dropped is tried anew, at once."""
    found = db.session.get(Delivery, delivery_id, with_for_update=True) if is_id(delivery_id) else None
    if found is None:
        raise Problem("not-found")
    if found.state not in ("failed", "dropped"):
        raise Problem("conflict")
    hook = db.session.get(Webhook, found.target_id) if found.channel == "hook" else None
    if hook is not None:
        hook.resting_until = None
    found.attempts = 0
    send_later(db.session(), found)
    db.session.commit()
    return {"id": found.id}


def _find(hook_id: str) -> Webhook:
    hook = db.session.get(Webhook, hook_id, with_for_update=True) if is_id(hook_id) else None
    if hook is None or hook.removed:
        raise Problem("not-found")
    return hook


def _change(hook: Webhook, form: dict[str, Any], act: str) -> dict[str, Any]:
    if "url" in form:
        try:
            outgoing.place_of(form["url"])
        except outgoing.Forbidden as error:
            raise Problem("url-forbidden", extra={"reason": str(error)}) from error
        except OSError as error:
            raise Problem("url-unknown") from error
    fresh = new_secret() if form.pop("new_secret", False) else ""
    if form.get("active") and not hook.active:
        hook.failures, hook.stopped_at, hook.resting_until = 0, None, None
    for name, value in form.items():
        setattr(hook, name, value)
    if hook.format == "standard":
        hook.secret = fresh or (hook.secret if hook.secret.startswith(PREFIX) else new_secret())
    db.session.add(hook)
    db.session.flush()
    # The address of a robot is its password: what is written down names the fields only.
    write_down(db.session(), current_user.id, act, "webhook", hook.id, hook.name, {"fields": sorted(form)})
    db.session.commit()
    shown = {name: getattr(hook, name) for name in HookBody().fields}
    return shown | ({"secret": fresh} if fresh else {})


def _line(row: Delivery, user: str | None, hook: str | None) -> dict[str, Any]:
    names = ("id", "channel", "kind", "state", "attempts", "status", "error", "created_at", "next_at", "ended_at")
    about = row.body.get("data") or {}
    to = user or hook or row.address
    return {**{name: getattr(row, name) for name in names}, "to": to, "number": about.get("number")}
