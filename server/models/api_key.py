"""Keys by which other systems ask (F8): what each may, and when it was last used."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server import clock
from server.extensions import db
from server.models.base import ID_LENGTH, NAME_LENGTH, Instant, id_column, json_list, new_id

MARK = "xk"  # how a key begins, so that one that leaked into a text is found by what looks for such things
PREFIX_CHARS = 12
SECRET_BYTES = 24  # 192 bits: nobody guesses it, so a plain hash keeps it


class ApiKey(db.Model):
    """A key of another system. Only the hash of its secret is kept; `prefix` finds it, and names it to people."""

    __tablename__ = "api_key"
    SCOPES = ("work_orders:read", "master:read", "reports:read", "intake:write")
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    prefix: Mapped[str] = mapped_column(String(PREFIX_CHARS), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = json_list()
    created_by: Mapped[str | None] = id_column()
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    last_address: Mapped[str] = mapped_column(String(64), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[str | None] = id_column()

    def issue(self) -> str:
        """The key, which is told once."""
        self.prefix, secret = secrets.token_hex(PREFIX_CHARS // 2), secrets.token_urlsafe(SECRET_BYTES)
        self.secret_hash = _hash(secret)
        return f"{MARK}_{self.prefix}_{secret}"

    def opens(self, secret: str, now: datetime) -> bool:
        alive = self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
        return hmac.compare_digest(self.secret_hash, _hash(secret)) and alive


def split(key: str) -> tuple[str, str] | None:
    """Prefix and secret of a key; None when it is none."""
    mark, _, rest = key.partition("_")
    prefix, _, secret = rest.partition("_")
    return (prefix, secret) if mark == MARK and len(prefix) == PREFIX_CHARS and secret and key.isascii() else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
