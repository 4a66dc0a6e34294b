"""Uploads whose server dies, whose disk forgets, and that come twice at once: simulated at the exact moment."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from server import clock, files
from server.extensions import db
from server.files import Part
from server.models import Attachment, Upload
from server.problems import Problem
from server.tasks import expire_uploads
from tests.cast import Cast
from tests.peer import Peer
from tests.server.camera import Camera, work
from tests.server.pictures import OFFSET, photo
from tests.server.story import dispatched


@pytest.fixture
def camera(app: Flask, peer: Callable[..., Peer], cast: Cast) -> Camera:
    _, visit_id = dispatched(peer(cast.dora), cast, cast.alice)
    return Camera(app, peer(cast.alice), visit_id)


# --- Crashes --------------------------------------------------------------------------------------------


def test_a_server_killed_after_the_last_byte_finishes_when_the_phone_asks(app: Flask, camera: Camera):
    data = photo()
    args = camera.declare(data)
    opened = camera.open(args)
    camera.patch(opened.location, 0, data[:10])
    camera.part(opened.location).write_bytes(data)  # they arrived, and then nothing was written to the database
    assert camera.head(opened.location).headers["Upload-Offset"] == str(len(data))
    assert camera.row(args).state == "stored"


def test_a_server_killed_before_the_commit_finishes_in_the_next_sweep(app: Flask, camera: Camera):
    data = photo()
    args = camera.declare(data)
    opened = camera.open(args)
    with app.app_context():
        camera.part(opened.location).parent.mkdir(parents=True, exist_ok=True)
        camera.part(opened.location).write_bytes(data)
        files.store().keep(camera.part(opened.location), args["sha256"])
        upload = db.session.query(Upload).one()
        upload.received, upload.created_at = len(data), clock.now() - timedelta(minutes=10)
        db.session.commit()
        expire_uploads()
    work(app)
    assert camera.row(args).state == "verified"


def test_the_disk_knows_better_than_the_row_how_much_has_arrived(camera: Camera):
    data = photo()
    opened = camera.open(camera.declare(data))
    camera.patch(opened.location, 0, data[:5000])
    camera.part(opened.location).write_bytes(data[:4096])  # a power cut took the rest
    assert camera.head(opened.location).headers["Upload-Offset"] == "4096"
    assert camera.patch(opened.location, 4096, data[4096:]).status_code == 204


def test_bytes_that_rotted_in_the_store_are_replaced_by_the_next_upload(app: Flask, camera: Camera):
    data = photo()
    args = camera.declare(data)
    camera.send(args, data)
    with app.app_context():
        files.store().path(args["sha256"]).write_bytes(b"rotten")
    work(app)
    assert (camera.row(args).state, camera.row(args).refusal) == ("refused", "hash-mismatch")
    assert camera.send(args, data).status_code == 204
    work(app)
    assert camera.row(args).state == "verified"


# --- Two at once ----------------------------------------------------------------------------------------


def test_the_newest_patch_takes_over_and_the_older_one_is_refused(tmp_path: Path):
    part = Part(tmp_path / "part")
    with part.turn(0) as old:
        old.append(b"abc")
        with part.turn(3) as new:
            new.append(b"def")
            for stale in (lambda: old.append(b"xxx"), old.undo):
                with pytest.raises(Problem, match="offset-mismatch"):
                    stale()
            new.append(b"ghi")
    assert part.path.read_bytes() == b"abcdefghi"
    with pytest.raises(Problem, match="offset-mismatch"), part.turn(3):
        pass


def test_an_upload_given_up_is_not_written_to_any_more(tmp_path: Path):
    part = Part(tmp_path / "part")
    with part.turn(0) as turn:
        part.remove()
        with pytest.raises(Problem, match="offset-mismatch"):
            turn.append(b"abc")


def test_others_may_write_to_the_database_while_bytes_arrive(app: Flask, camera: Camera):
    """Without this one slow phone would stop every other: SQLite has one writer."""
    if not app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("PostgreSQL has many writers")
    data = photo()
    opened = camera.open(camera.declare(data))
    path = app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    wrote: list[int] = []

    class Slow:
        rest = io.BytesIO(data)

        def read(self, size: int = -1) -> bytes:
            other = sqlite3.connect(path, timeout=0, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            wrote.append(other.execute("UPDATE clock SET rev = rev").rowcount)
            other.execute("ROLLBACK")
            other.close()
            return self.rest.read(size)

    headers = {**OFFSET, "Upload-Offset": "0"}
    answer = camera.ask("PATCH", opened.location, headers, data, environ_overrides={"wsgi.input": Slow()})
    assert answer.status_code == 204
    assert wrote and set(wrote) == {1}


def test_an_attachment_declared_while_its_bytes_were_processed_is_verified_by_the_sweep(app: Flask, camera: Camera):
    data = photo()
    camera.send(camera.declare(data), data)
    work(app)
    late = camera.declare(data)
    with app.app_context():  # as its transaction saw the world: stored, and not yet processed
        row = db.session.get_one(Attachment, late["id"])
        row.state, row.thumbs = "stored", {}
        db.session.commit()
        expire_uploads()
    body = camera.phone.pull().row("attachment", late["id"])
    assert (body["state"], body["width"], body["thumbs"]) == ("verified", 640, {"320": True, "1280": True})
