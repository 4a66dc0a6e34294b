"""Signing in and out: tokens, the device's registration, the password."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from flask import Response, request
from flask_jwt_extended import get_jwt, jwt_required
from flask_limiter.util import get_remote_address
from marshmallow import fields
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, OperationalError

from server import clock, feed
from server.api import chains
from server.api.fields import MAX_JSON_BYTES, Body, Doors, Id, Text, read_json
from server.api.identity import access_token, current_device_id, current_user, requires, short_read
from server.audit import write_down
from server.extensions import db, hurried, limiter
from server.models import Device, PushSubscription, User
from server.problems import Problem
from server.sealing import office_key

_log = logging.getLogger(__name__)

# Only failures count, so a whole office may sign in at eight in the morning. They are counted apart:
#   a device that is already registered for the account   by that device and account, and by nothing else;
#   any other device                                      by account, and by address.
# Hence nobody who guesses (from a phone in the office's network, or from afar) can lock out the people there: their
# own devices always have attempts of their own. What the guesser can block for a quarter of an hour is the first
# sign-in on a new device, and that is the price of stopping him.
PER_KNOWN_DEVICE = "10 per 5 minutes"
PER_ACCOUNT = "10 per 15 minutes"
PER_ADDRESS = "100 per 15 minutes"
MIN_PASSWORD = 8  # characters, as NIST SP 800-63B asks at least
MAX_PASSWORD = 200  # characters; longer ones only cost time

blueprint = Doors("auth", __name__, url_prefix="/api/auth", description="Signing in and out")


class DeviceForm(Body):
    id = Id(required=True)
    name = Text(load_default="")
    platform = Text(load_default="")


class LoginForm(Body):
    login = Text(required=True, shortest=1, longest=64)
    password = Text(required=True, shortest=1, longest=MAX_PASSWORD, trim=False)
    device = fields.Nested(DeviceForm, required=True)


class PasswordForm(Body):
    old = Text(required=True, shortest=1, longest=MAX_PASSWORD, trim=False)
    new = Text(required=True, shortest=MIN_PASSWORD, longest=MAX_PASSWORD, trim=False)


class UserBody(Body):
    id = fields.String()
    login = fields.String()
    name = fields.String()
    name_en = fields.String()
    roles = fields.List(fields.String())
    team_id = fields.String(allow_none=True)
    skills = fields.List(fields.String())
    active = fields.Boolean()


class Tokens(Body):
    access = fields.String()
    refresh = fields.String()
    access_expires_at = fields.String(metadata={"format": "date-time"})


class OfficeKeyBody(Body):
    """What rescue files are sealed with; kept on the phone, because it is needed when there is no network."""

    spki = fields.String(metadata={"description": "base64 of the public key's DER"})
    fingerprint = fields.String(metadata={"description": "SHA-256 of it, in hex"})


class Session(Body):
    user = fields.Nested(UserBody)
    device_id = fields.String()
    epoch = fields.String()
    server_time = fields.String(metadata={"format": "date-time"})
    rescue_key = fields.Nested(OfficeKeyBody)


class SignedIn(Tokens, Session):
    pass


@blueprint.before_request
def _small_bodies() -> None:
    request.max_content_length = MAX_JSON_BYTES


def _said() -> tuple[str, str]:
    """The login and device id of the body, before it is validated."""
    body = read_json(request)
    body = body if isinstance(body, dict) else {}
    device = body.get("device")
    device_id = device.get("id") if isinstance(device, dict) else ""
    return str(body.get("login") or "-").strip()[:64], str(device_id or "-")[:64]


def _known_device() -> bool:
    login, device_id = _said()
    query = select(Device.id).join(User, User.id == Device.user_id).where(Device.id == device_id, User.login == login)
    if not (login + device_id).isprintable():  # nobody's, and PostgreSQL would not take it
        return False
    with short_read():
        return db.session.scalar(query.where(Device.revoked_at.is_(None))) is not None


def _failed(response: Response) -> bool:
    return response.status_code == Problem("wrong-password").status


@blueprint.post("/login")
@limiter.limit(PER_KNOWN_DEVICE, key_func=lambda: "device:" + ":".join(_said()), deduct_when=_failed)
@limiter.limit(PER_ACCOUNT, key_func=lambda: f"account:{_said()[0]}", deduct_when=_failed, exempt_when=_known_device)
@limiter.limit(PER_ADDRESS, key_func=get_remote_address, deduct_when=_failed, exempt_when=_known_device)
@blueprint.arguments(LoginForm)
@blueprint.response(200, SignedIn)
def login(form: dict[str, Any]) -> dict[str, Any]:
    """Signs a person in on a device, whose id the device made itself. Signing in again ends its earlier session."""
    user = _authenticate(form["login"], form["password"], written_down=True)
    device = register(user, form["device"])
    refresh = chains.begin(device)
    write_down(db.session(), user.id, "sign_in", "device", device.id, device.name, _from_where())
    answer = _session(user, device.id)
    db.session.commit()
    return {**tokens(user.id, device.id, refresh), **answer}


@blueprint.post("/refresh")
@jwt_required(refresh=True)
@blueprint.response(200, Tokens)
def refresh() -> dict[str, Any]:
    """Gives new tokens for a refresh token (Bearer). A token whose answer was lost may be sent again."""
    token = chains.rotate(get_jwt()["jti"], current_device_id())
    return tokens(current_user.id, current_device_id(), token)


@blueprint.post("/logout")
@requires()
@blueprint.response(204)
def logout() -> None:
    """Ends the session of this device. The device stays registered, and what it has not sent stays on it."""
    chains.end(current_device_id())
    db.session.execute(delete(PushSubscription).where(PushSubscription.device_id == current_device_id()))
    db.session.commit()


@blueprint.get("/me")
@requires()
@blueprint.response(200, Session)
def me() -> dict[str, Any]:
    """Who is signed in here."""
    return _session(current_user, current_device_id())


@blueprint.post("/password")
@requires()
@limiter.limit(PER_KNOWN_DEVICE, key_func=lambda: current_user.id, deduct_when=_failed)
@blueprint.arguments(PasswordForm)
@blueprint.response(204)
def password(form: dict[str, Any]) -> None:
    """Changes the own password and signs out the person's other devices."""
    user = _authenticate(current_user.login, form["old"])
    user.set_password(form["new"])
    own = db.session.get_one(User, user.id)
    own.password_hash = user.password_hash
    write_down(db.session(), own.id, "password.change", "user", own.id, "", _from_where())
    chains.end_others(user.id, current_device_id())
    db.session.commit()


