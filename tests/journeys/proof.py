"""What the server holds, read from its own database and folder, beside what was given to the phone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select, update

from server.extensions import db
from server.models import Attachment, FeedRow, JournalEntry, StoredFile, Subscription, Task, Visit
from tests.journeys.conftest import Town
from tests.journeys.wire import Wire
from tests.tus_client.live import wait_for

Act = dict[str, Any]


def jpeg(folder: Path, name: str, seed: int, width: int = 1600, height: int = 1200) -> Path:
    """A photo with a face of its own: large areas, so that it compresses as a photo does, and some grain."""
    grain = Image.effect_noise((width // 4, height // 4), 40 + seed % 40).resize((width, height))
    tint = Image.new("L", (width, height), (seed * 53) % 256)
    path = folder / f"{name}.jpg"
    Image.merge("RGB", (grain, tint, grain.point(lambda x: 255 - x))).save(path, quality=90)
    return path


def large_jpeg(folder: Path, name: str, seed: int, megapixels: int = 6) -> Path:
    """A photo no encoder makes small: it takes long to save and several pieces to send."""
    side = int((megapixels * 1_000_000) ** 0.5)
    path = folder / f"{name}.jpg"
    noise = [Image.effect_noise((side, side), 90 + seed) for _ in range(3)]
    Image.merge("RGB", noise).save(path, quality=92)
    return path


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def journal(town: Town, user_id: str) -> list[JournalEntry]:
    """Every act the server ever received of this person, in the order of the device's numbers."""
    with town.app.app_context():
        query = select(JournalEntry).where(JournalEntry.user_id == user_id)
        return list(db.session.scalars(query.order_by(JournalEntry.device_id, JournalEntry.n)))


def arrived_once(town: Town, user_id: str, acts: Sequence[Act]) -> None:
    """The journal is exactly these acts: each once, in order, with the arguments the phone wrote down."""
    entries = journal(town, user_id)
    given = [(act["n"], act["id"], act["act"], act["args"]) for act in sorted(acts, key=lambda act: act["n"])]
    assert [(e.n, e.id, e.act) for e in entries] == [(n, act_id, name) for n, act_id, name, _ in given]
    assert [e.args for e in entries] == [args for *_, args in given]
    assert [e.n for e in entries] == list(range(1, len(entries) + 1)), "a number is missing or twice"


def pushed_numbers(wire: Wire) -> list[int]:
    """The numbers of the acts that left the browser and reached the server, as often as they did."""
    return [act["n"] for body in wire.pushes for act in json.loads(body)["acts"]]


def visit_ids(town: Town) -> list[str]:
    return [visit.id for visit in rows(town, Visit)]


def rows(town: Town, model: Any, **wanted: Any) -> list[Any]:
    """Rows of a noun in the order of their birth."""
    with town.app.app_context():
        return list(db.session.scalars(select(model).filter_by(**wanted).order_by(model.id)))


def feed_of(town: Town, user_id: str) -> dict[str, Any]:
    """Everything this person should hold: `noun:id` to body, from the scopes held now."""
    with town.app.app_context():
        held = select(Subscription.scope).where(Subscription.user_id == user_id, Subscription.left_rev.is_(None))
        query = select(FeedRow).where(FeedRow.scope.in_(held), FeedRow.body.is_not(None))
        return {f"{row.noun}:{row.row_id}": json.loads(row.body or "") for row in db.session.scalars(query)}


def phone_holds_what_the_server_has(town: Town, user_id: str, held: Sequence[dict[str, Any]]) -> None:
    """Row by row, field by field, nothing pending: `held` is the phone's table of rows."""
    theirs = feed_of(town, user_id)
    mine = {row["key"]: row["body"] for row in held if row["body"] is not None}
    assert {row["key"] for row in held if row["dirty"]} == set(), "something is still shown as pending"
    assert set(mine) == set(theirs)
    assert {key for key in mine if mine[key] != theirs[key]} == set()


def bytes_are(town: Town, visit_id: str, files: Sequence[Path]) -> list[Attachment]:
    """Each file given is one attachment of the visit, byte for byte in the folder, verified, with its thumbnails."""
    attachments = rows(town, Attachment, visit_id=visit_id)
    assert sorted(a.sha256 for a in attachments if a.sha256 in {sha256_of(f) for f in files}) == sorted(
        sha256_of(file) for file in files
    )
    folder = Path(town.app.config["FILES_DIR"])
    for attachment in attachments:
        stored = folder / attachment.sha256[:2] / attachment.sha256
        assert hashlib.sha256(stored.read_bytes()).hexdigest() == attachment.sha256
        assert stored.stat().st_size == attachment.size
        assert attachment.state == "verified", (attachment.purpose, attachment.state, attachment.refusal)
        for size in attachment.thumbs:
            with Image.open(folder / attachment.sha256[:2] / f"{attachment.sha256}.{size}.jpg") as thumb:
                assert max(thumb.size) <= int(size)
    return attachments


def verified(town: Town, visit_id: str, count: int) -> None:
    """Waits until the worker has looked at every picture of the visit."""

    def all_looked_at() -> bool:
        return [a.state for a in rows(town, Attachment, visit_id=visit_id)] == ["verified"] * count

    wait_for(all_looked_at)


def leases_run_out(town: Town) -> None:
    """Two minutes pass, after which work that a dead worker had taken is somebody else's to do."""
    with town.app.app_context():
        db.session.execute(update(Task).where(Task.done_at.is_(None)).values(leased_until=None))
        db.session.commit()


def stored_files(town: Town) -> list[str]:
    with town.app.app_context():
        return sorted(db.session.scalars(select(StoredFile.sha256)))
