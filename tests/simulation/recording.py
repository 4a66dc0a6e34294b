"""Traces: what one phone of a world did, asked and was told, for other clients to do again.

    python -m tests.simulation --record tests/vectors/traces --seeds 400

A trace is a list of events. `act`: the person saved it. `sync`: a contact begins. `push` and `pull`: a request of that
contact (numbers and ids of its acts; its cookie) with what came back: `answer`, with bodies by their hash in `bodies`,
`text` (not ours, or cut off), or neither (nothing came). `state`: how
the phone is after the contact. An act that stands between a `sync` and a request was made while that request was
under way. Tokens are left out, and so is the side door. Only phones that were neither killed nor given another number
line are taken: a kill falls between two operations, and another client has others.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from sync.client import Answer
from sync.client.ports import Entry, Row, Storage
from sync.digest import Digest
from tests.simulation.deployment import Deployment
from tests.simulation.phone import Phone

if TYPE_CHECKING:
    from tests.simulation.network import Request
    from tests.simulation.world import World

DOORS = {"/api/sync/push": "push", "/api/sync/pull": "pull"}
ENOUGH_ACTS = 4
ENOUGH_FAULTS = 2
MOST_BYTES = 45_000  # of one trace
MOST_TRACES = 20
FINGERPRINT = "FINGERPRINT"


class Recorder:
    """What the phones of one world do, as it happens."""

    def __init__(self) -> None:
        self.events: dict[int, list[dict[str, Any]]] = {}
        self.first: dict[int, dict[str, Any]] = {}
        self.bodies: dict[int, dict[str, Any]] = defaultdict(dict)
        self.spoiled: set[int] = set()
        self.renewing: dict[int, dict[str, Any]] = {}  # the request that was told to renew its token

    def begin(self, phone: Phone) -> None:
        """A phone of the world, before anything happened to it."""
        alone = phone.tabs == 1 and phone.copy_of is None
        if not alone or phone.storage.get("device") is None:
            self.spoiled.add(phone.index)
        names = ("user", "login", "device")
        self.first[phone.index] = {name: phone.storage.get(name) for name in names} | {"roles": list(phone.roles)}
        self.events[phone.index] = []

    def act(self, phone: Phone, entry: Any) -> None:
        self.events[phone.index].append({"act": entry.wire()})

    def sync(self, phone: Phone) -> None:
        self.events[phone.index].append({"sync": phone.now().isoformat()})

    def state(self, phone: Phone) -> None:
        self.events[phone.index].append({"state": state_of(phone.storage)})

    def exchange(self, phone: Phone, request: Request, answer: Answer | None) -> None:
        """A request and its answer. One that is only told to renew the token is forgotten, for it comes again at once;
        unless no new token comes: then nothing came at all."""
        _, path, _, body = request
        door = DOORS.get(path)
        if path in ("/api/auth/login", "/api/devices"):
            self.spoiled.add(phone.index)
        if path == "/api/auth/refresh" and phone.index in self.renewing and (answer is None or answer.status != 200):
            self.events[phone.index].append(self.renewing[phone.index])
        if door is None:
            return
        asked = orjson.loads(body or b"{}")
        event: dict[str, Any] = {}
        if door == "push":
            event["acts"] = [[act["n"], act["id"]] for act in asked["acts"]]
        else:
            event["cookie"] = asked["cookie"]
        self.renewing.pop(phone.index, None)
        if answer is not None and answer.status == 401:
            self.renewing[phone.index] = {door: event}
            return
        if answer is not None:
            event["status"] = answer.status
            try:
                event["answer"] = self._shortened(phone, orjson.loads(answer.body))
            except orjson.JSONDecodeError:
                event["text"] = answer.body[:200].decode(errors="replace")
        self.events[phone.index].append({door: event})

    def _shortened(self, phone: Phone, answer: dict[str, Any]) -> dict[str, Any]:
        """Bodies stand once in a trace and are named by their hash: most come again after a reset."""
        if "rows" not in answer:
            return answer
        rows = []
        for row in answer["rows"]:
            name = None if row["body"] is None else body_hash(row["body"])
            if name is not None:
                self.bodies[phone.index][name] = row["body"]
            rows.append([row["noun"], row["id"], row["scope"], row["rev"], name])
        return {**answer, "rows": rows}

    def trace(self, phone: Phone) -> dict[str, Any] | None:
        """The phone's trace, when it is one that another client can follow and learn something from."""
        events = self.events[phone.index]
        faults = sum(1 for e in events for door in DOORS.values() if door in e and e[door].get("status") != 200)
        acts = sum("act" in event for event in events)
        same = phone.storage.get("device") == self.first[phone.index]["device"]
        if phone.index in self.spoiled or not same or phone.client.draining:
            return None
        if acts < ENOUGH_ACTS or faults < ENOUGH_FAULTS or not phone.storage.get("complete"):
            return None
        return {
            **self.first[phone.index],
            "events": events,
            "rows": rows_of(phone.storage),
            "bodies": self.bodies[phone.index],
        }


