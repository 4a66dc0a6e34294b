"""What a phone says has reached its owner: visits it holds durably, visits that were opened (C5).

It travels with the status and is no act: nobody decided anything, nothing can be refused, and saying it twice says the
same. So it costs no number and no place in anybody's outbox; a phone that never says it was never heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server import clock
from server.models import User, Visit
from sync.protocol import is_id

MAX_VISITS = 100  # of one status; the rest comes with the next


def keep_receipts(
    session: Session, user: User, status: Mapping[str, Any], offset: timedelta, received: datetime
) -> None:
    """`visits: {id: null | instant}`: held by the phone, and when it was opened there. Of visits the user leads."""
    said = status.get("visits")
    if not isinstance(said, Mapping) or not said:
        return
    ids = [visit_id for visit_id in list(said)[:MAX_VISITS] if is_id(visit_id)]
    session.flush()  # what the batch did to them is not undone by reading them again
    waiting = select(Visit).where(
        Visit.id.in_(ids), Visit.lead_id == user.id, Visit.state != "planned",
        or_(Visit.reached_at.is_(None), Visit.seen_at.is_(None)),
    )  # fmt: skip
    for visit in session.scalars(waiting.order_by(Visit.id).with_for_update()):
        visit.reached_at = visit.reached_at or received
        seen = _clamped(said[visit.id], offset, received)
        if visit.seen_at is None and seen is not None:
            visit.seen_at = seen


def _clamped(value: object, offset: timedelta, received: datetime) -> datetime | None:
    """Device time, corrected; never in the future, and no more than evidence."""
    if not isinstance(value, str):
        return None
    try:
        return min(clock.parse(value) + offset, received)
    except (ValueError, OverflowError):
        return received
