"""Customers, their sites and what stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import NAME_LENGTH, Instant, Synced, id_column

VISIBLE_DIGITS = 4  # of a phone number behind the mask


def mask(name: str, phone: str) -> str:
    """`张女士(5678)`: the surname with a title and the last digits (A6). Empty when nothing is known."""
    digits = "".join(filter(str.isdigit, phone))[-VISIBLE_DIGITS:]
    name = name.strip()
    if not name:
        shown = ""
    elif name.endswith(("先生", "女士", "老师", "经理", "主任")):
        shown = name[0] + name[-2:]
    else:
        shown = name[0] + "**" if not name.isascii() else name.split()[0][0] + "."
    return f"{shown}({digits})" if digits else shown


class Customer(Synced, db.Model):
    """Who has a contract with us. The office's own: phones carry the name on the site."""

    __tablename__ = "customer"
    NOUN = "customer"
    WIRE = ("number", "name", "kind", "contract_number", "sla_policy", "contract_from", "contract_to", "note")
    number: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[str] = mapped_column(String(64), default="")
    contract_number: Mapped[str] = mapped_column(String(64), default="")
    sla_policy: Mapped[str] = mapped_column(String(32), default="default")
    contract_from: Mapped[date | None] = mapped_column(Date)
    contract_to: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")

    def scope(self) -> str:
        return "office"


class Contact(Synced, db.Model):
    """A person at the customer's. The wire carries the masked name only."""

    __tablename__ = "contact"
    NOUN = "contact"
    WIRE = ("customer_id", "site_id", "name_masked")
    customer_id: Mapped[str] = id_column(index=True)
    site_id: Mapped[str | None] = id_column(index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    phone: Mapped[str] = mapped_column(String(32), default="")

    @property
    def name_masked(self) -> str:
        return mask(self.name, self.phone)

    def scope(self) -> str:
        return "office"


class Site(Synced, db.Model):
    """A place we look after 现场; latitude and longitude as decimal strings, GCJ-02 as Chinese maps give them."""

    __tablename__ = "site"
    NOUN = "site"
    WIRE = (
        "number", "name", "customer_id", "customer_name", "address", "lat", "lng", "access_notes", "responsible",
        "accepted_on", "contact_masked",
    )  # fmt: skip
    number: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    customer_id: Mapped[str] = id_column(index=True)
    customer_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    address: Mapped[str] = mapped_column(String(500), default="")
    lat: Mapped[str] = mapped_column(String(16), default="")
    lng: Mapped[str] = mapped_column(String(16), default="")
    access_notes: Mapped[str] = mapped_column(Text, default="")
    responsible: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    accepted_on: Mapped[date | None] = mapped_column(Date)
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_phone: Mapped[str] = mapped_column(String(32), default="")

    @property
    def contact_masked(self) -> str:
        return mask(self.contact_name, self.contact_phone)

    def scope(self) -> str:
        return f"site:{self.id}"

    def touched_scopes(self, old: Callable[[str], Any] | None) -> Iterable[str]:
        return () if old else (self.scope(),)


class Asset(Synced, db.Model):
    """A piece of equipment 设备 at a site (E7)."""

    __tablename__ = "asset"
    NOUN = "asset"
    WIRE = (
        "number", "site_id", "name", "asset_class", "brand", "model", "serial", "quantity", "protocol",
        "software_version", "connection", "location", "installed_on", "warranty_until", "keep_box", "note",
    )  # fmt: skip
    number: Mapped[str] = mapped_column(String(64), unique=True)
    site_id: Mapped[str] = id_column(index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    asset_class: Mapped[str] = mapped_column(String(64), default="")
    brand: Mapped[str] = mapped_column(String(64), default="")
    model: Mapped[str] = mapped_column(String(128), default="")
    serial: Mapped[str] = mapped_column(String(128), default="", index=True)
    quantity: Mapped[int] = mapped_column(Integer, default=1)
    protocol: Mapped[str] = mapped_column(String(64), default="")
    software_version: Mapped[str] = mapped_column(String(64), default="")
    connection: Mapped[str] = mapped_column(String(128), default="")
    location: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    installed_on: Mapped[date | None] = mapped_column(Date)
    warranty_until: Mapped[date | None] = mapped_column(Date)
    keep_box: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str] = mapped_column(Text, default="")

    def scope(self) -> str:
        return f"site:{self.site_id}"


class ServiceRecord(Synced, db.Model):
    """What a submitted visit leaves in the site's history, readable after the work order is archived."""

    __tablename__ = "service_record"
    NOUN = "service_record"
    WIRE = (
        "site_id", "asset_id", "work_order_id", "visit_id", "number", "title", "finished_at", "engineer_name",
        "symptom", "cause", "action", "test_result", "text", "photos",
    )  # fmt: skip
    site_id: Mapped[str] = id_column(index=True)
    asset_id: Mapped[str | None] = id_column(index=True)
    work_order_id: Mapped[str] = id_column()
    visit_id: Mapped[str] = id_column(unique=True)
    number: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    finished_at: Mapped[datetime] = mapped_column(Instant)
    engineer_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    symptom: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    cause: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    action: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    test_result: Mapped[str] = mapped_column(String(16), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    #: What it looked like, for whoever comes next: `[{id, sha256, purpose, taken_at}]`; null on older rows.
    photos: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON, default=list)

    def scope(self) -> str:
        return f"site:{self.site_id}"
