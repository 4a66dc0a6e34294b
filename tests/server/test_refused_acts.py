"""Acts that are not applied as meant: answered, kept with their payload, decided by a person; the queue moves on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import FeedRow, JournalEntry, PartUse, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatched, register

MakePeer = Callable[..., Peer]


def test_after_a_gap_nothing_is_applied_and_the_answer_says_where_to_go_on(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    phone.act("visit.accept", visit_id=visit_id)
    phone.act("visit.travel", visit_id=visit_id)
    answer = phone.send_acts(phone.outbox[1:])
    assert answer["last"] == 0 and answer["receipts"] == []
    assert phone.push()["last"] == 2


def test_two_devices_on_one_number_line_are_told(cast: Cast, client: Any, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    phone.act("visit.accept", visit_id=visit_id)
    phone.push()
    clone = {"n": 1, "id": new_id(), "act": "visit.travel", "v": 1, "at": clock.wire(clock.now()), "args": {}}
    body = {"protocol": 1, "device": phone.device_id, "acts": [clone]}
    answer = client.post("/api/sync/push", json=body, headers=phone.headers)
    assert answer.status_code == 409 and answer.json["code"] == "device-cloned"


def test_a_refused_act_goes_to_review_and_the_queue_moves_on(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    refused = phone.act("visit.finish", visit_id=visit_id)
    unknown = phone.act("visit.teleport", visit_id=visit_id)
    accepted = phone.act("visit.accept", visit_id=visit_id)
    phone.push()
    assert phone.receipts[refused["id"]]["outcome"] == "parked"
    assert phone.receipts[refused["id"]]["code"] == "illegal-transition"
    assert phone.receipts[unknown["id"]]["outcome"] == "rejected"
    assert phone.receipts[accepted["id"]]["outcome"] == "applied"
    for device in (phone.pull(), desk.pull()):
        assert {item["act"] for item in device.bodies("review_item")} == {"visit.finish", "visit.teleport"}
    with app.app_context():
        assert len(db.session.scalars(select(JournalEntry).where(JournalEntry.device_id == phone.device_id)).all()) == 3


def test_an_unreadable_act_is_answered_and_does_not_block_the_queue(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    broken = {**phone.act("visit.accept", visit_id=visit_id), "args": "nonsense", "at": "yesterday"}
    phone.outbox[0] = broken
    good = phone.act("visit.accept", visit_id=visit_id)
    phone.push()
    assert phone.receipts[broken["id"]]["outcome"] == "rejected"
    assert phone.receipts[good["id"]]["outcome"] == "applied"


def test_acts_of_one_group_are_applied_all_or_none(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    part = phone.act(
        "part.use", group="g", id=new_id(), visit_id=visit_id, part_id=cast.part.id, quantity=1, source="own"
    )
    bad = phone.act("visit.finish", group="g", visit_id=visit_id)
    phone.push()
    assert {phone.receipts[act["id"]]["outcome"] for act in (part, bad)} == {"parked"}
    with app.app_context():
        assert db.session.scalars(select(PartUse)).all() == []
        assert db.session.scalars(select(FeedRow).where(FeedRow.noun == "part_use")).all() == []


def test_what_still_cannot_be_applied_stays_open_and_the_desk_hears_why(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    assert phone.do("visit.finish", visit_id=visit_id)["outcome"] == "parked"
    item = desk.pull().one("review_item")
    receipt = desk.do("review.settle", id=item["id"], decision="apply")
    assert (receipt["outcome"], receipt["code"]) == ("rejected", "illegal-transition")
    assert desk.pull().one("review_item")["state"] == "open"


def test_a_parked_act_can_be_applied_by_the_dispatcher_in_its_authors_name(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    early = phone.do("visit.travel", visit_id=visit_id)
    assert early["outcome"] == "parked"
    phone.do("visit.accept", visit_id=visit_id)
    desk.pull()
    item = desk.one("review_item")["id"]
    assert desk.do("review.settle", id=item, decision="apply")["outcome"] == "applied"
    phone.pull()
    assert phone.row("visit", visit_id)["state"] == "travelling"
    assert phone.row("review_item", item)["resolution"] == "applied"


def test_an_edit_of_a_field_someone_else_changed_keeps_both_values(cast: Cast, desk: Peer):
    order_id = register(desk, cast)
    desk.do("work_order.edit", id=order_id, changes={"level": [2, 1]})
    receipt = desk.do("work_order.edit", id=order_id, changes={"level": [2, 3]})
    assert receipt["outcome"] == "merged" and receipt["code"] == "conflict"
    desk.pull()
    assert desk.row("work_order", order_id)["level"] == 1
    conflict = desk.one("conflict")
    assert (conflict["server_value"], conflict["device_value"]) == (1, 3)
    desk.do("conflict.settle", id=conflict["id"], value=3)
    assert desk.pull().row("work_order", order_id)["level"] == 3


def test_a_device_of_someone_else_may_not_push(cast: Cast, client: Any, phone: Peer, desk: Peer):
    body = {"protocol": 1, "device": phone.device_id, "acts": []}
    answer = client.post("/api/sync/push", json=body, headers=desk.headers)
    assert answer.status_code == 403 and answer.json["code"] == "device-foreign"


def test_an_act_that_crashes_the_server_is_parked_after_a_few_times(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, monkeypatch: pytest.MonkeyPatch
):
    from server import acts

    _, visit_id = dispatched(desk, cast, cast.alice)
    entry = acts.REGISTRY["note.add"]

    def crash(ctx: Any, **args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(acts.REGISTRY, "note.add", replace(entry, run=crash))
    before = phone.act("visit.accept", visit_id=visit_id)
    poisoned = phone.act("note.add", id=new_id(), visit_id=visit_id, text="毒丸")
    after = phone.act("visit.travel", visit_id=visit_id)
    for _ in range(2):
        answer = phone.push()
        assert answer["last"] == before["n"] and poisoned["id"] not in phone.receipts
    phone.push()
    assert phone.receipts[poisoned["id"]]["code"] == "server-fault"
    assert phone.receipts[after["id"]]["outcome"] == "applied"
