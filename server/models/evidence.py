"""Facts from the field: what was found, used, photographed, answered, said and signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Edited, Fact, Instant, Synced, id_column, json_list

SHA256_HEX = 64


class Diagnosis(Edited, Fact, db.Model):
    """Fault diagnosis 故障诊断: one per visit, edited field by field (D5)."""

    __tablename__ = "diagnosis"
    NOUN = "diagnosis"
    WIRE = (
        "asset_id", "symptom_code", "symptom_text", "cause_code", "cause_text", "action_code", "action_text",
        "cautions", "test_result", "test_text", "consent", "consent_name", "consent_at",
    )  # fmt: skip
    asset_id: Mapped[str | None] = id_column()
    symptom_code: Mapped[str] = mapped_column(String(64), default="")
    symptom_text: Mapped[str] = mapped_column(Text, default="")
    cause_code: Mapped[str] = mapped_column(String(64), default="")
    cause_text: Mapped[str] = mapped_column(Text, default="")
    action_code: Mapped[str] = mapped_column(String(64), default="")
    action_text: Mapped[str] = mapped_column(Text, default="")
    cautions: Mapped[str] = mapped_column(Text, default="")
    test_result: Mapped[str] = mapped_column(String(16), default="")
    test_text: Mapped[str] = mapped_column(Text, default="")
    # Whether the customer agreed before anything was opened: given or refused, by whom, and when by the phone's
    # clock; null on rows that are older than the question.
    consent: Mapped[str | None] = mapped_column(String(16))
    consent_name: Mapped[str | None] = mapped_column(String(64))
    consent_at: Mapped[str | None] = mapped_column(String(40))


class PartUse(Fact, db.Model):
    """A part used on a visit (D6). Its name is kept as it was, so that a report never changes with the catalogue."""

    __tablename__ = "part_use"
    NOUN = "part_use"
    WIRE = (
        "part_id", "part_number", "part_name", "unit", "quantity", "source", "serials", "old_serials", "note",
    )  # fmt: skip
    SOURCES = ("own", "warehouse", "outlet", "customer")
    part_id: Mapped[str] = id_column(index=True)
    part_number: Mapped[str] = mapped_column(String(64))
    part_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    unit: Mapped[str] = mapped_column(String(16), default="")
    quantity: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(16))
    serials: Mapped[list] = json_list()
    old_serials: Mapped[list] = json_list()
    note: Mapped[str] = mapped_column(Text, default="")


class Attachment(Fact, db.Model):
    """A file someone declared. Its bytes come later, by the side door; `state` says how far they are.

    declared → stored (hash verified) → verified (read by Pillow, thumbnails made); refused leaves the slot open.
    """

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_visit_id", "visit_id"), Index("ix_attachment_sha256", "sha256"))
    NOUN = "attachment"
    WIRE = (
        "parent_noun", "parent_id", "sha256", "size", "mime", "purpose", "caption", "taken_at", "place",
        "width", "height", "state", "refusal", "thumbs",
    )  # fmt: skip
    PURPOSES = ("before", "after", "nameplate", "part", "site", "signature", "answer", "other")
    OF_THE_PLACE = ("before", "after", "nameplate", "site")  # what the next visit compares with
    # A picture of a ticket from the field belongs to no visit yet.
    visit_id: Mapped[str | None] = id_column()  # type: ignore[assignment]
    parent_noun: Mapped[str | None] = mapped_column(String(32))
    parent_id: Mapped[str | None] = id_column()
    sha256: Mapped[str] = mapped_column(String(SHA256_HEX))
    size: Mapped[int] = mapped_column(Integer)
    mime: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(16))
    caption: Mapped[str] = mapped_column(String(500), default="")
    taken_at: Mapped[datetime] = mapped_column(Instant)
    place: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), default="declared")
    refusal: Mapped[str | None] = mapped_column(String(64))
    thumbs: Mapped[dict[str, bool]] = mapped_column(JSON, default=dict)

    def mark_stored(self) -> None:
        self.state, self.refusal = "stored", None

    def mark_verified(self, width: int | None, height: int | None, thumbs: dict[str, bool]) -> None:
        self.state, self.refusal = "verified", None
        self.width, self.height, self.thumbs = width, height, thumbs

    def mark_refused(self, code: str) -> None:
        self.state, self.refusal = "refused", code


class ChecklistRun(Fact, db.Model):
    """A checklist being filled on a visit, pinned to its version."""

    __tablename__ = "checklist_run"
    NOUN = "checklist_run"
    WIRE = ("version_id", "code", "state", "completed_at")
    version_id: Mapped[str] = id_column()
    code: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="in_progress")
    completed_at: Mapped[datetime | None] = mapped_column(Instant)


class ChecklistAnswer(Fact, db.Model):
    """An answer, append-only. `over`: the answers its author saw; which of them count is in `sync/answers.py`."""

    __tablename__ = "checklist_answer"
    __table_args__ = (Index("ix_checklist_answer_visit_id", "visit_id"), Index("ix_checklist_answer_run_id", "run_id"))
    NOUN = "checklist_answer"
    WIRE = ("run_id", "item_id", "value", "note", "over")
    run_id: Mapped[str] = id_column()
    item_id: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON, nullable=True)
    note: Mapped[str] = mapped_column(Text, default="")
    over: Mapped[list[str] | None] = mapped_column(JSON)  # None: of a phone that did not say


class Note(Fact, db.Model):
    """Free words on a visit."""

    __tablename__ = "note"
    NOUN = "note"
    WIRE = ("text",)
    text: Mapped[str] = mapped_column(Text)


class Signature(Fact, db.Model):
    """A signature bound to the report that was shown: content, its hash, the strokes and their image (D9)."""

    __tablename__ = "signature"
    NOUN = "signature"
    WIRE = ("role", "name", "content_hash", "content", "strokes", "image_id", "rating", "opinion")
    ROLES = ("customer", "engineer", "witness", "supervisor", "leader")
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    content_hash: Mapped[str] = mapped_column(String(SHA256_HEX))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    strokes: Mapped[dict[str, Any]] = mapped_column(JSON)
    image_id: Mapped[str] = id_column()
    rating: Mapped[dict[str, int] | None] = mapped_column(JSON)
    opinion: Mapped[str] = mapped_column(Text, default="")


class Waiver(Fact, db.Model):
    """Why nobody signed (D10)."""

    __tablename__ = "waiver"
    NOUN = "waiver"
    WIRE = ("reason", "note")
    reason: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")


class Conflict(Synced, db.Model):
    """Two people wrote one protected field: both values, both authors, both times. The server's stands till settled."""

    __tablename__ = "conflict"
    NOUN = "conflict"
    WIRE = (
        "work_order_id", "visit_id", "noun", "row_id", "field", "was", "server_value", "device_value",
        "server_by", "device_by", "state", "settled_value", "settled_by",
    )  # fmt: skip
    work_order_id: Mapped[str] = id_column(index=True)
    visit_id: Mapped[str | None] = id_column()
    noun: Mapped[str] = mapped_column(String(32))
    row_id: Mapped[str] = id_column()
    field: Mapped[str] = mapped_column(String(64))
    was: Mapped[Any] = mapped_column(JSON, nullable=True)
    server_value: Mapped[Any] = mapped_column(JSON, nullable=True)
    device_value: Mapped[Any] = mapped_column(JSON, nullable=True)
    server_by: Mapped[str | None] = id_column()
    device_by: Mapped[str] = id_column()
    state: Mapped[str] = mapped_column(String(16), default="open")
    settled_value: Mapped[Any] = mapped_column(JSON, nullable=True)
    settled_by: Mapped[str | None] = id_column()

    def scope(self) -> str:
        return f"wo:{self.work_order_id}"


