"""The work order 工单: one matter, one ticket. Its middle states follow from its visits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Edited, Instant, Synced, id_column, json_list
from server.models.customer import mask
from sync.lifecycle import states

ENDED = states("work_order", "ended")


class WorkOrder(Edited, Synced, db.Model):
    """A work order. `number` is issued by the server; the id is made where it was born."""

    __tablename__ = "work_order"
    NOUN = "work_order"
    WIRE = (
        "number", "state", "kind", "title", "description", "customer_id", "customer_name", "site_id", "site_name",
        "asset_id", "level", "level_reason", "channel", "source", "categories", "contact_masked", "reported_at",
        "owner_id", "follow_up", "due_at", "cancelled", "raised_by_id", "defect_id", "merged_into_id", "sla", "plan",
        "reopened", "visits_before", "purchased_on", "purchased_from", "happened_at", "happened_where", "demands",
        "handover", "estimate",
    )  # fmt: skip
    KINDS = ("repair", "monthly", "quarterly", "half_year", "other", "consultation")
    DEMANDS = ("explain", "replace", "compensate", "improve", "repair")
    number: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="registered", index=True)
    kind: Mapped[str] = mapped_column(String(16), default="repair")
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    description: Mapped[str] = mapped_column(Text, default="")
    customer_id: Mapped[str] = id_column(index=True)
    customer_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    site_id: Mapped[str] = id_column(index=True)
    site_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    asset_id: Mapped[str | None] = id_column(index=True)
    level: Mapped[int] = mapped_column(Integer)
    level_reason: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(String(32), default="")
    source: Mapped[str] = mapped_column(String(32), default="")
    categories: Mapped[list] = json_list()
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_phone: Mapped[str] = mapped_column(String(32), default="")
    reported_at: Mapped[datetime] = mapped_column(Instant, index=True)
    owner_id: Mapped[str | None] = id_column()
    # Who found the matter on site (D14): they see what becomes of it until it ends. Never changes.
    raised_by_id: Mapped[str | None] = id_column(index=True)
    defect_id: Mapped[str | None] = id_column()
    merged_into_id: Mapped[str | None] = id_column()
    purchased_on: Mapped[str] = mapped_column(String(10), default="")
    purchased_from: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    happened_at: Mapped[str] = mapped_column(String(32), default="")
    happened_where: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    demands: Mapped[list] = json_list()
    # {to_id, by_id, at, until, note} while somebody is asked to take it over (A7); until then the owner answers for it.
    handover: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    handover_until: Mapped[datetime | None] = mapped_column(Instant, index=True)
    follow_up: Mapped[bool] = mapped_column(Boolean, default=False)
    # What triage says it will take: {mode, people, minutes, parts, note, by, at} (C1).
    estimate: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    # The policy's code and settings as they were when it was promised; None: the default's.
    sla: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    plan: Mapped[str | None] = mapped_column(String(16))  # None: needs none; needed, review, approved (B5)
    reopened: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    # The sequence of the last visit before it was reopened.
    visits_before: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    cancelled: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)

    @property
    def contact_masked(self) -> str:
        return mask(self.contact_name, self.contact_phone)

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    def scope(self) -> str:
        return f"wo:{self.id}"

    def touched_scopes(self, old: Callable[[str], Any] | None) -> Iterable[str]:
        if old is None:
            return (self.scope(),)
        if (old("state") in ENDED) != self.ended or old("archived") != self.archived:
            return (self.scope(), f"site:{self.site_id}")
        return ()

    @property
    def rests_in(self) -> str:
        """The state it has while nobody is sent: a plan that is needed comes before (B5)."""
        return {"needed": "planning", "review": "plan_review"}.get(self.plan or "", "ready")

    def offer(self, to_id: str, by_id: str, note: str, at: datetime, until: datetime) -> None:
        """Asks somebody to take it over."""
        self.handover = {
            "to_id": to_id, "by_id": by_id, "note": note, "at": clock.wire(at), "until": clock.wire(until),
        }  # fmt: skip
        self.handover_until = until

    def own(self, owner_id: str) -> None:
        """Somebody answers for it from now on; whatever was asked is answered."""
        self.owner_id, self.handover, self.handover_until = owner_id, None, None

    def cancel(self, reason: str, note: str, by: str, at: datetime) -> None:
        self.state, self.ended_at = "cancelled", at
        self.cancelled = {"reason": reason, "note": note, "by": by, "at": clock.wire(at)}
        self.due_at = None

    def merge(self, into_id: str, at: datetime) -> None:
        self.state, self.ended_at, self.due_at, self.merged_into_id = "merged", at, None, into_id

    def close(self, at: datetime) -> None:
        self.state, self.ended_at, self.due_at = "closed", at, None


class SlaMilestone(Synced, db.Model):
    """A promise with a deadline (B1). Met by evidence from the field, breached when the deadline passed first.

    `span` and `starts_at` are what it was computed from, `pauses` [[from, to]] what moved it, `extension` {at, to,
    declaration_id} what was declared in time and approved. `evidence` {act, act_id, at, received, by} says what met it:
    `at` is the device's time, corrected and clamped, as in `met_at`, `received` the server's. `warned` {percent:
    instant} keeps each warning from being given twice. `round` counts reopenings: a promise that was kept stays kept.
    """

    __tablename__ = "sla_milestone"
    __table_args__ = (Index("ix_sla_milestone_kind", "kind", "due_at"),)
    NOUN = "sla_milestone"
    WIRE = (
        "work_order_id", "kind", "round", "starts_at", "span", "due_at", "first_due_at", "pauses", "paused_at",
        "extension", "warned", "met_at", "evidence", "breached",
    )  # fmt: skip
    work_order_id: Mapped[str] = id_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    round: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    span: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    due_at: Mapped[datetime] = mapped_column(Instant)
    first_due_at: Mapped[datetime | None] = mapped_column(Instant)
    pauses: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    extension: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    warned: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    met_at: Mapped[datetime | None] = mapped_column(Instant)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    breached: Mapped[bool] = mapped_column(Boolean, default=False)
    next_at: Mapped[datetime | None] = mapped_column(Instant, index=True)  # of the next warning, or the breach

    def scope(self) -> str:
        return f"wo:{self.work_order_id}"

    @property
    def runs(self) -> bool:
        """Its clock is neither stopped by evidence nor by a pause."""
        return self.met_at is None and self.paused_at is None

    def meet(self, at: datetime, evidence: dict[str, Any] | None = None) -> None:
        """The first evidence counts; later evidence of an earlier time may still improve it."""
        if self.met_at is None or at < self.met_at:
            # The desk may have called it breached while the phone that met it in time was out of reach.
            self.breached = at > self.due_at and (self.paused_at is None or at < self.paused_at)
            self.met_at, self.evidence, self.next_at = at, evidence, None


class Event(Synced, db.Model):
    """A line of the work order's timeline; append-only."""

    __tablename__ = "event"
    NOUN = "event"
    WIRE = ("work_order_id", "visit_id", "kind", "by_name", "at", "data")
    work_order_id: Mapped[str] = id_column(index=True)
    visit_id: Mapped[str | None] = id_column()
    kind: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    at: Mapped[datetime] = mapped_column(Instant)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    def scope(self) -> str:
        return f"wo:{self.work_order_id}"


class DailyNumber(db.Model):
    """The last number issued on a day: locked while one is taken, so that numbers have no gaps (A2)."""

    __tablename__ = "daily_number"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int] = mapped_column(Integer, default=0)
