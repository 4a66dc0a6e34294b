"""The side door: bytes come in by tus 1.0 and go out by their hash."""

from __future__ import annotations

import base64
import binascii
import hashlib
from http import HTTPStatus
from typing import TypeVar

from flask import Response, current_app, request, send_file
from flask_smorest import Blueprint
from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import http_date

from server import clock, files, scopes
from server.api.identity import current_user, requires, short_read
from server.archive import may_read_archived
from server.config import MAX_FILE_BYTES
from server.extensions import db, reading
from server.files import BLOCK_BYTES, ORIGINAL, SHA256_HEX
from server.images import MIMES, THUMB_MIME, THUMB_SIZES
from server.models import Attachment, StoredFile, Upload
from server.problems import Problem, disk_is_full, server_full
from sync.protocol import is_id

TUS_VERSION = "1.0.0"
TUS_EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CHECKSUMS = ("sha1", "sha256", "md5")
OFFSET_STREAM = "application/offset+octet-stream"
SILENCE_SECONDS = 60  # without a byte the phone is gone; its thread is needed for others
MAX_METADATA_BYTES = 4096
PRIVATE_FOR_EVER = "private, max-age=31536000, immutable"  # the address is the hash: it never means other bytes
SIZES = (ORIGINAL, *map(str, THUMB_SIZES))
SUFFIXES = {mime: mime.removeprefix("image/") for mime in MIMES.values()}

Row = TypeVar("Row", Attachment, Upload)

blueprint = Blueprint("uploads", __name__, url_prefix="/api/files", description="Uploads by tus 1.0, bytes by hash")


def _header(name: str, required: bool = True, kind: str = "string", **more: object) -> dict[str, object]:
    return {"in": "header", "name": name, "required": required, "schema": {"type": kind, **more}}


_VERSION_HEADER = _header("Tus-Resumable", enum=[TUS_VERSION])
_SIZE = {"in": "query", "name": "size", "schema": {"type": "string", "enum": list(SIZES), "default": ORIGINAL}}


@blueprint.after_request
def _tus_headers(response: Response) -> Response:
    if request.path.startswith("/api/files/uploads"):
        response.headers["Tus-Resumable"] = TUS_VERSION
        if response.status_code == HTTPStatus.PRECONDITION_FAILED:
            response.headers["Tus-Version"] = TUS_VERSION
    return response


@blueprint.route("/uploads", methods=["OPTIONS"], endpoint="options", provide_automatic_options=False)
@blueprint.doc(summary="What this tus server can do", responses={204: {"description": "See the Tus- headers"}})
def options() -> Response:
    return Response(
        status=HTTPStatus.NO_CONTENT,
        headers={
            "Tus-Version": TUS_VERSION, "Tus-Extension": TUS_EXTENSIONS, "Tus-Max-Size": str(MAX_FILE_BYTES),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        },
    )  # fmt: skip


@blueprint.route("/uploads", methods=["POST"], endpoint="create", provide_automatic_options=False)
@requires()
@blueprint.doc(
    summary="Open an upload for a declared attachment",
    parameters=[_VERSION_HEADER, _header("Upload-Length", kind="integer"), _header("Upload-Metadata")],
    responses={201: {"description": "Location is the upload's address"}},
)
def create() -> Response:
    """An upload under way for the same slot is given again, and a file the server already has is full at once."""
    _speak_tus()
    size = _number("Upload-Length")
    upload = files.open_upload(current_user.id, _slot(size))
    offset = files.offset_of(upload)
    if offset == size:
        files.finish(upload)
    elif offset == 0 and request.mimetype == OFFSET_STREAM:
        offset = _receive(upload, 0)
    headers = {"Location": f"{request.script_root}/api/files/uploads/{upload.id}"}
    return _progress(upload, offset, HTTPStatus.CREATED, headers)


@blueprint.route("/uploads/<upload_id>", methods=["HEAD"], endpoint="look")
@requires()
@blueprint.doc(
    summary="How many bytes the server has", parameters=[_VERSION_HEADER],
    responses={200: {"description": "Upload-Offset and Upload-Length"}},
)  # fmt: skip
def look(upload_id: str) -> Response:
    """What a killed server left unfinished is finished here: a client that reads a full offset does not come again."""
    _speak_tus()
    upload = _own(upload_id)
    offset = files.offset_of(upload)
    if offset == upload.size and upload.finished_at is None:
        reading.set(False)
        files.finish(upload)
    return _progress(upload, offset, HTTPStatus.OK, {"Upload-Length": str(upload.size)})


