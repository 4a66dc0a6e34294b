"""What stays behind at the customer: message slips 留言条, receipts for what was taken 拉修; and another time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Fact, Instant, id_column
from server.models.evidence import SHA256_HEX


class MessageSlip(Fact, db.Model):
    """Left for a customer who was not there: who came when, and how to go on."""

    __tablename__ = "message_slip"
    NOUN = "message_slip"
    WIRE = ("addressee", "text", "phone", "next_start", "next_end")
    addressee: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    text: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(String(32), default="")
    next_start: Mapped[datetime | None] = mapped_column(Instant)
    next_end: Mapped[datetime | None] = mapped_column(Instant)


class Custody(Fact, db.Model):
    """Equipment taken to the workshop: what the customer signed for, and what they signed when it came back.

    `returned`: null while we have it, else `{at, by, visit_id, signer, condition, content, content_hash, strokes,
    image_id}`.
    """

    __tablename__ = "custody"
    NOUN = "custody"
    WIRE = (
        "asset_id", "content", "content_hash", "signer", "strokes", "image_id", "expected_on", "state", "returned",
    )  # fmt: skip
    asset_id: Mapped[str | None] = id_column()
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(SHA256_HEX))
    signer: Mapped[str] = mapped_column(String(NAME_LENGTH))
    strokes: Mapped[dict[str, Any]] = mapped_column(JSON)
    image_id: Mapped[str] = id_column()
    expected_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(16), default="held")
    returned: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    def give_back(self, at: datetime, by: str, visit_id: str, **said: Any) -> None:
        self.state = "returned"
        self.returned = {"at": clock.wire(at), "by": by, "visit_id": visit_id, **said}


class Rebooking(Fact, db.Model):
    """Another time asked for from the field: late on the way, or another day. The dispatcher answers."""

    __tablename__ = "rebooking"
    NOUN = "rebooking"
    WIRE = (
        "kind", "reason", "note", "was_start", "was_end", "slot_start", "slot_end", "state", "answered_by",
        "answered_at", "answer_note",
    )  # fmt: skip
    KINDS = ("delay", "rebook")
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    was_start: Mapped[datetime] = mapped_column(Instant)
    was_end: Mapped[datetime] = mapped_column(Instant)
    slot_start: Mapped[datetime] = mapped_column(Instant)
    slot_end: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    answered_by: Mapped[str | None] = id_column()
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answer_note: Mapped[str] = mapped_column(Text, default="")

    def answer(self, state: str, by: str, at: datetime, note: str = "") -> None:
        self.state, self.answered_by, self.answered_at, self.answer_note = state, by, at, note
