"""How a person is reached beside the app: this device's browser, and a test of all ways (F8)."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import delete, or_, select

from server import clock
from server.acts.notices import notify
from server.api.fields import MAX_JSON_BYTES, Body, Doors, Text
from server.api.identity import current_device_id, current_user, requires
from server.delivering import outgoing, webpush
from server.extensions import db, limiter
from server.models import PushSubscription
from server.models.channel import URL_LENGTH
from server.outbox import mail_is_set_up
from server.problems import LANGUAGES, Problem

TESTS = "10 per hour"  # of one person
POINT_BYTES = 65  # of an uncompressed point of P-256
AUTH_BYTES = 16

blueprint = Doors("channels", __name__, url_prefix="/api/channels", description="Ways of notice")


class WaysBody(Schema):
    push_key = fields.String(metadata={"description": "applicationServerKey, base64url"})
    push_here = fields.Boolean(metadata={"description": "whether this device is called"})
    mail = fields.Boolean(metadata={"description": "whether the server can send mails"})


class Bytes(Text):
    """So many bytes as base64url."""

    def __init__(self, size: int, **options: Any):
        super().__init__(longest=size * 2, **options)
        self.size = size

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more)
        try:
            decoded = webpush.decode(text.rstrip("="))
        except ValueError:
            decoded = b""
        if len(decoded) != self.size:
            raise ValidationError("Not a key of a browser.")
        return webpush.encode(decoded)


class KeysForm(Body):
    p256dh = Bytes(POINT_BYTES, required=True)
    auth = Bytes(AUTH_BYTES, required=True)


class PushForm(Body):
    endpoint = Text(longest=URL_LENGTH, shortest=8, required=True)
    keys = fields.Nested(KeysForm, required=True)
    lang = fields.String(load_default=LANGUAGES[0], validate=validate.OneOf(LANGUAGES))


@blueprint.before_request
def _small_bodies() -> None:
    request.max_content_length = MAX_JSON_BYTES


@blueprint.get("")
@requires()
@blueprint.response(200, WaysBody)
def ways() -> dict[str, Any]:
    """What there is beside the app, for this device."""
    here = select(PushSubscription.id).where(
        PushSubscription.device_id == current_device_id(), PushSubscription.user_id == current_user.id
    )
    called = db.session.scalar(here) is not None
    return {"push_key": webpush.server_key().public, "push_here": called, "mail": mail_is_set_up()}


@blueprint.put("/push")
@requires()
@blueprint.arguments(PushForm)
@blueprint.response(204)
def subscribe(form: dict[str, Any]) -> None:
    """This device may be called in the name of whoever is signed in. A browser belongs to who turned it on last."""
    try:
        webpush.seal(b"", form["keys"]["p256dh"], form["keys"]["auth"])
        outgoing.place_of(form["endpoint"])
    except (ValueError, OSError) as error:
        raise Problem("push-address") from error
    before = or_(PushSubscription.device_id == current_device_id(), PushSubscription.endpoint == form["endpoint"])
    db.session.execute(delete(PushSubscription).where(before))
    db.session.add(
        PushSubscription(
            user_id=current_user.id, device_id=current_device_id(), endpoint=form["endpoint"], lang=form["lang"],
            created_at=clock.now(), **form["keys"],
        )
    )  # fmt: skip
    db.session.commit()


@blueprint.delete("/push")
@requires()
@blueprint.response(204)
def unsubscribe() -> None:
    """This device is called no more."""
    db.session.execute(delete(PushSubscription).where(PushSubscription.device_id == current_device_id()))
    db.session.commit()


@blueprint.post("/test")
@requires()
@limiter.limit(TESTS, key_func=lambda: f"channels:{current_user.id}")
@blueprint.response(204)
def test() -> None:
    """A notice to oneself, by every way one has chosen for urgent ones."""
    notify(db.session(), [current_user.id], "test", clock.now())
    db.session.commit()
