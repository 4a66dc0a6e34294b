"""A question to the archive: sets intersected, then read, then shown to whoever may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_, select
from sqlalchemy.orm import Session

from server.archive.grams import BLOCK, asked_grams, folded, newest_first, unpack
from server.models import ArchiveEntry, ArchiveGram, Attachment, User, Visit, WorkOrder
from server.models.work_order import ENDED

PAGE = 50  # found tickets
READ_AT_ONCE = 64  # candidates: a page and a little, because reading rows is what a search costs
MAX_WORDS = 12
AROUND = 36  # characters shown before and after the first word found


@dataclass(frozen=True, slots=True)
class Asked:
    """`text`: words that must all be there. `before`: the entry where the last page ended."""

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    site_id: str | None = None
    level: int | None = None
    before: int | None = None

    @property
    def words(self) -> list[str]:
        return folded(self.text).split()[:MAX_WORDS]


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `about`: how many have the pairs asked for, before they were read; None without words."""

    items: list[tuple[ArchiveEntry, WorkOrder, str]]  # with what stands around the first word
    next: int | None
    about: int | None


def search(session: Session, user: User, asked: Asked) -> Found:
    """The newest tickets first that have all words, and that `user` may see."""
    words, about, allowed = asked.words, None, None
    conditions = _conditions(user, asked)
    ids: Iterator[int] | None = None
    if words:
        sets = _intersection(session, asked_grams(words))
        if sets is not None:
            if not _sees_all(user) or asked.site_id:  # few are left: known first, or all candidates would be read
                allowed = set(session.scalars(_entries(ArchiveEntry.id).where(*conditions)))
            about = sum(places.bit_count() for places in sets.values())
            ids = _newest(sets, asked.before, allowed)
    items: list[tuple[ArchiveEntry, WorkOrder, str]] = []
    for entry, order in _read(session, ids, conditions, asked.before):
        if all(word in entry.text for word in words):
            if len(items) == PAGE:
                return Found(items, items[-1][0].id, about)
            items.append((entry, order, around(entry.text, words)))
    return Found(items, None, about)


def may_read(user: User, order_id: str) -> ColumnElement[bool]:
    """Whether `user` may read this ended work order."""
    return and_(WorkOrder.id == order_id, WorkOrder.state.in_(ENDED), *_permission(user))


def may_read_archived(session: Session, user: User, sha256: str) -> bool:
    """Whether an ended work order that `user` may read shows this file."""
    shown = select(Attachment.id).join(WorkOrder, WorkOrder.id == Attachment.work_order_id)
    shown = shown.where(Attachment.sha256 == sha256, Attachment.state.in_(("stored", "verified")))
    return session.scalar(shown.where(WorkOrder.state.in_(ENDED), *_permission(user)).limit(1)) is not None


def _permission(user: User) -> list[ColumnElement[bool]]:
    """The office sees every ticket; others those they worked on or brought in, and a crew lead those of the crew."""
    if _sees_all(user):
        return []
    concerned = [Visit.lead_id == user.id, cast(Visit.helper_ids, String).contains(user.id)]
    if user.has_role("crew_lead") and user.team_id:
        concerned.append(Visit.lead_id.in_(select(User.id).where(User.team_id == user.team_id)))
    visited = exists().where(Visit.work_order_id == WorkOrder.id, Visit.state != "planned", or_(*concerned))
    return [or_(visited, WorkOrder.raised_by_id == user.id)]


def _sees_all(user: User) -> bool:
    return user.is_office


def _conditions(user: User, asked: Asked) -> list[ColumnElement[bool]]:
    conditions = _permission(user)
    if asked.since:
        conditions.append(ArchiveEntry.ended_at >= asked.since)
    if asked.until:
        conditions.append(ArchiveEntry.ended_at < asked.until)
    if asked.site_id:
        conditions.append(ArchiveEntry.site_id == asked.site_id)
    if asked.level:
        conditions.append(WorkOrder.level == asked.level)
    return conditions


def _entries(*columns: Any) -> Any:
    joined = select(*columns).join(WorkOrder, WorkOrder.id == ArchiveEntry.work_order_id)
    return joined.where(WorkOrder.state.in_(ENDED))  # what was reopened is on the desks again


def _intersection(session: Session, grams: set[str]) -> dict[int, int] | None:
    """By block, the places that have every gram; None when the words have none to go by."""
    if not grams:
        return None
    rows: dict[int, list[int]] = defaultdict(list)
    asked = select(ArchiveGram.block, ArchiveGram.places).where(ArchiveGram.gram.in_(grams))
    for block, packed in session.execute(asked):
        rows[block].append(unpack(packed))
    found: dict[int, int] = {}
    for block, sets in rows.items():
        if len(sets) == len(grams):
            places = sets[0]
            for other in sets[1:]:
                places &= other
            if places:
                found[block] = places
    return found


def _newest(sets: dict[int, int], before: int | None, allowed: set[int] | None) -> Iterator[int]:
    for block in sorted(sets, reverse=True):
        for place in newest_first(sets[block]):
            entry_id = block * BLOCK + place
            if (before is None or entry_id < before) and (allowed is None or entry_id in allowed):
                yield entry_id


def _read(
    session: Session, ids: Iterator[int] | None, conditions: list[ColumnElement[bool]], before: int | None
) -> Iterator[tuple[ArchiveEntry, WorkOrder]]:
    """Entries with their work orders, the newest first, read by the page: of these ids, or of all."""
    query = _entries(ArchiveEntry, WorkOrder).where(*conditions).order_by(ArchiveEntry.id.desc())
    if ids is None:
        while True:
            some = query.where(ArchiveEntry.id < before) if before is not None else query
            rows = session.execute(some.limit(READ_AT_ONCE)).all()
            yield from ((entry, order) for entry, order in rows)
            if len(rows) < READ_AT_ONCE:
                return
            before = rows[-1][0].id
    while chunk := [entry_id for entry_id, _ in zip(ids, range(READ_AT_ONCE), strict=False)]:
        yield from ((e, o) for e, o in session.execute(query.where(ArchiveEntry.id.in_(chunk))))


def around(text: str, words: list[str]) -> str:
    """A line's worth of the text around the first word found; without words its beginning."""
    at = min((place for word in words if (place := text.find(word)) >= 0), default=0)
    start, end = max(0, at - AROUND), at + AROUND * 2
    line = " ".join(text[start:end].split())
    return ("…" if start else "") + line + ("…" if end < len(text) else "")
