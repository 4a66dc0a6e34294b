"""Cursor arithmetic of the feed, without I/O.

Why a cursor cannot pass an invisible change. Every writing transaction bumps the one clock row as its LAST statement
before commit and stamps its rows with the new value. The bump takes a row lock that is held until the commit, so the
next transaction can draw its value only when this one is visible or gone. Hence: whoever reads the clock as `r` sees
every row stamped `≤ r`. A pass reads the clock first (its *target*) and takes only rows stamped `≤ target`; rows that
change while the pass is under way get a stamp above the target and belong to the next pass. Sequences and timestamps
give no such promise: they are drawn long before the commit.

A pass has three phases, so that a phone is useful before its first sync is complete:
0 own rows and the scopes of visits due up to today, 1 reference data, 2 everything else. A scope that entered since
the cursor is sent whole in its phase; a scope already held gives its rows stamped after the cursor, in phase 0.
The phase of a scope must not change during a pass: it is taken from what the subscription said on entering and from
the day pinned in the cookie.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date

PHASES = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Cookie:
    """How far a device has pulled.

    `rev`: every change up to here is on the device. While a pass is under way `target` is its pinned rev, `phase`
    and `after` (scope, rev, noun, row id of the last row sent) its position, `day` the day (ISO) that orders it.
    """

    epoch: str
    user: str
    rev: int
    target: int | None = None
    phase: int = 0
    after: tuple[str, int, str, str] | None = None
    day: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether a pass has begun and not ended."""
        return self.target is not None

    def is_below(self, floor: int) -> bool:
        """Whether deletions this cookie has not seen may have been forgotten. With nothing pulled yet none matter,
        until a first pass that is pinned below the floor: what it has already given may be gone."""
        return (self.rev > 0 and self.rev < floor) or (self.target is not None and self.target < floor)

    def begin(self, target: int, day: str) -> Cookie:
        """The cookie of a new pass up to `target`."""
        return Cookie(self.epoch, self.user, self.rev, target, PHASES[0], None, day)

    def at(self, phase: int, after: tuple[str, int, str, str] | None) -> Cookie:
        """The cookie after a page that ended in `phase` behind the row `after`."""
        return Cookie(self.epoch, self.user, self.rev, self.target, phase, after, self.day)

    def end(self) -> Cookie:
        """The cookie after the last page: the target is reached."""
        if self.target is None:
            raise ValueError("no pass is under way")
        return Cookie(self.epoch, self.user, self.target)


def dump_cookie(cookie: Cookie) -> str:
    """The opaque text that travels."""
    parts = [cookie.epoch, cookie.user, cookie.rev, cookie.target, cookie.phase, cookie.after, cookie.day]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()


def load_cookie(text: str | None, epoch: str, user: str) -> Cookie | None:
    """The cookie, or None when it is absent, unreadable, of another epoch or of another user: then start over."""
    if text is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        cookie_epoch, cookie_user, rev, target, phase, after, day = parts
    except (ValueError, TypeError, binascii.Error, UnicodeError, RecursionError):
        return None
    sound = (
        cookie_epoch == epoch
        and cookie_user == user
        and _is_count(rev)
        and (target is None or (_is_count(target) and target >= rev))
        and _is_count(phase)
        and phase in PHASES
        and (after is None or _is_position(after))
        and (_is_day(day) if target is not None else day is None)
    )
    if not sound:
        return None
    return Cookie(epoch, user, rev, target, phase, None if after is None else tuple(after), day)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_position(value: object) -> bool:
    """A scope, a rev, a noun and a row id; a text no database could hold is nobody's."""
    return (
        isinstance(value, list)
        and len(value) == 4
        and _is_count(value[1])
        and all(isinstance(text, str) and text.isascii() and text.isprintable() for text in (value[0], *value[2:]))
    )
