"""Tasks of files: thumbnails, and uploads that never came to an end."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import Select, delete, or_, select

from server import clock, files
from server.extensions import db
from server.files import ROW_LIFE, UPLOAD_LIFE
from server.images import make_thumbnails
from server.models import Attachment, StoredFile, Upload
from server.problems import Problem

STRAGGLE = timedelta(days=1)  # how far back they are looked for; a sweep comes every half hour
SETTLED_SECONDS = 300  # an upload whose bytes are all here is left to its own request for that long


def process_image(sha256: str) -> None:
    """Reads a stored picture whole, makes its thumbnails, and verifies every attachment that has its hash."""
    store = files.store()
    path = store.path(sha256)
    try:
        if files.sha256_of(path) != sha256:
            store.discard(sha256)
            raise Problem("hash-mismatch")
        picture, thumbnails = make_thumbnails(path)
    except Problem as problem:
        _give_up(sha256, problem.code)
        return
    for size, content in thumbnails.items():
        store.put(sha256, str(size), content)
    stored = db.session.get(StoredFile, sha256, with_for_update=True, populate_existing=True)
    if stored is None:  # refused by another run of this task, which saw other bytes
        return
    stored.width, stored.height = picture.width, picture.height
    stored.thumbs = {str(size): True for size in thumbnails}
    stored.processed_at = clock.now()
    for attachment in files.awaiting(sha256, ("declared", "stored", "refused")):
        attachment.mark_verified(picture.width, picture.height, stored.thumbs)
    db.session.commit()


def _give_up(sha256: str, code: str) -> None:
    """The bytes are as declared and yet no picture. They stay on the disk, as evidence; the slots are open again."""
    for attachment in files.awaiting(sha256, ("stored",)):
        attachment.mark_refused(code)
    stored = db.session.get(StoredFile, sha256, with_for_update=True)
    if stored is not None:
        db.session.delete(stored)
    db.session.commit()


def expire_uploads() -> None:
    """Finishes uploads whose server was killed at the last moment, and removes those nobody continued for 7 days."""
    now = clock.now()
    for upload in _detached(select(Upload).where(Upload.finished_at.is_(None))):
        if upload.expires_at <= now:
            files.store().part(upload.id).remove()
        elif files.offset_of(upload) == upload.size and (now - upload.created_at).total_seconds() > SETTLED_SECONDS:
            try:
                files.finish(upload)
            except Problem as problem:
                current_app.logger.warning("upload %s was complete and is refused: %s", upload.id, problem.code)
    forgotten = now - ROW_LIFE
    db.session.execute(delete(Upload).where(or_(Upload.finished_at < forgotten, Upload.expires_at < now - UPLOAD_LIFE)))
    db.session.commit()
    _verify_stragglers()
    _remove_strays()


def _verify_stragglers() -> None:
    """Attachments declared in the very moment their bytes were being processed: neither transaction saw the other."""
    lately = StoredFile.processed_at > clock.now() - STRAGGLE
    missed = (
        select(Attachment, StoredFile)
        .join(StoredFile, StoredFile.sha256 == Attachment.sha256)
        .where(lately, files.shown_by_author(StoredFile.sha256))
        .where(Attachment.state.in_(("declared", "stored")), Attachment.size == StoredFile.size)
        .order_by(Attachment.id)
        .with_for_update(of=Attachment)
    )
    for attachment, stored in db.session.execute(missed).all():
        if stored.width and stored.height:
            attachment.mark_verified(stored.width, stored.height, stored.thumbs)
    db.session.commit()


def _detached(query: Select[Upload]) -> list[Upload]:
    """Rows that outlive their transaction, because none may be open while files are read."""
    rows = list(db.session.scalars(query))
    db.session.expunge_all()
    db.session.rollback()
    return rows


def _remove_strays() -> None:
    """Part files without a row: of a database that was restored or thrown away."""
    folder = files.store().parts
    if not folder.is_dir():
        return
    oldest = clock.now().timestamp() - UPLOAD_LIFE.total_seconds()
    old = [path for path in folder.iterdir() if path.stat().st_mtime < oldest]
    ids = {path.name.removesuffix(".lock") for path in old}
    under_way = select(Upload.id).where(Upload.id.in_(ids), Upload.finished_at.is_(None))
    known = set(db.session.scalars(under_way)) if ids else set()
    db.session.rollback()
    for path in old:
        if path.name.removesuffix(".lock") not in known:
            path.unlink(missing_ok=True)
