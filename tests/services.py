"""Real servers for the tests: PostgreSQL and Redis, on free ports, in folders of their own.

Each is started once a session, by the test that first asks, and stopped by its process id. A server that is
not installed skips the tests that need it, or fails them when CI=true: there "skipped" must not look green.
"""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

#: Seconds. Starting takes a tenth of one; the rest is for a machine that does something else meanwhile.
START_WITHIN = 30
STOP_WITHIN = 15


def absent(what: str) -> NoReturn:
    """This machine has no `what`: skip here, fail where everything has to be tried."""
    text = f"{what} is not installed; `make test` says how to get it"
    if os.environ.get("CI") == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def find_binary(name: str) -> str | None:
    """A program on the PATH, or where Debian and Homebrew keep the servers of PostgreSQL."""
    places = [
        f"/usr/lib/postgresql/*/bin/{name}",
        f"/opt/homebrew/opt/postgresql*/bin/{name}",
        f"/usr/local/opt/postgresql*/bin/{name}",
    ]
    # The highest version last: sorted as text is right from 10 to 99.
    return next((sorted(hits)[-1] for place in places if (hits := glob.glob(place))), None) or shutil.which(name)


def free_port() -> int:
    """A port nobody listens on now. Somebody may take it before we do, so starters try again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path, within: float = START_WITHIN) -> None:
    """Return when something accepts on `port`; raise with the log's end when `process` is gone or time is up."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"{process.args!r} did not open port {port}:\n{tail}")


def stop(process: subprocess.Popen[bytes], first: signal.Signals = signal.SIGTERM) -> None:
    """Ask, wait, insist. Only this process is meant, never one of the same name."""
    if process.poll() is None:
        process.send_signal(first)
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def running(
    command: list[str], port: int, log: Path, how_to_stop: signal.Signals, **more
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends. Its output goes to `log`; it is in no terminal's process group."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **more
        )
    try:
        wait_until_open(port, process, log)
        yield process
    finally:
        stop(process, how_to_stop)


@contextlib.contextmanager
def scratch(owner: str | None = None) -> Iterator[Path]:
    """A short-named folder (sockets have a length limit) that `owner` may write, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="xx-"))
    try:
        folder.chmod(0o755)
        if owner:
            account = pwd.getpwnam(owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- PostgreSQL -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Postgres:
    """A running server. `url(name)` is what DATABASE_URL takes."""

    port: int
    pid: int
    folder: Path

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def wait_until_ready(self) -> None:
        """It listens before it has started up, and sends everybody away until then."""
        import psycopg

        deadline = time.monotonic() + START_WITHIN
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make an empty database, or a copy of `template` (30 ms instead of all migrations), and give its URL.

        Nobody may be connected to the template meanwhile.
        """
        self.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root, so there it runs as the account its package made."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextlib.contextmanager
def start_postgres(*, durable: bool = False, settings: dict[str, str] | None = None) -> Iterator[Postgres]:
    """A fresh cluster. `durable` keeps fsync on, for what measures or kills; other tests need no disk."""
    initdb, server = find_binary("initdb"), find_binary("postgres")
    if not initdb or not server:
        absent("PostgreSQL")
    owner = "postgres" if os.geteuid() == 0 else None
    with scratch(owner) as folder:
        data, log, port = folder / "data", folder / "log", free_port()
        make = [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(as_postgres(make), check=True, capture_output=True, cwd=folder)
        chosen = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            **({} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
            **(settings or {}),
        }
        with (data / "postgresql.auto.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in chosen.items())
        command = as_postgres([server, "-D", str(data)])
        # runuser passes the signal on; SIGINT is PostgreSQL's "fast": clients are sent away.
        with running(command, port, log, signal.SIGINT, cwd=folder) as process:
            pid = int((data / "postmaster.pid").read_text().split()[0])
            made = Postgres(port, pid, folder)
            made.wait_until_ready()
            try:
                yield made
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_WITHIN)


# --- Redis ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Redis:
    """A running server with an empty database."""

    port: int
    pid: int

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"


@contextlib.contextmanager
def start_redis(port: int | None = None) -> Iterator[Redis]:
    """A Redis that keeps nothing on disk. Give the port of one that was killed, to bring it back empty."""
    server = find_binary("redis-server")
    if not server:
        absent("Redis")
    with scratch() as folder:
        port = port or free_port()
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
        command = [server, "--port", str(port), *options]
        with running(command, port, folder / "log", signal.SIGTERM) as process:
            yield Redis(port, process.pid)


# --- Fixtures -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL, not durable. Make a database of your own in it: `postgres.create_database`."""
    with start_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """The session's Redis. A test that kills one starts its own with `start_redis`."""
    with start_redis() as server:
        yield server
