"""What a phone says about itself, kept for the board (C4): the state travels with a push, also with an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server import clock
from server.models import PhoneStatus, User, new_id

MAX_COUNT = 2**31  # of things waiting: a column of 32 bits
MAX_BYTES = 2**53
SANE_YEARS = range(1970, 2200)  # at the edges of the calendar a zone leads out of it, and the row is never read again

_STATUS = select(PhoneStatus).where(PhoneStatus.device_id == bindparam("device"))


def keep_status(
    session: Session, user: User, device_id: str, status: Mapping[str, Any], offset: timedelta, received: datetime
) -> None:
    """Writes the status row of the device. What is not of its type is taken as unknown: a status is never refused."""
    if user.team_id is None:
        return
    row = session.scalars(_STATUS, {"device": device_id}).first()
    if row is not None and row.team_id != user.team_id:  # a row keeps its scope for life
        session.delete(row)
        session.flush()
        row = None
    if row is None:
        row = PhoneStatus(id=new_id(), user_id=user.id, device_id=device_id, team_id=user.team_id, created_by=user.id)
        session.add(row)
    row.last_contact, row.device_at = received, _sane(received - offset)
    row.pending, row.files_waiting = _count(status.get("pending")) or 0, _count(status.get("files_waiting")) or 0
    row.oldest_at = _instant(status.get("oldest_at"))
    row.failing, row.app_version = _text(status.get("failing"), 200), _text(status.get("app_version"), 32) or ""
    row.clock_offset_ms = int(offset / timedelta(milliseconds=1))
    persisted = status.get("persisted")
    row.persisted = persisted if isinstance(persisted, bool) else None
    row.storage_used = _count(status.get("storage_used"), MAX_BYTES)
    row.storage_quota = _count(status.get("storage_quota"), MAX_BYTES)
    row.battery = _count(status.get("battery"), 101)
    row.evicted = _loss(status.get("evicted")) or row.evicted  # told once, and worth knowing for days


def _loss(value: object) -> dict[str, Any] | None:
    """What the browser threw away: how much was unsent, since when, last contact before, noticed when."""
    if not isinstance(value, Mapping):
        return None
    instants = {name: _instant(value.get(name)) for name in ("since", "last_contact", "noticed_at")}
    told = {name: clock.wire(at) if at else None for name, at in instants.items()}
    return {"unsent": _count(value.get("unsent")) or 0, **told} if told["noticed_at"] else None


def _count(value: object, limit: int = MAX_COUNT) -> int | None:
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < limit
    return int(value) if sound else None  # type: ignore[call-overload]


def _text(value: object, longest: int) -> str | None:
    return value.replace("\0", "")[:longest] if isinstance(value, str) else None


def _instant(value: object) -> datetime | None:
    try:
        return _sane(clock.parse(value)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _sane(instant: datetime) -> datetime | None:
    return instant if instant.year in SANE_YEARS else None
