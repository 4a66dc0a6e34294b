"""The archive of a site: corrections proposed by those who stand before the thing, and its documents (E7)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Fact, Instant, Synced, id_column, json_list


class ArchiveChange(Fact, db.Model):
    """A correction of an asset, or of the site itself, that waits for the office: `changes` is `{field: [was, now]}`.

    `photos` (`[{id, sha256}]`) show why; `written` is what the office made of it, `{field: value}`.
    """

    __tablename__ = "archive_change"
    __table_args__ = (Index("ix_archive_change_visit_id", "visit_id"), Index("ix_archive_change_site_id", "site_id"))
    NOUN = "archive_change"
    WIRE = (
        "site_id", "asset_id", "changes", "note", "photos", "state", "decided_by", "decided_at", "decision_note",
        "written",
    )  # fmt: skip
    site_id: Mapped[str] = id_column()
    asset_id: Mapped[str | None] = id_column()
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text, default="")
    photos: Mapped[list[dict[str, Any]]] = json_list()
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    decided_by: Mapped[str | None] = id_column()
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision_note: Mapped[str] = mapped_column(Text, default="")
    written: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    def scope(self) -> str:
        return f"site:{self.site_id}"

    def show(self, photo_id: str, sha256: str) -> None:
        self.photos = [*self.photos, {"id": photo_id, "sha256": sha256}]

    def hide(self, photo_id: str) -> None:
        self.photos = [photo for photo in self.photos if photo["id"] != photo_id]


class Document(Synced, db.Model):
    """A drawing or a manual, page by page as pictures, so that every phone can read it without a network.

    Of a site, or (without one) of a kind of equipment wherever it stands. `pages` is
    `[{sha256, size, mime, width, height}]`, `pins` `[{id, page, x, y, label, asset_id}]`, x and y shares of the page.
    """

    __tablename__ = "document"
    NOUN = "document"
    WIRE = (
        "site_id", "kind", "title", "title_en", "asset_class", "brand", "model", "revision", "pages", "pins", "state",
    )  # fmt: skip
    KINDS = ("principle", "wiring", "layout", "duct", "fibre_splice", "manual", "other")
    site_id: Mapped[str | None] = id_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    title_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    asset_class: Mapped[str] = mapped_column(String(64), default="")
    brand: Mapped[str] = mapped_column(String(64), default="")
    model: Mapped[str] = mapped_column(String(128), default="")
    revision: Mapped[str] = mapped_column(String(32), default="")
    pages: Mapped[list[dict[str, Any]]] = json_list()
    pins: Mapped[list[dict[str, Any]]] = json_list()
    state: Mapped[str] = mapped_column(String(16), default="active")

    def scope(self) -> str:
        return f"site:{self.site_id}" if self.site_id else "ref"


class DocumentPage(db.Model):
    """Which document shows which file: what the permission to read a page asks."""

    __tablename__ = "document_page"
    document_id: Mapped[str] = id_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    site_id: Mapped[str | None] = id_column()


class HandoverItem(Synced, db.Model):
    """What the office says of a line of the handover list 移交清单 at a site: received, or not asked there.

    What the system can see for itself has no row; the lines are in `sync/rules/handover.json`.
    """

    __tablename__ = "handover_item"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    NOUN = "handover_item"
    WIRE = ("site_id", "code", "state", "received_on", "note")
    site_id: Mapped[str] = id_column()
    code: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default="open")
    received_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")

    def scope(self) -> str:
        return f"site:{self.site_id}"


class Favourite(Synced, db.Model):
    """An article or a document somebody wants at hand, on each of their devices."""

    __tablename__ = "favourite"
    __table_args__ = (Index("ix_favourite_user_id", "user_id"),)
    NOUN = "favourite"
    WIRE = ("user_id", "parent_noun", "parent_id", "chosen")
    OF = ("article", "document")
    user_id: Mapped[str] = id_column()
    parent_noun: Mapped[str] = mapped_column(String(32))
    parent_id: Mapped[str] = id_column()
    chosen: Mapped[bool] = mapped_column(default=True)

    def scope(self) -> str:
        return f"user:{self.user_id}"
