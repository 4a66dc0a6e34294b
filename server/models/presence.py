"""Points 点位 of a site, and the proof that somebody stood there (E5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Fact, Synced, id_column, json_list

TOKEN_DIGITS = 10


class Point(Synced, db.Model):
    """A place on a patrol with a code to scan. `item_ids`: the checklist items that are answered there, of whichever
    checklist; an item that no point names is answered anywhere.
    """

    __tablename__ = "point"
    NOUN = "point"
    WIRE = ("site_id", "code", "name", "name_en", "location", "token", "item_ids", "sort", "active")
    site_id: Mapped[str] = id_column(index=True)
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    location: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    token: Mapped[str] = mapped_column(String(64), index=True)
    item_ids: Mapped[list[str]] = json_list()
    sort: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)

    def scope(self) -> str:
        return f"site:{self.site_id}"

    @staticmethod
    def token_of(point_id: str) -> str:
        """What stands in the code of a new point: the random end of its id, short enough to type."""
        return "XD" + point_id.replace("-", "")[-TOKEN_DIGITS:].upper()


class PresenceProof(Fact, db.Model):
    """Somebody was at a point: how they named it, what its code said, where the phone believed to be.

    `flags` says what is doubtful (`sync/presence.py`). It is never refused: a person looks.
    """

    __tablename__ = "presence_proof"
    NOUN = "presence_proof"
    WIRE = ("point_id", "run_id", "how", "token", "place", "flags")
    HOWS = ("scan", "nfc", "typed", "picked")
    point_id: Mapped[str] = id_column()
    run_id: Mapped[str | None] = id_column()
    how: Mapped[str] = mapped_column(String(16))
    token: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    flags: Mapped[list[str]] = json_list()