class ReviewItem(Synced, db.Model):
    """An act that was not applied as meant, with its payload: it waits for a person (I8)."""

    __tablename__ = "review_item"
    NOUN = "review_item"
    WIRE = (
        "act_id", "user_id", "user_name", "device_id", "n", "act", "args", "at", "outcome", "code", "detail",
        "work_order_id", "visit_id", "state", "resolution", "resolved_by", "resolved_at", "resolution_note",
        "amended", "waits_until",
    )  # fmt: skip
    act_id: Mapped[str] = id_column(unique=True)
    user_id: Mapped[str] = id_column(index=True)
    user_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    device_id: Mapped[str] = id_column()
    n: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(64))
    v: Mapped[int] = mapped_column(Integer, default=1)
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(Text, default="")
    work_order_id: Mapped[str | None] = id_column()
    visit_id: Mapped[str | None] = id_column()
    state: Mapped[str] = mapped_column(String(16), default="open")
    resolution: Mapped[str | None] = mapped_column(String(16))
    resolved_by: Mapped[str | None] = id_column()
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolution_note: Mapped[str] = mapped_column(Text, default="")
    amended: Mapped[dict[str, Any] | None] = mapped_column(
        JSON
    )  # the arguments that were changed, with what they became
    waits_until: Mapped[datetime | None] = mapped_column(Instant)  # for a row of another device, while `waiting`

    def arrived(self, at: datetime) -> None:
        """What it waited for came, and the act was applied."""
        self.state, self.resolution, self.resolved_at, self.waits_until = "resolved", "arrived", at, None

    def open_up(self, outcome: str, code: str, detail: str) -> None:
        """It waited in vain: a person decides."""
        self.state, self.waits_until = "open", None
        self.outcome, self.code, self.detail = outcome, code, detail

    def scope(self) -> str:
        return f"review:{self.user_id}"
