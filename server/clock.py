"""The server's clock, in one place so that a test or the demo can live in another month."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_standing: ContextVar[datetime | None] = ContextVar("standing_clock", default=None)


def now() -> datetime:
    """The current instant, aware, UTC, cut to milliseconds: what the wire can say."""
    instant = _standing.get() or datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Inside, `now()` is `instant`."""
    token = _standing.set(instant)
    try:
        yield
    finally:
        _standing.reset(token)


def wire(instant: datetime) -> str:
    """`2026-11-21T08:30:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def parse(text: str) -> datetime:
    """An aware instant from ISO 8601; raises ValueError when the day does not exist or the zone is missing."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant.astimezone(UTC)
