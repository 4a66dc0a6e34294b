"""The PWA's own files: what the build put into `pwa/dist`, with headers that let a browser keep what never changes."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, request, send_file
from werkzeug.exceptions import NotFound
from werkzeug.utils import safe_join

from server.problems import Problem, answer

SHELL = "index.html"
FOREVER = "public, max-age=31536000, immutable"  # names of files in assets/ carry the hash of their content
ASK_AGAIN = "no-cache"  # kept, but never used without asking
A_DAY = "public, max-age=86400"
PACKED = (("br", ".br"), ("gzip", ".gz"))
WORTH_PACKING = 1024  # bytes
TEXTS = (".js", ".css", ".html", ".svg", ".webmanifest", ".json", ".wasm", ".txt")
NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>巡修</title>
<h1>前端尚未构建 / The app is not built yet</h1>
<p>服务器已启动，但没有找到 <code>pwa/dist</code>。请运行 <code>make build</code> 后刷新。</p>
<p lang="en">The server runs, but there is no <code>pwa/dist</code>. Run <code>make build</code> and reload.</p>
"""

blueprint = Blueprint("pwa", __name__)


@blueprint.get("/")
def shell() -> Response:
    """The app's one page; every address of the app is read by the app itself."""
    path = _find(SHELL)
    if path is None:
        response = make_response(NOT_BUILT, 503)
        response.headers["Cache-Control"] = "no-store"
        return response
    return serve(path, ASK_AGAIN)


@blueprint.get("/assets/<path:name>", defaults={"folder": "assets/"})
@blueprint.get("/icons/<path:name>", defaults={"folder": "icons/"})
@blueprint.get("/<name>", defaults={"folder": ""})
def asset(folder: str, name: str) -> Response:
    """A file of the build. In the folders a name that is not there is a mistake; at the top it is an app's address."""
    path = _find(folder + name)
    if path is not None:
        return serve(path, {"assets/": FOREVER, "icons/": A_DAY}.get(folder, ASK_AGAIN))
    if folder or "." in name:
        raise Problem("not-found")
    return shell()


@blueprint.app_errorhandler(NotFound)
def _address_of_the_app(error: NotFound) -> Response:
    """`/work-orders/0193…` reloaded: no door has that address, so it is the app's."""
    asks_for_a_page = request.method in ("GET", "HEAD") and request.url_rule is None
    if asks_for_a_page and not request.path.startswith("/api/") and "." not in request.path.rsplit("/", 1)[-1]:
        return shell()
    return answer(Problem("not-found"))


def serve(path: Path, keep: str) -> Response:
    """The file, packed if the browser can read that: as the build packed it, else by gzip, once per process."""
    response = send_file(path, conditional=True)
    if path.suffix in TEXTS:
        response.vary.add("Accept-Encoding")
        _pack(response, path)
    if path.name == SHELL:  # by whichever address: the worker keeps it by its name, headers and all
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = keep
    return response


def _pack(response: Response, path: Path) -> None:
    if response.status_code != 200 or "Range" in request.headers:
        return
    for encoding, suffix in PACKED:
        packed = path.with_name(path.name + suffix)
        if encoding in request.accept_encodings and packed.is_file():
            content = _read(packed, packed.stat().st_mtime_ns)
            break
    else:
        if "gzip" not in request.accept_encodings or path.stat().st_size < WORTH_PACKING:
            return
        encoding, content = "gzip", _gzipped(path, path.stat().st_mtime_ns)
    response.direct_passthrough = False
    response.set_data(content)
    response.headers["Content-Encoding"] = encoding
    etag, weak = response.get_etag()
    if etag:  # other bytes, another tag
        response.set_etag(f"{etag}-{encoding}", weak=bool(weak))


@lru_cache(maxsize=256)
def _read(path: Path, changed: int) -> bytes:
    return path.read_bytes()


@lru_cache(maxsize=256)
def _gzipped(path: Path, changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def _find(name: str) -> Path | None:
    """The file of that name in the build, None when there is none or the name leads outside."""
    if "\0" in name:
        return None
    found = safe_join(current_app.config["PWA_DIST"], name)
    return Path(found) if found is not None and Path(found).is_file() else None
