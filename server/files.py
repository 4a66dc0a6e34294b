"""Files by the SHA-256 of their bytes, and the uploads on their way to become such files.

What is promised is on the disk first: parts are flushed before an offset is told, a file is flushed and renamed into
place before a row says it is stored. After a crash the length of the part file is the truth, not the row.
No database transaction is open while bytes arrive, are hashed or are looked at: SQLite has one writer.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from server import clock
from server.extensions import db, reading
from server.images import Picture, inspect
from server.models import Attachment, StoredFile, Task, Upload
from server.problems import Problem
from server.scopes import SHOWN, knows_file

UPLOAD_LIFE = timedelta(days=7)  # since bytes last arrived
ROW_LIFE = 2 * UPLOAD_LIFE  # an expired upload is remembered that long, to answer "expired" and not "unknown"
BLOCK_BYTES = 32 * 1024  # what a broken connection can cost, so small
HASH_BYTES = 1024 * 1024
SHA256_HEX = 64
TOKEN_BYTES = 16

ORIGINAL = "original"


class FileStore:
    """A folder of verified files: `aa/<sha256>`, their thumbnails beside them, and parts in `uploads/`.

    Another kind of store (S3) needs the same five verbs: has, path, keep, put, discard. Parts stay on local disk.
    """

    def __init__(self, root: Path):
        self.root = root
        self.parts = root / "uploads"

    def path(self, sha256: str, size: str = ORIGINAL) -> Path:
        name = sha256 if size == ORIGINAL else f"{sha256}.{size}.jpg"
        return self.root / sha256[:2] / name

    def has(self, sha256: str, size: str = ORIGINAL) -> bool:
        return self.path(sha256, size).is_file()

    def keep(self, part: Path, sha256: str) -> None:
        """Moves a flushed part whose hash is verified to its place. Twice is harmless: the bytes are the same."""
        target = self.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        _flush_folder(target.parent)
        _flush_folder(self.root)

    def put(self, sha256: str, size: str, content: bytes) -> None:
        """Writes a derived file; a reader sees all of it or nothing."""
        target = self.path(sha256, size)
        scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with scratch.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(target)
        finally:
            scratch.unlink(missing_ok=True)
        _flush_folder(target.parent)

    def discard(self, sha256: str) -> None:
        """Removes bytes that no longer have their hash, so that a new upload can replace them."""
        for size in (ORIGINAL, "320", "1280"):
            self.path(sha256, size).unlink(missing_ok=True)

    def part(self, upload_id: str) -> Part:
        self.parts.mkdir(parents=True, exist_ok=True)
        return Part(self.parts / upload_id)


def store() -> FileStore:
    """The store of this app's settings."""
    return FileStore(Path(current_app.config["FILES_DIR"]))


class Part:
    """The bytes of an upload that have arrived. The newest PATCH owns it.

    A phone that lost its connection comes back while the server still waits on the old, dead socket. So a new turn
    does not wait for the old one: it takes the part over, and the old one is refused at its next block. Every block
    is written under a lock that holds across processes, at the position where it belongs, or not at all.
    """

    def __init__(self, path: Path):
        self.path = path
        self.lock = path.with_name(path.name + ".lock")

    def length(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def turn(self, offset: int) -> Iterator[Turn]:
        """Takes the part over at `offset`; raises `offset-mismatch` when that is not its length. Flushed at the end."""
        lock = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o600)
        part = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            turn = Turn(lock, part, offset)
            try:
                yield turn
            finally:
                os.fsync(part)
                _flush_folder(self.path.parent)
        finally:
            os.close(part)
            os.close(lock)

    def remove(self) -> None:
        """Ends the turn of whoever writes now, then removes the bytes."""
        if self.lock.exists():
            with self.lock.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.write(bytes(TOKEN_BYTES))
        self.path.unlink(missing_ok=True)
        self.lock.unlink(missing_ok=True)


class Turn:
    """One PATCH's right to write. `position` is where its next byte goes."""

    def __init__(self, lock: int, part: int, offset: int):
        self._lock, self._part = lock, part
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self.start = self.position = offset
        with self._locked():
            self._check_length()
            os.pwrite(lock, self._token, 0)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _check_length(self) -> None:
        length = os.fstat(self._part).st_size
        if length != self.position:
            raise Problem("offset-mismatch", headers={"Upload-Offset": str(length)})

    def _check(self) -> None:
        if os.pread(self._lock, TOKEN_BYTES, 0) != self._token:
            raise Problem("offset-mismatch")
        self._check_length()

    def append(self, block: bytes) -> None:
        with self._locked():
            self._check()
            rest = memoryview(block)
            while rest:
                written = os.pwrite(self._part, rest, self.position)
                self.position += written
                rest = rest[written:]

    def undo(self) -> None:
        """Takes back what this turn wrote."""
        with self._locked():
            self._check()
            os.ftruncate(self._part, self.start)
            self.position = self.start


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BYTES):
            digest.update(block)
    return digest.hexdigest()


# --- Uploads --------------------------------------------------------------------------------------------


