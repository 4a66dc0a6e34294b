"""Whatever goes wrong leaves as a problem: one shape, a stable code, a sentence in the reader's language."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from server.extensions import db
from server.models import new_id
from server.problems import CATALOGUE, sentence
from tests.cast import Cast, sign_in
from tests.conftest import build_app
from tests.peer import Peer


def test_every_code_has_a_status_and_a_sentence_in_both_languages():
    for code, (status, chinese, english) in CATALOGUE.items():
        assert 400 <= status < 600, code
        assert any("\u4e00" <= character <= "\u9fff" for character in chinese), code
        assert english.isascii(), code
        assert sentence(code, "zh-CN") and sentence(code, "en")


@pytest.mark.parametrize(
    ("asked", "word"),
    [(None, "请先登录"), ("zh-CN", "请先登录"), ("zh-TW,zh;q=0.9", "请先登录"), ("en-GB,en;q=0.9", "Sign in"),
     ("fr", "请先登录"), ("en;q=0.1, zh-CN;q=0.9", "请先登录"), ("*", "请先登录"), ("\x7f;;q=x", "请先登录")],
)  # fmt: skip
def test_the_sentence_is_in_the_language_that_was_asked_for(client, asked, word):
    answer = client.get("/api/auth/me", headers={"Accept-Language": asked} if asked else {})
    assert word in answer.json["title"]
    assert answer.json["status"] == answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not-found"),
        ("POST", "/api/nothing", 404, "not-found"),
        ("GET", "/api/auth/login", 405, "method-not-allowed"),
        ("DELETE", "/api/auth/login", 405, "method-not-allowed"),
        ("GET", "/api/users", 401, "sign-in"),
    ],
)
def test_what_the_router_refuses_is_a_problem_too(client, method, path, status, code):
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 405:
        assert answer.headers["Allow"]


def test_a_body_that_is_not_json_is_refused_with_a_reason(client):
    deep = b"[" * 20_000
    for data in (b"{", b"\xff\xfe", b'{"a": NaN}', b'{"login": "\\ud800"}', deep, deep + b"]" * 20_000):
        answer = client.post("/api/auth/login", data=data, content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (400, "bad-json"), answer.text
        assert answer.mimetype == "application/problem+json"


def test_a_body_of_another_type_is_refused_as_such(client):
    answer = client.post("/api/auth/login", data=b"login=alice", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported-media-type")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client):
    answer = client.post("/api/auth/login", data=b" " * 70_000 + b"{}", content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")


def test_a_fault_of_ours_leaves_as_a_problem_and_tells_no_secret(app, cast, monkeypatch):
    def broken(*args):
        raise RuntimeError("the password of the database is 1234")

    client = app.test_client()
    headers = sign_in(client, cast.alice)
    monkeypatch.setattr("server.api.auth.feed.current", broken)
    answer = client.get("/api/auth/me", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (500, "server-error")
    assert "1234" not in answer.text


def test_errors_by_place_in_a_list_are_told(client, cast):
    body = {"number": "E-1", "login": "x", "name": "x", "roles": ["king"], "password": "long enough"}
    answer = client.post("/api/users", json=body, headers=sign_in(client, cast.ada))
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"]["json"]["roles"]["0"]


def test_a_postgresql_that_is_down_is_busy_and_no_fault_of_what_was_asked(tmp_path: Path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://postgres@127.0.0.1:{nobody.getsockname()[1]}/away"
        app = build_app(url, tmp_path)
        answer = app.test_client().post(
            "/api/auth/login", json={"login": "alice", "password": "x" * 12, "device": {"id": new_id()}}
        )
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "busy", "1")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has no connections to lose
def test_a_restarted_database_costs_one_busy_answer_and_nothing_else(
    request: pytest.FixtureRequest, app: Flask, cast: Cast, peer: Callable[..., Peer]
):
    phone = peer(cast.alice)
    phone.pull()
    with app.app_context():
        url = db.engine.url
    request.getfixturevalue("postgres").execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.database}'"
    )
    body = {"protocol": 1, "device": phone.device_id, "cookie": phone.cookie}
    answers = [phone.client.post("/api/sync/pull", json=body, headers=phone.headers) for _ in range(3)]
    assert {answer.status_code for answer in answers[:-1]} <= {200, 503}
    assert [a.json["code"] for a in answers if a.status_code == 503] in ([], ["busy"])
    assert answers[-1].status_code == 200
