"""Outboxes as released phones really sent them: recorded once for each release, replayed against every later server.

    python -m tests.outboxes 0.1.0          records tests/vectors/outboxes/0.1.0/day.json; only ever for a new release

A recording is a list of pushes of several devices with what came of each act. Ids of the company's rows (and of rows
only a server makes) are written as names, `${alice}` or `${review:<act id>}`, because every database has others.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import SYNCED, Conflict, ReviewItem, new_id
from sync.report import content_hash
from tests.cast import Cast, make_cast
from tests.conftest import build_app, close, migrate
from tests.peer import Peer

FOLDER = Path(__file__).parent / "vectors" / "outboxes"
DAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
#: Whose rows are compared after a replay; those only a server makes have other ids each time.
NOUNS = ("work_order", "visit", "diagnosis", "part_use", "attachment", "checklist_run", "checklist_answer", "note",
         "signature", "waiver")  # fmt: skip
NAMED = ("alice", "bob", "charlie", "dora", "olga", "sam", "ada", "north", "south", "customer", "contact", "site",
         "asset", "part", "checklist")  # fmt: skip


def names(cast: Cast) -> dict[str, str]:
    """The name of each id of the company."""
    return {getattr(cast, name).id: f"${{{name}}}" for name in NAMED}


def rows_of(app: Flask) -> dict[str, Any]:
    """The rows of interest by noun and id."""
    with app.app_context():
        found = [row for noun in NOUNS for row in db.session.scalars(select(SYNCED[noun]))]
        return {f"{row.NOUN} {row.id}": row.body() for row in found}


def resolve(app: Flask, text: str) -> str:
    """Puts the ids of this server's rows where the recording names them."""
    with app.app_context():
        items = {item.act_id: item.id for item in db.session.scalars(select(ReviewItem))}
        conflicts = {conflict.field: conflict.id for conflict in db.session.scalars(select(Conflict))}
    text = re.sub(r"\$\{review:([^}]*)\}", lambda found: items[found[1]], text)
    return re.sub(r"\$\{conflict:([^}]*)\}", lambda found: conflicts[found[1]], text)


