"""The phones of a load run: many reference clients in one process, worked by a few threads.

Each client is the real one (`sync/client`) with its storage in memory and the transport over HTTP. A process keeps its
clients from phase to phase, as phones keep their rows from morning to evening.
"""

from __future__ import annotations

import random
import resource
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, ClassVar

from sync.client import Answer, Client, HttpTransport, MemoryStorage, Row, Unreachable
from tests.crowd import Enrolled

TRIES = 5  # contacts until a client gives up: a busy server may turn one away
PAUSE_SECONDS = 0.5
REQUEST_SECONDS = 120


@dataclass(frozen=True)
class Phone:
    """A device and what its person may write about."""

    device: Enrolled
    login: str
    visits: tuple[tuple[str, str], ...]  # visit, checklist run


@dataclass
class Done:
    """What the clients of one process did in a phase; times in milliseconds."""

    contacts: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    acts: int = 0
    rows: int = 0  # held by all clients at the end
    tried_again: int = 0
    given_up: list[str] = field(default_factory=list)
    peak_kb: int = 0
    fault: str = ""


class SharedRows(MemoryStorage):
    """A storage whose rows are shared by the clients of a process: ten thousand copies of the same price list would
    measure this machine's memory and nothing of ours. No power is ever lost here, so nothing is kept to undo."""

    known: ClassVar[dict[tuple[str, str], Row]] = {}

    def transaction(self, *, strict: bool = False) -> AbstractContextManager[None]:
        return super().transaction(strict=True)

    def put_row(self, row: Row) -> None:
        held = self.known.get((row.noun, row.id))
        if held is None or held.rev < row.rev:
            self.known[row.noun, row.id] = held = row
        super().put_row(held if held.rev == row.rev else row)


class Timed(HttpTransport):
    """The reference client's transport; notes how long each answer took."""

    def __init__(self, url: str) -> None:
        super().__init__(url, REQUEST_SECONDS)
        self.took: list[float] = []

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        began = time.perf_counter()
        answer = super().request(method, path, headers, body)
        self.took.append((time.perf_counter() - began) * 1000)
        if answer.status == 503:
            raise Unreachable("busy")
        return answer


class Pocket:
    """The clients of one process."""

    def __init__(self, url: str, phones: list[Phone], seed: int) -> None:
        self.chance = random.Random(seed)
        self.phones = [(phone, self._client(url, phone)) for phone in phones]
        self.lock = threading.Lock()

    @staticmethod
    def _client(url: str, phone: Phone) -> Client:
        """As it is after signing in."""
        storage = SharedRows()
        with storage.transaction():
            for key, value in (
                ("user", phone.device.user_id), ("login", phone.login), ("device", phone.device.device_id),
                ("access", phone.device.access), ("refresh", phone.device.refresh),
            ):  # fmt: skip
                storage.put(key, value)
        return Client(storage, Timed(url))

    def phase(self, threads: int, acts: int) -> Done:
        """Every client writes `acts` acts without a network, then has one."""
        done = Done()
        self.chance.shuffle(self.phones)
        for phone, client in self.phones:
            for count in range(acts):
                self._write(phone, client, count)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda pair: self._contact(pair[1], done), self.phones))
        for _, client in self.phones:
            storage = client.storage
            assert isinstance(storage, SharedRows)
            done.rows += len(storage.held)
            done.outcomes.update(entry.receipt["outcome"] if entry.receipt else "unsent" for entry in storage.entries())
        done.acts = acts * len(self.phones)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        done.peak_kb = peak // 1024 if sys.platform == "darwin" else peak
        return done

    def _write(self, phone: Phone, client: Client, count: int) -> None:
        visit, run = self.chance.choice(phone.visits)
        if count % 2:
            value = f"{self.chance.uniform(18, 28):.1f}"
            client.act("checklist.answer", id=client.new_id(), run_id=run, item_id="temp", value=value, note="")
        else:
            client.act("note.add", id=client.new_id(), visit_id=visit, text=f"第 {count} 条：现场检查，指示灯正常")

    def _contact(self, client: Client, done: Done) -> None:
        transport = client.session.transport
        assert isinstance(transport, Timed)
        transport.took.clear()
        began = time.perf_counter()
        for _ in range(TRIES):
            stopped = client.sync().stopped
            if stopped is None:
                break
            with self.lock:
                done.tried_again += 1
            time.sleep(PAUSE_SECONDS)
        with self.lock:
            done.contacts.append((time.perf_counter() - began) * 1000)
            done.requests += transport.took
            if stopped is not None:
                done.given_up.append(stopped)

    def revs(self, count: int) -> list[tuple[str, dict[tuple[str, str], int]]]:
        """User and rows (noun, id → rev) of some clients, after a last contact."""
        some = []
        for phone, client in self.phones[:count]:
            client.sync()
            some.append((phone.device.user_id, {(row.noun, row.id): row.rev for row in client.storage.rows()}))
        return some


def serve(url: str, phones: list[Phone], threads: int, seed: int, wire: Connection) -> None:
    """The life of a process: a number of acts comes, a phase is done; a text `revs` comes, then the end."""
    try:
        pocket = Pocket(url, phones, seed)
        wire.send("ready")
        while (asked := wire.recv()) is not None:
            answer: Any = pocket.revs(asked[1]) if isinstance(asked, tuple) else pocket.phase(threads, asked)
            wire.send(answer)
    except EOFError:
        pass
    except Exception:
        wire.send(Done(fault=traceback.format_exc()))
