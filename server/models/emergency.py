"""Emergency plans 应急预案, what happens when one is followed, and drills 演练 (B7)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list
from server.models.deadline import UnderOrder
from server.models.visit import IllegalTransition
from sync.lifecycle import transition


class EmergencyPlan(Synced, db.Model):
    """One version of a plan, which never changes once it is published: whoever followed it can be asked what it said.

    `roster`: [{id, group (command|team|liaison), user_id, name, duty, phone}]; `steps`: [{id, group, text, text_en,
    minutes}] (minutes: done within, from the beginning; null: whenever); `suppliers`: [{id, name, contact, phone,
    what}]. Of a code the highest published version is the one to follow; it is on every phone.
    """

    __tablename__ = "emergency_plan"
    __table_args__ = (UniqueConstraint("code", "version"),)
    NOUN = "emergency_plan"
    WIRE = (
        "code", "version", "level", "name", "name_en", "scenario", "roster", "steps", "suppliers", "state",
        "decided_by", "decided_at",
    )  # fmt: skip
    GROUPS = ("command", "team", "liaison")
    code: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(Integer)
    level: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    scenario: Mapped[str] = mapped_column(Text, default="")
    roster: Mapped[list] = json_list()
    steps: Mapped[list] = json_list()
    suppliers: Mapped[list] = json_list()
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    decided_by: Mapped[str | None] = id_column()
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    def scope(self) -> str:
        return "ref"

    def move(self, act: str, at: datetime, by: str) -> None:
        state = transition("emergency_plan", act, self.state)
        if state is None:
            raise IllegalTransition(act, self.state)
        self.state, self.decided_at, self.decided_by = state, at, by

    def people(self) -> list[str]:
        """Who of the roster has an account."""
        return [one["user_id"] for one in self.roster if one["user_id"]]

    def step(self, step_id: str) -> dict[str, Any] | None:
        return next((one for one in self.steps if one["id"] == step_id), None)


class Emergency(UnderOrder, db.Model):
    """A plan that is followed for a work order, from when somebody said so until it is ended with a summary."""

    __tablename__ = "emergency"
    NOUN = "emergency"
    WIRE = (
        "work_order_id", "visit_id", "plan_id", "state", "reason", "started_at", "ended_at", "ended_by", "summary",
    )  # fmt: skip
    plan_id: Mapped[str] = id_column()
    state: Mapped[str] = mapped_column(String(16), default="active")
    reason: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str | None] = id_column()
    summary: Mapped[str] = mapped_column(Text, default="")

    def end(self, at: datetime, by: str, summary: str) -> None:
        self.state, self.ended_by, self.summary = "ended", by, summary
        self.ended_at = max(at, self.started_at)


class EmergencyEntry(Synced, db.Model):
    """A line of the log, of a real case or of a drill. Only added to: a step is done when its last line says so.

    It travels with the work order, or with the drill, which is everybody's.
    """

    __tablename__ = "emergency_entry"
    __table_args__ = (Index("ix_emergency_entry_parent_id", "parent_id"),)
    NOUN = "emergency_entry"
    WIRE = (
        "parent_noun", "parent_id", "work_order_id", "kind", "step_id", "contact_id", "contact_name", "phone", "result",
        "text", "by_name", "at",
    )  # fmt: skip
    KINDS = ("note", "call", "tick", "untick")
    RESULTS = ("reached", "no_answer", "busy", "wrong_number")
    parent_noun: Mapped[str] = mapped_column(String(16))
    parent_id: Mapped[str] = id_column()
    work_order_id: Mapped[str | None] = id_column()
    kind: Mapped[str] = mapped_column(String(16))
    step_id: Mapped[str | None] = mapped_column(String(64))
    contact_id: Mapped[str | None] = mapped_column(String(64))
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    result: Mapped[str | None] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text, default="")
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    def scope(self) -> str:
        return f"wo:{self.work_order_id}" if self.work_order_id else "ref"


class Drill(Synced, db.Model):
    """A plan that is practised: planned for a day, run as its checklist, evaluated."""

    __tablename__ = "drill"
    NOUN = "drill"
    WIRE = (
        "plan_id", "planned_at", "place", "scenario", "leader_id", "participant_ids", "state", "started_at", "ended_at",
        "score", "good", "findings", "evaluated_by", "evaluated_at", "reason",
    )  # fmt: skip
    plan_id: Mapped[str] = id_column()
    planned_at: Mapped[datetime] = mapped_column(Instant)
    place: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    scenario: Mapped[str] = mapped_column(Text, default="")
    leader_id: Mapped[str] = id_column()
    participant_ids: Mapped[list] = json_list()
    state: Mapped[str] = mapped_column(String(16), default="planned")
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    score: Mapped[int | None] = mapped_column(Integer)
    good: Mapped[str] = mapped_column(Text, default="")
    findings: Mapped[str] = mapped_column(Text, default="")
    evaluated_by: Mapped[str | None] = id_column()
    evaluated_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")

    def scope(self) -> str:
        return "ref"

    def people(self) -> set[str]:
        return {self.leader_id, *self.participant_ids}

    def move(self, act: str) -> None:
        state = transition("drill", act, self.state)
        if state is None:
            raise IllegalTransition(act, self.state)
        self.state = state


class DrillAction(Synced, db.Model):
    """What a drill leaves to be done: by whom, until when."""

    __tablename__ = "drill_action"
    __table_args__ = (Index("ix_drill_action_drill_id", "drill_id"),)
    NOUN = "drill_action"
    WIRE = ("drill_id", "text", "owner_id", "due_on", "done", "done_at", "done_by", "note")
    drill_id: Mapped[str] = id_column()
    text: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str] = id_column()
    due_on: Mapped[date] = mapped_column(Date)
    done: Mapped[bool] = mapped_column(Boolean, default=False)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[str | None] = id_column()
    note: Mapped[str] = mapped_column(Text, default="")
    reminded_on: Mapped[date | None] = mapped_column(Date)

    def scope(self) -> str:
        return "ref"

    def finish(self, at: datetime, by: str, note: str) -> None:
        self.done, self.done_at, self.done_by, self.note = True, at, by, note
