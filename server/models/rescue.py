"""Rescue files that came to the office: who brought which, and what became of it. An audit trail, kept for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import ID_LENGTH, NAME_LENGTH, Instant, id_column, new_id


class RescueBundle(db.Model):
    """A rescue file. `sha256` is of the sealed file: the same file brought again is the same row.

    `about`: what its head says and how it compares with what is here; `result`: what the last import came to.
    `kept`: the sealed file is still on the disk, so that it can be imported again.
    """

    __tablename__ = "rescue_bundle"
    __table_args__ = (Index("ix_rescue_bundle_brought_at", "brought_at"),)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str | None] = id_column(index=True)
    user_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    device_id: Mapped[str | None] = id_column()
    made_at: Mapped[str] = mapped_column(String(40), default="")
    proven: Mapped[bool] = mapped_column(Boolean, default=False)
    damaged: Mapped[bool] = mapped_column(Boolean, default=False)
    acts: Mapped[int] = mapped_column(Integer, default=0)
    files: Mapped[int] = mapped_column(Integer, default=0)
    about: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    brought_by: Mapped[str] = id_column()
    brought_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    imported_by: Mapped[str | None] = id_column()
    imported_at: Mapped[datetime | None] = mapped_column(Instant)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    kept: Mapped[bool] = mapped_column(Boolean, default=True)
