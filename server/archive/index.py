"""Work orders that ended get into the index, and again when something was said of them since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import orjson
from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from server import clock
from server.archive.grams import BLOCK, folded, grams_of, pack, unpack
from server.models import ArchiveEntry, ArchiveGram, Asset, FeedRow, User, WorkOrder
from server.models.work_order import ENDED

AT_ONCE = 100  # work orders a transaction, so that pushes need not wait long for their turn
STILL_WRITTEN = timedelta(days=120)  # after its end: late evidence comes within the horizon of a device
MAX_TEXT = 20_000  # characters kept of one work order: a ticket with more is a novel
INDEX_LOCK = 7_305_110_060  # of the advisory locks of PostgreSQL; on SQLite the one writer is alone anyway

#: What people write and look for, by noun. Contacts are not in it: they are masked (A6).
SAID: dict[str, tuple[str, ...]] = {
    "work_order": ("number", "title", "description", "customer_name", "site_name", "level_reason", "categories"),
    "visit": ("brief", "reason_note", "returned_note"),
    "diagnosis": ("symptom_text", "cause_text", "action_text", "cautions", "test_text"),
    "part_use": ("part_number", "part_name", "serials", "old_serials", "note"),
    "note": ("text",),
    "waiver": ("note",),
    "signature": ("name", "opinion"),
    "checklist_answer": ("note",),
    "attachment": ("caption",),
    "service_record": ("symptom", "cause", "action", "text"),
}


def index_ended(session: Session, at_once: int = AT_ONCE) -> int:
    """Indexes some of what is not in the index as it stands now, and commits; gives how many."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": INDEX_LOCK})
    recent = clock.now() - STILL_WRITTEN
    changed = (
        select(func.max(FeedRow.rev))
        .where(FeedRow.scope == "wo:" + WorkOrder.id)
        .correlate(WorkOrder)
        .scalar_subquery()
    )
    old = (
        select(WorkOrder, ArchiveEntry, changed)
        .outerjoin(ArchiveEntry, ArchiveEntry.work_order_id == WorkOrder.id)
        .where(WorkOrder.state.in_(ENDED), WorkOrder.ended_at.is_not(None))
        .where(or_(ArchiveEntry.id.is_(None), and_(WorkOrder.ended_at > recent, ArchiveEntry.rev < changed)))
        .order_by(WorkOrder.ended_at)
        .limit(at_once)
    )
    found = session.execute(old).all()
    last = session.scalar(select(func.max(ArchiveEntry.id))) or 0
    added: dict[int, set[str]] = {}
    removed: dict[int, set[str]] = {}
    for order, entry, rev in found:
        said = said_of(session, order)
        if entry is None:
            last += 1
            entry = ArchiveEntry(id=last, work_order_id=order.id, site_id=order.site_id, text="")
            session.add(entry)
        before, after = grams_of(entry.text), grams_of(said)
        added[entry.id], removed[entry.id] = after - before, before - after
        entry.text, entry.ended_at, entry.indexed_at, entry.rev = said, order.ended_at, clock.now(), rev or 0
    note_grams(session, added, removed)
    session.commit()
    return len(found)


def said_of(session: Session, order: WorkOrder) -> str:
    """All that was said of a work order, folded, a line for each; who was there and what was repaired comes with it."""
    parts: list[str] = []
    crew: set[str] = set()
    rows = select(FeedRow.noun, FeedRow.body).where(FeedRow.scope == order.scope(), FeedRow.body.is_not(None))
    for noun, stored in session.execute(
        rows.where(FeedRow.noun.in_(SAID)).order_by(FeedRow.noun.desc(), FeedRow.row_id)
    ):
        body = orjson.loads(stored or "{}")
        if body.get("withdrawn"):
            continue
        for name in SAID[noun]:
            value = body.get(name)
            parts += [str(one) for one in value] if isinstance(value, list) else [value] if value else []
        if noun == "visit":
            crew |= {body["lead_id"], *body["helper_ids"]}
    parts += [user.name for user in session.scalars(select(User).where(User.id.in_(crew)).order_by(User.id))]
    asset = session.get(Asset, order.asset_id) if order.asset_id else None
    if asset is not None:
        parts += [asset.number, asset.name, asset.brand, asset.model, asset.serial, asset.location]
    return folded("\n".join(part for part in parts if part))[:MAX_TEXT]


def note_grams(session: Session, added: dict[int, set[str]], removed: dict[int, set[str]]) -> None:
    """Puts entries into the sets of their grams and takes them out of others, each row of the index once."""
    change: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for way, some in enumerate((added, removed)):
        for entry_id, grams in some.items():
            block, place = divmod(entry_id, BLOCK)
            for gram in grams:
                change[gram, block][way] |= 1 << place
    known = _rows(session, change)
    for (gram, block), (more, less) in change.items():
        row = known.get((gram, block))
        if row is None:
            session.add(ArchiveGram(gram=gram, block=block, places=pack(more)))
        else:
            row.places = pack((unpack(row.places) | more) & ~less)


def _rows(session: Session, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], ArchiveGram]:
    by_block: dict[int, list[str]] = defaultdict(list)
    for gram, block in keys:
        by_block[block].append(gram)
    found: dict[tuple[str, int], ArchiveGram] = {}
    for block, grams in by_block.items():
        for start in range(0, len(grams), 500):
            some = select(ArchiveGram).where(
                ArchiveGram.block == block, ArchiveGram.gram.in_(grams[start : start + 500])
            )
            found |= {(row.gram, row.block): row for row in session.scalars(some)}
    return found
