"""What may go when its time is over (F7): the originals of photos, and nothing else, and never before three years.

Rows stay for ever: tickets, signatures, reports, who did what. Of a photo the two smaller pictures stay, which are what
reports print and screens show. What is held by law, what another ticket, a drawing or an open matter still shows, and
what was signed stays whole. It is never done by itself: `flask retention` is called by who answers for it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from server import clock, files
from server.audit import write_down
from server.files import ORIGINAL
from server.models import (
    ArchiveChange,
    Attachment,
    CustomerReportFile,
    Defect,
    DocumentPage,
    LegalHold,
    StoredFile,
    WorkOrder,
)
from server.models.work_order import ENDED

LEAST_YEARS = 3  # whatever the setting says
AT_ONCE = 200  # files a transaction, so that pushes need not wait long for their turn
SETTLED = ("verified", "closed", "withdrawn", "fixed_on_spot")  # states of a defect nobody waits for


@dataclass
class Removed:
    """What a run removed, or would remove: bytes and files by work order."""

    files: int = 0
    bytes: int = 0
    orders: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def years_kept() -> int:
    return max(LEAST_YEARS, int(current_app.config["RETENTION_YEARS"]))


def limit_of(now: datetime, years: int) -> datetime:
    """Tickets that ended before this instant are past their time."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - years, day=day)


def remove_originals(session: Session, years: int, dry_run: bool) -> Removed:
    """Removes what is past its time, or only counts it. Each ticket it touches is written down. Commits."""
    removed, limit, last = Removed(), limit_of(clock.now(), max(LEAST_YEARS, years)), ""
    if not dry_run:
        _finish(session)
    while True:
        found = session.execute(_past(session, limit, last).limit(AT_ONCE)).all()
        if not found:
            session.rollback()
            return removed
        last = found[-1][0]
        batch: dict[str, int] = defaultdict(int)
        for sha256, size, order_id in found:
            batch[order_id] += 1
            removed.files, removed.bytes = removed.files + 1, removed.bytes + size
            removed.orders[order_id] += 1
            if not dry_run:
                session.get_one(StoredFile, sha256).original_removed_at = clock.now()
        if dry_run:
            continue
        for order_id, count in batch.items():
            write_down(session, "", "retention", "work_order", order_id, f"{count}", {"files": count})
        session.commit()  # first the row, then the bytes: who dies in between leaves bytes, and the next run finds them
        for sha256, *_ in found:
            files.store().path(sha256, ORIGINAL).unlink(missing_ok=True)


def _finish(session: Session) -> None:
    """What a run that was killed has marked and not removed."""
    marked = select(StoredFile.sha256).where(StoredFile.original_removed_at.is_not(None))
    for sha256 in session.scalars(marked.order_by(StoredFile.original_removed_at.desc()).limit(AT_ONCE)):
        files.store().path(sha256, ORIGINAL).unlink(missing_ok=True)
    session.rollback()


def _past(session: Session, limit: datetime, after: str):
    """(sha256, size, a work order of it) of originals that may go, by hash; each once."""
    held = _held(session)
    over = and_(WorkOrder.state.in_(ENDED), WorkOrder.ended_at < limit, ~held(WorkOrder))
    other, its_order = aliased(Attachment), aliased(WorkOrder)
    stays = and_(its_order.state.in_(ENDED), its_order.ended_at < limit, ~held(its_order), other.purpose != "signature")
    needed = (
        select(other.id)
        .join(its_order, its_order.id == other.work_order_id)
        .where(other.sha256 == StoredFile.sha256, ~stays)
    )
    shown = [
        select(DocumentPage.document_id).where(DocumentPage.sha256 == StoredFile.sha256),
        select(CustomerReportFile.report_id).where(CustomerReportFile.sha256 == StoredFile.sha256),
    ]
    query = (
        select(StoredFile.sha256, StoredFile.size, Attachment.work_order_id)
        .join(Attachment, Attachment.sha256 == StoredFile.sha256)
        .join(WorkOrder, WorkOrder.id == Attachment.work_order_id)
        .where(over, StoredFile.original_removed_at.is_(None), StoredFile.processed_at.is_not(None))
        .where(StoredFile.mime.startswith("image/"), ~needed.exists(), *(~one.exists() for one in shown))
        .where(StoredFile.sha256 > after, StoredFile.sha256.not_in(_awaited(session)))
    )
    same = aliased(Attachment)  # of several that show it, the first stands for it
    first = select(func.min(same.id)).where(same.sha256 == StoredFile.sha256)
    return query.where(Attachment.id == first.scalar_subquery()).order_by(StoredFile.sha256)


def _held(session: Session):
    """The condition that a work order is held: itself, what it was merged into, its customer or its site."""
    ids: dict[str, list[str]] = {noun: [] for noun in LegalHold.OF}
    standing = select(LegalHold.of_noun, LegalHold.of_id).where(LegalHold.lifted_at.is_(None))
    for noun, row_id in session.execute(standing):
        ids[noun].append(row_id)
    merged = session.scalars(select(WorkOrder.id).where(WorkOrder.merged_into_id.in_(ids["work_order"])))
    orders = [*ids["work_order"], *merged]

    def condition(order) -> ColumnElement[bool]:
        return or_(order.id.in_(orders), order.customer_id.in_(ids["customer"]), order.site_id.in_(ids["site"]))

    return condition


def _awaited(session: Session) -> list[str]:
    """Pictures of what is still open at a site."""
    defects = session.scalars(select(Defect.photos).where(Defect.state.not_in(SETTLED)))
    changes = session.scalars(select(ArchiveChange.photos).where(ArchiveChange.state == "proposed"))
    return sorted({photo["sha256"] for photos in [*defects, *changes] for photo in photos or []})
