"""What people do: mostly sensible things with what their phone shows them, sometimes nonsense."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from server import clock
from sync.lifecycle import transition
from sync.report import content_hash
from tests.simulation.old_page import version_of
from tests.simulation.phone import Phone

if TYPE_CHECKING:
    from tests.simulation.world import World

NONSENSE = 0.06  # of an engineer's moves: not what the life-cycle allows
STROKES = {"strokes": [{"points": [[1, 1, 0], [9, 9, 20]]}], "width": 100, "height": 50}
#: The state a visit is in for the engineer, and what may come next: (weight, act).
NEXT: dict[str, list[tuple[int, str]]] = {
    "dispatched": [(9, "visit.accept"), (1, "visit.decline")],
    "accepted": [(5, "visit.travel"), (3, "visit.arrive"), (1, "visit.cannot_complete")],
    "travelling": [(9, "visit.arrive"), (1, "visit.cannot_complete")],
    "arrived": [(9, "visit.work")],
    "working": [(6, "visit.finish"), (2, "visit.pause"), (1, "visit.cannot_complete")],
    "paused": [(5, "visit.resume")],
    "work_done": [(5, "report.waive"), (5, "report.sign"), (1, "visit.reopen")],
    "signed": [(5, "visit.submit")],
    "sign_waived": [(5, "visit.submit")],
    "cannot_complete": [(5, "visit.submit")],
    "returned": [(5, "visit.work")],
}
REASONED = ("visit.decline", "visit.pause", "visit.cannot_complete")
MOVES = sorted({act for options in NEXT.values() for _, act in options})


def pick(rng: random.Random, options: list[tuple[int, Any]]) -> Any:
    return rng.choices([option for _, option in options], [weight for weight, _ in options])[0]


def picture(rng: random.Random) -> bytes:
    """A PNG nobody else has: 4 by 4 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + rng.randbytes(12) for _ in range(4))
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Person:
    """Acts on one phone during one step."""

    def __init__(self, world: World, phone: Phone, rng: random.Random) -> None:
        self.world, self.phone, self.rng = world, phone, rng
        self.cast = world.server.cast

    def act(self, name: str, /, **args: Any) -> None:
        self.world.save(self.phone, [(name, args, version_of(name, self.phone.old))])

    def id(self) -> str:
        return str(self.phone.ids.uuid7(self.phone.now()))

    # --- The office ---------------------------------------------------------------------------------------

    def decide(self) -> None:
        """One decision of the office."""
        options: list[tuple[int, Callable[[], None]]] = [
            (4, self.register), (8, self.dispatch), (4, self.reassign), (2, self.cancel_visit), (1, self.cancel_order),
            (3, self.review), (2, self.edit), (2, self.close), (2, self.settle), (1, self.reschedule),
        ]  # fmt: skip
        pick(self.rng, options)()

    def register(self) -> None:
        args: dict[str, Any] = {"contact_name": "李先生", "contact_phone": "13900001111"}
        self.act(
            "work_order.register", id=self.id(), customer_id=self.cast.customer.id, site_id=self.cast.site.id,
            kind="repair", title="随机故障", level=self.rng.randint(1, 3), level_reason="随机", channel="phone",
            source="customer", reported_at=clock.wire(self.phone.now()), **(args if self.rng.random() < 0.5 else {}),
        )  # fmt: skip

    def orders(self) -> list[str]:
        """Work orders the screen shows: pulled ones, and those still in the outbox."""
        shown = [i for i, body in self.phone.bodies("work_order") if body["state"] not in ("closed", "cancelled")]
        return shown + [e.args["id"] for e in self.phone.client.outbox if e.act == "work_order.register"]

    def crew(self) -> dict[str, Any]:
        people = [self.cast.alice.id, self.cast.bob.id, self.cast.charlie.id]
        active = [p.user_id for p in self.world.phones if p.goes_out]
        lead = self.rng.choice(active if active and self.rng.random() < 0.85 else people)
        helpers = [p for p in people if p != lead and self.rng.random() < 0.5]
        return {"lead_id": lead, "helper_ids": helpers}

    def slot(self) -> dict[str, str]:
        start = clock.now() + timedelta(days=self.rng.randint(-1, 4), hours=self.rng.randint(0, 8))
        return {"slot_start": clock.wire(start), "slot_end": clock.wire(start + timedelta(hours=2))}

    def dispatch(self) -> None:
        orders = self.orders()
        if not orders:
            self.register()
            orders = self.orders()
        mode = "remote" if self.rng.random() < 0.15 else "on_site"
        order = self.rng.choice(orders)
        self.act("visit.dispatch", id=self.id(), work_order_id=order, mode=mode, **self.crew(), **self.slot())

    def visit(self, *states: str) -> str | None:
        shown = [i for i, body in self.phone.bodies("visit") if not states or body["state"] in states]
        return self.rng.choice(shown) if shown else None

    def reassign(self) -> None:
        if visit_id := self.visit("dispatched", "accepted", "travelling", "arrived", "working", "paused", "work_done"):
            self.act("visit.reassign", visit_id=visit_id, new_id=self.id(), reason="closer", **self.crew())
        else:
            self.dispatch()

    def cancel_visit(self) -> None:
        if visit_id := self.visit():
            self.act("visit.cancel", visit_id=visit_id, reason="withdrawn")

    def cancel_order(self) -> None:
        if orders := self.orders():
            self.act("work_order.cancel", id=self.rng.choice(orders), reason="withdrawn")

    def review(self) -> None:
        if visit_id := self.visit("submitted") or self.visit():
            self.act("visit.review", visit_id=visit_id, decision=self.rng.choice(["accept", "accept", "return"]))

    def reschedule(self) -> None:
        if visit_id := self.visit("dispatched", "accepted"):
            self.act("visit.reschedule", visit_id=visit_id, **self.slot())

    def edit(self) -> None:
        shown = self.phone.bodies("work_order")
        if not shown:
            return
        order_id, body = self.rng.choice(shown)
        level = self.rng.randint(1, 3)
        changes: dict[str, Any] = {"level": [body["level"], level]}
        if self.rng.random() < 0.5:
            changes = {"title": [body["title"], f"改名 {self.rng.randint(1, 99)}"]}
        self.act("work_order.edit", id=order_id, changes=changes)

    def close(self) -> None:
        shown = [i for i, body in self.phone.bodies("work_order") if body["state"] in ("confirming", "resolved")]
        if shown:
            self.act("work_order.close", id=self.rng.choice(shown))

    def settle(self) -> None:
        """Decides about late evidence, conflicts and acts that were parked."""
        late = [(row.noun, row.id) for row in self.phone.storage.rows() if row.body.get("late_state") == "open"]
        conflicts = [(i, body) for i, body in self.phone.bodies("conflict") if body["state"] == "open"]
        reviews = [i for i, body in self.phone.bodies("review_item") if body["state"] == "open"]
        if late and self.rng.random() < 0.5:
            noun, row_id = self.rng.choice(sorted(late))
            self.act("evidence.settle", noun=noun, id=row_id, decision=self.rng.choice(["adopt", "discard"]))
        elif conflicts and self.rng.random() < 0.6:
            row_id, body = self.rng.choice(conflicts)
            self.act("conflict.settle", id=row_id, value=body[self.rng.choice(["server_value", "device_value"])])
        elif reviews:
            self.act("review.settle", id=self.rng.choice(reviews), decision=self.rng.choice(["apply", "discard"]))

    # --- The field ----------------------------------------------------------------------------------------

    def work(self) -> None:
        """A stretch of an engineer's day: some moves of one visit, with facts in between."""
        visits = [(i, body) for i, body in self.phone.bodies("visit") if self._mine(body)]
        if not visits:
            return
        visit_id, body = self.rng.choice(visits)
        leads = body["lead_id"] == self.phone.user_id
        for _ in range(self.rng.randint(1, 3)):
            if leads and self.rng.random() < 0.7:
                self.move(visit_id, body)
            else:
                self.record(visit_id)

    def _mine(self, body: dict[str, Any]) -> bool:
        return self.phone.user_id in (body["lead_id"], *body["helper_ids"])

    def state(self, visit_id: str, body: dict[str, Any]) -> str:
        """What the screen shows: the pulled state, moved on by the acts in the outbox."""
        state = body["state"]
        for entry in self.phone.client.outbox:
            if entry.args.get("visit_id") == visit_id:
                state = transition("visit", entry.act, state, body["mode"]) or state
        return state

    def move(self, visit_id: str, body: dict[str, Any]) -> None:
        options = NEXT.get(self.state(visit_id, body), [])
        if self.rng.random() < NONSENSE or not options:
            options = [(1, self.rng.choice(MOVES))]
        name = pick(self.rng, options)
        args: dict[str, Any] = {"visit_id": visit_id}
        if name in REASONED:
            args["reason"] = "busy"
        if name == "report.waive":
            args |= {"id": self.id(), "reason": "absent"}
        if name == "report.sign":
            args |= self._signature(visit_id)
        self.act(name, **args)

    def _signature(self, visit_id: str) -> dict[str, Any]:
        content = {"format": 1, "number": visit_id[-6:], "utc_offset_minutes": 480}
        image = self.photo(visit_id, "signature")
        return {
            "id": self.id(), "role": "customer", "name": "张女士", "content": content, "image_id": image,
            "content_hash": content_hash(content), "strokes": STROKES,
        }  # fmt: skip

    def record(self, visit_id: str) -> None:
        """One fact, or two that belong together."""
        part = ("part.use", {
            "id": self.id(), "visit_id": visit_id, "part_id": self.cast.part.id, "quantity": self.rng.randint(1, 3),
            "source": self.rng.choice(["own", "own", "warehouse", "customer"]),
        }, 1)  # fmt: skip
        diagnosis = ("diagnosis.edit", {
            "id": self.id(), "visit_id": visit_id, "changes": self._changes(visit_id),
        }, 1)  # fmt: skip
        options: list[tuple[int, Callable[[], Any]]] = [
            (4, lambda: self.act("note.add", id=self.id(), visit_id=visit_id, text="记一笔")),
            (3, lambda: self.world.save(self.phone, [part])),
            (6, lambda: self.world.save(self.phone, [diagnosis])),
            (2, lambda: self.world.save(self.phone, [diagnosis, part])),
            (2, lambda: self.photo(visit_id, self.rng.choice(["before", "after"]))),
            (2, lambda: self.checklist(visit_id)),
            (1, self.withdraw),
        ]
        pick(self.rng, options)()

    def _changes(self, visit_id: str) -> dict[str, list[str]]:
        """Two fields as the screen shows them now, and what the engineer makes of them."""
        found = next((b for _, b in self.phone.bodies("diagnosis") if b["visit_id"] == visit_id), {})
        shown = {name: found.get(name, "") for name in ("cause_code", "symptom_text")}
        for entry in self.phone.client.outbox:
            if entry.act == "diagnosis.edit" and entry.args["visit_id"] == visit_id:
                shown |= {name: now for name, (_, now) in entry.args["changes"].items()}
        changes = {"cause_code": [shown["cause_code"], f"cause-{self.rng.randint(1, 999)}"]}
        if self.rng.random() < 0.4:
            changes["symptom_text"] = [shown["symptom_text"], f"症状 {self.rng.randint(1, 99)}"]
        return changes

    def photo(self, visit_id: str, purpose: str) -> str:
        attachment_id = self.id()
        at = clock.wire(self.phone.now())
        args = {"id": attachment_id, "visit_id": visit_id, "purpose": purpose, "mime": "image/png", "taken_at": at}
        self.world.save_file(self.phone, picture(self.rng), args)
        return attachment_id

    def checklist(self, visit_id: str) -> None:
        runs = [i for i, body in self.phone.bodies("checklist_run") if body["visit_id"] == visit_id]
        if not runs:
            run = self.id()
            self.act("checklist.start", id=run, visit_id=visit_id, version_id=self.cast.checklist.id)
        else:
            run = self.rng.choice(runs)
        values: dict[str, Any] = {"clean": "ok", "temp": str(self.rng.randint(15, 30)), "mode": "自动"}
        for item in self.rng.sample(sorted(values), self.rng.randint(1, 3)):
            self.act("checklist.answer", id=self.id(), run_id=run, item_id=item, value=values[item])
        if self.rng.random() < 0.3:
            self.act("checklist.complete", run_id=run)

    def withdraw(self) -> None:
        noun, name = self.rng.choice([("part_use", "part.withdraw"), ("note", "note.withdraw")])
        shown = [i for i, body in self.phone.bodies(noun) if body["created_by"] == self.phone.user_id]
        if shown:
            self.act(name, id=self.rng.choice(shown))
