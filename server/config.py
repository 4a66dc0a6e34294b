"""Settings and limits, with units. Every setting can be given by the environment."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

ACCESS_TOKEN_LIFE = timedelta(minutes=15)
REFRESH_TOKEN_LIFE = timedelta(days=90)
MAX_FILE_BYTES = 25 * 1024 * 1024  # of a photo
MAX_REQUEST_BYTES = 32 * 1024 * 1024  # a photo and its frame; push and JSON doors have smaller limits of their own
MAX_RESCUE_BYTES = 512 * 1024 * 1024  # of a rescue file: a week of work with a hundred photos; on disk, never in memory
SQLITE_BUSY_SECONDS = 30
DEFAULT_PORT = 8000


def _secret(data_dir: Path) -> str:
    """The signing key: from the environment, else made once and kept readable by the owner only."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    path = data_dir / "secret.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:  # another process of the same start was first
            pass
    return path.read_text().strip()


def settings(overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """The app's configuration; `overrides` win (tests)."""
    given = overrides or {}
    root = Path(__file__).resolve().parent.parent
    data_dir = Path(given.get("DATA_DIR") or os.environ.get("DATA_DIR") or root / "data").resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {
        "DATA_DIR": str(data_dir),
        "FILES_DIR": str(data_dir / "files"),
        "PWA_DIST": os.environ.get("PWA_DIST") or str(root / "pwa" / "dist"),
        "SQLALCHEMY_DATABASE_URI": os.environ.get("DATABASE_URL") or f"sqlite:///{data_dir / 'service.db'}",
        "REDIS_URL": os.environ.get("REDIS_URL") or None,
        "PUBLIC_URL": os.environ.get("PUBLIC_URL") or None,  # what customers reach us by; else as this request did
        "RESCUE_KEY": os.environ.get("RESCUE_KEY") or None,  # else made once, in DATA_DIR (server/sealing.py)
        "RETENTION_YEARS": int(os.environ.get("RETENTION_YEARS") or "3"),  # at least three, whatever it says
        # Mails: without SMTP_HOST none are sent. SMTP_SECURITY: starttls, tls or none; the port follows from it.
        "SMTP_HOST": os.environ.get("SMTP_HOST") or None,
        "SMTP_PORT": os.environ.get("SMTP_PORT") or None,
        "SMTP_USER": os.environ.get("SMTP_USER") or None,
        "SMTP_PASSWORD": os.environ.get("SMTP_PASSWORD") or None,
        "SMTP_SECURITY": os.environ.get("SMTP_SECURITY") or "starttls",
        "MAIL_FROM": os.environ.get("MAIL_FROM") or "xunxiu@localhost.localdomain",
        # Private networks webhooks may lead into nevertheless (CIDR, by comma): see server/delivering/outgoing.py
        "OUTGOING_ALLOW": os.environ.get("OUTGOING_ALLOW") or "",
        "JWT_ACCESS_TOKEN_EXPIRES": ACCESS_TOKEN_LIFE,
        "JWT_REFRESH_TOKEN_EXPIRES": REFRESH_TOKEN_LIFE,
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_REQUEST_BYTES,
        "API_TITLE": "Xunxiu field service",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api",
        "OPENAPI_JSON_PATH": "openapi.json",
        "RATELIMIT_STORAGE_URI": os.environ.get("REDIS_URL") or "memory://",
        "RATELIMIT_HEADERS_ENABLED": True,
        "WORKER_THREAD": os.environ.get("WORKER_THREAD", "1") == "1",
        "LIVE_POLL_SECONDS": float(os.environ.get("LIVE_POLL_SECONDS", "0.2")),
        "TASK_LEASE_SECONDS": float(os.environ.get("TASK_LEASE_SECONDS", "60")),  # a photo is read in about a second
        "TRUSTED_PROXIES": int(
            os.environ.get("TRUSTED_PROXIES", "0")
        ),  # how many stand before us, each adding an address
    }
    config.update(given)
    if "SECRET_KEY" not in config:
        config["SECRET_KEY"] = _secret(data_dir)
    config.setdefault("JWT_SECRET_KEY", config["SECRET_KEY"])
    return config
