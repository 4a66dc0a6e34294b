"""A run: the house, the clients, a seeded list of what goes wrong and when, and the end where everything must be right.

The list is of the seed; how threads and processes meet is not, so the same seed does the same harm, not the same run.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask

from server.backup.making import backups_in
from server.extensions import reading
from tests.cast import make_cast, password_of
from tests.chaos.checks import Verdict, check, files_left, tasks_left
from tests.chaos.house import ROOT, House
from tests.chaos.wire import Wire
from tests.conftest import build_app, close, migrate
from tests.services import scratch

CREW = ("dora", "alice", "bob", "charlie", "alice", "sam")
GAP_SECONDS = (2.0, 7.0)  # between two faults
ROUND_SECONDS = 75.0  # one backup and one restore in each
SIGN_IN_SECONDS = 180.0
STILL_SECONDS = 180.0  # at the end: when nothing moves for so long, what waits is stuck
DRAIN_SECONDS = 1800.0  # and this long at most: a slow machine is no fault
BAD = ("lost", "duplicated", "diverged", "stuck", "illegal")
WEIGHTS = {
    "server_killed": 3, "web_killed": 2, "server_stopped": 2, "client_killed": 6, "client_paused": 3, "disk_full": 2,
    "postgres_restarted": 2, "redis_restarted": 2,
}  # fmt: skip


@dataclass
class Client:
    """A client process and its files."""

    login: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def store(self) -> Path:
        return self.folder / "store.db"

    @property
    def diary(self) -> Path:
        return self.folder / "diary"

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "tests.chaos.phone", str(self.folder / "settings.json")]
            self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def send(self, sign: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sign)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def state(self) -> dict[str, Any]:
        """What it said last; nothing when that was before the orders it has now."""
        try:
            said: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        except (OSError, ValueError):
            return {}
        return said if self.process is not None and said["pid"] == self.process.pid else {}


@dataclass
class Figures:
    """The last line of a run."""

    seed: int
    db: str
    minutes: float
    clients: int
    verdict: Verdict
    faults: Counter[str]
    answers: Counter[int]
    seconds_to_rest: float

    def line(self) -> dict[str, Any]:
        counts = {kind: self.verdict.counts[kind] for kind in BAD}
        return {
            "seed": self.seed, "db": self.db, "minutes": round(self.minutes, 1), "clients": self.clients,
            "acts": self.verdict.acts, "files": self.verdict.files, "faults": dict(sorted(self.faults.items())),
            "answers": {str(status): n for status, n in sorted(self.answers.items())},
            "seconds_to_rest": round(self.seconds_to_rest, 1), **counts,
        }  # fmt: skip


@dataclass
class Chaos:
    """One run. `say` hears what happens."""

    seed: int
    db: str
    folder: Path
    stack: ExitStack
    say: Callable[[str], None]
    crew: tuple[str, ...] = CREW
    faults: Counter[str] = field(default_factory=Counter)
    clients: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.house = House(self.folder, self.db, self.stack)
        self.app: Flask = self._furnish()
        self.wire = Wire(self.house.port, self.seed)
        self.wire.calm = True
        self.stack.callback(self.wire.close)
        self.orders = self.folder / "orders"
        self.orders.write_text("work")
        self.stack.callback(self._stop_clients)

    def _furnish(self) -> Flask:
        migrate(self.house.url, self.house.data)
        app = build_app(self.house.url, self.house.data, SECRET_KEY="of this look only, tokens are signed elsewhere")
        self.stack.callback(close, app)
        self.cast = make_cast(app)
        close(app)
        return app

    # --- The course of a run ------------------------------------------------------------------------------

    def run(self, seconds: float, kinds: dict[str, int]) -> Figures:
        self.house.start()
        self._start_clients()
        began = time.monotonic()
        for at, name in self._plan(seconds, kinds):
            time.sleep(max(began + at - time.monotonic(), 0))
            if time.monotonic() - began > seconds and (name not in ("backup", "restore") or self.faults["restore"]):
                continue  # a slow machine: the rest is left out, but not the one restore that the run is for
            self.say(f"{time.monotonic() - began:6.1f} s  {name}")
            getattr(self, f"_{name}")()
        time.sleep(max(began + seconds - time.monotonic(), 0))
        lasted = time.monotonic() - began
        rest = self._come_to_rest()
        reading.set(True)
        verdict = check(self.app, [(c.login, c.store, c.diary) for c in self.clients])
        self._judge(verdict, rest)
        return Figures(
            self.seed, self.db, lasted / 60, len(self.clients), verdict, self.faults + self.wire.faults,
            self.wire.answers, rest,
        )  # fmt: skip

    def _plan(self, seconds: float, kinds: dict[str, int]) -> list[tuple[float, str]]:
        """What happens when. Each round has one backup at a random moment, and a restore of it later."""
        able = dict(kinds)
        if self.db == "sqlite":
            able.pop("postgres_restarted", None)
            able.pop("redis_restarted", None)
        if not self.house.small_disk:
            able.pop("disk_full", None)
        plan, at = [], 3.0
        while able and at < seconds - 3:
            plan.append((at, self.random.choices(list(able), list(able.values()))[0]))
            at += self.random.uniform(*GAP_SECONDS)
        rounds = max(round(seconds / ROUND_SECONDS), 1)
        for number in range(rounds):
            length = seconds / rounds
            start = number * length
            plan.append((start + self.random.uniform(0.15, 0.4) * length, "backup"))
            plan.append((start + self.random.uniform(0.55, 0.75) * length, "restore"))
        return sorted(plan)

    def _come_to_rest(self) -> float:
        """The network heals, everything is there again, and everybody sends and takes what there is."""
        self.wire.calm = True
        self.house.free_disk()
        if not self.house.is_well():
            self.house.kill()
            self.house.start()
        self.orders.write_text("drain")
        for client in self.clients:
            client.send(signal.SIGCONT)
            if client.process is None or client.process.poll() is not None:
                client.start()
        took = self._wait_for_rest()
        self._last = [(c, c.state()) for c in self.clients]
        self._stop_clients()
        self.house.stop()
        return took

    def _wait_for_rest(self) -> float:
        """Until everybody is at rest, or nothing moves any more; gives the seconds it took."""
        began = moved = time.monotonic()
        before = None
        while not self._at_rest():
            left = self._left()
            now = time.monotonic()
            if left != before:
                before, moved = left, now
                self.say(
                    f"{now - began:6.1f} s  left: acts and files of each client, tasks and files at the server: {left}"
                )
            if now - moved > STILL_SECONDS or now - began > DRAIN_SECONDS:
                break
            time.sleep(0.3)
        return time.monotonic() - began

    def _left(self) -> tuple[list[int | None], int]:
        states = [client.state() for client in self.clients]
        return [s["pending"] + s["files"] if s else None for s in states], self._left_there()

    def _at_rest(self) -> bool:
        states = [client.state() for client in self.clients]
        if not all(s.get("order") == "drain" and s["complete"] and not s["pending"] + s["files"] for s in states):
            return False
        return len({(s["epoch"], s["rev"]) for s in states}) == 1 and self._left_there() == 0

    def _left_there(self) -> int:
        reading.set(True)  # a look that waits for nobody
        with self.app.app_context():
            return tasks_left() + files_left()

    def _judge(self, verdict: Verdict, rest: float) -> None:
        for client, state in self._last:
            if not state or state["pending"] or state["files"]:
                verdict.found("stuck", f"{client.login} after {rest:.0f} s: {state}")
        if crashes := self.wire.answers[500]:
            log = self.house.log.read_text(errors="replace")
            verdict.counts["illegal"] += crashes
            verdict.findings.append(f"illegal: {crashes} answers 500; {log[log.find('Traceback') :][:3000]}")

    # --- Clients ------------------------------------------------------------------------------------------

    def _start_clients(self) -> None:
        cast = self.cast
        engineers = [cast.alice, cast.bob, cast.charlie]
        common = {
            "url": f"http://127.0.0.1:{self.wire.port}", "orders": str(self.orders), "customer": cast.customer.id,
            "site": cast.site.id, "part": cast.part.id, "engineers": [user.id for user in engineers],
        }  # fmt: skip
        for number, login in enumerate(self.crew):
            folder = self.folder / f"{number}-{login}"
            folder.mkdir()
            user = getattr(cast, login)
            own = {
                "login": login, "password": password_of(user), "office": user not in engineers,
                "seed": self.seed * 100 + number, "store": str(folder / "store.db"), "diary": str(folder / "diary"),
                "state": str(folder / "state.json"),
            }  # fmt: skip
            (folder / "settings.json").write_text(json.dumps({**common, **own}))
            self.clients.append(Client(login, folder))
            self.clients[-1].start()
        deadline = time.monotonic() + SIGN_IN_SECONDS
        while not all(client.state().get("complete") for client in self.clients):  # then the weather turns
            if time.monotonic() > deadline:
                raise RuntimeError("not everybody could sign in")
            time.sleep(0.2)
        self.wire.calm = False

    def _stop_clients(self) -> None:
        self.orders.write_text("stop")
        for client in self.clients:
            client.send(signal.SIGCONT)
            with suppress(subprocess.TimeoutExpired):
                if client.process is not None:
                    client.process.wait(15)
            client.kill()

    # --- What goes wrong ----------------------------------------------------------------------------------

    def _count(self, kind: str) -> None:
        self.faults[kind] += 1

    def _server_killed(self) -> None:
        self._count("server_killed")
        self.house.kill()
        time.sleep(self.random.uniform(0, 2))
        self.house.start()

    def _web_killed(self) -> None:
        if found := self.house.web():
            self._count("web_killed")
            os.kill(self.random.choice(found), signal.SIGKILL)

    def _server_stopped(self) -> None:
        """The processes stand still, with connections open, and go on."""
        found = list(self.house.processes())
        self._count("server_stopped")
        for sign, pause in ((signal.SIGSTOP, self.random.uniform(1, 6)), (signal.SIGCONT, 0.0)):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
            time.sleep(pause)

    def _client_killed(self) -> None:
        client = self.random.choice(self.clients)
        self._count("client_killed")
        client.send(signal.SIGCONT)
        client.kill()
        client.start()

    def _client_paused(self) -> None:
        client = self.random.choice(self.clients)
        self._count("client_paused")
        client.send(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.5, 4))
        client.send(signal.SIGCONT)

    def _disk_full(self) -> None:
        self._count("disk_full")
        self.house.fill_disk()
        time.sleep(self.random.uniform(3, 8))
        self.house.free_disk()

    def _postgres_restarted(self) -> None:
        self._count("postgres_restarted")
        self.house.restart_postgres(self.random.choice([signal.SIGKILL, signal.SIGINT]))

    def _redis_restarted(self) -> None:
        self._count("redis_restarted")
        self.house.restart_redis(self.random.choice([signal.SIGKILL, signal.SIGTERM]))

    def _backup(self) -> None:
        done = self.house.flask("backup", str(self.house.backups), "--keep", "3")
        if done.returncode:
            raise RuntimeError(f"no backup: {done.stdout} {done.stderr}")
        self._count("backup")

    def _restore(self) -> None:
        """Back to one of the backups; what was acknowledged since is on the clients only."""
        self._count("restore")
        chosen = self.random.choice(backups_in(self.house.backups)[-2:])
        self.house.stop()
        close(self.app)
        done = self.house.flask("restore", str(chosen), "--replace")
        if done.returncode:
            raise RuntimeError(f"not restored: {done.stdout} {done.stderr}")
        self.house.start()


def run(minutes: float, seed: int, db: str, say: Callable[[str], None], kinds: dict[str, int] | None = None) -> Figures:
    """A whole run in a folder of its own."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        return Chaos(seed, db, folder, stack, say).run(minutes * 60, WEIGHTS if kinds is None else kinds)