@cache
def _nobody() -> User:
    """Has a password nobody knows: checking it takes as long as checking a real one."""
    nobody = User()
    nobody.set_password("nobody")
    return nobody


def _from_where() -> dict[str, str]:
    return {"address": request.remote_addr or ""}


def _refuse(code: str, login: str, user: User | None) -> Problem:
    """Somebody who tries to get in is written down, also when the login is nobody's.

    Strangers may ask as often as the limits let them, so they wait for no writer, and hold none up: while the database
    is busy it is said in the server's log only.
    """
    known = user.id if user is not None else ""
    extra = _from_where() | ({} if known else {"login": login[:64] if login.isprintable() else "?"})
    db.session.rollback()
    token = hurried.set(True)
    try:
        write_down(db.session(), known, "sign_in.refused", "user", known, code, extra)
        db.session.commit()
    except OperationalError:
        db.session.rollback()
        _log.warning("a refused sign-in is written down here only: %s, user %s, %s", code, known or "?", extra)
    finally:
        hurried.reset(token)
    return Problem(code)


def _authenticate(login: str, password: str, written_down: bool = False) -> User:
    """The active user with that password. An unknown login takes as long to refuse as a wrong password."""
    with short_read():
        user = db.session.scalar(select(User).where(User.login == login))
        if user is not None:
            db.session.expunge(user)
    found = user is not None and bool(user.password_hash)
    right = (user if user is not None and found else _nobody()).check_password(password)
    code = "wrong-password" if user is None or not found or not right else "" if user.active else "user-inactive"
    if user is None or code:
        raise _refuse(code, login, user) if written_down else Problem(code)
    return user


def register(user: User, form: dict[str, Any]) -> Device:
    """The device of the form, made known if it is new. A device belongs to one person for life."""
    now = clock.now()
    device = db.session.get(Device, form["id"], with_for_update=True)
    if device is None:
        device = Device(id=form["id"], user_id=user.id, created_at=now, last_n=0)
        db.session.add(device)
    if device.user_id != user.id:
        raise Problem("device-foreign")
    if device.revoked_at is not None:
        raise Problem("device-revoked")
    device.name, device.platform, device.last_contact_at = form["name"], form["platform"], now
    try:
        db.session.flush()
    except IntegrityError as error:  # the same new device at the same moment
        raise Problem("conflict") from error
    return device


def tokens(user_id: str, device_id: str, refresh: str) -> dict[str, Any]:
    access, ends = access_token(user_id, device_id)
    return {"access": access, "refresh": refresh, "access_expires_at": clock.wire(ends)}


def _session(user: User, device_id: str) -> dict[str, Any]:
    _, epoch = feed.current(db.session())
    body = {"id": user.id, **user.body()}
    return {
        "user": body,
        "device_id": device_id,
        "epoch": epoch,
        "server_time": clock.wire(clock.now()),
        "rescue_key": office_key().wire(),
    }
