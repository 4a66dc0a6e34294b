"""One client, a process of its own: `python -m tests.chaos.phone SETTINGS.json`.

The reference client on a SQLite file, over HTTP. A person works on it: what was saved is written into a diary, one
flushed line per act, AFTER the client said saved; the diary is what the end of a run is compared with. The process may
be killed or stopped at any moment and is started again on the same file.

It reads its orders from a file: `work` (make acts and sync), `drain` (sync only), `stop`.
"""

from __future__ import annotations

import json
import os
import random
import struct
import sys
import time
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sync.client import Client, Refused, SqliteStorage, Unreachable
from sync.client.http import HttpTransport
from sync.client.outbox import wire
from sync.client.ports import Entry
from sync.lifecycle import transition
from sync.protocol import APPLIED, MERGED

TIMEOUT_SECONDS = 8.0
PAUSE_SECONDS = (0.2, 0.8)  # between contacts
ASK_ALL_SECONDS = 4.0  # at the end, between two tries with files the server has no place for
MAX_PENDING = 120  # acts a person gathers while nothing gets through
OPEN = ("dispatched", "accepted", "travelling", "arrived", "working", "paused")
MOVES = {
    "dispatched": "visit.accept", "accepted": "visit.travel", "travelling": "visit.arrive", "arrived": "visit.work",
    "working": "visit.finish",
}  # fmt: skip


