"""Who is asking: tokens become a user and a device, and roles are checked. Shared by all doors.

`@requires()` lets any signed-in person in, `@requires("dispatcher", …)` those with one of the roles. It stands above
the parsing of the body, so that a stranger learns nothing about what a door takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Response, current_app, g, request
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    get_jwt,
    jwt_required,
    verify_jwt_in_request,
)
from flask_jwt_extended import current_user as _current_user
from sqlalchemy import bindparam, select

from server import clock
from server.extensions import db, jwt, reading
from server.models import Clock, Device, User
from server.problems import Problem, answer

P = ParamSpec("P")
R = TypeVar("R")
DEVICE_CLAIM = "device"
DRAIN_CLAIM = "drain"
# All that is open to a device that drains (it was revoked, or its user's account ended): what it still has comes in,
# and nothing goes out. A new number line (`add_device`) is for one that was cloned before; it drains like its parent.
DRAIN_DOORS = frozenset({
    "sync.push_acts", "auth.refresh", "admin.add_device", "uploads.create", "uploads.look", "uploads.append",
    "uploads.terminate", "uploads.override",
})  # fmt: skip

# The signed-in user, as read at the start of the request. It belongs to no session: a door that changes a user
# loads that user itself.
current_user = cast(User, _current_user)


def current_device_id() -> str:
    """The device the token was issued to."""
    return str(get_jwt()[DEVICE_CLAIM])


def current_device_last() -> int:
    """The number of the last act answered to the device, as read when it was recognised."""
    return int(g.device_last)


def clock_read() -> tuple[int, str] | None:
    """The clock's rev and epoch as the asker was recognised: what a door then reads is at least as new."""
    found: tuple[int, str] | None = g.clock
    return found


def draining() -> bool:
    """Whether the device may only bring in what it has: its access token says so, or the database by now."""
    return bool(g.draining)


def requires(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets in who is signed in and has one of `roles` (any, when none is named); else problem `forbidden`."""

    def decorate(door: Callable[P, R]) -> Callable[P, R]:
        @wraps(door)
        @jwt_required()
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            permit(*roles)
            return door(*args, **kwargs)

        guarded.lets_in = roles  # type: ignore[attr-defined]  # read by the page of permissions and its test
        return cast(Callable[P, R], guarded)

    return decorate


def signed_in(door: Callable[P, R]) -> Callable[P, R]:
    """`requires()` for the doors every phone asks all the time: a token verified before is not taken apart again."""

    @wraps(door)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        claims = jwt.remembered(token) if scheme == "Bearer" else None
        if claims is None or claims["type"] != "access":
            verify_jwt_in_request()
        else:  # what it would leave behind
            g._jwt_extended_jwt, g._jwt_extended_jwt_header = claims, {}
            g._jwt_extended_jwt_user = {"loaded_user": _load({}, claims)}
        return door(*args, **kwargs)

    return guarded


def permit(*roles: str) -> None:
    """Raises problem `forbidden` unless the signed-in user has one of `roles`."""
    if roles and not current_user.has_role(*roles):
        raise Problem("forbidden")


@contextmanager
def short_read() -> Iterator[None]:
    """A look that must not cost a later writer its turn.

    On SQLite a transaction of a writing request takes the one write lock at its start. What is only looked up before
    the work begins (who is this? what is the hash?) therefore reads in a transaction of its own. PostgreSQL has no
    such lock, so there the work goes on in the same transaction and saves the round trips. Objects read inside must
    be expunged or finished with: they do not survive the block.
    """
    outer = reading.get()
    token = reading.set(True)
    try:
        yield
    finally:
        reading.reset(token)
        if not outer and db.engine.dialect.name == "sqlite":
            db.session.rollback()


def access_token(user_id: str, device_id: str) -> tuple[str, datetime]:
    """A new access token and when it ends. Who asks with the token of a draining device gets one that only drains."""
    ends = clock.now() + current_app.config["JWT_ACCESS_TOKEN_EXPIRES"]
    claims = {DEVICE_CLAIM: device_id} | ({DRAIN_CLAIM: True} if g.get("draining") else {})
    return create_access_token(user_id, additional_claims=claims), ends


def refresh_token(user_id: str, device_id: str, row_id: str, life: timedelta) -> str:
    """The token of a `RefreshToken` row, which it names as its `jti`; `life` from now."""
    claims = {DEVICE_CLAIM: device_id, "jti": row_id}
    return create_refresh_token(user_id, additional_claims=claims, expires_delta=life)


# Built once: at every request of every phone, building the statement would cost as much as asking it.
# It asks for plain columns, because the asker belongs to no session; and for the clock, which a pull asks next.
_USER = User.__table__.columns
_WHO = (
    select(
        *_USER, Device.user_id, Device.revoked_at, Device.last_n,
        select(Clock.rev).where(Clock.id == 1).scalar_subquery(),
        select(Clock.epoch).where(Clock.id == 1).scalar_subquery(),
    )
    .outerjoin(Device, Device.id == bindparam("device"))
    .where(User.id == bindparam("user"))
)  # fmt: skip


@jwt.user_lookup_loader
def _load(header: dict[str, Any], payload: dict[str, Any]) -> User:
    user = recognised(payload)
    if draining() and request.endpoint not in DRAIN_DOORS:
        raise Problem("device-revoked")
    return user


def recognised(payload: dict[str, Any]) -> User:
    """The user of a token, by one query for user and device; `draining()` is known afterwards.

    Revoking a device or ending an account works at once, not in 15 minutes.
    """
    device_id = payload.get(DEVICE_CLAIM)
    with short_read():
        connection = db.session().connection()
        row = connection.execute(_WHO, {"user": payload["sub"], "device": device_id}).one_or_none()
    if row is None:
        raise Problem("token-invalid")
    *columns, owner_id, revoked_at, g.device_last, rev, epoch = row
    user = User(**dict(zip(_USER.keys(), columns, strict=True)))
    g.clock = None if rev is None else (rev, epoch)
    if owner_id is None:
        raise Problem("device-unknown")
    if owner_id != user.id:
        raise Problem("device-foreign")
    g.draining = bool(payload.get(DRAIN_CLAIM)) or revoked_at is not None or not user.active
    return user


@jwt.unauthorized_loader
def _missing(reason: str) -> Response:
    return answer(Problem("sign-in", headers={"WWW-Authenticate": "Bearer"}))


@jwt.expired_token_loader
def _expired(header: dict[str, Any], payload: dict[str, Any]) -> Response:
    return answer(Problem("token-expired", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}))


@jwt.invalid_token_loader
def _invalid(reason: str) -> Response:
    return answer(Problem("token-invalid", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}))