@blueprint.route("/uploads/<upload_id>", methods=["PATCH"], endpoint="append")
@requires()
@blueprint.doc(
    summary="Send bytes from an offset on",
    parameters=[_VERSION_HEADER, _header("Upload-Offset", kind="integer"), _header("Upload-Checksum", required=False)],
    requestBody={"content": {OFFSET_STREAM: {"schema": {"type": "string", "format": "binary"}}}},
    responses={204: {"description": "Upload-Offset is the new offset"}},
)
def append(upload_id: str) -> Response:
    _speak_tus()
    if request.mimetype != OFFSET_STREAM:
        raise Problem("unsupported-media-type")
    offset = _number("Upload-Offset")
    upload = _own(upload_id)
    have = files.offset_of(upload)
    if offset != have:
        raise Problem("offset-mismatch", headers={"Upload-Offset": str(have)})
    if have == upload.size:
        if upload.finished_at is None:
            files.finish(upload)
        return _progress(upload, have, HTTPStatus.NO_CONTENT)
    return _progress(upload, _receive(upload, offset), HTTPStatus.NO_CONTENT)


@blueprint.route("/uploads/<upload_id>", methods=["DELETE"], endpoint="terminate")
@requires()
@blueprint.doc(
    summary="Give an upload up", parameters=[_VERSION_HEADER], responses={204: {"description": "It is gone"}}
)
def terminate(upload_id: str) -> Response:
    _speak_tus()
    files.forget(_own(upload_id))
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.route("/uploads/<upload_id>", methods=["POST"], endpoint="override")
@requires()
@blueprint.doc(
    summary="PATCH or DELETE for networks that let only POST through",
    parameters=[_VERSION_HEADER, _header("X-HTTP-Method-Override", enum=["PATCH", "DELETE"])],
    responses={204: {"description": "As the method said"}},
)
def override(upload_id: str) -> Response:
    doors = {"PATCH": append, "DELETE": terminate}
    door = doors.get(request.headers.get("X-HTTP-Method-Override", "").upper())
    if door is None:
        raise Problem("method-not-allowed")
    return door(upload_id)


@blueprint.route("/<sha256>", methods=["GET"], endpoint="read")
@requires()
@blueprint.doc(
    summary="A file, or its thumbnail",
    parameters=[_SIZE],
    responses={200: {"description": "The bytes", "content": {"image/*": {}}}, 304: {"description": "Unchanged"}},
)
def read(sha256: str) -> Response:
    """Only for who holds a scope with an attachment of this hash: knowing a hash is not a permission."""
    size = request.args.get("size", ORIGINAL)
    if size not in SIZES or not _is_hash(sha256) or not _may_read(sha256):
        raise Problem("not-found")
    row = db.session.get(StoredFile, sha256)
    if row is None:
        raise Problem("not-found", extra={"reason": "not-uploaded"})
    store = files.store()
    if not store.has(sha256, size):
        if size == ORIGINAL and row.original_removed_at is not None:
            raise Problem("gone", extra={"reason": "retention"})
        if size == ORIGINAL:
            current_app.logger.error("the file %s is missing in the store", sha256)
            raise Problem("not-found", extra={"reason": "missing"})
        raise Problem("not-found", extra={"reason": "thumbnail-not-ready"}, headers={"Retry-After": "2"})
    mime = row.mime if size == ORIGINAL else THUMB_MIME
    db.session.rollback()
    response = send_file(
        store.path(sha256, size), mimetype=mime, etag=f"{sha256}-{size}", last_modified=None, conditional=True,
        download_name=f"{sha256[:12]}.{SUFFIXES[mime]}",
    )  # fmt: skip
    del response.headers["Last-Modified"]  # the hash says more
    response.headers["Cache-Control"] = PRIVATE_FOR_EVER
    return response


def _may_read(sha256: str) -> bool:
    """What one's scopes show, and what one may read in the archive, which no device holds."""
    session = db.session()
    return scopes.may_read_file(session, current_user.id, sha256) or may_read_archived(session, current_user, sha256)


# --- What a request says --------------------------------------------------------------------------------


def _speak_tus() -> None:
    if request.headers.get("Tus-Resumable") != TUS_VERSION:
        raise Problem("tus-version")


