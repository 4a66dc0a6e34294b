"""People: users, their teams, the devices they carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import JSON, BigInteger, Boolean, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import ID_LENGTH, NAME_LENGTH, Instant, Synced, id_column, json_list

ROLES = (
    "engineer", "crew_lead", "dispatcher", "operator", "supervisor",
    "module_head", "department_head", "storekeeper", "call_back", "admin", "specialist", "deputy_gm",
)  # fmt: skip
#: Who decides about people: they hold every assessment (F5).
ASSESSORS = ("supervisor", "module_head", "department_head", "deputy_gm")
OFFICE_ROLES = frozenset(ROLES) - {"engineer", "crew_lead", "storekeeper"}

_hasher = PasswordHasher()


class Team(Synced, db.Model):
    """A crew 班组 that is dispatched together and watched on one board."""

    __tablename__ = "team"
    NOUN = "team"
    WIRE = ("code", "name", "name_en")
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")

    def scope(self) -> str:
        return "ref"

    def touched_scopes(self, old: Callable[[str], Any] | None) -> Iterable[str]:
        return () if old else (f"board:{self.id}",)


class User(Synced, db.Model):
    """Someone who signs in. The wire carries name and roles, never phone or password."""

    __tablename__ = "user_account"
    NOUN = "user"
    WIRE = ("login", "name", "name_en", "roles", "team_id", "skills", "active")
    number: Mapped[str] = mapped_column(String(32), unique=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_en: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    roles: Mapped[list] = json_list()
    skills: Mapped[list] = json_list()
    team_id: Mapped[str | None] = id_column(index=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")

    def scope(self) -> str:
        return "ref"

    def touched_scopes(self, old: Callable[[str], Any] | None) -> Iterable[str]:
        return () if old else (f"review:{self.id}", f"parts:{self.id}", f"assess:{self.id}")

    def set_password(self, password: str) -> None:
        self.password_hash = _hasher.hash(password)

    def check_password(self, password: str) -> bool:
        try:
            return _hasher.verify(self.password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def has_role(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)

    @property
    def is_office(self) -> bool:
        return not OFFICE_ROLES.isdisjoint(self.roles)


class Device(db.Model):
    """One browser of one user: its own line of act numbers. `last_n` is the highest number answered."""

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = id_column(index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    platform: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    last_n: Mapped[int] = mapped_column(BigInteger, default=0)
    last_push_at: Mapped[datetime | None] = mapped_column(Instant)
    last_contact_at: Mapped[datetime | None] = mapped_column(Instant)
    clock_offset_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[str | None] = id_column()


class RefreshToken(db.Model):
    """A link of a device's chain of refresh tokens. `used_at` is set when its successor was first used."""

    __tablename__ = "refresh_token"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    device_id: Mapped[str] = id_column(index=True)
    user_id: Mapped[str] = id_column()
    parent_id: Mapped[str | None] = id_column(index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class PhoneStatus(Synced, db.Model):
    """What the office knows of a phone, and as of when (C4)."""

    __tablename__ = "phone_status"
    NOUN = "phone_status"
    WIRE = (
        "user_id", "device_id", "team_id", "last_contact", "pending", "oldest_at", "files_waiting", "failing",
        "app_version", "clock_offset_ms", "persisted", "storage_used", "storage_quota",
        "evicted", "battery",
    )  # fmt: skip
    user_id: Mapped[str] = id_column(index=True)
    device_id: Mapped[str] = id_column(unique=True)
    team_id: Mapped[str] = id_column()
    last_contact: Mapped[datetime] = mapped_column(Instant)
    pending: Mapped[int] = mapped_column(default=0)
    oldest_at: Mapped[datetime | None] = mapped_column(Instant)
    files_waiting: Mapped[int] = mapped_column(default=0)
    failing: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    app_version: Mapped[str] = mapped_column(String(32), default="")
    clock_offset_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    persisted: Mapped[bool | None] = mapped_column(Boolean)
    storage_used: Mapped[int | None] = mapped_column(BigInteger)
    storage_quota: Mapped[int | None] = mapped_column(BigInteger)
    battery: Mapped[int | None] = mapped_column()  # percent, where the browser tells
    evicted: Mapped[dict | None] = mapped_column(JSON)  # what that browser threw away, as told last

    def scope(self) -> str:
        return f"board:{self.team_id}"


class AccessLog(db.Model):
    """What was done past the journal of acts: who looked at a contact and why (A6), signed in, changed an account.

    `act`: `contact.reveal`, `sign_in`, `user.change`, … `user_id` is empty when nobody of ours did it.
    """

    __tablename__ = "access_log"
    __table_args__ = (Index("ix_access_log_row", "noun", "row_id"), Index("ix_access_log_at", "at"))
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = id_column()
    at: Mapped[datetime] = mapped_column(Instant)
    act: Mapped[str] = mapped_column(String(32), default="")
    noun: Mapped[str] = mapped_column(String(32))
    row_id: Mapped[str] = id_column()
    reason: Mapped[str] = mapped_column(String(NAME_LENGTH))
    extra: Mapped[dict | None] = mapped_column(JSON)
