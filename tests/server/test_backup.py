"""`flask backup` and `flask restore`: what comes back is what was there, and nothing half-done looks done."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from sqlalchemy import Table, select, text

from server.backup import Fault, check_backup, make_backup, restore_backup
from server.backup import making as making_module
from server.extensions import db
from server.files import store
from server.models import Note
from tests.cast import Cast
from tests.conftest import build_app, close
from tests.peer import Peer
from tests.server.camera import Camera, work
from tests.server.pictures import photo
from tests.server.story import dispatched
from tests.tus_client.live import ROOT, environment

if TYPE_CHECKING:
    from tests.services import Postgres


def quiet(text: str) -> None:
    """Nobody listens."""


@pytest.fixture
def camera(app: Flask, peer: Callable[..., Peer], cast: Cast) -> Camera:
    _, visit_id = dispatched(peer(cast.dora), cast, cast.alice)
    return Camera(app, peer(cast.alice), visit_id)


@pytest.fixture
def lived(app: Flask, camera: Camera) -> dict[str, Any]:
    """A visit with a verified photo, a note and an answer; gives the photo's arguments."""
    data = photo()
    args = camera.declare(data)
    assert camera.send(args, data).status_code == 204
    work(app)
    note = {"id": args["id"][:-4] + "0001", "visit_id": camera.visit_id, "text": '换行\n制表\t引号" 反斜杠\\ 😀'}
    assert camera.phone.do("note.add", **note)["outcome"] == "applied"
    return args


@pytest.fixture
def backup(app: Flask, tmp_path: Path) -> Callable[..., Path]:
    def make(**options: Any) -> Path:
        with app.app_context():
            path = make_backup(tmp_path / "backups", quiet, **options).path
        close(app)
        return path

    return make


def dump(app: Flask) -> dict[str, list[Any]]:
    """Every row of every table as the server reads it, but the epoch."""
    with app.app_context():
        found = {
            table.name: sorted(map(repr, db.session.execute(select(*_but_the_epoch(table))).all()))
            for table in db.metadata.sorted_tables
        }
        db.session.rollback()
    return found


def _but_the_epoch(table: Table) -> list[Any]:
    return [column for column in table.columns if (table.name, column.name) != ("clock", "epoch")]


def epoch(app: Flask) -> str:
    with app.app_context():
        found = str(db.session.scalar(text("SELECT epoch FROM clock")))
        db.session.rollback()
        return found


def restore(app: Flask, path: Path, **options: Any) -> Any:
    with app.app_context():
        return restore_backup(path, quiet, **options)


def test_what_is_restored_is_what_was_backed_up_but_for_a_new_epoch(app: Flask, lived: dict[str, Any], backup: Any):
    before, life = dump(app), epoch(app)
    path = backup()
    with app.app_context():
        db.session.query(Note).delete()
        store().discard(lived["sha256"])
        db.session.commit()
    done = restore(app, path, replace=True)
    assert dump(app) == before
    assert epoch(app) == done.epoch != life
    with app.app_context():
        held = store().path(lived["sha256"])
        assert held.is_file() and store().has(lived["sha256"], "320")


def test_a_backup_of_one_database_is_restored_to_the_other(
    app: Flask, lived: dict[str, Any], backup: Any, tmp_path: Path, request: pytest.FixtureRequest
):
    before, path = dump(app), backup()
    other = tmp_path / "other"
    other.mkdir()
    server: Postgres = request.getfixturevalue("postgres")
    with app.app_context():
        to_postgres = db.engine.dialect.name == "sqlite"
    url = server.create_database(f"other_{os.getpid()}") if to_postgres else f"sqlite:///{other / 'service.db'}"
    target = build_app(url, other)
    try:
        restore(target, path)
        assert dump(target) == before
        with target.app_context():
            assert store().has(lived["sha256"])
    finally:
        close(target)
        if to_postgres:
            server.drop_database(f"other_{os.getpid()}")


def test_what_was_here_is_moved_aside_and_not_deleted(app: Flask, lived: dict[str, Any], backup: Any):
    path = backup()
    with app.app_context():
        db.session.query(Note).update({"text": "written after the backup"})
        db.session.commit()
    close(app)
    (aside,) = restore(app, path, replace=True).aside
    if aside.startswith("schema "):
        with app.app_context():
            kept = db.session.scalars(text(f"SELECT text FROM {aside.removeprefix('schema ')}.note")).all()
    else:
        with closing(sqlite3.connect(aside)) as old:
            kept = [row[0] for row in old.execute("SELECT text FROM note")]
    assert kept == ["written after the backup"]


