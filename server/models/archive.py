"""The archive's index: what every ended work order says, and which of them say two characters beside each other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import Instant, id_column


class ArchiveEntry(db.Model):
    """What can be found of one ended work order. `id` is dense and follows the order of their ends, nearly."""

    __tablename__ = "archive_entry"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    work_order_id: Mapped[str] = id_column(unique=True)
    site_id: Mapped[str] = id_column(index=True)
    ended_at: Mapped[datetime] = mapped_column(Instant, index=True)
    indexed_at: Mapped[datetime] = mapped_column(Instant)
    # Of the work order when it was indexed: late evidence and a second end make it worth reading again.
    rev: Mapped[int] = mapped_column(BigInteger, default=0)
    text: Mapped[str] = mapped_column(Text)


class ArchiveGram(db.Model):
    """Which entries of a block of 4,096 have a gram: their places in it, as `server.archive.grams` packs them."""

    __tablename__ = "archive_gram"
    gram: Mapped[str] = mapped_column(String(3), primary_key=True)
    block: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    places: Mapped[bytes] = mapped_column(LargeBinary)
