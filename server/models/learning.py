"""What is learnt from hard matters (F6): reviews of root causes, the month-end seminar, training."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list
from server.models.closing import MONTH


class AboutOrder(Synced):
    """Something about a work order that outlives it, and is the office's."""

    work_order_id: Mapped[str] = id_column(index=True)
    number: Mapped[str] = mapped_column(String(32), default="")
    title: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    site_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")

    def scope(self) -> str:
        return "office"

    def name_after(self, order: Any) -> None:
        self.work_order_id, self.number, self.title, self.site_name = (
            order.id, order.number, order.title, order.site_name)  # fmt: skip


class RootCause(AboutOrder, db.Model):
    """A review of root causes 根因复盘: what happened, why five times, what is learnt. One of a work order; a matter of
    level Ⅰ that is done without one is listed, and not held back."""

    __tablename__ = "root_cause"
    NOUN = "root_cause"
    WIRE = (
        "work_order_id", "number", "title", "site_name", "facts", "whys", "cause", "lessons", "held_on",
        "participant_ids", "state", "written_by", "written_at",
    )  # fmt: skip
    facts: Mapped[str] = mapped_column(Text, default="")
    whys: Mapped[list] = json_list()
    cause: Mapped[str] = mapped_column(Text, default="")
    lessons: Mapped[str] = mapped_column(Text, default="")
    held_on: Mapped[date | None] = mapped_column(Date)
    participant_ids: Mapped[list] = json_list()
    state: Mapped[str] = mapped_column(String(16), default="draft")  # draft, done
    written_by: Mapped[str | None] = id_column()
    written_at: Mapped[datetime | None] = mapped_column(Instant)


class HardCase(AboutOrder, db.Model):
    """A hard case 疑难案例 for the seminar of a month: nominated, chosen or not, discussed with minutes."""

    __tablename__ = "hard_case"
    NOUN = "hard_case"
    WIRE = (
        "work_order_id", "number", "title", "site_name", "month", "why", "state", "decided_by", "decided_at",
        "decided_note", "held_on", "participant_ids", "minutes",
    )  # fmt: skip
    month: Mapped[str] = mapped_column(String(MONTH), index=True)
    why: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="nominated")  # chosen, declined, discussed
    decided_by: Mapped[str | None] = id_column()
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_note: Mapped[str] = mapped_column(Text, default="")
    held_on: Mapped[date | None] = mapped_column(Date)
    participant_ids: Mapped[list] = json_list()
    minutes: Mapped[str] = mapped_column(Text, default="")


class TrainingRecord(Synced, db.Model):
    """A training that was held 培训: whoever passed it has its skills from then on (`user.skills`, as dispatch asks).

    `people` [{user_id, passed, note}].
    """

    __tablename__ = "training_record"
    NOUN = "training_record"
    WIRE = ("title", "kind", "held_on", "minutes", "trainer", "skills", "people", "note", "withdrawn")
    KINDS = ("internal", "external", "on_site", "certificate")
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[str] = mapped_column(String(16))
    held_on: Mapped[date] = mapped_column(Date, index=True)
    minutes: Mapped[int] = mapped_column(Integer, default=0)
    trainer: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    skills: Mapped[list] = json_list()
    people: Mapped[list[dict[str, Any]]] = json_list()
    note: Mapped[str] = mapped_column(Text, default="")
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False)

    def scope(self) -> str:
        return "office"