def test_a_server_that_holds_people_is_not_replaced_unless_told(app: Flask, cast: Cast, backup: Any):
    path, before = backup(), epoch(app)
    with pytest.raises(Fault) as fault:
        restore(app, path)
    assert fault.value.code == "target-not-empty"
    assert epoch(app) == before


def test_a_running_server_is_not_restored_under_its_feet(app: Flask, cast: Cast, backup: Any, database_url: str):
    path = backup()
    other = environment(app)
    hold = (
        "from server import create_app\nfrom server.extensions import db\nfrom sqlalchemy import text\n"
        "app = create_app()\nwith app.app_context():\n    db.session.execute(text('SELECT 1'))\n"
        "    db.session.rollback()\n    print('open', flush=True)\n    input()\n"
    )
    command = [sys.executable, "-c", hold]
    with subprocess.Popen(command, cwd=ROOT, env=other, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"open\n"
        with pytest.raises(Fault) as fault:
            restore(app, path, replace=True)
        server.kill()
    assert fault.value.code == "target-running"
    close(app)
    assert restore(app, path, replace=True).epoch == epoch(app)


@pytest.mark.parametrize("harm", ["flip", "lose", "add", "sums", "manifest", "count"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    app: Flask, lived: dict[str, Any], backup: Any, harm: str
):
    path, life = backup(), epoch(app)
    with app.app_context():
        picture = next((path / "files").rglob(lived["sha256"]))
    database = path / "database.sqlite"
    if harm == "flip":
        data = bytearray(database.read_bytes())
        data[len(data) // 2] ^= 1
        database.write_bytes(data)
    elif harm == "lose":
        picture.unlink()
    elif harm == "add":
        (path / "files" / "stranger").write_bytes(b"")
    elif harm == "sums":
        sums = path / "SHA256SUMS"
        sums.write_text("".join(line for line in sums.read_text().splitlines(True) if lived["sha256"] not in line))
    elif harm == "manifest":
        (path / "manifest.json").write_text((path / "manifest.json").read_text()[:-20])
    else:  # a file and its line are gone together
        picture.unlink()
        sums = path / "SHA256SUMS"
        name = str(picture.relative_to(path))
        sums.write_text("".join(line for line in sums.read_text().splitlines(True) if not line.endswith(f"  {name}\n")))
    with pytest.raises(Fault) as fault:
        restore(app, path, replace=True)
    assert fault.value.code == ("not-a-backup" if harm == "manifest" else "backup-damaged")
    assert epoch(app) == life


def test_a_backup_of_a_newer_program_is_refused(app: Flask, cast: Cast, backup: Any, monkeypatch: pytest.MonkeyPatch):
    path = backup()
    monkeypatch.setattr("server.backup.manifest.known_revisions", lambda: {"0000"})
    with pytest.raises(Fault) as fault:
        restore(app, path, replace=True)
    assert fault.value.code == "backup-newer"


def test_a_backup_is_as_secret_as_the_server(app: Flask, cast: Cast, backup: Any, tmp_path: Path):
    (tmp_path / "secret.key").write_text(app.config["SECRET_KEY"])
    path = backup()
    assert (path / "keys" / "secret.key").read_text() == app.config["SECRET_KEY"]
    assert path.stat().st_mode & 0o077 == 0
    assert [p for p in path.rglob("*") if p.stat().st_mode & 0o077] == []
    (tmp_path / "secret.key").write_text("another")
    assert restore(app, path, replace=True).contents.secret_in_environment is False
    assert (tmp_path / "secret.key").read_text() == app.config["SECRET_KEY"]
    (kept,) = tmp_path.glob("secret.key.before-*")
    assert kept.read_text() == "another"


def test_rescue_files_and_the_key_that_opens_them_go_along(app: Flask, cast: Cast, backup: Any, tmp_path: Path):
    (tmp_path / "rescues").mkdir(exist_ok=True)
    (tmp_path / "rescues" / "one.rescue").write_bytes(b"sealed")
    (tmp_path / "rescue.key").write_bytes(b"opens it")
    path = backup()
    (tmp_path / "rescues" / "one.rescue").unlink()
    (tmp_path / "rescue.key").unlink()
    restore(app, path, replace=True)
    assert (tmp_path / "rescues" / "one.rescue").read_bytes() == b"sealed"
    assert (tmp_path / "rescue.key").read_bytes() == b"opens it"


def test_a_file_the_server_lost_is_listed_and_asked_for_again(
    app: Flask, lived: dict[str, Any], camera: Camera, backup: Any
):
    with app.app_context():
        store().path(lived["sha256"]).write_bytes(b"rotten")
    path = backup()
    assert check_backup(path, quiet).missing == {lived["sha256"]: "damaged"}
    assert restore(app, path, replace=True).reopened == 1
    camera.phone.pull()
    assert camera.phone.row("attachment", lived["id"])["state"] == "declared"
    assert camera.send(lived, photo()).status_code == 204
    work(app)
    assert camera.row(lived).state == "verified"


def test_an_upload_in_the_middle_begins_again_after_a_restore(app: Flask, camera: Camera, backup: Any):
    data = photo()
    args = camera.declare(data)
    opened = camera.open(args)
    camera.patch(opened.location, 0, data[:1000])
    path = backup()
    assert [p.name for p in path.rglob("uploads")] == [], "parts are not backed up: phones have the whole"
    camera.patch(opened.location, 1000, data[1000:2000])
    close(app)
    restore(app, path, replace=True)
    offset = int(camera.head(opened.location).headers["Upload-Offset"])
    assert offset == 2000, "the part is still here, and the disk knows better than the row"
    shutil.rmtree(Path(app.config["FILES_DIR"]) / "uploads")
    assert camera.head(opened.location).headers["Upload-Offset"] == "0"
    assert camera.patch(opened.location, 0, data).status_code == 204
    work(app)
    assert camera.row(args).state == "verified"


def test_a_task_under_way_at_the_backup_is_done_after_the_restore(app: Flask, camera: Camera, backup: Any):
    from server.tasks.queue import claim

    data = photo()
    args = camera.declare(data)
    camera.send(args, data)
    with app.app_context():
        claimed = claim()
        assert claimed is not None and claimed.name == "server.tasks.process_image"
    path = backup()
    restore(app, path, replace=True)
    with app.app_context():
        db.session.execute(text("UPDATE task SET leased_until = NULL"))  # a minute later
        db.session.commit()
    work(app)
    assert camera.row(args).state == "verified"


def test_a_backup_cut_short_leaves_nothing_that_looks_finished(
    app: Flask, lived: dict[str, Any], backup: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(making_module, "write_manifest", dies)
    with pytest.raises(KeyboardInterrupt):
        backup()
    assert [p.name for p in (tmp_path / "backups").iterdir()] == [".lock"]


def test_a_backup_killed_at_any_moment_leaves_nothing_that_looks_finished(
    app: Flask, lived: dict[str, Any], backup: Any, tmp_path: Path
):
    dest = tmp_path / "backups"
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "backup", str(dest)]
    began = time.monotonic()
    first = subprocess.run(command, cwd=ROOT, env=environment(app), capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    took = time.monotonic() - began
    killed = 0
    for part in range(3):
        process = subprocess.Popen(command, cwd=ROOT, env=environment(app), stdout=subprocess.DEVNULL)
        time.sleep(took * (0.6 + part * 0.15))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        for path in making_module.backups_in(dest):
            check_backup_in(app, path)
    assert killed
    backup()
    assert not list(dest.glob(".unfinished*")), "the next one sweeps up"


def check_backup_in(app: Flask, path: Path) -> None:
    with app.app_context():
        check_backup(path, quiet)


def test_older_backups_go_when_the_new_one_is_proved_and_share_their_files(
    app: Flask, lived: dict[str, Any], backup: Any, tmp_path: Path
):
    made = [backup(keep=2) for _ in range(4)]
    assert making_module.backups_in(tmp_path / "backups") == made[2:]
    one, two = (next((path / "files").rglob(lived["sha256"])) for path in made[2:])
    assert one.stat().st_ino == two.stat().st_ino
    one.write_bytes(b"rotten")  # in both, they are one: the next backup takes it from the server again
    assert check_backup(backup(), quiet).missing == {}


def test_a_full_disk_and_a_wrong_folder_are_said_in_both_languages(
    app: Flask, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = app.test_cli_runner()
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.txt").touch()
    answer = run.invoke(args=["backup", str(tmp_path / "papers")])
    assert answer.exit_code == 1
    assert "空文件夹" in answer.output and "empty folder" in answer.output
    usage = shutil.disk_usage(tmp_path)._replace(free=10)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage)
        answer = run.invoke(args=["backup", str(tmp_path / "b")])
    assert answer.exit_code == 1 and "空间不足" in answer.output and "Not enough space" in answer.output
    answer = run.invoke(args=["restore", str(tmp_path / "papers")])
    assert answer.exit_code == 1 and "is no backup" in answer.output
    done = run.invoke(args=["backup", str(tmp_path / "b")])
    assert done.exit_code == 0, done.output
    (made,) = making_module.backups_in(tmp_path / "b")
    assert run.invoke(args=["check-backup", str(made)]).exit_code == 0
    said = run.invoke(args=["restore", str(made), "--replace"])
    assert said.exit_code == 0, said.output
    assert "start the server" in said.output and "启动服务器" in said.output
