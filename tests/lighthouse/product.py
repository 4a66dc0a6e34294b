"""The product as `make run` starts it: migrated, with the demo company, behind gunicorn on a free port."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.servers import CONFIG, FOREIGN_SETTINGS, ROOT
from tests.services import free_port, running


@dataclass(frozen=True)
class Product:
    """A running server and one engineer who may sign in."""

    address: str
    login: str
    password: str


@contextlib.contextmanager
def product(folder: Path, login: str) -> Iterator[Product]:
    """Loads the demo company into an empty SQLite database and serves it until the block ends."""
    port = free_port()
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN_SETTINGS}
    own |= {"HOST": "127.0.0.1", "PORT": str(port), "DATA_DIR": str(folder / "data")}
    for command in ("db upgrade", "demo-load --if-empty"):
        flask = [sys.executable, "-m", "flask", "--app", "wsgi", *command.split()]
        subprocess.run(flask, cwd=ROOT, env=own, check=True, stdout=sys.stderr)
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", CONFIG, "wsgi:app"]
    with running(gunicorn, port, folder / "server.log", signal.SIGTERM, cwd=ROOT, env=own):
        yield Product(f"http://127.0.0.1:{port}", login, password_of(login, own))


def password_of(login: str, env: dict[str, str]) -> str:
    """The demo's password, asked of the product itself."""
    ask = (
        "from wsgi import app\nfrom server.demo.commands import read_marker\n"
        "with app.app_context(): print(read_marker()['password'])"
    )
    return subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    ).stdout.strip()
