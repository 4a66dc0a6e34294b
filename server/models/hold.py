"""What must be kept whatever its age (F7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column


class LegalHold(Synced, db.Model):
    """法务保全: while it stands, no clean-up touches a work order, or anything of a customer or a site."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("ix_legal_hold_of", "of_noun", "of_id"),)
    NOUN = "legal_hold"
    WIRE = ("of_noun", "of_id", "label", "reason", "placed_at", "lifted_at", "lifted_by", "lift_reason")
    OF = ("work_order", "customer", "site")
    of_noun: Mapped[str] = mapped_column(String(16))
    of_id: Mapped[str] = id_column()
    label: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")  # number and name: who reads it may not hold it
    reason: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime] = mapped_column(Instant)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
    lifted_by: Mapped[str | None] = id_column()
    lift_reason: Mapped[str] = mapped_column(Text, default="")

    def scope(self) -> str:
        return "office"

    def lift(self, by: str, at: datetime, reason: str) -> None:
        self.lifted_by, self.lifted_at, self.lift_reason = by, at, reason
