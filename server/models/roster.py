"""The duty roster 值班表: who is on duty when, with which vehicle, and who is away (C6)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column


class DutyShift(Synced, db.Model):
    """A duty or an absence of one person. Everybody holds the roster: at night the phone has to say whom to call.

    `kind`: `day`, `night`, `holiday` are duties, `leave` is none. A shift taken back stays, `removed`.
    """

    __tablename__ = "duty_shift"
    NOUN = "duty_shift"
    WIRE = ("user_id", "kind", "starts_at", "ends_at", "vehicle", "note", "removed")
    KINDS = ("day", "night", "holiday", "leave")
    user_id: Mapped[str] = id_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    vehicle: Mapped[str] = mapped_column(String(32), default="")
    note: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    removed: Mapped[bool] = mapped_column(Boolean, default=False)

    def scope(self) -> str:
        return "ref"
