"""The commands of the shell."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from server import commands
from tests.cast import sign_in


@pytest.fixture
def run(app):
    return lambda *args: app.test_cli_runner().invoke(args=list(args))


def test_welcome_says_where_the_server_is(run, monkeypatch):
    monkeypatch.setenv("PORT", "8123")
    answer = run("welcome")
    assert answer.exit_code == 0, answer.output
    assert "http://localhost:8123" in answer.output


def test_without_the_demo_company_welcome_names_no_logins(run, cast):
    assert "login" not in run("welcome").output


def test_welcome_lists_the_demo_logins_in_columns(monkeypatch, run):
    demo = ModuleType("server.demo.commands")
    demo.demo_logins = lambda: [("工程师", "engineer", "e01", "xunxiu123"), ("调度", "dispatcher", "d01", "xunxiu123")]
    monkeypatch.setitem(sys.modules, "server.demo.commands", demo)
    monkeypatch.setattr(commands, "_exists", lambda name: True)
    lines = [line for line in run("welcome").output.splitlines() if "xunxiu123" in line]
    assert len(lines) == 2
    width = [sum(2 if character > "\u2e80" else 1 for character in line.split("xunxiu123")[0]) for line in lines]
    assert width[0] == width[1]


def test_the_first_administrator_is_made_on_the_command_line(client, run):
    answer = run("create-admin", "root", "--password", "long enough")
    assert answer.exit_code == 0, answer.output
    device = {"id": "0190a000-0000-7000-8000-000000000000"}
    signed_in = client.post("/api/auth/login", json={"login": "root", "password": "long enough", "device": device})
    assert signed_in.json["user"]["roles"] == ["admin"]
    headers = {"Authorization": f"Bearer {signed_in.json['access']}"}
    assert client.get("/api/users", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("alice", "--password", "long enough"), "taken"),
        (("root", "--password", "short"), "8"),
        (("   ", "--password", "long enough"), "LOGIN"),
        (("x" * 65, "--password", "long enough"), "LOGIN"),
    ],
)
def test_an_administrator_that_cannot_be_is_refused_with_a_reason(client, cast, run, args, word):
    answer = run("create-admin", *args)
    assert answer.exit_code != 0
    assert word in answer.output
    sign_in(client, cast.alice)
