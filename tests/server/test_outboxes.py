"""What phones of every release sent is taken by today's server, with the same outcome and the same rows (hazard 28)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from server import clock
from server.acts import REGISTRY, load_verbs
from tests.cast import Cast
from tests.outboxes import FOLDER, names, resolve, rows_of
from tests.peer import Peer

RECORDINGS = sorted(FOLDER.glob("*/*.json"))
#: Every act of the first release.
FIRST = frozenset({
    "attachment.add", "attachment.withdraw", "checklist.answer", "checklist.complete", "checklist.start",
    "conflict.settle", "diagnosis.edit", "evidence.settle", "note.add", "note.withdraw", "part.use",
    "part.withdraw", "report.sign", "report.waive", "review.settle", "visit.accept", "visit.arrive",
    "visit.cancel", "visit.cannot_complete", "visit.decline", "visit.dispatch", "visit.finish", "visit.pause",
    "visit.reassign", "visit.reopen", "visit.reschedule", "visit.resume", "visit.review", "visit.submit",
    "visit.travel", "visit.work", "work_order.cancel", "work_order.close", "work_order.edit",
    "work_order.register",
})  # fmt: skip

#: What is due next follows from what is promised, and a later server promises more; and it has an important matter
#: planned before anybody is sent.
DECIDED_LATER = (("state", "ready"),)


def test_the_first_release_is_recorded_with_every_act_it_had():
    load_verbs()
    recording = json.loads((FOLDER / "0.1.0" / "day.json").read_text())
    sent = {(act["act"], act["v"]) for push in recording["pushes"] for act in push["acts"]}
    assert sent == {(name, 1) for name in FIRST}
    assert REGISTRY.keys() >= FIRST, "an act that was released is understood for ever"


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.parent.name)
def test_a_recorded_outbox_has_the_outcome_it_had(app: Flask, cast: Cast, path: Path):
    text = path.read_text()
    for row_id, name in names(cast).items():
        text = text.replace(name, row_id)
    recording = json.loads(text)
    devices: dict[str, Peer] = {}
    with clock.standing_at(clock.parse(recording["day"])):
        for push in recording["pushes"]:
            device = devices.get(push["who"]) or Peer(app.test_client(), getattr(cast, push["who"]))
            devices[push["who"]] = device
            acts = json.loads(resolve(app, json.dumps(push["acts"])))
            receipts = device.send_acts(acts)["receipts"]
            told = [[receipt["outcome"], receipt["code"]] for receipt in receipts]
            assert told == push["outcomes"], [act["act"] for act in acts]
    now = rows_of(app)
    for key, recorded in recording["rows"].items():
        body = {
            name: value for name, value in recorded.items() if (name, value) not in DECIDED_LATER and name != "due_at"
        }
        assert {name: now[key][name] for name in body} == body, key  # a later server may say more, never less
