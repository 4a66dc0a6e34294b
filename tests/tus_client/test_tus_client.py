"""The real server process, the real tus-js-client, and connections that break in the middle."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server import files
from server.extensions import db
from server.models import Attachment, StoredFile, Task, Upload
from tests.cast import Cast
from tests.peer import Peer
from tests.server.pictures import OFFSET, TUS, declared, encoded, noise, opening
from tests.server.story import dispatched
from tests.services import absent
from tests.tus_client.live import ROOT, Answer, Live, live_server, wait_for

UPLOADS = "/api/files/uploads"
MIB = 1024 * 1024


@pytest.fixture
def live(app: Flask, tmp_path: Path) -> Iterator[Live]:
    with live_server(app, tmp_path) as server:
        yield server


class Sender:
    """Alice, who declared a file through the app and sends its bytes to the living server."""

    def __init__(self, app: Flask, live: Live, phone: Peer, visit_id: str, data: bytes):
        self.app, self.live, self.phone, self.data = app, live, phone, data
        self.args = declared(data, visit_id, mime="image/png")
        assert phone.do("attachment.add", **self.args)["outcome"] == "applied"

    def open(self) -> str:
        answer = self.live.ask("POST", UPLOADS, {**self.phone.headers, **opening(self.args)})
        assert answer.status == 201, answer.body
        return answer.headers["Location"]

    def head(self, path: str) -> int:
        return int(self.live.ask("HEAD", path, {**self.phone.headers, **TUS}).headers["Upload-Offset"])

    def headers(self, offset: int) -> dict[str, str]:
        return {**self.phone.headers, **OFFSET, "Upload-Offset": str(offset)}

    def patch(self, path: str, offset: int) -> Answer:
        return self.live.ask("PATCH", path, self.headers(offset), self.data[offset:])

    def part(self, path: str) -> Path:
        return Path(self.app.config["FILES_DIR"]) / "uploads" / path.rpartition("/")[2]

    def arrived(self, path: str) -> int:
        return self.part(path).stat().st_size if self.part(path).exists() else 0

    def row(self) -> Attachment:
        with self.app.app_context():
            return db.session.get_one(Attachment, self.args["id"])

    def assert_verified(self) -> None:
        wait_for(lambda: self.row().state == "verified")
        with self.app.app_context():
            assert files.store().path(self.args["sha256"]).read_bytes() == self.data
            assert files.store().has(self.args["sha256"], "320")


@pytest.fixture(scope="session")
def twelve() -> bytes:
    """12 MB of a picture, as PNG of noise."""
    data = encoded(noise(2200, 1820), "PNG", compress_level=0)
    assert len(data) > 12_000_000
    return data


@pytest.fixture
def sender(app: Flask, live: Live, peer: Callable[..., Peer], cast: Cast, twelve: bytes) -> Sender:
    _, visit_id = dispatched(peer(cast.dora), cast, cast.alice)
    return Sender(app, live, peer(cast.alice), visit_id, twelve)


class TusJsClient:
    """tus-js-client under node, a process of its own."""

    def __init__(self, sender: Sender, folder: Path, **more: Any):
        path = folder / "photo.png"
        path.write_bytes(sender.data)
        token = sender.phone.headers["Authorization"].removeprefix("Bearer ")
        metadata = {"sha256": sender.args["sha256"], "attachment": sender.args["id"]}
        wanted = {
            "endpoint": sender.live.url(UPLOADS), "token": token, "file": str(path), "metadata": metadata,
            "chunkSize": MIB, **more,
        }  # fmt: skip
        command = [node(), str(Path(__file__).with_name("upload.mjs")), json.dumps(wanted)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def lines(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)

    def end(self) -> dict[str, Any]:
        """Its last line."""
        try:
            out, error = self.process.communicate(timeout=60)
        finally:
            self.process.kill()
        assert out, error
        return json.loads(out.splitlines()[-1])


def node() -> str:
    found = next((str(one) for one in (Path(sys.executable).parent / "node",) if one.exists()), shutil.which("node"))
    if found is None:
        absent("Node")
    if not (ROOT / "pwa/node_modules/tus-js-client").is_dir():
        absent("tus-js-client")
    return found


def test_tus_js_client_uploads_twelve_megabytes_in_chunks(sender: Sender, tmp_path: Path):
    last = TusJsClient(sender, tmp_path).end()
    assert last["success"], last
    assert last["requests"][0] == "POST" and last["requests"].count("PATCH") == 12
    sender.assert_verified()


def test_tus_js_client_goes_on_where_it_was_cut(sender: Sender, tmp_path: Path):
    client = TusJsClient(sender, tmp_path, abortAt=5 * MIB)
    url = next(line["url"] for line in client.lines())
    assert client.end()["aborted"] == 5 * MIB
    assert sender.head(url) == 5 * MIB
    last = TusJsClient(sender, tmp_path, uploadUrl=url).end()
    assert last["success"] and last["requests"][:2] == ["HEAD", "PATCH"]
    assert last["requests"].count("PATCH") == 7, "what had arrived is not sent again"
    sender.assert_verified()


def test_tus_js_client_survives_a_server_killed_under_it(sender: Sender, tmp_path: Path):
    client = TusJsClient(sender, tmp_path, pauseMs=30)
    for line in client.lines():
        if line.get("accepted", 0) >= 4 * MIB:
            break
    sender.live.kill()
    sender.live.start()
    last = client.end()
    assert last["success"], last
    assert "HEAD" in last["requests"]
    sender.assert_verified()


def test_tus_js_client_is_told_at_once_that_the_server_has_the_file(sender: Sender, tmp_path: Path, app: Flask):
    assert sender.patch(sender.open(), 0).status == 204
    with app.app_context():  # another slot for the same bytes
        first = db.session.get_one(Attachment, sender.args["id"])
        columns = {column.key: getattr(first, column.key) for column in Attachment.__table__.columns}
        sender.args["id"] = first.id[:-1] + ("0" if first.id[-1] != "0" else "1")
        db.session.add(Attachment(**{**columns, "id": sender.args["id"], "state": "declared"}))
        db.session.commit()
    last = TusJsClient(sender, tmp_path, chunkSize=16 * MIB).end()
    assert last["success"], last
    wait_for(lambda: sender.row().state == "verified")


def test_a_server_killed_in_the_middle_of_a_patch_keeps_what_arrived(sender: Sender):
    path = sender.open()
    wire = sender.live.begin(path, sender.headers(0), len(sender.data), sender.data[: 5 * MIB])
    wait_for(lambda: sender.arrived(path) >= 4 * MIB)
    sender.live.kill()
    wire.close()
    sender.live.start()
    offset = sender.head(path)
    assert 4 * MIB <= offset <= 5 * MIB
    assert sender.patch(path, offset).status == 204
    sender.assert_verified()


def test_a_connection_that_breaks_keeps_what_arrived(sender: Sender):
    path = sender.open()
    wire = sender.live.begin(path, sender.headers(0), len(sender.data), sender.data[: 3 * MIB])
    wire.close()
    wait_for(lambda: sender.head(path) == 3 * MIB)
    assert sender.patch(path, 3 * MIB).status == 204
    sender.assert_verified()


def test_a_phone_that_comes_back_need_not_wait_for_its_dead_connection(sender: Sender):
    path = sender.open()
    silent = sender.live.begin(path, sender.headers(0), len(sender.data), sender.data[: 3 * MIB])
    wait_for(lambda: sender.arrived(path) == 3 * MIB)
    assert sender.patch(path, sender.head(path)).status == 204
    silent.sendall(sender.data[3 * MIB : 4 * MIB])
    sender.assert_verified()
    silent.close()


def test_a_body_of_unknown_length_is_streamed_and_bounded(sender: Sender):
    path = sender.open()
    blocks = [sender.data[at : at + MIB] for at in range(0, len(sender.data), MIB)]
    assert sender.live.ask("PATCH", path, sender.headers(0), iter([*blocks, b"more"])).status == 413
    assert sender.head(path) == 0
    assert sender.live.ask("PATCH", path, sender.headers(0), iter(blocks)).status == 204
    sender.assert_verified()


def test_two_phones_that_send_the_same_bytes_at_once_both_have_them_verified(
    sender: Sender, app: Flask, peer: Callable[..., Peer], cast: Cast
):
    _, other_visit = dispatched(peer(cast.dora), cast, cast.bob)
    others = [sender, Sender(app, sender.live, peer(cast.bob), other_visit, sender.data)]
    paths = [one.open() for one in others]
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda one=one, path=path: answers.append(one.patch(path, 0)))
        for one, path in zip(others, paths, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # The slower one may learn in the middle that the file is here; its next HEAD says so.
    assert {answer.status for answer in answers} <= {204, 409} and len(answers) == 2
    for one, path in zip(others, paths, strict=True):
        assert one.head(path) == len(sender.data)
        one.assert_verified()
    with app.app_context():
        assert db.session.query(StoredFile).count() == 1
        assert db.session.query(Upload).filter(Upload.finished_at.is_(None)).count() == 0
        names = [task.name for task in db.session.query(Task).filter(Task.failed_at.is_not(None))]
        assert names == []