def open_upload(user_id: str, attachment: Attachment) -> Upload:
    """The upload that fills the attachment's slot: the one under way, when a phone lost its address. Commits."""
    now = clock.now()
    under_way = select(Upload).where(
        Upload.attachment_id == attachment.id, Upload.user_id == user_id, Upload.sha256 == attachment.sha256,
        Upload.finished_at.is_(None), Upload.expires_at > now,
    )  # fmt: skip
    upload = db.session.scalars(under_way.order_by(Upload.id).limit(1)).first()
    if upload is None:
        upload = Upload(
            user_id=user_id, attachment_id=attachment.id, sha256=attachment.sha256, size=attachment.size,
            received=0, expires_at=now + UPLOAD_LIFE,
        )  # fmt: skip
        db.session.add(upload)
    db.session.commit()
    db.session.expunge(upload)
    return upload


def offset_of(upload: Upload) -> int:
    """How many bytes of this upload the server has: the disk is asked, it knows better than the row after a crash.

    A file that is here already counts for who sent it, before a crash or for another slot, and for who may read it.
    From anybody else it has to be heard whole: knowing a hash is not having the bytes.
    """
    if upload.finished_at is not None:
        return upload.size
    files = store()
    here = min(files.part(upload.id).length(), upload.size)
    if here < upload.size and files.has(upload.sha256):
        with _a_look():
            known = upload.received >= upload.size or knows_file(db.session(), upload.user_id, upload.sha256)
        return upload.size if known else here
    return here


def note_progress(upload: Upload, received: int) -> None:
    """Bytes have arrived: the row says so, and the upload lives on. Commits."""
    row = db.session.get(Upload, upload.id)
    if row is not None:
        row.received, row.expires_at = received, clock.now() + UPLOAD_LIFE
        upload.expires_at = row.expires_at
    db.session.commit()


def finish(upload: Upload) -> None:
    """All bytes are here: verifies them, keeps the file and marks its attachments, in this order. Commits.

    Killed in between, it is done again by the next HEAD, PATCH or sweep. Raises `hash-mismatch`, `not-an-image` or
    `image-bomb` after the slot was told; it stays open for another upload.
    """
    files = store()
    part = files.part(upload.id).path
    whole = files.part(upload.id).length() == upload.size
    source = part if whole or not files.has(upload.sha256) else files.path(upload.sha256)
    try:
        if sha256_of(source) != upload.sha256:
            raise Problem("hash-mismatch")
        picture = inspect(source)
    except Problem as problem:
        if source != part:  # the stored bytes have rotted; the next upload replaces them
            files.discard(upload.sha256)
        refuse(upload.attachment_id, problem.code)
        forget(upload)
        raise
    except FileNotFoundError:  # another request finished it meanwhile
        source = files.path(upload.sha256)
        picture = inspect(source)
    if source == part:
        if upload.received < upload.size:  # whose bytes they were is known before they leave the part
            note_progress(upload, upload.size)
        with suppress(FileNotFoundError):
            files.keep(part, upload.sha256)
    record(upload, picture)
    files.part(upload.id).remove()


def record(upload: Upload, picture: Picture) -> None:
    """The file is in its place: one transaction tells its row, every attachment that waits for it, and the worker."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(StoredFile).values(
        sha256=upload.sha256, size=upload.size, mime=picture.mime, thumbs={}, stored_at=clock.now()
    )
    db.session.execute(insert.on_conflict_do_nothing())
    stored = db.session.get(StoredFile, upload.sha256, populate_existing=True)
    assert stored is not None
    stored.original_removed_at = None  # somebody showed it anew
    for attachment in awaiting(upload.sha256, ("declared", "refused"), upload.user_id):
        if stored.processed_at is not None and stored.width and stored.height:
            attachment.mark_verified(stored.width, stored.height, stored.thumbs)
        else:
            attachment.mark_stored()
    if stored.processed_at is None:
        Task.enqueue(db.session(), "server.tasks.process_image", {"sha256": upload.sha256})
    row = db.session.get(Upload, upload.id, populate_existing=True)
    if row is not None:
        row.received, row.finished_at = upload.size, clock.now()
    db.session.commit()


def awaiting(sha256: str, states: tuple[str, ...], author_id: str | None = None) -> list[Attachment]:
    """Attachments with this hash in one of the states, locked, in one order everywhere: of the author, and of whoever
    else has shown the bytes before.
    """
    wanted = select(Attachment).where(Attachment.sha256 == sha256, Attachment.state.in_(states))
    wanted = wanted.where(or_(Attachment.created_by == author_id, shown_by_author(sha256)))
    return list(db.session.scalars(wanted.order_by(Attachment.id).with_for_update()))


def shown_by_author(sha256: Any) -> ColumnElement[bool]:
    """The condition that an attachment's author has shown the bytes with this hash, for this slot or another."""
    other = aliased(Attachment)
    shown = select(other.id).where(
        other.sha256 == sha256, other.created_by == Attachment.created_by, other.state.in_(SHOWN)
    )
    return shown.exists()


@contextmanager
def _a_look() -> Iterator[None]:
    """On SQLite a look must not take the one write lock."""
    token = reading.set(True)
    try:
        yield
    finally:
        reading.reset(token)
        db.session.rollback()


def refuse(attachment_id: str, code: str) -> None:
    """Tells the slot why its bytes were not kept. Commits."""
    attachment = db.session.get(Attachment, attachment_id, with_for_update=True, populate_existing=True)
    if attachment is not None and attachment.state in ("declared", "refused"):
        attachment.mark_refused(code)
    db.session.commit()


def forget(upload: Upload) -> None:
    """Removes an upload and its part; files already stored stay. Commits."""
    store().part(upload.id).remove()
    row = db.session.get(Upload, upload.id)
    if row is not None:
        db.session.delete(row)
    db.session.commit()
