"""What a company learns from: complaints, what is done about them, and calls that reached nobody (F2, F3, F6)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list
from server.models.closing import MONTH
from server.models.customer import mask
from server.models.deadline import UnderOrder


class Complaint(Synced, db.Model):
    """A complaint 投诉 (F3): answered within the span its policy promises, followed up until the customer is content,
    closed with the customer's word. It is the office's: whom it is about does not hold it.

    `origin_noun` and `origin_id` name the answer or the report it was made of. `steps` [{act, by, by_name, at, text,
    channel, satisfied}] is only added to. `span` is what `answer_due_at` was counted with, `warned` {percent: instant}
    keeps each warning from being given twice.
    """

    __tablename__ = "complaint"
    NOUN = "complaint"
    WIRE = (
        "number", "state", "level", "title", "text", "channel", "categories", "reported_at", "customer_id",
        "customer_name", "site_id", "site_name", "work_order_id", "order_number", "visit_id", "about_ids",
        "contact_masked", "origin_noun", "origin_id", "owner_id", "span", "answer_due_at", "warned", "answered_at",
        "answered_by", "answer", "breached", "unsatisfied", "steps", "satisfied", "customer_word", "closed_at",
        "closed_by",
    )  # fmt: skip
    ORIGINS = ("survey", "signature", "customer_report")
    number: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="registered", index=True)
    level: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    text: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(String(32), default="")
    categories: Mapped[list] = json_list()
    reported_at: Mapped[datetime] = mapped_column(Instant, index=True)
    customer_id: Mapped[str | None] = id_column(index=True)
    customer_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    site_id: Mapped[str | None] = id_column(index=True)
    site_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    work_order_id: Mapped[str | None] = id_column(index=True)
    order_number: Mapped[str] = mapped_column(String(32), default="")
    visit_id: Mapped[str | None] = id_column()
    about_ids: Mapped[list] = json_list()  # of the people it is about
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_phone: Mapped[str] = mapped_column(String(32), default="")
    origin_noun: Mapped[str | None] = mapped_column(String(32))
    origin_id: Mapped[str | None] = id_column(unique=True)  # one complaint of one answer, whoever makes it
    owner_id: Mapped[str] = id_column()
    span: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    answer_due_at: Mapped[datetime] = mapped_column(Instant)
    promised_at: Mapped[datetime] = mapped_column(Instant)  # from when the answer's clock runs
    warned: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    next_at: Mapped[datetime | None] = mapped_column(Instant, index=True)  # of the next warning, or the breach
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[str | None] = id_column()
    answer: Mapped[str] = mapped_column(Text, default="")
    breached: Mapped[bool] = mapped_column(Boolean, default=False)
    unsatisfied: Mapped[int] = mapped_column(Integer, default=0)  # how often an answer was not accepted
    steps: Mapped[list[dict[str, Any]]] = json_list()
    satisfied: Mapped[bool | None] = mapped_column(Boolean)
    customer_word: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[str | None] = id_column()

    @property
    def contact_masked(self) -> str:
        return mask(self.contact_name, self.contact_phone)

    def scope(self) -> str:
        return "office"

    def note(self, act: str, by: Any, at: datetime, text: str, **more: Any) -> None:
        """A step. `by`: the user."""
        step = {"act": act, "by": by.id, "by_name": by.name, "at": clock.wire(at), "text": text, **more}
        self.steps = [*self.steps, step]

    def answer_with(self, text: str, by: str, at: datetime) -> None:
        """The first answer of a promise counts; that an earlier one came too late stays so."""
        self.state, self.answer, self.answered_by, self.answered_at, self.next_at = "answered", text, by, at, None
        self.breached = self.breached or at > self.answer_due_at

    def close(self, word: str, satisfied: bool | None, by: str, at: datetime) -> None:
        self.state, self.customer_word, self.satisfied, self.closed_by, self.closed_at = (
            "closed", word, satisfied, by, at)  # fmt: skip


class ComplaintNumber(db.Model):
    """The last number of a day: locked while one is taken, so that numbers have no gaps."""

    __tablename__ = "complaint_number"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int] = mapped_column(Integer, default=0)


class ComplaintRise(db.Model):
    """That there are more complaints than in the whole month before, and that this was reported: once a month (F3)."""

    __tablename__ = "complaint_rise"
    month: Mapped[str] = mapped_column(String(MONTH), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    was: Mapped[int] = mapped_column(Integer)
    told_at: Mapped[datetime] = mapped_column(Instant)


class ImprovementAction(Synced, db.Model):
    """What somebody does by a day so that it goes better (F3, F6): for a complaint, out of a month's report, a review
    of root causes, a seminar, or on its own.

    `figure` names the number of the month's report it is to move, `month` the month that number is taken from before;
    what it is in the month after is counted when it is asked for.
    """

    __tablename__ = "improvement_action"
    NOUN = "improvement_action"
    WIRE = (
        "source_noun", "source_id", "text", "owner_id", "due_on", "month", "figure", "state", "done_at", "done_by",
        "result",
    )  # fmt: skip
    SOURCES = ("complaint", "monthly_report", "root_cause", "hard_case")
    source_noun: Mapped[str | None] = mapped_column(String(32))
    source_id: Mapped[str | None] = id_column(index=True)
    text: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str] = id_column()
    due_on: Mapped[date] = mapped_column(Date, index=True)
    month: Mapped[str] = mapped_column(String(MONTH), default="")
    figure: Mapped[str] = mapped_column(String(32), default="")
    state: Mapped[str] = mapped_column(String(16), default="open")
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[str | None] = id_column()
    result: Mapped[str] = mapped_column(Text, default="")
    reminded_on: Mapped[date | None] = mapped_column(Date)

    def scope(self) -> str:
        return "office"

    def end(self, state: str, result: str, by: str, at: datetime) -> None:
        """`done`, or `dropped` with the reason as its result."""
        self.state, self.result, self.done_by, self.done_at = state, result, by, at


class CallAttempt(UnderOrder, db.Model):
    """A call-back that reached nobody (F2): who tried, how, what came of it, and when to try again."""

    __tablename__ = "call_attempt"
    NOUN = "call_attempt"
    WIRE = ("work_order_id", "visit_id", "mode", "outcome", "note", "again_at", "at")
    OUTCOMES = ("no_answer", "busy", "off", "wrong_number", "refused", "later")
    mode: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
    again_at: Mapped[datetime | None] = mapped_column(Instant)
    at: Mapped[datetime] = mapped_column(Instant)
