"""Money 收费: what was quoted, what the customer consented to, what was paid (D7). Whole fen, add-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Fact, Instant, id_column, json_list
from server.models.evidence import SHA256_HEX


class Quotation(Fact, db.Model):
    """A quotation 报价: parts, labour and travel, as the customer saw it, and their answer before the repair.

    The consent is bound to the hash of the content; another sum is another quotation. `lines` are kept inside.
    """

    __tablename__ = "quotation"
    NOUN = "quotation"
    WIRE = (
        "content", "content_hash", "basis", "total_cents", "state", "answered_at", "signer", "strokes", "image_id",
        "answer_note",
    )  # fmt: skip
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(SHA256_HEX))
    basis: Mapped[str] = mapped_column(String(16))
    total_cents: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), default="open")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    signer: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    strokes: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    image_id: Mapped[str | None] = id_column()
    answer_note: Mapped[str] = mapped_column(Text, default="")

    def answer(self, state: str, at: datetime, note: str = "") -> None:
        self.state, self.answered_at, self.answer_note = state, at, note


class Charge(Fact, db.Model):
    """What a visit was charged and how it was paid: the receipt 收据. Several, when it was paid in parts."""

    __tablename__ = "charge"
    NOUN = "charge"
    WIRE = ("quotation_id", "basis", "lines", "total_cents", "paid_cents", "method", "receipt_number", "note")
    METHODS = ("cash", "wechat", "alipay", "card", "transfer", "account", "none")
    quotation_id: Mapped[str | None] = id_column()
    basis: Mapped[str] = mapped_column(String(16))
    lines: Mapped[list] = json_list()
    total_cents: Mapped[int] = mapped_column(BigInteger)
    paid_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    method: Mapped[str] = mapped_column(String(16))
    receipt_number: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
