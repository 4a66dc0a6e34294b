"""A full disk: the server says so, nothing is half done, and it goes on when there is room again."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, text

from server.extensions import db
from server.models import new_id
from tests.cast import Cast, make_cast, password_of
from tests.conftest import close
from tests.peer import Peer
from tests.server.camera import Camera, code, work
from tests.server.pictures import photo
from tests.server.story import dispatched


@pytest.fixture
def camera(app: Flask, peer: Callable[..., Peer], cast: Cast) -> Camera:
    _, visit_id = dispatched(peer(cast.dora), cast, cast.alice)
    return Camera(app, peer(cast.alice), visit_id)


@contextmanager
def full_database(app: Flask) -> Iterator[None]:
    """SQLite may not grow by a page; PostgreSQL says what it says when it cannot."""
    close(app)
    with app.app_context():
        engine = db.engine

    def no_more_pages(connection: object, record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", no_more_pages)
        yield
        event.remove(engine, "connect", no_more_pages)
        close(app)
        return
    function = "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left' "
    with engine.begin() as connection:
        connection.execute(text(function + "USING ERRCODE = '53100'; END $$"))
        for table in ("journal", "upload"):
            trigger = (
                f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()"
            )
            connection.execute(text(trigger))
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION no_room CASCADE"))


def test_a_push_to_a_full_disk_is_refused_as_such_and_taken_later(app: Flask, camera: Camera):
    phone = camera.phone
    for _ in range(30):  # more than what is left of the last page
        phone.act("note.add", id=new_id(), visit_id=camera.visit_id, text="x" * 4000)
    with full_database(app):
        body = {"protocol": 1, "device": phone.device_id, "epoch": phone.epoch, "acts": phone.outbox}
        answer = phone.client.post("/api/sync/push", headers=phone.headers, json=body)
        assert (answer.status_code, code(answer)) == (507, "server-full")
        assert answer.headers["Retry-After"]
    assert {receipt["outcome"] for receipt in phone.push()["receipts"]} == {"applied"}


@pytest.mark.parametrize("where", ["pwrite", "replace"])
def test_bytes_that_find_no_room_are_sent_again_later(
    app: Flask, camera: Camera, monkeypatch: pytest.MonkeyPatch, where: str
):
    data = photo()
    args = camera.declare(data)
    opened = camera.open(args)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.pwrite" if where == "pwrite" else "pathlib.Path.replace", full)
        answer = camera.patch(opened.location, 0, data)
        assert (answer.status_code, code(answer)) == (507, "server-full")
    offset = int(camera.head(opened.location).headers["Upload-Offset"])
    assert camera.patch(opened.location, offset, data[offset:]).status_code == 204
    work(app)
    assert camera.row(args).state == "verified"


def test_a_database_that_is_locked_for_long_is_busy_and_no_fault(
    make_app: Callable[..., Flask], database_url: str, monkeypatch: pytest.MonkeyPatch
):
    if not database_url.startswith("sqlite"):
        return  # PostgreSQL has no lock of the whole file
    monkeypatch.setattr("server.database.SQLITE_BUSY_SECONDS", 0.1)
    app = make_app()
    cast = make_cast(app)
    close(app)
    form = {"login": "alice", "password": password_of(cast.alice), "device": {"id": new_id()}}
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = app.test_client().post("/api/auth/login", json=form)
        assert (answer.status_code, code(answer)) == (503, "busy")
        other.execute("ROLLBACK")
    assert app.test_client().post("/api/auth/login", json=form).status_code == 200
