"""Random people do random things: after every step the permissions, the feed and every device agree.

One seed is one world. Devices pull at random moments with random page sizes, lose answers, and send again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import SYNCED, Attachment, FeedRow, JournalEntry, User, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.reach import Reach, check_reach
from tests.server.test_digests import counted, kept

STEPS = 50
SEEDS = range(int(os.environ.get("WORLDS", "5")))

Step = Callable[[], None]


class World:
    """Everything a random step may touch."""

    def __init__(self, app: Flask, cast: Cast, peer: Callable[..., Peer], everyone: list[User], seed: int):
        self.random = random.Random(seed)
        self.app = app
        self.cast = cast
        self.office = [peer(cast.dora), peer(cast.sam)]
        self.field = [peer(user) for user in (cast.alice, cast.bob, cast.charlie)]
        self.watching = [peer(user) for user in (cast.olga, cast.ada, *everyone)]  # of all other roles
        self.orders: list[str] = []
        self.visits: list[tuple[str, str]] = []  # visit id, lead id
        self.defects: list[str] = []
        self.made: dict[str, tuple[str, int]] = {}  # act id: device id and number

    def step(self) -> None:
        options: list[tuple[int, Step]] = [
            (3, self.register), (5, self.dispatch), (3, self.reassign), (1, self.cancel), (1, self.cancel_order),
            (12, self.engineer_moves), (8, self.engineer_notes), (2, self.review), (6, self.someone_pulls),
            (3, self.someone_resends), (1, self.someone_changes_team),
            (3, self.engineer_brings_a_ticket), (4, self.engineer_finds_a_defect), (2, self.office_takes_a_ticket),
            (3, self.engineer_takes_a_photo), (2, self.a_photo_arrives),
        ]  # fmt: skip
        weights = [weight for weight, _ in options]
        self.random.choices([step for _, step in options], weights)[0]()

    def act(self, device: Peer, name: str, **args: Any) -> None:
        made = device.act(name, **args)
        self.made[made["id"]] = (device.device_id, made["n"])
        if self.random.random() < 0.7:
            device.push(lose_answer=self.random.random() < 0.3)

    def desk(self) -> Peer:
        return self.random.choice(self.office)

    def slot(self) -> dict[str, str]:
        start = clock.now() + timedelta(days=self.random.randint(-2, 5))
        return {"slot_start": clock.wire(start), "slot_end": clock.wire(start + timedelta(hours=2))}

    def register(self) -> None:
        order_id, cast = new_id(), self.cast
        self.orders.append(order_id)
        self.act(
            self.desk(), "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id,
            kind="repair", title="随机故障", level=self.random.randint(1, 3), level_reason="随机", channel="phone",
            source="customer", reported_at=clock.wire(clock.now()),
        )  # fmt: skip

    def dispatch(self) -> None:
        if not self.orders:
            return self.register()
        visit_id, lead = new_id(), self.random.choice(self.field).user.id
        helpers = [d.user.id for d in self.field if d.user.id != lead and self.random.random() < 0.3]
        self.visits.append((visit_id, lead))
        self.act(
            self.desk(), "visit.dispatch", id=visit_id, work_order_id=self.random.choice(self.orders), mode="on_site",
            lead_id=lead, helper_ids=helpers, **self.slot(),
        )  # fmt: skip
        return None

    def some_visit(self) -> tuple[str, str]:
        return self.random.choice(self.visits) if self.visits else (new_id(), self.field[0].user.id)

    def reassign(self) -> None:
        visit_id, _ = self.some_visit()
        replacement, lead = new_id(), self.random.choice(self.field).user.id
        self.visits.append((replacement, lead))
        self.act(self.desk(), "visit.reassign", visit_id=visit_id, new_id=replacement, lead_id=lead, reason="closer")

    def cancel(self) -> None:
        self.act(self.desk(), "visit.cancel", visit_id=self.some_visit()[0], reason="withdrawn")

    def cancel_order(self) -> None:
        if self.orders:
            self.act(self.desk(), "work_order.cancel", id=self.random.choice(self.orders), reason="withdrawn")

    def engineer_moves(self) -> None:
        visit_id, lead = self.some_visit()
        device = next(d for d in self.field if d.user.id == lead)
        for name in ("accept", "travel", "arrive", "work", "finish")[: self.random.randint(1, 5)]:
            self.act(device, f"visit.{name}", visit_id=visit_id)
        if self.random.random() < 0.4:
            self.act(device, "report.waive", id=new_id(), visit_id=visit_id, reason="absent")
            self.act(device, "visit.submit", visit_id=visit_id)
        if self.random.random() < 0.1:
            self.act(device, "visit.decline", visit_id=visit_id, reason="busy")

    def engineer_notes(self) -> None:
        visit_id, _ = self.some_visit()
        device = self.random.choice(self.field)
        self.act(device, "note.add", id=new_id(), visit_id=visit_id, text="记一笔")
        part = {"part_id": self.cast.part.id, "quantity": 1, "source": "own"}
        self.act(device, "part.use", id=new_id(), visit_id=visit_id, **part)
        was, now = self.random.choices(["", "电源", "网络"], k=2)
        self.act(device, "diagnosis.edit", id=new_id(), visit_id=visit_id, changes={"cause_code": [was, now]})

    def engineer_brings_a_ticket(self) -> None:
        order_id = new_id()
        self.orders.append(order_id)
        self.act(
            self.random.choice(self.field), "work_order.draft", id=order_id, site_id=self.cast.site.id,
            title="现场发现", level=3, level_reason="随机",
        )  # fmt: skip

    def engineer_finds_a_defect(self) -> None:
        visit_id, lead = self.some_visit()
        device = next(d for d in self.field if d.user.id == lead)
        if not self.defects or self.random.random() < 0.5:
            self.defects.append(new_id())
            said = {"label": "随机缺陷", "severity": "major"}
            return self.act(device, "defect.open", id=self.defects[-1], visit_id=visit_id, **said)
        step = self.random.choice(["defect.fix", "defect.raise", "defect.verify", "defect.withdraw"])
        args: dict[str, Any] = {"id": self.random.choice(self.defects), "visit_id": visit_id}
        if step == "defect.raise":
            args |= {"order_id": new_id(), "title": "整改", "level": 3, "level_reason": "随机"}
            self.orders.append(args["order_id"])
        elif step == "defect.verify":
            args["result"] = self.random.choice(["passed", "failed"])
        elif step == "defect.withdraw":
            del args["visit_id"]
        return self.act(device, step, **args)

    def engineer_takes_a_photo(self) -> None:
        visit_id, lead = self.some_visit()
        device = next(d for d in self.field if d.user.id == lead)
        shows = {"parent_noun": "defect", "parent_id": self.random.choice(self.defects)} if self.defects else {}
        self.act(
            device, "attachment.add", id=new_id(), visit_id=visit_id, sha256=f"{self.random.getrandbits(256):064x}",
            size=10, mime="image/jpeg", taken_at=clock.wire(clock.now()),
            purpose=self.random.choice(["before", "part", "other"]), **(shows if self.random.random() < 0.5 else {}),
        )  # fmt: skip

    def a_photo_arrives(self) -> None:
        with self.app.app_context():
            waiting = db.session.scalars(select(Attachment).where(Attachment.state == "declared")).all()
            if waiting:
                self.random.choice(sorted(waiting, key=lambda one: one.id)).mark_stored()
                db.session.commit()

    def office_takes_a_ticket(self) -> None:
        if not self.orders:
            return
        order_id, into_id = self.random.choices(self.orders, k=2)
        if self.random.random() < 0.6:
            self.act(self.desk(), "work_order.triage", id=order_id, level=1, level_reason="随机")
        else:
            self.act(self.desk(), "work_order.merge", id=order_id, into_id=into_id)

    def review(self) -> None:
        decision = self.random.choice(["accept", "return"])
        self.act(self.desk(), "visit.review", visit_id=self.some_visit()[0], decision=decision)

    def someone_pulls(self) -> None:
        device = self.random.choice(self.office + self.field)
        for _ in range(self.random.randint(1, 4)):
            device.pull_page(self.random.choice([1, 5, 50, 2000]))

    def someone_resends(self) -> None:
        device = self.random.choice(self.office + self.field)
        device.push()

    def someone_changes_team(self) -> None:
        with self.app.app_context():
            user = db.session.get(User, self.random.choice(self.field).user.id)
            user.team_id = self.random.choice([self.cast.north.id, self.cast.south.id])
            more = self.random.choice([[], ["crew_lead"], ["storekeeper"], ["call_back"], ["specialist"]])
            user.roles = ["engineer", *more]
            db.session.commit()

    def check_permissions(self) -> None:
        """Everybody of every role holds exactly what the rules say of the tables as they are."""
        with self.app.app_context():
            check_reach(db.session())

    def check_files(self) -> None:
        with self.app.app_context():
            check_reach(db.session(), files=True, anew=True)

    def check_digests(self) -> None:
        """The digests kept step by step equal those of the feed, scope by scope."""
        with self.app.app_context():
            assert kept() == counted()

    def check_feed(self) -> None:
        import orjson

        with self.app.app_context():
            stored = {(row.noun, row.row_id): row for row in db.session.scalars(select(FeedRow))}
            rows = [row for model in SYNCED.values() for row in db.session.scalars(select(model))]
            assert len(rows) == len([row for row in stored.values() if row.body is not None])
            for row in rows:
                kept = stored[row.NOUN, row.id]
                assert kept.scope == row.scope()
                assert orjson.loads(kept.body) == orjson.loads(orjson.dumps(row.body())), (row.NOUN, row.id)

    def settle(self) -> None:
        """The network heals: every queue drains and every device pulls all."""
        for device in self.office + self.field:
            device.push()
            assert device.outbox == []
        for device in self.office + self.field:
            device.pull(7)
        for device in self.watching:
            device.pull()

    def check_devices(self) -> None:
        for device in self.office + self.field + self.watching:
            with self.app.app_context():
                user = db.session.get(User, device.user.id)
                scopes = Reach(db.session()).scopes(user)
                query = select(FeedRow).where(FeedRow.scope.in_(scopes), FeedRow.body.is_not(None))
                allowed = {(row.noun, row.row_id): row.rev for row in db.session.scalars(query)}
            assert {key: row["rev"] for key, row in device.rows.items()} == allowed, user.login
            assert device.scopes == scopes

    def check_journal(self) -> None:
        """Every act made is in the journal exactly once, in its device's order."""
        with self.app.app_context():
            entries = db.session.scalars(select(JournalEntry)).all()
        assert {entry.id: (entry.device_id, entry.n) for entry in entries} == self.made
        by_device: dict[str, list[int]] = {}
        for entry in sorted(entries, key=lambda e: (e.rev, e.n)):
            by_device.setdefault(entry.device_id, []).append(entry.n)
        assert all(numbers == sorted(numbers) for numbers in by_device.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_in_a_random_world_everyone_ends_with_exactly_what_they_may_see(
    app: Flask, cast: Cast, peer: Callable[..., Peer], everyone: list[User], seed: int
):
    world = World(app, cast, peer, everyone, seed)
    for _ in range(STEPS):
        world.step()
        world.check_permissions()
        world.check_digests()
    world.settle()
    world.check_files()
    world.check_feed()
    world.check_devices()
    world.check_journal()
