"""Devices, users, and what is shown only for a reason."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_jwt_extended import get_jwt, jwt_required
from marshmallow import Schema, fields, validate
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from server import clock, feed
from server.api import chains
from server.api.auth import MAX_PASSWORD, MIN_PASSWORD, DeviceForm, Tokens, register, tokens
from server.api.fields import MAX_JSON_BYTES, Body, Doors, Id, Text
from server.api.identity import current_device_id, current_user, draining, requires
from server.audit import write_down
from server.extensions import db
from server.models import Complaint, Device, Divergence, PushSubscription, Team, User, WorkOrder, new_id
from server.models.user import ROLES
from server.problems import Problem
from sync.protocol import is_id

MAX_DEVICES = 1000  # in one answer, the latest seen first
MAX_DIVERGENCES = 1000
MANAGES_DEVICES = ("admin", "supervisor")
MAY_REVEAL = ("dispatcher", "operator", "supervisor", "call_back")

blueprint = Doors("admin", __name__, url_prefix="/api", description="Devices, users, masked contacts")


class DeviceBody(Schema):
    id = fields.String()
    user_id = fields.String()
    user_name = fields.String()
    name = fields.String()
    platform = fields.String()
    current = fields.Boolean(metadata={"description": "the device that asks"})
    created_at = fields.String(metadata={"format": "date-time"})
    last_contact_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    revoked_at = fields.String(allow_none=True, metadata={"format": "date-time"})


class DivergenceBody(Schema):
    PLAIN = ("id", "user_id", "device_id", "scope", "rev", "cause", "device_rows", "server_rows", "repaired")

    id = fields.String()
    at = fields.String(metadata={"format": "date-time"})
    user_id = fields.String()
    user_name = fields.String()
    device_id = fields.String()
    device_name = fields.String()
    scope = fields.String()
    rev = fields.Integer(metadata={"description": "how far the device had pulled"})
    cause = fields.String(validate=validate.OneOf(("rows", "scope", "sum")))
    device_rows = fields.Integer()
    server_rows = fields.Integer()
    repaired = fields.Integer()


class NewDevice(Tokens):
    device_id = fields.String()
    epoch = fields.String()


class ReasonForm(Body):
    reason = Text(required=True, shortest=1)


class ContactBody(Schema):
    name = fields.String()
    phone = fields.String()


class UserForm(Body):
    """What an administrator may set. `password` is written only, never read."""

    number = Text(shortest=1, longest=32)
    login = Text(shortest=1, longest=64)
    name = Text(shortest=1)
    name_en = Text()
    phone = Text(longest=32)
    roles = fields.List(fields.String(validate=validate.OneOf(ROLES)), validate=validate.Length(min=1, max=len(ROLES)))
    skills = fields.List(Text(longest=64), validate=validate.Length(max=100))
    team_id = Id(allow_none=True)
    active = fields.Boolean()
    password = Text(shortest=MIN_PASSWORD, longest=MAX_PASSWORD, trim=False, load_only=True)


class NewUserForm(UserForm):
    number = Text(required=True, shortest=1, longest=32)
    login = Text(required=True, shortest=1, longest=64)
    name = Text(required=True, shortest=1)
    roles = fields.List(
        fields.String(validate=validate.OneOf(ROLES)), required=True, validate=validate.Length(min=1, max=len(ROLES))
    )
    password = Text(required=True, shortest=MIN_PASSWORD, longest=MAX_PASSWORD, trim=False, load_only=True)


class FullUserBody(UserForm):
    id = fields.String()


@blueprint.before_request
def _small_bodies() -> None:
    request.max_content_length = MAX_JSON_BYTES


# --- Devices ----------------------------------------------------------------------------------------------


@blueprint.get("/devices")
@requires()
@blueprint.response(200, DeviceBody(many=True))
def devices() -> list[dict[str, Any]]:
    """The own devices; supervisors and administrators see everybody's. The latest seen come first."""
    query = select(Device, User.name).join(User, User.id == Device.user_id)
    if not current_user.has_role(*MANAGES_DEVICES):
        query = query.where(Device.user_id == current_user.id)
    query = query.order_by(Device.last_contact_at.desc().nulls_last(), Device.id).limit(MAX_DEVICES)
    return [_device_body(device, name) for device, name in db.session.execute(query)]


@blueprint.post("/devices")
@jwt_required(refresh=True)
@blueprint.arguments(DeviceForm)
@blueprint.response(201, NewDevice)
def add_device(form: dict[str, Any]) -> dict[str, Any]:
    """Registers another device of the same person without the password: for one whose storage was cloned.

    It takes the refresh token (Bearer), since it gives one, and the old device stays as it was. The new one of a
    revoked device is revoked from birth: it may bring in what the old one could not, and nothing else.
    """
    link = chains.check(get_jwt()["jti"], current_device_id())
    device = register(current_user, form)
    if draining():
        parent = db.session.get_one(Device, current_device_id())
        device.revoked_at, device.revoked_by = parent.revoked_at, parent.revoked_by
    refresh = chains.begin(device, link.expires_at if draining() else None)
    _, epoch = feed.current(db.session())
    db.session.commit()
    return {**tokens(current_user.id, device.id, refresh), "device_id": device.id, "epoch": epoch}


