"""What people did past the journal of acts, written down: who, when, what, and why (A6)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from server import clock
from server.models import AccessLog, new_id
from server.models.base import NAME_LENGTH


def write_down(
    session: Session, user_id: str, act: str, noun: str, row_id: str, reason: str = "",
    extra: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """A line of the access log, in the transaction of what it tells. `act`: `contact.reveal`, `webhook.create`, …"""
    row = AccessLog(id=new_id(), user_id=user_id, at=clock.now(), act=act, noun=noun, row_id=row_id)
    row.reason, row.extra = reason[:NAME_LENGTH], extra
    session.add(row)
