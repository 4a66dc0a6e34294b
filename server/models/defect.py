"""A defect 缺陷: something found wrong on site, until somebody has seen that it is right again (E3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Fact, id_column, json_list
from server.models.visit import IllegalTransition
from sync.lifecycle import transition


class Defect(Fact, db.Model):
    """A fault found at a point of a site. It travels with the site, because who comes next month has to see it.

    `steps` says what was done about it, oldest first: `[{act, visit_id, run_id, at, by, text, order_id}]`; it is only
    added to, so that a report of an earlier visit never changes. `photos` (`[{id, sha256}]`) names the pictures for
    those who do not hold the work order they were taken for.
    """

    __tablename__ = "defect"
    __table_args__ = (Index("ix_defect_visit_id", "visit_id"), Index("ix_defect_site_id", "site_id"))
    NOUN = "defect"
    WIRE = (
        "site_id", "asset_id", "run_id", "code", "item_id", "label", "label_en", "severity", "text", "state",
        "photos", "steps", "raised_id", "raised_number", "checked_run_id", "checked_visit_id",
    )  # fmt: skip
    SEVERITIES = ("minor", "major", "critical")
    site_id: Mapped[str] = id_column()
    asset_id: Mapped[str | None] = id_column()
    run_id: Mapped[str | None] = id_column(index=True)
    code: Mapped[str] = mapped_column(String(64), default="")
    item_id: Mapped[str] = mapped_column(String(64), default="")
    label: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    label_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    severity: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="open")
    photos: Mapped[list[dict[str, Any]]] = json_list()
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, nullable=False, default=list)
    raised_id: Mapped[str | None] = id_column(index=True)
    raised_number: Mapped[str | None] = mapped_column(String(32))
    checked_run_id: Mapped[str | None] = id_column(index=True)
    checked_visit_id: Mapped[str | None] = id_column(index=True)

    def scope(self) -> str:
        return f"site:{self.site_id}"

    def move(
        self, act: str, at: datetime, by: str, visit_id: str, run_id: str | None = None, text: str = "",
        order_id: str | None = None,
    ) -> None:  # fmt: skip
        """Enters the state the table gives for `act` and notes the step; raises IllegalTransition."""
        state = transition("defect", act, self.state)
        if state is None:
            raise IllegalTransition(act, self.state)
        self.state = state
        self.note(act, at, by, visit_id, run_id, text, order_id)

    def note(
        self, act: str, at: datetime, by: str, visit_id: str, run_id: str | None = None, text: str = "",
        order_id: str | None = None,
    ) -> None:  # fmt: skip
        step = {
            "act": act, "visit_id": visit_id, "run_id": run_id, "at": clock.wire(at), "by": by, "text": text,
            "order_id": order_id,
        }  # fmt: skip
        self.steps = [*self.steps, step]

    def show(self, photo_id: str, sha256: str) -> None:
        self.photos = [*self.photos, {"id": photo_id, "sha256": sha256}]

    def hide(self, photo_id: str) -> None:
        self.photos = [photo for photo in self.photos if photo["id"] != photo_id]
