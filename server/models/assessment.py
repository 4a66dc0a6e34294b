"""The monthly assessment 考核 (F5): its items, and one person's month."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import JSON, Boolean, Date, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list
from server.models.closing import MONTH
from sync.assessment import total


class AssessmentItem(Synced, db.Model):
    """What is taken off or added, as a company has it: in the place of the rules' own with its code, or beside them."""

    __tablename__ = "assessment_item"
    NOUN = "assessment_item"
    WIRE = ("code", "name", "name_en", "mild", "grave", "per", "evidence", "sort", "active")
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    mild: Mapped[int] = mapped_column(Integer)
    grave: Mapped[int] = mapped_column(Integer)
    per: Mapped[str] = mapped_column(String(8), default="each")
    evidence: Mapped[str | None] = mapped_column(String(16))
    sort: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)

    def scope(self) -> str:
        return "ref"


class Assessment(Synced, db.Model):
    """One person's month: suggested from evidence, decided line by line, open to objection, approved, exported.

    `lines` [{id, item, points, count, origin, state, reason, evidence, by, at, note}]: `state` is `open` until somebody
    decides (`kept`, `changed`, `dropped`); `evidence` {kind, noun, id, work_order_id, visit_id, number, text, at} names
    the row that suggested it. Held by that person and by those who decide, and by nobody else.
    """

    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("user_id", "month"),)
    NOUN = "assessment"
    WIRE = (
        "user_id", "month", "state", "lines", "total", "due_on", "confirmed_by", "confirmed_at", "objection", "settled",
        "approved_by", "approved_at", "exported_at",
    )  # fmt: skip
    user_id: Mapped[str] = id_column()
    month: Mapped[str] = mapped_column(String(MONTH), index=True)
    state: Mapped[str] = mapped_column(String(16), default="suggested")
    lines: Mapped[list[dict[str, Any]]] = json_list()
    total: Mapped[int] = mapped_column(Integer, default=100)
    due_on: Mapped[date] = mapped_column(Date)
    confirmed_by: Mapped[str | None] = id_column()
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    objection: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    settled: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    approved_by: Mapped[str | None] = id_column()
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    exported_at: Mapped[datetime | None] = mapped_column(Instant)
    reminded_on: Mapped[date | None] = mapped_column(Date)

    @staticmethod
    def id_of(user_id: str, month: str) -> str:
        """Of the person and the month, so that whoever makes one makes the same."""
        return str(uuid5(UUID(user_id), month))

    def scope(self) -> str:
        return f"assess:{self.user_id}"

    def line(self, line_id: str) -> dict[str, Any] | None:
        return next((line for line in self.lines if line["id"] == line_id), None)

    def become(self, lines: list[dict[str, Any]]) -> None:
        """Writes only what differs: an unchanged sheet is not published again."""
        if lines != self.lines:
            self.lines, self.total = lines, total(lines)

    def decide(self, line_id: str, state: str, points: int, by: str, at: datetime, note: str) -> None:
        said = {"state": state, "points": points, "by": by, "at": clock.wire(at), "note": note}
        self.become([{**line, **said} if line["id"] == line_id else line for line in self.lines])

    def object(self, text: str, line_ids: list[str], at: datetime) -> None:
        self.state, self.objection = "objected", {"text": text, "line_ids": line_ids, "at": clock.wire(at)}

    def settle(self, by: str, at: datetime, note: str) -> None:
        self.state, self.settled = "settled", {"by": by, "at": clock.wire(at), "note": note}
