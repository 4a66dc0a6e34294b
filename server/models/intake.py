"""What customers do without an account: reports they send, links they hold, ratings they give (A8, F2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list
from server.models.customer import mask

SHA256_HEX = 64
TOKEN_HASH = 64  # SHA-256, hex


class CustomerReport(Synced, db.Model):
    """What a customer wrote on the public form. The office makes it a work order, or part of one."""

    __tablename__ = "customer_report"
    NOUN = "customer_report"
    WIRE = (
        "state", "company", "place", "equipment", "title", "description", "happened_at", "demands", "contact_masked",
        "files", "work_order_id", "complaint_id", "reason", "decided_by",
    )  # fmt: skip
    STATES = ("new", "registered", "merged", "complaint", "declined")
    state: Mapped[str] = mapped_column(String(16), default="new", index=True)
    company: Mapped[str] = mapped_column(String(NAME_LENGTH))
    place: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    equipment: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    description: Mapped[str] = mapped_column(Text, default="")
    happened_at: Mapped[str] = mapped_column(String(32), default="")
    demands: Mapped[list] = json_list()
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_phone: Mapped[str] = mapped_column(String(32), default="")
    files: Mapped[list] = json_list()  # [{sha256, size, mime, width, height}]
    work_order_id: Mapped[str | None] = id_column(index=True)
    complaint_id: Mapped[str | None] = id_column()
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = id_column()
    address: Mapped[str] = mapped_column(String(64), default="")  # of the sender, for the day somebody floods us

    @property
    def contact_masked(self) -> str:
        return mask(self.contact_name, self.contact_phone)

    def scope(self) -> str:
        return "office"

    def decide(self, state: str, by: str, work_order_id: str | None = None, reason: str = "") -> None:
        self.state, self.decided_by, self.work_order_id, self.reason = state, by, work_order_id, reason


class CustomerReportFile(db.Model):
    """Which report showed which bytes: asked before a file is given out."""

    __tablename__ = "customer_report_file"
    report_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(SHA256_HEX), primary_key=True, index=True)


class CustomerLink(Synced, db.Model):
    """A link a customer may open without an account. Only the hash of its token is kept (`server/tokens.py`)."""

    __tablename__ = "customer_link"
    __table_args__ = (Index("ix_customer_link_token_hash", "token_hash", unique=True),)
    NOUN = "customer_link"
    WIRE = ("work_order_id", "visit_id", "kind", "expires_at", "used_at", "revoked_at")
    KINDS = ("status", "sign", "rate")
    kind: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(TOKEN_HASH))
    # Of a work order from the start, or of a report that becomes one: neither changes, for the scope follows from it.
    work_order_id: Mapped[str | None] = id_column(index=True)
    report_id: Mapped[str | None] = id_column(index=True)
    visit_id: Mapped[str | None] = id_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    def scope(self) -> str:
        return f"wo:{self.work_order_id}" if self.work_order_id else "office"

    def fate(self, now: datetime) -> str:
        """`live`, or why it is not: `revoked`, `used`, `expired`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.used_at is not None:
            return "used"
        return "expired" if self.expires_at <= now else "live"


class Survey(Synced, db.Model):
    """How a customer found a visit (F2): speed, solution, attitude from 1 to 5, and words."""

    __tablename__ = "survey"
    NOUN = "survey"
    WIRE = ("work_order_id", "visit_id", "mode", "speed", "solution", "attitude", "words", "by_name")
    MODES = ("link", "phone", "call", "wechat", "visit")
    ASPECTS = ("speed", "solution", "attitude")
    work_order_id: Mapped[str] = id_column(index=True)
    visit_id: Mapped[str | None] = id_column(index=True)
    mode: Mapped[str] = mapped_column(String(16))
    speed: Mapped[int] = mapped_column(Integer)
    solution: Mapped[int] = mapped_column(Integer)
    attitude: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(Text, default="")
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")

    def scope(self) -> str:
        return f"wo:{self.work_order_id}"


def shown(file: Any) -> dict[str, Any]:
    """A file of a report as the wire has it."""
    return {"sha256": file.sha256, "size": file.size, "mime": file.mime, "width": file.width, "height": file.height}