def state_of(storage: Storage) -> dict[str, Any]:
    """What two clients must agree on after each contact: cookie, outbox with receipts, journal, rows of scopes held."""
    rows = [(row.noun, row.id, row.rev) for row in _held(storage)]
    outbox = [[entry.n, entry.id, _told(storage, entry)] for entry in storage.entries(settled=False)]
    digest = Digest.of_rows(rows)
    return {
        "cookie": storage.get("cookie"),
        "outbox": outbox,
        "settled": len(storage.entries(settled=True)),
        "rows": [digest.count, digest.hex],
    }


def _told(storage: Storage, entry: Entry) -> list[Any] | None:
    """The receipt that still counts: one of an epoch that has ended says nothing."""
    if entry.receipt is None or entry.receipt["epoch"] != storage.get("heard_epoch"):
        return None
    return [entry.receipt[name] for name in ("outcome", "rev", "code")]


def rows_of(storage: Storage) -> list[list[Any]]:
    """The rows of scopes held, with the SHA-256 of their bodies as canonical JSON."""
    return sorted([row.noun, row.id, row.rev, body_hash(row.body)] for row in _held(storage))


def _held(storage: Storage) -> list[Row]:
    """Rows of scopes held, without those that were handed over."""
    held = {scope for scope, left in storage.scopes().items() if left is None}
    return [row for row in storage.rows() if row.scope in held]


def body_hash(body: Any) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def record(server: Deployment, seeds: Iterable[int], folder: Path) -> list[str]:
    """Writes the first traces worth having of these seeds, and their fingerprint; gives their names."""
    from tests.simulation.running import run
    from tests.simulation.world import plan

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    names: list[str] = []
    for seed in seeds:
        recorder = Recorder()
        world, broken = run(server, plan(seed), recorder)
        for found in [] if broken else best_of(world, recorder):
            names.append(f"{seed}-{found['login']}.json")
            (folder / names[-1]).write_bytes(_lines(found))
        if len(names) >= MOST_TRACES:
            break
    (folder / FINGERPRINT).write_text(fingerprint(folder) + "\n")
    return names


def best_of(world: World, recorder: Recorder) -> list[dict[str, Any]]:
    """At most one trace of a world: the one with the most events that is not too large."""
    found = [trace for phone in world.phones if (trace := recorder.trace(phone)) is not None]
    small = [trace for trace in found if len(_lines(trace)) <= MOST_BYTES]
    return sorted(small, key=lambda trace: -len(trace["events"]))[:1]


def _lines(trace: dict[str, Any]) -> bytes:
    """JSON with one event a line, so that a difference can be read."""
    head = orjson.dumps({key: value for key, value in trace.items() if key not in ("events", "rows", "bodies")})[1:-1]
    events = b",\n".join(orjson.dumps(event) for event in trace["events"])
    rows = b",\n".join(orjson.dumps(row) for row in trace["rows"])
    bodies = b",\n".join(orjson.dumps({name: body})[1:-1] for name, body in sorted(trace["bodies"].items()))
    return (
        b"{"
        + head
        + b',\n"events":[\n'
        + events
        + b'\n],\n"rows":[\n'
        + rows
        + b'\n],\n"bodies":{\n'
        + bodies
        + b"\n}}\n"
    )


def fingerprint(folder: Path) -> str:
    """SHA-256 over the traces in a folder, in the order of their names."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.json")):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
