"""Push: eight devices at once, batches of twenty mixed acts, and the floor that stores the same bytes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import orjson

from server import clock
from server.models import new_id
from tests.bench.company import PASSWORD, PUSHERS, Company, Pusher
from tests.bench.figures import Figures, median, say
from tests.bench.plain import Plain
from tests.bench.servers import Client, Server, cpu_of_tree, decode, sign_in

ACTS_PER_BATCH = 20
GOOD = {"applied", "merged"}


@dataclass
class Round:
    """What one round cost."""

    acts_per_s: float
    cpu_ms: float  # of the server's processes, per act
    database_cpu_ms: float  # of PostgreSQL's processes, per act


@dataclass
class Device:
    """A phone: it numbers its acts and remembers what it showed."""

    pusher: Pusher
    id: str = field(default_factory=new_id)
    n: int = 0
    batches: int = 0
    seen: dict[str, str] = field(default_factory=dict)  # visit → text of the symptom

    def batch(self) -> bytes:
        """The next batch: an hour at one visit."""
        place = self.pusher.visits[self.batches % len(self.pusher.visits)]
        self.batches += 1
        acts = [self._act(name, args) for name, args in self._hour(place)]
        status = {
            "pending": len(acts), "oldest_at": acts[0]["at"], "files_waiting": 2, "failing": None,
            "app_version": "0.1.0", "persisted": True, "storage_used": 1_048_576, "storage_quota": 1_073_741_824,
        }  # fmt: skip
        sent = clock.wire(clock.now())
        body = {"protocol": 1, "device": self.id, "epoch": None, "sent_at": sent, "acts": acts, "status": status}
        return orjson.dumps(body)

    def _act(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        self.n += 1
        at = clock.wire(clock.now())
        return {"n": self.n, "id": new_id(), "act": name, "v": 1, "at": at, "args": args, "group": None}

    def _hour(self, place: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
        visit = place["visit"]
        said = "控制器指示灯不亮，端子松动"
        note = [
            ("note.add", {"id": new_id(), "visit_id": visit, "text": f"到场检查，第 {self.n + i} 条：{said}"})
            for i in range(5)
        ]
        use = {"visit_id": visit, "part_id": place["part"], "quantity": 1, "source": "own", "note": ""}
        part = [("part.use", {"id": new_id(), **use, "serials": [f"SN-{self.n + i:08d}"]}) for i in range(3)]
        answers = [
            ("checklist.answer", {"id": new_id(), "run_id": place["run"], "item_id": item, "value": value, "note": ""})
            for item, value in (("clean", "ok"), ("temp", "22.5"), ("mode", "自动"), ("clean", "fail"), ("temp", "23"))
        ]
        photos = [
            ("attachment.add", {"id": new_id(), "visit_id": visit, "sha256": (new_id() + new_id()).replace("-", ""),
             "size": 2_400_000, "mime": "image/jpeg", "purpose": purpose, "taken_at": clock.wire(clock.now()),
             "caption": "", "width": 4000, "height": 3000})
            for purpose in ("before", "after")
        ]  # fmt: skip
        pause = ("visit.pause", {"visit_id": visit, "reason": "waiting_parts", "note": "等待备件"})
        resume = ("visit.resume", {"visit_id": visit})
        edits = [self._edit(visit, text) for text in ("设备离线", "设备离线，通讯灯不亮", "设备离线，电源模块无输出")]
        return [*note[:2], edits[0], *photos[:1], *answers[:3], pause, *note[2:], resume, edits[1], *part, *answers[3:],
                *photos[1:], edits[2]]  # fmt: skip

    def _edit(self, visit: str, text: str) -> tuple[str, dict[str, Any]]:
        text = f"{text}（{self.n}）"
        was, self.seen[visit] = self.seen.get(visit, ""), text
        changes = {"symptom_text": [was, text]}
        return "diagnosis.edit", {"id": new_id(), "visit_id": visit, "changes": changes}


def measure(
    figures: Figures, db: str, company: Company, real: Server, floor: Server, raw: Plain, database_pid: int | None,
    rounds: int, batches: int,
) -> None:  # fmt: skip
    """Rounds of ours and of the floor in turn, so that both meet the same weather."""
    devices = [Device(pusher) for pusher in company.pushers]
    tokens = [sign_in(real, device.pusher.login, PASSWORD, device.id) for device in devices]
    ours, least, bare = [], [], []
    clients = [Client(real, token) for token in tokens]
    floor_clients = [Client(floor) for _ in devices]
    for i in range(rounds + 1):
        bodies = [[device.batch() for _ in range(batches if i else 4)] for device in devices]
        of_ours = _round(clients, "/api/sync/push", bodies, real, database_pid)
        of_floor = _round(floor_clients, "/push", bodies, floor, database_pid)
        of_raw = _raw_round(raw, bodies)
        if i:  # the first warms up: imports, caches, the tables' first pages
            ours.append(of_ours)
            least.append(of_floor)
            bare.append(of_raw)
    for client in clients + floor_clients:
        client.close()
    _report(figures, db, ours, least, bare)


def _report(figures: Figures, db: str, ours: list[Round], least: list[Round], bare: list[float]) -> None:
    # CPU is counted in ticks of 10 ms, so it is taken over all rounds: a single one of the floor is only a few ticks.
    mean = {
        name: (
            median([r.acts_per_s for r in rounds]),
            fmean(r.cpu_ms for r in rounds),
            fmean(r.database_cpu_ms for r in rounds),
        )
        for name, rounds in (("ours", ours), ("floor", least))
    }
    how = {"devices": PUSHERS, "acts_per_batch": ACTS_PER_BATCH}
    figures.add("push_acts_per_s", db, mean["ours"][0], "acts/s", **how)
    figures.add("push_cpu_per_act", db, mean["ours"][1], "ms", database_ms=round(mean["ours"][2], 4), **how)
    figures.add("floor_push_acts_per_s", db, mean["floor"][0], "acts/s", **how)
    figures.add("floor_push_cpu_per_act", db, mean["floor"][1], "ms", database_ms=round(mean["floor"][2], 4), **how)
    figures.add("floor_push_raw_acts_per_s", db, median(bare), "acts/s", devices=1, acts_per_batch=ACTS_PER_BATCH)
    # The floor is cheap, so its CPU is the smaller number of the two: a ratio of CPU is the severe one.
    figures.add(
        "push_floor_ratio", db, mean["ours"][1] / mean["floor"][1], "times the floor's CPU per act",
        by_rate=round(mean["floor"][0] / mean["ours"][0], 2),
    )  # fmt: skip
    say(f"{db}: push {mean['ours'][0]:.0f} acts/s, {mean['ours'][1]:.3f} ms CPU; floor {mean['floor'][1]:.3f} ms")


def _round(clients: list[Client], path: str, bodies: list[list[bytes]], server: Server, database: int | None) -> Round:
    cpu, database_cpu, began = server.cpu(), cpu_of_tree(database) if database else 0.0, time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(
            pool.map(lambda pair: [pair[0].post(path, body) for body in pair[1]], zip(clients, bodies, strict=True))
        )
    took = time.perf_counter() - began
    acts = ACTS_PER_BATCH * sum(len(own) for own in bodies)
    spent, spent_database = server.cpu() - cpu, (cpu_of_tree(database) if database else 0.0) - database_cpu
    for own in answers:
        for answer in map(decode, own):
            bad = [receipt for receipt in answer.get("receipts", ()) if receipt["outcome"] not in GOOD]
            if bad or ("receipts" in answer and len(answer["receipts"]) != ACTS_PER_BATCH):
                raise RuntimeError(f"acts were not applied: {bad[:2] or answer}")
    return Round(acts / took, spent * 1000 / acts, spent_database * 1000 / acts)


def _raw_round(raw: Plain, bodies: list[list[bytes]]) -> float:
    """The same rows by one thread through the plain driver, under other ids."""
    batches = []
    for body in (body for own in bodies for body in own):
        batch = orjson.loads(body)
        batches.append([(new_id(), batch["device"], act["n"], orjson.dumps(act).decode()) for act in batch["acts"]])
    began = time.perf_counter()
    for rows in batches:
        raw.store(rows)
    return ACTS_PER_BATCH * len(batches) / (time.perf_counter() - began)