class Day:
    """A day of every act, played by devices that push after each."""

    def __init__(self, app: Flask, client: FlaskClient, cast: Cast) -> None:
        self.app, self.client, self.cast = app, client, cast
        self.names = names(cast)
        self.devices: dict[str, Peer] = {}
        self.pushes: list[dict[str, Any]] = []

    def push(self, who: str, *acts: tuple[str, dict[str, Any]], group: str | None = None) -> str:
        """Pushes acts in one batch; gives the id of the last."""
        device = self.devices.setdefault(who, Peer(self.client, getattr(self.cast, who)))
        made = [device.act(name, group=group, **args) for name, args in acts]
        text = json.dumps(made, ensure_ascii=False)
        sent = json.loads(resolve(self.app, text))
        answer = device.send_acts(sent)
        device.outbox.clear()
        for row_id, name in self.names.items():
            text = text.replace(row_id, name)
        outcomes = [[receipt["outcome"], receipt["code"]] for receipt in answer["receipts"]]
        self.pushes.append({"who": who, "acts": json.loads(text), "outcomes": outcomes})
        return str(made[-1]["id"])

    def order(self) -> str:
        order = new_id()
        args = {"id": order, "customer_id": self.cast.customer.id, "site_id": self.cast.site.id, "kind": "repair",
                "title": "三号机位黑屏", "level": 2, "level_reason": "影响使用", "channel": "phone",
                "source": "customer", "reported_at": clock.wire(DAY)}  # fmt: skip
        self.push("dora", ("work_order.register", args))
        return order

    def visit(self, order: str, lead: str = "alice") -> str:
        visit = new_id()
        slot = {"slot_start": clock.wire(DAY), "slot_end": clock.wire(DAY + timedelta(hours=2))}
        lead_id = getattr(self.cast, lead).id
        self.push("dora", ("visit.dispatch", {"id": visit, "work_order_id": order, "lead_id": lead_id, **slot}))
        return visit

    def steps(self, visit: str, *names: str, who: str = "alice", **args: Any) -> None:
        self.push(who, *[(f"visit.{name}", {"visit_id": visit, **args}) for name in names])

    def play(self) -> None:
        """The whole day: a repair from call to close, and everything that goes otherwise."""
        order = self.order()
        visit = self.visit(order)
        self.steps(visit, "accept", "travel", "arrive", "work")
        self._evidence(visit)
        self.steps(visit, "pause", reason="waiting_parts")
        self.steps(visit, "resume", "finish", "reopen", "finish")
        self._sign(visit)
        self.steps(visit, "submit")
        for decision in ("return", "accept"):
            self.push("sam", ("visit.review", {"visit_id": visit, "decision": decision, "remarks": "请补拍"}))
            if decision == "return":
                self.steps(visit, "submit")
        self.push("dora", ("work_order.close", {"id": order}))
        self._otherwise()

    def _evidence(self, visit: str) -> None:
        run, note, use, photo, diagnosis = (new_id() for _ in range(5))
        at = {"visit_id": visit}
        shot = {"id": photo, **at, "sha256": "a" * 64, "size": 900, "mime": "image/jpeg", "purpose": "before",
                "taken_at": clock.wire(DAY)}  # fmt: skip
        part = {"id": use, **at, "part_id": self.cast.part.id, "quantity": 2, "source": "own", "serials": ["X1"]}
        self.push("alice", ("attachment.add", shot), ("note.add", {"id": note, **at, "text": "客户在场"}), group="拍照")
        self.push("alice", ("part.use", part), ("part.withdraw", {"id": use, "reason": "记错了"}))
        self.push("alice", ("attachment.withdraw", {"id": photo}), ("note.withdraw", {"id": note}))
        edit = {"id": diagnosis, **at, "changes": {"cause_code": ["", "power"], "cause_text": ["", "电源老化"]}}
        self.push("alice", ("diagnosis.edit", edit))
        self.push("alice", ("diagnosis.edit", {**edit, "changes": {"cause_code": ["", "network"]}}))
        self.push("dora", ("conflict.settle", {"id": "${conflict:cause_code}", "value": "network"}))
        self.push("alice", ("checklist.start", {"id": run, **at, "version_id": self.cast.checklist.id}))
        for item, value in (("clean", "ok"), ("temp", "22.5"), ("mode", "自动")):
            self.push("alice", ("checklist.answer", {"id": new_id(), "run_id": run, "item_id": item, "value": value}))
        self.push("alice", ("checklist.complete", {"run_id": run}))

    def _sign(self, visit: str) -> None:
        image, content = new_id(), {"format": 1, "number": "SN20261123001", "utc_offset_minutes": 480}
        shot = {"id": image, "visit_id": visit, "sha256": "b" * 64, "size": 900, "mime": "image/png",
                "purpose": "signature", "taken_at": clock.wire(DAY)}  # fmt: skip
        strokes = {"width": 300, "height": 150, "strokes": [{"points": [[1, 2, 0], [30, 40, 16]]}]}
        sign = {"id": new_id(), "visit_id": visit, "role": "customer", "name": "张女士", "content": content,
                "content_hash": content_hash(content), "strokes": strokes, "image_id": image,
                "rating": {"speed": 5, "solution": 4, "attitude": 5}}  # fmt: skip
        self.push("alice", ("attachment.add", shot), ("report.sign", sign), group="签字")

    def _otherwise(self) -> None:
        order = self.order()
        edit = {"id": order, "changes": {"level": [2, 1], "title": ["三号机位黑屏", "三号机位花屏"]}}
        self.push("dora", ("work_order.edit", edit))
        first, second = self.visit(order), new_id()
        slot = {"slot_start": clock.wire(DAY), "slot_end": clock.wire(DAY + timedelta(hours=4))}
        self.push("dora", ("visit.reschedule", {"visit_id": first, **slot}))
        given = {"visit_id": first, "new_id": second, "lead_id": self.cast.bob.id, "reason": "closer"}
        self.push("dora", ("visit.reassign", given))
        late = new_id()
        self.push("alice", ("note.add", {"id": late, "visit_id": first, "text": "已在现场"}))
        self.push("dora", ("evidence.settle", {"noun": "note", "id": late, "decision": "adopt"}))
        early = self.push("bob", ("visit.travel", {"visit_id": second}))
        self.steps(second, "accept", who="bob")
        settle = {"id": f"${{review:{early}}}", "decision": "apply", "note": "电话确认"}
        self.push("dora", ("review.settle", settle))
        self.steps(second, "arrive", "work", "finish", who="bob")
        self.push("bob", ("report.waive", {"id": new_id(), "visit_id": second, "reason": "absent"}))
        third, fourth, fifth = self.visit(self.order()), self.visit(self.order()), self.visit(order := self.order())
        self.steps(third, "decline", reason="busy")
        self.steps(fourth, "accept", "arrive", "work")
        self.steps(fourth, "cannot_complete", reason="no_access")
        self.push("dora", ("visit.cancel", {"visit_id": fifth, "reason": "withdrawn"}))
        self.push("dora", ("work_order.cancel", {"id": order, "reason": "withdrawn"}))


def record(app: Flask, cast: Cast) -> dict[str, Any]:
    """Plays the day and gives the recording."""
    day = Day(app, app.test_client(), cast)
    day.play()
    text = json.dumps(rows_of(app), ensure_ascii=False)
    for row_id, name in day.names.items():
        text = text.replace(row_id, name)
    return {"day": clock.wire(DAY), "pushes": day.pushes, "rows": json.loads(text)}


def main(version: str) -> None:
    path = FOLDER / version / "day.json"
    if path.exists():
        raise SystemExit(f"{path} is recorded: what a release sent never changes")
    with tempfile.TemporaryDirectory() as folder, clock.standing_at(DAY):
        url = f"sqlite:///{folder}/service.db"
        migrate(url, Path(folder))
        app = build_app(url, Path(folder))
        recording = record(app, make_cast(app))
        close(app)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(recording, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
