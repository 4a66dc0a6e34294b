"""The app's own files: kept for ever where the name carries the hash, asked for again where it does not."""

from __future__ import annotations

import gzip

import pytest

SCRIPT = "console.log('巡修')\n" * 200


@pytest.fixture
def dist(tmp_path):
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>巡修</title>")
    (folder / "sw.js").write_text("self")
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "assets" / "index-abc123.js").write_text(SCRIPT)
    (tmp_path / "secret.key").write_text("secret")
    return folder


@pytest.fixture
def browser(make_app, dist):
    return make_app(PWA_DIST=str(dist)).test_client()


def test_hashed_files_are_kept_for_ever(browser):
    answer = browser.get("/assets/index-abc123.js")
    assert answer.text == SCRIPT
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/javascript"


@pytest.mark.parametrize("path", ["/", "/sw.js", "/index.html", "/manifest.webmanifest"])
def test_what_can_change_is_asked_for_again(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    again = browser.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/visits", "/work-orders/0190a000-0000-7000-8000-000000000000", "/office/board/"])
def test_an_address_of_the_app_gives_the_app(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    assert "<title>巡修" in answer.text


@pytest.mark.parametrize("path", ["/assets/gone-1.js", "/old.js", "/deep/down.css", "/api/none"])
def test_a_file_that_is_gone_is_never_answered_with_the_page(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("path", ["/../secret.key", "/assets/../../secret.key", "/assets/%2e%2e/%2e%2e/secret.key"])
def test_nothing_outside_the_build_is_served(browser, path):
    assert "secret" not in browser.get(path).text


def test_text_travels_packed_when_the_browser_can_read_it(browser, dist):
    plain = browser.get("/assets/index-abc123.js")
    packed = browser.get("/assets/index-abc123.js", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data).decode() == SCRIPT
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    (dist / "assets" / "index-abc123.js.br").write_bytes(b"packed by the build")
    answer = browser.get("/assets/index-abc123.js", headers={"Accept-Encoding": "gzip, br"})
    assert (answer.headers["Content-Encoding"], answer.data) == ("br", b"packed by the build")


def test_without_a_build_the_server_says_what_to_do(make_app, tmp_path):
    client = make_app(PWA_DIST=str(tmp_path / "none")).test_client()
    for path in ("/", "/visits", "/api/docs"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "make build" in answer.text
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/", "/index.html", "/preview", "/visits/0190a000"])
def test_only_the_app_itself_may_frame_the_app_and_nothing_else_is_framed(browser, path):
    page = browser.get(path)
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    for other in ("/health", "/api/docs", "/public/report"):
        answer = browser.get(other)
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
