"""Maintenance plans 维保计划 of a site and what they make: occurrences, each due on a day (E1)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Synced, id_column, json_list


class MaintenancePlan(Synced, db.Model):
    """What a site was promised: how often, within how many days of the day itself, by which checklists, by whom."""

    __tablename__ = "maintenance_plan"
    NOUN = "maintenance_plan"
    WIRE = (
        "site_id", "kind", "rrule", "starts_on", "ends_on", "window_days", "checklist_codes", "team_id", "lead_id",
        "active", "note",
    )  # fmt: skip
    KINDS = ("monthly", "quarterly", "half_year")
    site_id: Mapped[str] = id_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    rrule: Mapped[str] = mapped_column(String(100))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    window_days: Mapped[int] = mapped_column(Integer, default=7)
    checklist_codes: Mapped[list] = json_list()
    team_id: Mapped[str | None] = id_column()
    lead_id: Mapped[str | None] = id_column()
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    note: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")

    def scope(self) -> str:
        return "office"


class PlanOccurrence(Synced, db.Model):
    """One time a plan falls due. Its state follows from its work order's visits and the calendar, unless excused."""

    __tablename__ = "plan_occurrence"
    __table_args__ = (
        UniqueConstraint("plan_id", "due_on"),  # made by the task and by acts, and never twice
        Index("ix_plan_occurrence_state_closes_on", "state", "closes_on"),
    )
    NOUN = "plan_occurrence"
    WIRE = (
        "plan_id", "site_id", "kind", "due_on", "opens_on", "closes_on", "state", "work_order_id", "done_on", "reason",
        "decided_by",
    )  # fmt: skip
    STATES = ("due", "visit_made", "done", "missed", "excused")
    plan_id: Mapped[str] = id_column()
    site_id: Mapped[str] = id_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    due_on: Mapped[date] = mapped_column(Date)
    opens_on: Mapped[date] = mapped_column(Date)
    closes_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(16), default="due")
    work_order_id: Mapped[str | None] = id_column(index=True)
    done_on: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    decided_by: Mapped[str | None] = id_column()

    def scope(self) -> str:
        return "office"

    def become(self, **values: Any) -> None:
        """Writes only what differs: an unchanged row is not published again."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
