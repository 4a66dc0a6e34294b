"""The chain of refresh tokens of a device: every refresh adds a link, and a link that was used twice breaks the chain.

A phone on a weak link asks for a new token and never gets the answer. It has only the old one, so a strict "each token
once" would sign it out in the field. The rule here: a token whose successor was never used may be used again; the
unused successor is revoked and another issued. A token whose successor WAS used is in two hands: nobody who received
the successor needs the old one any more. Then the whole chain of the device is revoked. The same holds for a revoked
successor that turns up after all.

The chain of a device that drains (revoked, or its user's account ended) goes on to the day it would have ended
without another contact, and no further: a device has as long to bring in its work as it had to sign in, from its last
contact before, and none can drain for ever.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import delete, select, update

from server import clock
from server.api.identity import draining, refresh_token
from server.extensions import db
from server.models import Device, RefreshToken, new_id
from server.problems import Problem


def begin(device: Device, ends: datetime | None = None) -> str:
    """The first token of a new chain; what the device had before ends here. The caller commits."""
    end(device.id)
    return _add(device.id, device.user_id, None, ends)


def end(device_id: str) -> None:
    """Revokes every token of the device. The caller commits."""
    query = update(RefreshToken).where(RefreshToken.device_id == device_id, RefreshToken.revoked_at.is_(None))
    db.session.execute(query.values(revoked_at=clock.now()))


def end_others(user_id: str, device_id: str) -> None:
    """Revokes the tokens of all devices of the user but this one. The caller commits."""
    query = update(RefreshToken).where(
        RefreshToken.user_id == user_id, RefreshToken.device_id != device_id, RefreshToken.revoked_at.is_(None)
    )
    db.session.execute(query.values(revoked_at=clock.now()))


def rotate(token_id: str, device_id: str) -> str:
    """The successor of a token, or problem `token-reused` (the chain is revoked then) or `token-invalid`.

    Commits: a revocation must outlive the refusal.
    """
    # Two refreshes of one device must not both find "no successor yet".
    db.session.execute(select(Device.id).where(Device.id == device_id).with_for_update())
    row = db.session.get(RefreshToken, token_id)
    if row is None or row.device_id != device_id:  # of before a restored backup
        raise Problem("token-invalid")
    if row.revoked_at is not None or row.used_at is not None:
        lives = select(RefreshToken.id).where(RefreshToken.device_id == device_id, RefreshToken.revoked_at.is_(None))
        reused = db.session.scalar(lives.limit(1)) is not None
        end(device_id)
        db.session.commit()
        # A chain that had ended already (signed out, revoked) is no alarm.
        raise Problem("token-reused" if reused else "token-invalid")
    if row.parent_id is not None:
        used = update(RefreshToken).where(RefreshToken.id == row.parent_id, RefreshToken.used_at.is_(None))
        db.session.execute(used.values(used_at=clock.now()))
    unused = update(RefreshToken).where(RefreshToken.parent_id == row.id, RefreshToken.revoked_at.is_(None))
    db.session.execute(unused.values(revoked_at=clock.now()))
    db.session.execute(
        delete(RefreshToken).where(RefreshToken.device_id == device_id, RefreshToken.expires_at < clock.now())
    )
    token = _add(device_id, row.user_id, row.id, row.expires_at if draining() else None)
    db.session.commit()
    return token


def check(token_id: str, device_id: str) -> RefreshToken:
    """The token's row; problem `token-invalid` unless it could be rotated now."""
    row = db.session.get(RefreshToken, token_id)
    if row is None or row.device_id != device_id or row.revoked_at is not None or row.used_at is not None:
        raise Problem("token-invalid")
    return row


def _add(device_id: str, user_id: str, parent_id: str | None, ends: datetime | None) -> str:
    now = clock.now()
    ends = ends or now + current_app.config["JWT_REFRESH_TOKEN_EXPIRES"]
    row = RefreshToken(
        id=new_id(),
        device_id=device_id,
        user_id=user_id,
        parent_id=parent_id,
        created_at=now,
        expires_at=ends,
    )
    db.session.add(row)
    return refresh_token(user_id, device_id, row.id, ends - now)
