"""`python -m sync.client` over real HTTP: a device driven from a shell."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from sync.client import HttpTransport, Unreachable
from sync.client.__main__ import main
from tests.cast import Cast, password_of
from tests.services import free_port


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cast: Cast):
    monkeypatch.setenv("PASSWORD", password_of(cast.dora))

    def run(*arguments: str, code: int = 0) -> Any:
        assert main(["--store", str(tmp_path / "client.db"), *arguments]) == code
        return json.loads(capsys.readouterr().out.strip().splitlines()[-1])

    return run


def test_a_shell_signs_in_pulls_acts_and_pushes(shell: Any, url: str, cast: Cast):
    assert shell("--url", url, "login", "dora")["user"]["login"] == "dora"
    pulled = shell("--rows", "7", "pull")
    assert pulled["complete"] is True and pulled["rows"]["part"] == 1 and pulled["pages"] > 1
    args = {
        "id": "0190a000-0000-7000-8000-000000000001", "customer_id": cast.customer.id, "site_id": cast.site.id,
        "kind": "repair", "title": "漏水", "level": 2, "level_reason": "一般", "channel": "phone",
        "source": "customer", "reported_at": "2026-11-21T08:00:00.000Z",
    }  # fmt: skip
    assert shell("act", "work_order.register", json.dumps(args))["n"] == 1
    assert shell("status")["pending"] == 1
    (answered,) = shell("push")
    assert answered["receipt"]["outcome"] == "applied"
    assert shell("run", "--seconds", "0")["rows"]["work_order"] == 1


def test_a_server_that_is_away_is_said_and_nothing_is_lost(shell: Any, url: str):
    shell("--url", url, "login", "dora")
    shell("act", "note.add", "{}")
    away = f"http://127.0.0.1:{free_port()}"
    assert shell("--url", away, "push", code=1)["error"] == "Unreachable"
    assert shell("status")["pending"] == 1


def test_a_transport_needs_the_address_of_a_server():
    with pytest.raises(ValueError, match="not an address"):
        HttpTransport("ftp://example.org")
    with pytest.raises(Unreachable):
        HttpTransport(f"http://127.0.0.1:{free_port()}").request("GET", "/health", {}, None)
