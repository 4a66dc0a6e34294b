"""Pictures that come with a form and not by tus: a customer's own, small and few, kept where all are kept."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import IO

from sqlalchemy.dialects import postgresql, sqlite

from server import clock, files
from server.extensions import db
from server.images import inspect
from server.models import StoredFile, Task, new_id
from server.problems import Problem

BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture whose bytes are on the disk under their hash."""

    sha256: str
    size: int
    mime: str
    width: int
    height: int


def keep(stream: IO[bytes], limit: int) -> Kept:
    """Takes the bytes in, looks at them, puts them in their place. Problems `too-large`, `not-an-image`, `image-bomb`.

    No transaction may be open meanwhile: SQLite has one writer.
    """
    store = files.store()
    part = store.part(f"form-{new_id()}").path
    digest, size = hashlib.sha256(), 0
    try:
        with part.open("xb") as file:
            while block := stream.read(BLOCK_BYTES):
                size += len(block)
                if size > limit:
                    raise Problem("too-large", limit=f"{limit // 1024 // 1024} MB")
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        picture = inspect(part)
        store.keep(part, digest.hexdigest())
    finally:
        part.unlink(missing_ok=True)
    return Kept(digest.hexdigest(), size, picture.mime, picture.width, picture.height)


def record(kept: Kept) -> None:
    """Its row and its thumbnails, in the transaction of what it belongs to."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(StoredFile).values(
        sha256=kept.sha256, size=kept.size, mime=kept.mime, thumbs={}, stored_at=clock.now()
    )
    db.session.execute(row.on_conflict_do_nothing())
    Task.enqueue(db.session(), "server.tasks.process_image", {"sha256": kept.sha256})