def picture(rng: random.Random, side: int) -> bytes:
    """A PNG of noise: what it weighs it weighs on the wire."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + rng.randbytes(side * 3) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


class Person:
    """Who works on the client."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.random = random.Random(f"{settings['seed']} {os.getpid()}")
        self.storage = SqliteStorage(settings["store"])
        self.client = Client(self.storage, HttpTransport(settings["url"], TIMEOUT_SECONDS), version="chaos")
        self.diary = Path(settings["diary"])
        self.asked_all = 0.0

    # --- Saving -------------------------------------------------------------------------------------------

    def save(self, name: str, **args: Any) -> None:
        self._promise(self.client.act(name, **args))

    def _promise(self, entry: Entry) -> None:
        """The client has said "saved": from here on the act must be there in the end."""
        line = {"id": entry.id, "act": entry.act, "args": entry.args, "user": self.storage.get("user")}
        with self.diary.open("a", encoding="utf-8") as diary:
            diary.write(json.dumps(line, ensure_ascii=False) + "\n")
            diary.flush()
            os.fsync(diary.fileno())

    def bodies(self, noun: str) -> list[tuple[str, dict[str, Any]]]:
        return sorted((row.id, row.body) for row in self.storage.rows(noun))

    # --- What people do -----------------------------------------------------------------------------------

    def step(self) -> None:
        if len(self.client.outbox) > MAX_PENDING:
            return
        if self.settings["office"]:
            self.decide()
        else:
            self.work()

    def decide(self) -> None:
        visits = [(i, b) for i, b in self.bodies("visit") if b["state"] in OPEN]
        what = self.random.random()
        if len(visits) < 6 or what < 0.25:
            self._new_visit()
        elif what < 0.35:
            visit_id, _ = self.random.choice(visits)
            more = {"lead_id": self._engineer(), "helper_ids": [], "new_id": self.client.new_id(), "reason": "closer"}
            self.save("visit.reassign", visit_id=visit_id, **more)
        elif orders := self.bodies("work_order"):
            order_id, body = self.random.choice(orders)
            title = f"改名 {self.random.randint(1, 99)}"
            self.save("work_order.edit", id=order_id, changes={"title": [body["title"], title]})

    def _engineer(self) -> str:
        return str(self.random.choice(self.settings["engineers"]))

    def _new_visit(self) -> None:
        now, order = datetime.now(UTC), self.client.new_id()
        self.save(
            "work_order.register", id=order, customer_id=self.settings["customer"], site_id=self.settings["site"],
            kind="repair", title="混乱中的故障", level=2, level_reason="影响使用", channel="phone", source="customer",
            reported_at=wire(now),
        )  # fmt: skip
        self.save(
            "visit.dispatch", id=self.client.new_id(), work_order_id=order, mode="on_site", lead_id=self._engineer(),
            helper_ids=[], slot_start=wire(now), slot_end=wire(now + timedelta(hours=2)),
        )  # fmt: skip

    def work(self) -> None:
        me = self.storage.get("user")
        mine = [(i, b) for i, b in self.bodies("visit") if b["lead_id"] == me and b["state"] in OPEN]
        if not mine:
            return
        visit_id, body = self.random.choice(mine)
        what = self.random.random()
        if what < 0.35:
            self.save("note.add", id=self.client.new_id(), visit_id=visit_id, text=f"记 {self.random.random()}")
        elif what < 0.55:
            more = {"part_id": self.settings["part"], "quantity": self.random.randint(1, 3), "source": "own"}
            self.save("part.use", id=self.client.new_id(), visit_id=visit_id, **more)
        elif what < 0.7:
            self._photo(visit_id)
        elif what < 0.85:
            self._diagnose(visit_id)
        elif name := MOVES.get(self._state(visit_id, body)):
            self.save(name, visit_id=visit_id)

    def _state(self, visit_id: str, body: dict[str, Any]) -> str:
        state = str(body["state"])
        for entry in self.client.outbox:
            if entry.args.get("visit_id") == visit_id:
                state = transition("visit", entry.act, state, body["mode"]) or state
        return state

    def _photo(self, visit_id: str) -> None:
        args = {"visit_id": visit_id, "purpose": "before", "mime": "image/png", "taken_at": wire(datetime.now(UTC))}
        self._promise(self.client.attach(picture(self.random, self.random.choice([16, 120, 360])), **args))

    def _diagnose(self, visit_id: str) -> None:
        found = next((b for _, b in self.bodies("diagnosis") if b["visit_id"] == visit_id), {})
        was = found.get("cause_code", "")
        for entry in self.client.outbox:
            if entry.act == "diagnosis.edit" and entry.args["visit_id"] == visit_id:
                was = entry.args["changes"]["cause_code"][1]
        changes = {"cause_code": [was, f"cause-{self.random.randint(1, 999)}"]}
        self.save("diagnosis.edit", id=self.client.new_id(), visit_id=visit_id, changes=changes)

    # --- The network --------------------------------------------------------------------------------------

    def contact(self, *, retry: bool) -> str | None:
        """Signs in when that is needed, and syncs; gives why it stopped."""
        if self.storage.get("user") is None or self.client.needs:
            try:
                self.client.sign_in(self.settings["login"], self.settings["password"], "chaos")
            except (Refused, Unreachable) as error:
                return str(error)
        if retry:  # somebody presses "now": files that stepped aside get their turn
            # The server has no place for the file of an act it refused, or holds: asked in each round, such files
            # were three of four requests of a run.
            counted, patient = self._counted(), time.monotonic() - self.asked_all < ASK_ALL_SECONDS
            self.asked_all = self.asked_all if patient else time.monotonic()
            with self.storage.transaction():
                for file in self.storage.files():
                    if file.state == "waiting" and file.not_before and (file.act_id in counted or not patient):
                        self.storage.put_file(replace(file, not_before=""))
        return self.client.sync().stopped

    def _counted(self) -> set[str]:
        """Acts that took effect, as far as this phone was told."""
        done = (APPLIED, MERGED)
        return {e.id for e in self.storage.entries() if e.receipt and e.receipt["outcome"] in done}

    def state(self, stopped: str | None) -> dict[str, Any]:
        entries, counted = self.storage.entries(), self._counted()
        # What a visit's next crew sees is not for this phone to hear: then "sent" is the last it knows of a photo.
        here = {row.id for row in self.storage.rows("attachment")}
        files = [f for f in self.storage.files() if f.state == "waiting" and f.act_id in counted]
        files += [f for f in self.storage.files() if f.state in ("waiting", "sent") and f.attachment_id in here]
        pending = [e for e in entries if e.settled_at is None]
        return {
            "pid": os.getpid(), "stopped": stopped, "pending": len(pending), "files": len(files),
            **{key: self.storage.get(key) for key in ("rev", "epoch", "complete")},
            "head": f"{pending[0].act} {pending[0].receipt}" if pending else None,
            "why": sorted({f"{f.state}: {f.reason}" for f in files}),
        }  # fmt: skip


def main(path: str) -> None:
    settings = json.loads(Path(path).read_text())
    person, orders, told = Person(settings), Path(settings["orders"]), Path(settings["state"])
    while (order := orders.read_text().strip()) != "stop":
        if order == "work" and person.storage.get("user") is not None:
            for _ in range(person.random.randint(0, 3)):
                person.step()
        stopped = person.contact(retry=order == "drain")
        scratch = told.with_suffix(".new")
        scratch.write_text(json.dumps({"order": order, **person.state(stopped)}))
        scratch.replace(told)
        time.sleep(person.random.uniform(*PAUSE_SECONDS))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1])
