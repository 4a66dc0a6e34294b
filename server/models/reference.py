"""Reference data every phone carries: catalogue, parts, prices, checklist versions, knowledge."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column, json_list


class Reference(Synced):
    """Rows of the `ref` scope: held by every active user."""

    def scope(self) -> str:
        return "ref"


class CatalogueEntry(Reference, db.Model):
    """A symptom, cause, action or reason that people pick instead of typing (D5)."""

    __tablename__ = "catalogue_entry"
    __table_args__ = (UniqueConstraint("kind", "code"),)
    NOUN = "catalogue_entry"
    WIRE = ("kind", "code", "name", "name_en", "asset_class", "sort", "active")
    KINDS = (
        "symptom", "cause", "action", "pause_reason", "cannot_reason", "waive_reason",
        "decline_reason", "reassign_reason", "cancel_reason", "delay_reason", "hold_reason", "rebook_reason",
        "channel", "source", "category", "demand",
    )  # fmt: skip
    kind: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    asset_class: Mapped[str] = mapped_column(String(64), default="")
    sort: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Part(Reference, db.Model):
    """A spare part 备件 of the catalogue; prices in fen."""

    __tablename__ = "part"
    NOUN = "part"
    WIRE = ("number", "name", "name_en", "brand", "spec", "unit", "serialised", "min_stock", "price_cents")
    number: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    brand: Mapped[str] = mapped_column(String(64), default="")
    spec: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    unit: Mapped[str] = mapped_column(String(16), default="")
    serialised: Mapped[bool] = mapped_column(Boolean, default=False)
    min_stock: Mapped[int] = mapped_column(Integer, default=0)
    price_cents: Mapped[int] = mapped_column(Integer, default=0)


class PriceItem(Reference, db.Model):
    """A line of the price list 价目表: labour, travel, fees; fen."""

    __tablename__ = "price_item"
    NOUN = "price_item"
    WIRE = ("code", "name", "name_en", "unit", "price_cents", "note")
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    unit: Mapped[str] = mapped_column(String(32), default="")
    price_cents: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = mapped_column(Text, default="")


class ChecklistVersion(Reference, db.Model):
    """A version of a checklist template, items and all. It never changes: a run is pinned to it (E2)."""

    __tablename__ = "checklist_version"
    __table_args__ = (UniqueConstraint("code", "version"),)
    NOUN = "checklist_version"
    WIRE = ("code", "name", "name_en", "kind", "version", "items")
    KINDS = ("departure", "repair", "monthly", "quarterly", "half_year")
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    def item(self, item_id: str) -> dict[str, Any] | None:
        return next((item for item in self.items if item["id"] == item_id), None)


class Article(Reference, db.Model):
    """An article of the knowledge base 知识库; `text` is Markdown (D13)."""

    __tablename__ = "article"
    NOUN = "article"
    WIRE = (
        "number", "title", "title_en", "asset_class", "brand", "keywords", "symptom_codes",
        "text", "summary_en", "review_on", "state", "visit_id", "reviewed_by", "reviewed_at", "review_note",
    )  # fmt: skip
    number: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    title_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    asset_class: Mapped[str] = mapped_column(String(64), default="")
    brand: Mapped[str] = mapped_column(String(64), default="")
    keywords: Mapped[str] = mapped_column(String(500), default="")
    symptom_codes: Mapped[list] = json_list()
    text: Mapped[str] = mapped_column(Text, default="")
    summary_en: Mapped[str] = mapped_column(Text, default="")
    review_on: Mapped[date | None] = mapped_column(Date)
    # proposed → published | declined, published → retired; null: published, and older than these states.
    state: Mapped[str | None] = mapped_column(String(16))
    visit_id: Mapped[str | None] = id_column()  # the visit whose solution it tells
    reviewed_by: Mapped[str | None] = id_column()
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    review_note: Mapped[str | None] = mapped_column(Text)
