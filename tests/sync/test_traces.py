"""The recorded traces, done again by the reference client; `pwa/tests/traces.test.ts` does them with the other one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sync.client import Answer, Client, MemoryStorage, Unreachable
from sync.client.ports import Entry
from tests.simulation.recording import FINGERPRINT, fingerprint, rows_of, state_of

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "traces"
NAMES = sorted(path.name for path in FOLDER.glob("*.json"))
AGAIN = "python -m tests.simulation --record tests/vectors/traces --seeds 220"


class Player:
    """A person and a transport that do what a trace says."""

    def __init__(self, trace: dict[str, Any]) -> None:
        self.trace, self.events, self.storage = trace, trace["events"], MemoryStorage()
        self.at, self.now = 0, datetime.fromisoformat("2026-11-02T00:00:00+00:00")
        with self.storage.transaction():
            memory = {key: trace[key] for key in ("user", "login", "device")}
            for key, value in {**memory, "access": "a", "refresh": "r"}.items():
                self.storage.put(key, value)
        self.client = Client(self.storage, self, now=lambda: self.now, check_every=None)
        self.client.lane.run = lambda: 0  # type: ignore[method-assign]  # the side door is not in a trace

    def play(self) -> None:
        while self.at < len(self.events):
            self._saves()
            if self.at == len(self.events):
                return
            self.now = datetime.fromisoformat(self.events[self.at]["sync"])
            self.at += 1
            self.client.sync()
            self._saves()
            assert state_of(self.storage) == self.events[self.at]["state"], f"after event {self.at}"
            self.at += 1

    def _saves(self) -> None:
        while self.at < len(self.events) and "act" in self.events[self.at]:
            act = self.events[self.at]["act"]
            with self.storage.transaction(strict=True):
                self.storage.put_entry(Entry(act["n"], self.trace["device"], **act))
                self.storage.put("next_n", act["n"] + 1)
            self.at += 1

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self._saves()
        door = path.removeprefix("/api/sync/")
        exchange, asked = self.events[self.at].get(door), json.loads(body or b"{}")
        assert exchange is not None, f"asked {door} at event {self.at}: {self.events[self.at]}"
        if door == "pull":
            assert asked["cookie"] == exchange["cookie"]
        else:
            assert [[act["n"], act["id"]] for act in asked["acts"]] == exchange["acts"]
        self.at += 1
        if "status" not in exchange:
            raise Unreachable("nothing came")
        if "text" in exchange:
            return Answer(exchange["status"], {}, exchange["text"].encode())
        return Answer(exchange["status"], {}, json.dumps(self._whole(exchange["answer"])).encode())

    def _whole(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "rows" not in answer:
            return answer
        names = ("noun", "id", "scope", "rev", "body")
        rows = [dict(zip(names, row, strict=True)) for row in answer["rows"]]
        return {**answer, "rows": [{**row, "body": self.trace["bodies"].get(row["body"])} for row in rows]}


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_client_does_a_trace_again_with_the_same_end(name: str):
    player = Player(json.loads((FOLDER / name).read_bytes()))
    player.play()
    assert rows_of(player.storage) == player.trace["rows"]


def test_the_traces_are_as_they_were_recorded():
    assert len(NAMES) >= 12
    assert (FOLDER / FINGERPRINT).read_text().strip() == fingerprint(FOLDER), f"record them again: {AGAIN}"