@blueprint.post("/devices/<device_id>/revoke")
@requires()
@blueprint.arguments(ReasonForm)
@blueprint.response(200, DeviceBody)
def revoke(form: dict[str, Any], device_id: str) -> dict[str, Any]:
    """Shuts a device out for good: from now on it reads nothing. What it has not sent it may still bring in."""
    device = db.session.get(Device, device_id, with_for_update=True) if is_id(device_id) else None
    if device is None or not (device.user_id == current_user.id or current_user.has_role(*MANAGES_DEVICES)):
        raise Problem("not-found")
    if device.revoked_at is None:
        device.revoked_at, device.revoked_by = clock.now(), current_user.id
        db.session.execute(delete(PushSubscription).where(PushSubscription.device_id == device.id))
        write_down(db.session(), current_user.id, "device.revoke", "device", device.id, form["reason"])
        db.session.commit()
    return _device_body(device, db.session.get_one(User, device.user_id).name)


def _device_body(device: Device, user_name: str) -> dict[str, Any]:
    return {
        "id": device.id,
        "user_id": device.user_id,
        "user_name": user_name,
        "name": device.name,
        "platform": device.platform,
        "current": device.id == current_device_id(),
        "created_at": clock.wire(device.created_at),
        "last_contact_at": clock.wire(device.last_contact_at) if device.last_contact_at else None,
        "revoked_at": clock.wire(device.revoked_at) if device.revoked_at else None,
    }


@blueprint.get("/admin/divergences")
@requires(*MANAGES_DEVICES)
@blueprint.response(200, DivergenceBody(many=True))
def divergences() -> list[dict[str, Any]]:
    """What checks found on phones that should not have been so, the latest first. An empty list is the normal case."""
    query = (
        select(Divergence, User.name, Device.name)
        .outerjoin(User, User.id == Divergence.user_id)
        .outerjoin(Device, Device.id == Divergence.device_id)
        .order_by(Divergence.at.desc(), Divergence.id.desc())
        .limit(MAX_DIVERGENCES)
    )
    return [
        {
            **{name: getattr(found, name) for name in DivergenceBody.PLAIN},
            "at": clock.wire(found.at),
            "user_name": user or "",
            "device_name": device or "",
        }
        for found, user, device in db.session.execute(query)
    ]


# --- Users ------------------------------------------------------------------------------------------------


@blueprint.get("/users")
@requires("admin")
@blueprint.response(200, FullUserBody(many=True))
def users() -> list[User]:
    """Every account, by number."""
    return list(db.session.scalars(select(User).order_by(User.number)))


@blueprint.post("/users")
@requires("admin")
@blueprint.arguments(NewUserForm)
@blueprint.response(201, FullUserBody)
def create_user(form: dict[str, Any]) -> User:
    """Creates an account."""
    user = User(id=new_id(), created_by=current_user.id, skills=[], active=True)
    _change(user, form, "user.create")
    return user


@blueprint.patch("/users/<user_id>")
@requires("admin")
@blueprint.arguments(UserForm)
@blueprint.response(200, FullUserBody)
def change_user(form: dict[str, Any], user_id: str) -> User:
    """Changes what is given. A new password signs the devices out; those of an account that ends may only drain."""
    user = db.session.get(User, user_id, with_for_update=True) if is_id(user_id) else None
    if user is None:
        raise Problem("not-found")
    if user.id == current_user.id and not (form.get("active", True) and "admin" in form.get("roles", ["admin"])):
        # Who takes the key from himself may be the last who had one.
        raise Problem("conflict", extra={"errors": {"json": {"roles": ["Another administrator has to do this."]}}})
    _change(user, form, "user.change")
    return user


def _change(user: User, form: dict[str, Any], act: str) -> None:
    team_id = form.get("team_id")
    if team_id is not None and db.session.get(Team, team_id) is None:
        raise Problem("validation", extra={"errors": {"json": {"team_id": ["There is no such team."]}}})
    for name, value in form.items():
        if name != "password":
            setattr(user, name, value)
    if "password" in form:
        user.set_password(form["password"])
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:
        taken = "login" if "login" in str(error.orig) else "number"
        raise Problem("conflict", extra={"errors": {"json": {taken: ["Somebody else has it."]}}}) from error
    if "password" in form:
        chains.end_others(user.id, current_device_id())
    write_down(db.session(), current_user.id, act, "user", user.id, "", {"fields": sorted(form)})
    db.session.commit()


# --- Masked contacts --------------------------------------------------------------------------------------


@blueprint.post("/work-orders/<work_order_id>/contact/reveal")
@requires(*MAY_REVEAL)
@blueprint.arguments(ReasonForm)
@blueprint.response(200, ContactBody)
def reveal_contact(form: dict[str, Any], work_order_id: str) -> dict[str, str]:
    """The contact's real name and phone. Who asked, when and why is written down before the answer is given."""
    order = db.session.get(WorkOrder, work_order_id) if is_id(work_order_id) else None
    if order is None:
        raise Problem("not-found")
    told = {"fields": ["contact_name", "contact_phone"], "number": order.number}
    write_down(db.session(), current_user.id, "contact.reveal", "work_order", order.id, form["reason"], told)
    db.session.commit()
    return {"name": order.contact_name, "phone": order.contact_phone}


@blueprint.post("/complaints/<complaint_id>/contact/reveal")
@requires(*MAY_REVEAL)
@blueprint.arguments(ReasonForm)
@blueprint.response(200, ContactBody)
def reveal_complainant(form: dict[str, Any], complaint_id: str) -> dict[str, str]:
    """Who complained, for whoever has to answer. Written down like any other look at a contact."""
    row = db.session.get(Complaint, complaint_id) if is_id(complaint_id) else None
    if row is None:
        raise Problem("not-found")
    told = {"fields": ["contact_name", "contact_phone"], "number": row.number}
    write_down(db.session(), current_user.id, "contact.reveal", "complaint", row.id, form["reason"], told)
    db.session.commit()
    return {"name": row.contact_name, "phone": row.contact_phone}
