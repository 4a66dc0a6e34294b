"""The visit 上门任务: after dispatch the engineer decides. The verbs are the words engineers say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list
from sync.lifecycle import states, transition

GONE = states("visit", "gone")
OPEN = states("visit", "open")
OF_THE_OFFICE = frozenset(
    {"visit.dispatch", "visit.cancel", "visit.reassign", "visit.accept_work", "visit.return_work"}
)
CUSTOMER_SIDE = states("visit", "customer_side")  # whose signature makes a visit a signed one
HELD = frozenset(states("visit", "open") | states("visit", "done"))


class IllegalTransition(Exception):
    """The life-cycle table does not have this act from this state."""

    def __init__(self, act: str, state: str):
        super().__init__(f"{act} from {state}")
        self.act = act
        self.state = state


class Visit(Synced, db.Model):
    """One trip of a lead and helpers, or one remote session. `times` keeps when each state was last entered."""

    __tablename__ = "visit"
    NOUN = "visit"
    WIRE = (
        "work_order_id", "site_id", "sequence", "mode", "state", "lead_id", "helper_ids", "slot_start", "slot_end",
        "brief", "checklist_codes", "times", "reason", "reason_note", "replaces_id", "replaced_by_id",
        "returned_note", "partial", "bring", "reached_at", "seen_at",
    )  # fmt: skip
    work_order_id: Mapped[str] = id_column(index=True)
    site_id: Mapped[str] = id_column(index=True)
    sequence: Mapped[int] = mapped_column(Integer, default=1)
    mode: Mapped[str] = mapped_column(String(16), default="on_site")
    state: Mapped[str] = mapped_column(String(16), default="planned", index=True)
    lead_id: Mapped[str] = id_column(index=True)
    helper_ids: Mapped[list] = json_list()
    slot_start: Mapped[datetime] = mapped_column(Instant)
    slot_end: Mapped[datetime] = mapped_column(Instant)
    brief: Mapped[str] = mapped_column(Text, default="")
    checklist_codes: Mapped[list] = json_list()
    # Tools and parts, a line each.
    bring: Mapped[list] = mapped_column(JSON, nullable=False, default=list)
    # Receipts of the lead's phone (C5): it holds the visit, it was opened there.
    reached_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    times: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    reason: Mapped[str | None] = mapped_column(String(64))
    reason_note: Mapped[str] = mapped_column(Text, default="")
    replaces_id: Mapped[str | None] = id_column()
    replaced_by_id: Mapped[str | None] = id_column()
    returned_note: Mapped[str] = mapped_column(Text, default="")
    partial: Mapped[bool] = mapped_column(Boolean, default=False)
    customer_signed: Mapped[bool] = mapped_column(Boolean, default=False)

    def scope(self) -> str:
        return f"wo:{self.work_order_id}"

    def crew(self) -> set[str]:
        return {self.lead_id, *self.helper_ids}

    @property
    def held(self) -> bool:
        return self.state in HELD

    def touched_scopes(self, old: Callable[[str], Any] | None) -> Iterable[str]:
        if old is not None:
            moved = old("lead_id") != self.lead_id or old("helper_ids") != self.helper_ids
            if not moved and (old("state") in HELD) == self.held:
                return ()
        return (f"wo:{self.work_order_id}", f"visit:{self.id}", f"site:{self.site_id}")

    def move(self, act: str, at: datetime, reason: str | None = None, note: str = "") -> None:
        """Enters the state the table gives for `act`; raises IllegalTransition. `at`: corrected device time."""
        state = transition("visit", act, self.state, self.mode)
        if state is None:
            raise IllegalTransition(act, self.state)
        self.state = state
        self.times = {**self.times, state: clock.wire(at)}
        if act not in OF_THE_OFFICE and self.seen_at is None:  # who acts on it has seen it
            self.reached_at, self.seen_at = self.reached_at or at, at
        if state == "working":  # gone back to work: what could not be completed may be now
            self.partial = False
        if reason is not None:
            self.reason, self.reason_note = reason, note


class VisitContact(Synced, db.Model):
    """The contact's real name and phone, for the crew, from the day of the visit (A6)."""

    __tablename__ = "contact_card"
    NOUN = "contact_card"
    WIRE = ("visit_id", "name", "phone")
    visit_id: Mapped[str] = id_column(unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    phone: Mapped[str] = mapped_column(String(32), default="")

    def scope(self) -> str:
        return f"visit:{self.visit_id}"
