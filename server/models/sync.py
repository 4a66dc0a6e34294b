"""The tables of the protocol itself: clock, feed, subscriptions, journal. Only feed, push and check write them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Date, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import ID_LENGTH, Instant

SCOPE_LENGTH = 48


class Clock(db.Model):
    """One row. `rev` counts writing transactions, bumped last in each; `epoch` names this life of the database.

    Up to `floor` deletions and scopes left may have been forgotten: who has pulled less far starts over.
    """

    __tablename__ = "clock"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    rev: Mapped[int] = mapped_column(BigInteger, default=0)
    epoch: Mapped[str] = mapped_column(String(ID_LENGTH))
    floor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class FeedRow(db.Model):
    """The latest body of a synced row as JSON text, served as stored. `body` null: the row was deleted."""

    __tablename__ = "feed"
    noun: Mapped[str] = mapped_column(String(32), primary_key=True)
    row_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    scope: Mapped[str] = mapped_column(String(SCOPE_LENGTH))
    rev: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_feed_scope_rev", "scope", "rev", "noun", "row_id"), Index("ix_feed_rev", "rev"))


class ScopeDigest(db.Model):
    """The digest of a scope's live rows, kept as they are published: see `sync/digest.py`.

    `hi` and `lo`: sums of the upper and lower 32 bits of the rows' hashes, never reduced, so that the database can
    add and subtract. `rev`: of the scope's last change.
    """

    __tablename__ = "scope_digest"
    scope: Mapped[str] = mapped_column(String(SCOPE_LENGTH), primary_key=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    hi: Mapped[int] = mapped_column(BigInteger)
    lo: Mapped[int] = mapped_column(BigInteger)
    rev: Mapped[int] = mapped_column(BigInteger)


class Divergence(db.Model):
    """A device did not hold what it should have held, or the server's own sum was wrong. Always a fault of somebody.

    `cause`: `rows` (rows missing, stale or too many), `scope` (it had a scope that is not its user's), `sum` (the rows
    agreed, the kept digest did not, and was summed up anew). `rev`: how far the device had pulled.
    """

    __tablename__ = "divergence"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    device_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    scope: Mapped[str] = mapped_column(String(SCOPE_LENGTH))
    rev: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(String(16))
    device_rows: Mapped[int] = mapped_column(Integer)
    server_rows: Mapped[int] = mapped_column(Integer)
    repaired: Mapped[int] = mapped_column(Integer)


class Subscription(db.Model):
    """That a user holds a scope: from `entered_rev`, until `left_rev`.

    `due` is the day of the visit that brought the scope, as it was on entering: it only orders the first sync, and
    it never changes while a pass may be under way, because a scope that moved forward would be skipped.
    """

    __tablename__ = "subscription"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    scope: Mapped[str] = mapped_column(String(SCOPE_LENGTH), primary_key=True)
    entered_rev: Mapped[int] = mapped_column(BigInteger)
    left_rev: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(32))
    due: Mapped[datetime | None] = mapped_column(Date)

    __table_args__ = (
        Index("ix_subscription_scope", "scope"),
        Index("ix_subscription_user_left", "user_id", "left_rev"),
        Index("ix_subscription_user_entered", "user_id", "entered_rev"),
    )


class JournalEntry(db.Model):
    """Every act ever received, with payload and receipt: the audit trail, and what makes repeats harmless."""

    __tablename__ = "journal"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    device_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    n: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    act: Mapped[str] = mapped_column(String(64))
    v: Mapped[int] = mapped_column(Integer)
    at: Mapped[str] = mapped_column(String(40))
    args: Mapped[dict] = mapped_column(JSON)
    group_name: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str | None] = mapped_column(Text)
    rev: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("device_id", "n"),
        Index("ix_journal_rev", "rev"),
        Index("ix_journal_received_at", "received_at"),
    )


class HeldAct(db.Model):
    """A journalled act that waits until `until` for a row the server does not know yet: another device made it."""

    __tablename__ = "held_act"
    act_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    device_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    n: Mapped[int] = mapped_column(BigInteger)
    group_name: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Instant)
    noun: Mapped[str] = mapped_column(String(32))
    row_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    until: Mapped[datetime] = mapped_column(Instant, index=True)


class ActCrash(db.Model):
    """How often the server itself failed on an act. After a few times the act is parked, so that the queue moves on."""

    __tablename__ = "act_crash"
    act_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
