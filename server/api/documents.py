"""Documents come in page by page as pictures: a drawing as it is, a PDF drawn once here for every phone."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path
from typing import Any

import typst
from flask import Response, jsonify, request
from flask_smorest import Blueprint
from pypdf import PdfReader

from server import clock, files
from server.api.identity import requires
from server.config import MAX_FILE_BYTES
from server.extensions import db
from server.images import inspect, make_thumbnails
from server.models import StoredFile
from server.problems import Problem

MAX_PDF_PAGES = 60
PAGE_PPI = 130  # A3 at this is 2150 px wide: small letters of a wiring diagram can be read
MAX_PAGE_MM = 1300  # A0 and a little

blueprint = Blueprint(
    "documents", __name__, url_prefix="/api/documents", description="Drawings and manuals, page by page"
)

_TEMPLATE = """#set page(width: auto, height: auto, margin: 0pt)
#for n in range(1, {last}) {{ page(image("in.pdf", page: n)) }}
"""


@blueprint.route("/pages", methods=["POST"], endpoint="bring")
@requires("dispatcher", "operator", "supervisor", "admin")
@blueprint.doc(
    summary="Bring a picture or a PDF; its pages are named in `document.add`",
    requestBody={"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    responses={200: {"description": "pages: [{sha256, size, mime, width, height}]"}},
)
def bring() -> Response:
    if (request.content_length or 0) > MAX_FILE_BYTES:
        raise Problem("file-too-large")
    content = request.get_data(cache=False)
    if not content:
        raise Problem("not-an-image")
    pages = _pages_of(content) if content.startswith(b"%PDF-") else [content]
    return jsonify({"pages": [_keep(page) for page in pages]})


def _pages_of(content: bytes) -> list[bytes]:
    """A PDF's pages as pictures; what is no PDF after all, is locked or too long is refused with its reason."""
    try:
        count = len(PdfReader(io.BytesIO(content)).pages)
    except Exception:  # a broken or locked file raises nearly anything
        raise Problem("not-an-image") from None
    if not 1 <= count <= MAX_PDF_PAGES:
        raise Problem("file-too-large")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in.pdf").write_bytes(content)
        (folder / "pages.typ").write_text(_TEMPLATE.format(last=count + 1), encoding="utf-8")
        try:
            drawn: Any = typst.compile(str(folder / "pages.typ"), root=str(folder), format="png", ppi=PAGE_PPI)
        except typst.TypstError:
            raise Problem("not-an-image") from None
    return drawn if isinstance(drawn, list) else [drawn]


def _keep(content: bytes) -> dict[str, Any]:
    """Puts a page into the store as a photo would be: read whole, with thumbnails, under its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    store = files.store()
    path = store.path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not store.has(sha256):
        with tempfile.NamedTemporaryFile() as scratch:
            scratch.write(content)
            scratch.flush()
            inspect(Path(scratch.name))
        store.put(sha256, files.ORIGINAL, content)
    picture, thumbnails = make_thumbnails(path)
    for size, small in thumbnails.items():
        store.put(sha256, str(size), small)
    stored = db.session.get(StoredFile, sha256)
    if stored is None:
        stored = StoredFile(sha256=sha256, size=len(content), mime=picture.mime, stored_at=clock.now())
        db.session.add(stored)
    stored.width, stored.height = picture.width, picture.height
    stored.thumbs, stored.processed_at = {str(size): True for size in thumbnails}, clock.now()
    db.session.commit()
    return {
        "sha256": sha256, "size": len(content), "mime": picture.mime, "width": picture.width, "height": picture.height,
    }  # fmt: skip
