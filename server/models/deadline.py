"""What keeps a promise: the policy behind it, and all that people say when it is in danger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list


class UnderOrder(Synced):
    """Something said under a work order, by its crew or the office; it travels with it."""

    work_order_id: Mapped[str] = id_column(index=True)
    visit_id: Mapped[str | None] = id_column()

    def scope(self) -> str:
        return f"wo:{self.work_order_id}"


class SlaPolicy(Synced, db.Model):
    """What is promised on which level (B1). Presets come with the product; a company changes them and adds its own.

    `settings`: zone, calendar, service_hours, days_off, workdays, warn, pauses, where they differ from the defaults of
    `sync/rules/sla.json`. `levels`: {"1": {kind: span}}. A promise that was made keeps the settings it was made with.
    """

    __tablename__ = "sla_policy"
    NOUN = "sla_policy"
    WIRE = ("code", "name", "name_en", "settings", "levels", "active")
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    levels: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    active: Mapped[bool] = mapped_column(Boolean, default=True)

    def scope(self) -> str:
        return "ref"

    def said(self) -> dict[str, Any]:
        """As the engine reads a policy."""
        return {**self.settings, "name": self.name, "name_en": self.name_en, "levels": self.levels}


class Hold(UnderOrder, db.Model):
    """A work order that has to wait 挂起: proposed by who is on site, confirmed by the dispatcher, lifted by either.

    Clocks that it pauses stood still from `from_at`, which is when it was proposed, and not when it was confirmed.
    """

    __tablename__ = "hold"
    NOUN = "hold"
    WIRE = (
        "work_order_id", "visit_id", "reason", "note", "until", "state", "pauses", "from_at", "to_at", "decided_by",
        "decided_at", "decided_note",
    )  # fmt: skip
    REASONS = ("parts", "customer", "supplier", "quotation", "safety")
    reason: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    pauses: Mapped[bool] = mapped_column(Boolean, default=False)
    from_at: Mapped[datetime] = mapped_column(Instant)
    to_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str | None] = id_column()
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_note: Mapped[str] = mapped_column(Text, default="")

    def decide(self, is_confirmed: bool, by: str, at: datetime, note: str) -> None:
        self.state = "on" if is_confirmed else "refused"
        self.decided_by, self.decided_at, self.decided_note = by, at, note

    def lift(self, at: datetime) -> None:
        self.state, self.to_at = "lifted", max(at, self.from_at)


class DelayDeclaration(UnderOrder, db.Model):
    """延期说明 (B4). `before_breach`: said while the deadline still stood; only that counts as declared."""

    __tablename__ = "delay_declaration"
    NOUN = "delay_declaration"
    WIRE = (
        "work_order_id", "visit_id", "milestone_id", "kind", "reason", "note", "was_due_at", "new_due_at",
        "declared_at", "before_breach", "state", "decided_by", "decided_at", "decided_note", "told_at", "told_channel",
    )  # fmt: skip
    milestone_id: Mapped[str] = id_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    was_due_at: Mapped[datetime] = mapped_column(Instant)
    new_due_at: Mapped[datetime] = mapped_column(Instant)
    declared_at: Mapped[datetime] = mapped_column(Instant)
    before_breach: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(16), default="submitted")
    decided_by: Mapped[str | None] = id_column()
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_note: Mapped[str] = mapped_column(Text, default="")
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    told_channel: Mapped[str] = mapped_column(String(32), default="")


class ResolutionPlan(UnderOrder, db.Model):
    """处理方案 (B5): root cause, measures, who does what by when, prevention. One per work order, sent in again when it
    came back; `rounds` keeps every decision: [{version, decision, by, at, remarks}].
    """

    __tablename__ = "resolution_plan"
    NOUN = "resolution_plan"
    WIRE = (
        "work_order_id", "visit_id", "version", "cause", "measures", "steps", "prevention", "state", "submitted_at",
        "rounds",
    )  # fmt: skip
    version: Mapped[int] = mapped_column(Integer, default=1)
    cause: Mapped[str] = mapped_column(Text, default="")
    measures: Mapped[str] = mapped_column(Text, default="")
    steps: Mapped[list[dict[str, Any]]] = json_list()
    prevention: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="draft")
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    rounds: Mapped[list[dict[str, Any]]] = json_list()

    def decide(self, is_approved: bool, by: str, at: datetime, remarks: str) -> None:
        self.state = "approved" if is_approved else "returned"
        entry = {"version": self.version, "decision": self.state, "by": by, "at": clock.wire(at), "remarks": remarks}
        self.rounds = [*self.rounds, entry]


class Escalation(UnderOrder, db.Model):
    """A question that goes up the ladder (B6). `steps`: [{act, by, by_name, at, text, rung}], oldest first."""

    __tablename__ = "escalation"
    NOUN = "escalation"
    WIRE = ("work_order_id", "visit_id", "rung", "text", "state", "steps")
    rung: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="open")
    steps: Mapped[list[dict[str, Any]]] = json_list()


class Feedback(UnderOrder, db.Model):
    """The result as it was told to the customer (B8), by the channel they prefer, and what they said to it."""

    __tablename__ = "feedback"
    NOUN = "feedback"
    WIRE = ("work_order_id", "visit_id", "channel", "result", "measures", "satisfied", "opinion", "told_at")
    channel: Mapped[str] = mapped_column(String(32))
    result: Mapped[str] = mapped_column(Text)
    measures: Mapped[str] = mapped_column(Text, default="")
    satisfied: Mapped[bool | None] = mapped_column(Boolean)
    opinion: Mapped[str] = mapped_column(Text, default="")
    told_at: Mapped[datetime] = mapped_column(Instant)


class FollowUp(Synced, db.Model):
    """A promise to the customer, with a day (B8). It outlives its work order, so it is the office's."""

    __tablename__ = "follow_up"
    NOUN = "follow_up"
    WIRE = (
        "work_order_id", "number", "site_id", "site_name", "text", "due_on", "assignee_id", "state", "done_at",
        "done_by", "note",
    )  # fmt: skip
    work_order_id: Mapped[str] = id_column(index=True)
    number: Mapped[str] = mapped_column(String(32), default="")
    site_id: Mapped[str] = id_column()
    site_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    text: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Date, index=True)
    assignee_id: Mapped[str | None] = id_column()
    state: Mapped[str] = mapped_column(String(16), default="open")
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[str | None] = id_column()
    note: Mapped[str] = mapped_column(Text, default="")
    reminded_on: Mapped[date | None] = mapped_column(Date)

    def scope(self) -> str:
        return "office"


class Notice(Synced, db.Model):
    """Something one person should know, and until when they had not looked (B3)."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_user_id", "user_id", "read_at"),)
    NOUN = "notice"
    WIRE = ("user_id", "kind", "work_order_id", "visit_id", "number", "title", "data", "at", "read_at")
    user_id: Mapped[str] = id_column()
    kind: Mapped[str] = mapped_column(String(32))
    work_order_id: Mapped[str | None] = id_column()
    visit_id: Mapped[str | None] = id_column()
    number: Mapped[str] = mapped_column(String(32), default="")
    title: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)

    def scope(self) -> str:
        return f"user:{self.user_id}"
