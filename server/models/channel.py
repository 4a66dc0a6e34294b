"""By which ways people and other systems are told (F8), and what became of each telling."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import ID_LENGTH, NAME_LENGTH, Instant, Synced, id_column, json_list, new_id
from sync.rules import rule

URL_LENGTH = 1000
MAIL_LENGTH = 254  # RFC 5321
GROUPS: tuple[str, ...] = tuple(rule("notices")["groups"])
KINDS: tuple[str, ...] = tuple(kind for kinds in rule("notices")["groups"].values() for kind in kinds)
EVENTS: tuple[str, ...] = tuple(rule("notices")["events"])
_GROUP_OF = {kind: group for group, kinds in rule("notices")["groups"].items() for kind in kinds}


def group_of(kind: str) -> str:
    """The group a kind of notice is switched with."""
    return _GROUP_OF.get(kind, rule("notices")["rest"])


class NoticeChoice(Synced, db.Model):
    """Which notices one person wants by which way, and in which language. In the app everybody gets all of them."""

    __tablename__ = "notice_choice"
    NOUN = "notice_choice"
    WIRE = ("user_id", "push", "mail", "address", "lang")
    user_id: Mapped[str] = id_column(unique=True)
    push: Mapped[list[str]] = json_list()
    mail: Mapped[list[str]] = json_list()
    address: Mapped[str] = mapped_column(String(MAIL_LENGTH), default="")
    lang: Mapped[str] = mapped_column(String(8), default="zh-CN")

    def scope(self) -> str:
        return f"user:{self.user_id}"


class PushSubscription(db.Model):
    """A browser that may be called (RFC 8030): one for a device, and of the person who turned it on there."""

    __tablename__ = "push_subscription"
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    user_id: Mapped[str] = id_column(index=True)
    device_id: Mapped[str] = id_column(unique=True)
    endpoint: Mapped[str] = mapped_column(String(URL_LENGTH), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(40))
    lang: Mapped[str] = mapped_column(String(8), default="zh-CN")
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Webhook(db.Model):
    """An address of another system that is told. `kinds` empty: everything. `failures`: in a row, of all it got."""

    __tablename__ = "webhook"
    FORMATS = ("standard", "wecom", "dingtalk")
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    url: Mapped[str] = mapped_column(String(URL_LENGTH))
    format: Mapped[str] = mapped_column(String(16), default="standard")
    lang: Mapped[str] = mapped_column(String(8), default="zh-CN")
    secret: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    kinds: Mapped[list[str]] = json_list()
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    removed: Mapped[bool] = mapped_column(Boolean, default=False)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    resting_until: Mapped[datetime | None] = mapped_column(Instant)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[str | None] = id_column()
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


class Delivery(db.Model):
    """One thing told to one address: what became of it, and how often it was tried.

    `target_id`: the webhook, or the push subscription; of a mail nothing. `address`: of a mail that goes to somebody
    who is no user. `body`: all it takes to send it again.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_created_at", "created_at"), Index("ix_delivery_target", "target_id", "state"))
    CHANNELS = ("push", "mail", "hook")
    STATES = ("waiting", "sent", "failed", "dropped")
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[str | None] = id_column()
    target_id: Mapped[str | None] = id_column()
    address: Mapped[str] = mapped_column(String(MAIL_LENGTH), default="")
    notice_id: Mapped[str | None] = id_column()
    body: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    def end(self, state: str, at: datetime, error: str = "") -> None:
        self.state, self.ended_at, self.next_at, self.error = state, at, None, error


class ServerSecret(db.Model):
    """A key this service made for itself once; it travels with every backup, and all its processes share it."""

    __tablename__ = "server_secret"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
