"""Parts on their way 备件流转: asked for, shipped, received; and what goes back, old parts 旧件 with their serials."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list
from server.models.visit import IllegalTransition
from sync.lifecycle import transition


class PartFlow(Synced):
    """What both directions share. Scope `parts:<user>`: that person, storekeepers and the office. The part's name is
    kept as it was."""

    user_id: Mapped[str] = id_column(index=True)
    part_id: Mapped[str] = id_column()
    part_number: Mapped[str] = mapped_column(String(64))
    part_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    unit: Mapped[str] = mapped_column(String(16), default="")
    quantity: Mapped[int] = mapped_column(Integer)
    visit_id: Mapped[str | None] = id_column(index=True)
    note: Mapped[str] = mapped_column(Text, default="")

    def scope(self) -> str:
        return f"parts:{self.user_id}"


class PartRequest(PartFlow, db.Model):
    """A part asked for 备件申请. `steps`: `[{act, at, by, text, quantity}]`, oldest first, only added to."""

    __tablename__ = "part_request"
    NOUN = "part_request"
    WIRE = (
        "user_id", "part_id", "part_number", "part_name", "unit", "quantity", "visit_id", "work_order_id", "needed_on",
        "note", "state", "shipped", "received", "steps",
    )  # fmt: skip
    work_order_id: Mapped[str | None] = id_column()
    needed_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(16), default="requested")
    shipped: Mapped[int] = mapped_column(Integer, default=0)
    received: Mapped[int] = mapped_column(Integer, default=0)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, nullable=False, default=list)

    def move(self, act: str, at: datetime, by: str, text: str = "", quantity: int | None = None) -> None:
        """Enters the state the table gives for `act`; raises IllegalTransition."""
        state = transition("part_request", act, self.state)
        if state is None:
            raise IllegalTransition(act, self.state)
        self.state = state
        step = {"act": act, "at": clock.wire(at), "by": by, "text": text, "quantity": quantity}
        self.steps = [*self.steps, step]


class PartReturn(PartFlow, db.Model):
    """A part handed back: unused, faulty out of the box, or old 旧件, which is no stock but has to come back."""

    __tablename__ = "part_return"
    NOUN = "part_return"
    WIRE = (
        "user_id", "part_id", "part_number", "part_name", "unit", "quantity", "visit_id", "kind", "serials", "note",
        "state", "received_by", "received_at",
    )  # fmt: skip
    KINDS = ("unused", "faulty", "old")
    kind: Mapped[str] = mapped_column(String(16))
    serials: Mapped[list] = json_list()
    state: Mapped[str] = mapped_column(String(16), default="handed_in")
    received_by: Mapped[str | None] = id_column()
    received_at: Mapped[datetime | None] = mapped_column(Instant)

    def receive(self, by: str, at: datetime) -> None:
        self.state, self.received_by, self.received_at = "received", by, at
