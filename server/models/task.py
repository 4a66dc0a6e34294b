"""Background work, recorded in the transaction of its cause; and the uploads under way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from server import clock
from server.extensions import db
from server.models.base import ID_LENGTH, NAME_LENGTH, Instant, id_column, new_id


class Task(db.Model):
    """A piece of work named by dotted path. Leased while someone does it; given back when the lease runs out."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_due", "done_at", "run_at"),)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    run_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    handed_at: Mapped[datetime | None] = mapped_column(Instant)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    @classmethod
    def enqueue(
        cls, session: Session, name: str, args: dict[str, Any] | None = None, run_at: datetime | None = None
    ) -> Task:
        """Records work in the transaction of its cause. `name`: dotted path of a function; `args`: its keywords."""
        task = cls(name=name, args=args or {}, run_at=run_at or clock.now())
        session.add(task)
        session.info["tasks"] = True  # a worker of this process need not wait for its next look
        return task


class Upload(db.Model):
    """A tus upload under way: `received` bytes of `size` are in the part file named by its id."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    user_id: Mapped[str] = id_column()
    attachment_id: Mapped[str] = id_column(index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class StoredFile(db.Model):
    """Bytes whose hash the server has verified; the id is the SHA-256 of them."""

    __tablename__ = "stored_file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    thumbs: Mapped[dict[str, bool]] = mapped_column(JSON, default=dict)
    stored_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    processed_at: Mapped[datetime | None] = mapped_column(Instant)
    original_removed_at: Mapped[datetime | None] = mapped_column(Instant)  # past its time (`server/retention.py`)
