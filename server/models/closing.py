"""What the office writes when a month is over (F4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import Instant, Synced, id_column

MONTH = 7  # characters of `2026-11`


class MonthlyReport(Synced, db.Model):
    """The words beside the numbers of one month: what they mean, and what is done about it. Numbers are not kept here:
    they are counted when they are asked for. What was approved and is written anew has to be approved anew.
    """

    __tablename__ = "monthly_report"
    NOUN = "monthly_report"
    WIRE = ("month", "analysis", "improvements", "written_by", "written_at", "approved_by", "approved_at")
    month: Mapped[str] = mapped_column(String(MONTH), unique=True)
    analysis: Mapped[str] = mapped_column(Text, default="")
    improvements: Mapped[str] = mapped_column(Text, default="")
    written_by: Mapped[str | None] = id_column()
    written_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_by: Mapped[str | None] = id_column()
    approved_at: Mapped[datetime | None] = mapped_column(Instant)

    def scope(self) -> str:
        return "office"

    def write(self, analysis: str, improvements: str, by: str, at: datetime) -> None:
        self.analysis, self.improvements, self.written_by, self.written_at = analysis, improvements, by, at
        self.approved_by = self.approved_at = None

    def approve(self, by: str, at: datetime) -> None:
        self.approved_by, self.approved_at = by, at