def _number(name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Problem("bad-request", extra={"errors": {name: ["Not a number of bytes."]}})
    return int(text)


def _is_hash(text: str) -> bool:
    return len(text) == SHA256_HEX and not set(text) - set("0123456789abcdef")


def _metadata() -> dict[str, str]:
    """`Upload-Metadata: sha256 <base64>,attachment <base64>`."""
    text = request.headers.get("Upload-Metadata", "")
    try:
        if len(text) > MAX_METADATA_BYTES:
            raise ValueError
        pairs = (entry.strip().partition(" ") for entry in text.split(",") if entry.strip())
        return {key: base64.b64decode(value.strip(), validate=True).decode() for key, _, value in pairs}
    except ValueError:  # binascii.Error and UnicodeDecodeError are such
        problem = {"Upload-Metadata": ["Not pairs of a key and base64."]}
        raise Problem("bad-request", extra={"errors": problem}) from None


def _slot(size: int) -> Attachment:
    """The attachment these bytes are for: declared by this user, with this size and hash.

    Its author may fill it whether or not the work order is still theirs: photos of a visit that was reassigned
    meanwhile are late evidence, and late evidence is never refused.
    """
    said = _metadata()
    attachment = _load(Attachment, said.get("attachment", ""))
    if attachment is None or attachment.created_by != current_user.id:
        raise Problem("slot-unknown")
    wrong = {}
    if said.get("sha256", "").lower() != attachment.sha256:
        wrong["sha256"] = ["Not the declared hash."]
    if size != attachment.size:
        wrong["Upload-Length"] = ["Not the declared size."]
    if size > MAX_FILE_BYTES:
        if not wrong:
            files.refuse(attachment.id, "file-too-large")
        raise Problem("file-too-large")
    if wrong:
        raise Problem("validation", extra={"errors": wrong})
    if size == 0:
        files.refuse(attachment.id, "not-an-image")
        raise Problem("not-an-image")
    return attachment


def _load(model: type[Row], row_id: str) -> Row | None:
    """A row free of any session: no transaction may stay open while bytes arrive."""
    if not is_id(row_id):
        return None
    with short_read():
        row = db.session.get(model, row_id)
        if row is not None:
            db.session.expunge(row)
    db.session.rollback()
    return row


def _own(upload_id: str) -> Upload:
    """The user's own upload, not expired."""
    upload = _load(Upload, upload_id)
    if upload is None or upload.user_id != current_user.id:
        raise Problem("not-found")
    if upload.finished_at is None and upload.expires_at <= clock.now():
        raise Problem("upload-expired")
    return upload


def _checksum() -> tuple[str, bytes] | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, value = text.strip().partition(" ")
    try:
        if algorithm not in CHECKSUMS:
            raise ValueError
        return algorithm, base64.b64decode(value.strip(), validate=True)
    except (ValueError, binascii.Error):
        problem = {"Upload-Checksum": [f"One of {', '.join(CHECKSUMS)}, a space, base64."]}
        raise Problem("bad-request", extra={"errors": problem}) from None


# --- Bytes ----------------------------------------------------------------------------------------------


def _receive(upload: Upload, offset: int) -> int:
    """Streams the body into the part file and gives the new offset. What arrived before a break is kept."""
    wanted = _checksum()
    digest = hashlib.new(wanted[0], usedforsecurity=False) if wanted else None
    if offset + (request.content_length or 0) > upload.size:
        raise Problem("file-too-large")
    broken = False
    try:
        with files.store().part(upload.id).turn(offset) as turn:
            while True:
                block, broken = _block()
                if not block:
                    break
                if turn.position + len(block) > upload.size:  # a chunked body does not say its length before
                    turn.undo()
                    raise Problem("file-too-large")
                turn.append(block)
                if digest:
                    digest.update(block)
            if digest and wanted and not broken and digest.digest() != wanted[1]:
                turn.undo()
                raise Problem("checksum-mismatch")
            offset = turn.position
    except OSError as error:
        if disk_is_full(error):
            raise server_full() from None
        current_app.logger.exception("the part of an upload cannot be written")
        raise Problem("busy", headers={"Retry-After": "30"}) from None
    files.note_progress(upload, offset)
    if broken:  # nobody may be there to hear it; who was only slow comes again, which tus clients do after a 5xx
        raise Problem("busy", headers={"Retry-After": "1", "Upload-Offset": str(offset)})
    if offset == upload.size:
        files.finish(upload)
    return offset


def _block() -> tuple[bytes, bool]:
    """The next bytes of the body, and whether the connection broke instead of ending."""
    wire = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    try:
        if wire is not None:
            wire.settimeout(SILENCE_SECONDS)
        return request.stream.read(BLOCK_BYTES), False
    except (ClientDisconnected, OSError, ValueError):
        return b"", True
    finally:
        if wire is not None:
            wire.settimeout(None)


def _progress(upload: Upload, offset: int, status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    told = {"Upload-Offset": str(offset), "Cache-Control": "no-store"}
    if offset < upload.size:
        told["Upload-Expires"] = http_date(upload.expires_at)
    return Response(status=status, headers={**told, **(headers or {})})
