"""The side door: a photo arrives once and whole, or its slot says why not; and only who may see it gets it back."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from server import clock
from server.config import MAX_FILE_BYTES
from server.extensions import db
from server.files import UPLOAD_LIFE
from server.models import Attachment, StoredFile, Task, Upload, User, new_id
from server.tasks import expire_uploads
from tests.cast import Cast
from tests.peer import Peer
from tests.server.camera import UPLOADS, Camera, code, work
from tests.server.pictures import OFFSET, TUS, bomb, declared, encoded, metadata, noise, opening, photo, sha256
from tests.server.story import dispatched


@pytest.fixture
def camera(app: Flask, peer: Callable[..., Peer], cast: Cast) -> Camera:
    _, visit_id = dispatched(peer(cast.dora), cast, cast.alice)
    return Camera(app, peer(cast.alice), visit_id)


def test_the_server_says_what_it_can_do_to_anyone(client):
    answer = client.options(UPLOADS)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "checksum", "expiration", "termination",
    }  # fmt: skip
    assert answer.headers["Tus-Max-Size"] == str(25 * 1024 * 1024)


def test_a_photo_arrives_in_pieces_and_the_pull_says_verified(app: Flask, camera: Camera, peer, cast: Cast):
    data = photo(1600, 1200)
    args = camera.declare(data)
    opened = camera.open(args)
    assert (opened.status_code, opened.headers["Upload-Offset"]) == (201, "0")
    assert "Upload-Expires" in opened.headers
    middle = len(data) // 2
    first = camera.patch(opened.location, 0, data[:middle])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(middle))
    looked = camera.head(opened.location)
    assert (looked.headers["Upload-Offset"], looked.headers["Upload-Length"]) == (str(middle), str(len(data)))
    assert looked.headers["Cache-Control"] == "no-store"
    assert camera.patch(opened.location, middle, data[middle:]).headers["Upload-Offset"] == str(len(data))
    assert camera.row(args).state == "stored"
    work(app)
    body = camera.phone.pull().row("attachment", args["id"])
    assert (body["state"], body["width"], body["height"]) == ("verified", 1600, 1200)
    assert body["thumbs"] == {"320": True, "1280": True}
    desk = peer(cast.dora)
    assert desk.get(f"/api/files/{args['sha256']}").data == data
    small = Image.open(io.BytesIO(desk.get(f"/api/files/{args['sha256']}?size=320").data))
    assert (small.format, small.size) == ("JPEG", (320, 240))
    assert not camera.part(opened.location).exists()


def test_knowing_a_hash_is_not_a_permission(app: Flask, camera: Camera, peer, cast: Cast, client):
    data = photo()
    args = camera.declare(data)
    camera.send(args, data)
    address = f"/api/files/{args['sha256']}"
    assert client.get(address).status_code == 401
    peer(cast.charlie).get(address, 404)
    assert peer(cast.sam).get(address).data == data
    camera.phone.get(f"/api/files/{sha256(b'never sent')}", 404)
    camera.phone.get("/api/files/..%2f..%2fsecret.key", 404)
    camera.phone.get(f"{address}?size=640", 404)
    assert camera.phone.get(f"{address}?size=320", 404).json["reason"] == "thumbnail-not-ready"


def test_bytes_are_served_to_be_kept_for_ever_by_their_reader_alone(app: Flask, camera: Camera):
    data = encoded(noise(60, 40), "PNG")
    args = camera.declare(data, mime="image/png", purpose="signature")
    camera.send(args, data)
    address = f"/api/files/{args['sha256']}"
    answer = camera.phone.get(address)
    assert answer.mimetype == "image/png"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == f"inline; filename={args['sha256'][:12]}.png"
    headers = {**camera.phone.headers, "If-None-Match": answer.headers["ETag"]}
    again = camera.phone.client.get(address, headers=headers)
    assert (again.status_code, again.data) == (304, b"")
    part = camera.phone.client.get(address, headers={**camera.phone.headers, "Range": "bytes=1-3"})
    assert (part.status_code, part.data) == (206, b"PNG")


def test_a_wrong_offset_changes_nothing(camera: Camera):
    data = photo()
    opened = camera.open(camera.declare(data))
    camera.patch(opened.location, 0, data[:1000])
    for offset in (0, 999, 1001, len(data)):
        answer = camera.patch(opened.location, offset, data[offset:])
        assert (answer.status_code, code(answer)) == (409, "offset-mismatch")
        assert answer.headers["Upload-Offset"] == "1000" and answer.headers["Tus-Resumable"] == "1.0.0"
    assert camera.part(opened.location).read_bytes() == data[:1000]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_a_chunk_that_changed_on_the_way_is_sent_again(camera: Camera, algorithm: str):
    data = photo()
    args = camera.declare(data)
    opened = camera.open(args)
    camera.patch(opened.location, 0, data[:500])
    check = f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data[500:]).digest()).decode()}"
    spoilt = camera.patch(opened.location, 500, data[500:-1] + b"!", **{"Upload-Checksum": check})
    assert (spoilt.status_code, code(spoilt)) == (460, "checksum-mismatch")
    assert camera.head(opened.location).headers["Upload-Offset"] == "500"
    assert camera.patch(opened.location, 500, data[500:], **{"Upload-Checksum": check}).status_code == 204
    assert camera.row(args).state == "stored"


def test_other_bytes_than_declared_are_refused_and_the_slot_stays_open(app: Flask, camera: Camera):
    data, other = photo(seed=1), photo(seed=2)
    size = max(len(data), len(other))
    data, other = data.ljust(size, b"\0"), other.ljust(size, b"\0")
    args = camera.declare(data)
    answer = camera.send(args, other)
    assert (answer.status_code, code(answer)) == (422, "hash-mismatch")
    assert (camera.row(args).state, camera.row(args).refusal) == ("refused", "hash-mismatch")
    assert camera.phone.pull().row("attachment", args["id"])["refusal"] == "hash-mismatch"
    assert not list((Path(app.config["FILES_DIR"]) / "uploads").iterdir()), "its bytes are gone"
    assert camera.send(args, data).status_code == 204
    assert (camera.row(args).state, camera.row(args).refusal) == ("stored", None)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [(b"this is a text in a file called photo.jpg", "not-an-image"), (bomb(), "image-bomb")],
    ids=["a text named jpg", "a bomb"],
)
def test_what_is_no_picture_is_refused_and_says_why(app: Flask, camera: Camera, data: bytes, wanted: str):
    args = camera.declare(data)
    answer = camera.send(args, data)
    assert (answer.status_code, code(answer)) == (422, wanted)
    assert camera.phone.pull().row("attachment", args["id"])["refusal"] == wanted
    assert camera.open(args).status_code == 201, "the slot stays open"
    with app.app_context():
        assert db.session.get(StoredFile, args["sha256"]) is None


def test_a_picture_that_ends_early_is_found_out_in_the_background(app: Flask, camera: Camera):
    data = photo()[:-5000]
    args = camera.declare(data)
    assert camera.send(args, data).status_code == 204
    work(app)
    assert (camera.row(args).state, camera.row(args).refusal) == ("refused", "not-an-image")


def test_a_photo_of_more_than_25_mib_is_refused(camera: Camera):
    data = photo()
    args = camera.declare(data)
    answer = camera.open(args, **{"Upload-Length": str(26 * 1024 * 1024)})
    assert (answer.status_code, code(answer)) == (413, "file-too-large")
    opened = camera.open(args)
    answer = camera.patch(opened.location, 0, data + b"more")
    assert (answer.status_code, code(answer)) == (413, "file-too-large")
    assert camera.head(opened.location).headers["Upload-Offset"] == "0"


def test_a_slot_that_was_declared_too_large_says_so(app: Flask, camera: Camera, cast: Cast):
    with app.app_context():
        base = declared(b"x", camera.visit_id, size=MAX_FILE_BYTES + 1)
        order_id = new_id()
        row = Attachment(**{**base, "taken_at": clock.now()}, work_order_id=order_id, created_by=cast.alice.id)
        db.session.add(row)
        db.session.commit()
    assert camera.open(base).status_code == 413
    assert camera.row(base).refusal == "file-too-large"


def test_only_its_author_fills_a_slot(camera: Camera, peer, cast: Cast):
    data = photo()
    args = camera.declare(data)
    opened = camera.open(args)
    charlie = Camera(camera.app, peer(cast.charlie), camera.visit_id)
    assert code(charlie.open(args)) == "slot-unknown"
    assert charlie.head(opened.location).status_code == 404
    assert code(charlie.patch(opened.location, 0, data)) == "not-found"
    assert code(charlie.ask("DELETE", opened.location, TUS)) == "not-found"
    assert code(camera.open({**args, "id": new_id()})) == "slot-unknown"
    assert code(camera.open({**args, "id": "\0"})) == "slot-unknown"


def test_an_upload_says_what_was_declared(camera: Camera):
    args = camera.declare(photo())
    assert "sha256" in camera.open({**args, "sha256": sha256(b"other")}).json["errors"]
    assert "Upload-Length" in camera.open({**args, "size": args["size"] - 1}).json["errors"]


def test_evidence_of_a_visit_that_was_reassigned_is_still_taken(app: Flask, camera: Camera, peer, cast: Cast):
    data = photo()
    args = camera.declare(data)
    peer(cast.dora).do(
        "visit.reassign", visit_id=camera.visit_id, new_id=new_id(), lead_id=cast.charlie.id, reason="closer"
    )
    camera.phone.pull()
    assert camera.phone.row("attachment", args["id"]) is None, "the work order is no longer hers"
    assert camera.send(args, data).status_code == 204
    work(app)
    assert camera.row(args).state == "verified"
    camera.phone.get(f"/api/files/{args['sha256']}", 404)


def test_a_phone_that_lost_the_address_is_given_it_again_with_what_has_arrived(camera: Camera):
    data = photo()
    args = camera.declare(data)
    first = camera.open(args)
    camera.patch(first.location, 0, data[:777])
    again = camera.open(args)
    assert (again.location, again.headers["Upload-Offset"]) == (first.location, "777")


def test_bytes_the_server_has_are_not_sent_again(app: Flask, camera: Camera):
    data = photo()
    camera.send(camera.declare(data), data)
    with app.app_context():  # as if the second had been declared before the first arrived
        args = declared(data, camera.visit_id)
        first = db.session.query(Attachment).one()
        more = {"taken_at": clock.now(), "work_order_id": first.work_order_id, "created_by": first.created_by}
        db.session.add(Attachment(**{**args, **more}))
        db.session.commit()
    work(app)
    opened = camera.open(args)
    assert (opened.status_code, opened.headers["Upload-Offset"]) == (201, str(len(data)))
    assert camera.row(args).state == "verified"
    assert camera.head(opened.location).headers["Upload-Offset"] == str(len(data))


def test_bytes_may_come_with_the_creation_and_by_post_alone(camera: Camera):
    data = photo()
    args = camera.declare(data)
    headers = {**opening(args), "Content-Type": "application/offset+octet-stream"}
    opened = camera.ask("POST", UPLOADS, headers, data[:600])
    assert (opened.status_code, opened.headers["Upload-Offset"]) == (201, "600")
    headers = {**OFFSET, "Upload-Offset": "600", "X-HTTP-Method-Override": "PATCH"}
    assert camera.ask("POST", opened.location, headers, data[600:]).headers["Upload-Offset"] == str(len(data))
    assert camera.row(args).state == "stored"


def test_an_upload_nobody_continues_expires_and_is_swept(app: Flask, camera: Camera):
    data = photo()
    args = camera.declare(data)
    opened = camera.open(args)
    camera.patch(opened.location, 0, data[:100])
    with app.app_context():
        upload = db.session.query(Upload).one()
    later = upload.expires_at + timedelta(minutes=1)
    assert later - clock.now() > UPLOAD_LIFE - timedelta(minutes=1)
    with clock.standing_at(later), app.app_context():
        expire_uploads()
        assert db.session.get(Upload, upload.id) is not None
    assert not camera.part(opened.location).exists()
    with app.app_context():
        db.session.get_one(Upload, upload.id).expires_at = clock.now() - timedelta(seconds=1)
        db.session.commit()
    answer = camera.patch(opened.location, 0, data)
    assert (answer.status_code, code(answer)) == (410, "upload-expired")
    assert camera.head(opened.location).status_code == 410
    assert camera.open(args).location != opened.location
    with clock.standing_at(later + UPLOAD_LIFE), app.app_context():
        expire_uploads()
        assert db.session.get(Upload, upload.id) is None


def test_an_upload_given_up_is_gone_with_its_bytes(camera: Camera):
    data = photo()
    opened = camera.open(camera.declare(data))
    camera.patch(opened.location, 0, data[:100])
    assert camera.ask("DELETE", opened.location, TUS).status_code == 204
    assert not camera.part(opened.location).exists()
    assert camera.head(opened.location).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "wanted"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412, "tus-version"),
        ({"Upload-Length": "many"}, 400, "bad-request"),
        ({"Upload-Length": "-1"}, 400, "bad-request"),
        ({"Upload-Length": "٣"}, 400, "bad-request"),
        ({"Upload-Metadata": "sha256 !!"}, 400, "bad-request"),
        ({"Upload-Metadata": ""}, 404, "slot-unknown"),
        ({"Upload-Metadata": metadata(sha256="x", attachment="nobody's")}, 404, "slot-unknown"),
    ],
)
def test_a_creation_that_is_not_understood_says_why(camera: Camera, headers, status: int, wanted: str):
    headers = {key: value.encode().decode("latin-1") for key, value in headers.items()}
    answer = camera.open(camera.declare(photo()), **headers)
    assert (answer.status_code, code(answer)) == (status, wanted)
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_a_patch_that_is_not_understood_says_why(camera: Camera):
    data = photo()
    path = camera.open(camera.declare(data)).location
    assert code(camera.ask("PATCH", path, {**TUS, "Upload-Offset": "0"}, data)) == "unsupported-media-type"
    assert code(camera.ask("PATCH", path, OFFSET, data)) == "bad-request"
    assert code(camera.patch(path, 0, data, **{"Upload-Checksum": "crc32 AAAA"})) == "bad-request"
    assert code(camera.patch(path, 0, data, **{"Upload-Checksum": "sha1 %%%"})) == "bad-request"
    assert code(camera.ask("POST", path, TUS)) == "method-not-allowed"
    assert camera.head(path).headers["Upload-Offset"] == "0"


def test_what_is_verified_is_known_by_its_task_in_the_same_transaction(app: Flask, camera: Camera):
    data = photo()
    args = camera.declare(data)
    with app.app_context():
        before = db.session.query(Task).count()
    camera.send(args, data)
    with app.app_context():
        task = db.session.query(Task).order_by(Task.id.desc()).first()
        assert db.session.query(Task).count() == before + 1
        assert (task.name, task.args) == ("server.tasks.process_image", {"sha256": args["sha256"]})


def test_a_user_whose_account_ended_still_uploads_and_reads_no_more(app: Flask, camera: Camera, cast: Cast):
    data = photo()
    opened = camera.open(camera.declare(data))
    with app.app_context():
        db.session.get_one(User, cast.alice.id).active = False
        db.session.commit()
    assert camera.patch(opened.location, 0, data).status_code == 204
    assert code(camera.ask("GET", f"/api/files/{sha256(data)}", {})) == "device-revoked"
