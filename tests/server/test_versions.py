"""Phones of other versions than the server: what they send is taken, and what they cannot understand is said."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from server.acts import REGISTRY, UPCASTERS, load_verbs
from server.extensions import db
from server.models import JournalEntry, new_id
from sync.protocol import MAX_ARGS_BYTES, VERSION
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatched


def test_every_released_version_of_an_act_can_still_be_read():
    load_verbs()
    wanted = {(name, old) for name, entry in REGISTRY.items() for old in range(1, entry.version)}
    assert wanted == UPCASTERS.keys()


@pytest.mark.parametrize("protocol", [0, 1, VERSION, VERSION + 40])
def test_a_phone_of_any_protocol_may_push(cast: Cast, desk: Peer, phone: Peer, protocol: int):
    _, visit_id = dispatched(desk, cast, cast.alice)
    act = phone.act("visit.accept", visit_id=visit_id)
    body = {"protocol": protocol, "device": phone.device_id, "acts": [act], "from_the_future": {"unknown": True}}
    (receipt,) = phone.post("/api/sync/push", body)["receipts"]
    assert receipt["outcome"] == "applied"


def test_a_phone_too_old_to_pull_is_told_so(phone: Peer):
    body = {"protocol": 0, "device": phone.device_id, "cookie": None}
    answer = phone.post("/api/sync/pull", body, status=426)
    assert answer["code"] == "protocol-too-old"


def test_a_newer_phone_pulls_in_the_newest_version_spoken_here(phone: Peer):
    body = {"protocol": VERSION + 1, "device": phone.device_id, "cookie": None}
    assert phone.post("/api/sync/pull", body)["protocol"] == VERSION


def test_an_act_of_a_version_to_come_waits_for_a_person_and_the_queue_moves_on(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    _, visit_id = dispatched(desk, cast, cast.alice)
    version = REGISTRY["note.add"].version + 1
    future = phone.act("note.add", v=version, id=new_id(), visit_id=visit_id, text="新", mood="好")
    after = phone.act("visit.accept", visit_id=visit_id)
    phone.push()
    assert phone.receipts[future["id"]]["code"] == "act-too-new"
    assert phone.receipts[after["id"]]["outcome"] == "applied"
    assert phone.pull().one("review_item")["state"] == "open"
    with app.app_context():
        assert db.session.get_one(JournalEntry, future["id"]).args["mood"] == "好"


@pytest.mark.parametrize(
    ("length", "wanted"), [(MAX_ARGS_BYTES - 4, "args-invalid"), (MAX_ARGS_BYTES + 1, "args-too-large")]
)
def test_an_act_with_too_large_arguments_is_rejected_and_kept_and_the_queue_moves_on(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, length: int, wanted: str
):
    """Up to the limit it is the act's own schema that speaks."""
    _, visit_id = dispatched(desk, cast, cast.alice)
    args: dict[str, Any] = {"id": new_id(), "visit_id": visit_id, "text": ""}
    frame = len(str(args).replace(" ", "").encode())
    large = phone.act("note.add", **{**args, "text": "x" * (length - frame)})
    after = phone.act("visit.accept", visit_id=visit_id)
    phone.push()
    told = phone.receipts[large["id"]]
    assert (told["outcome"], told["code"]) == ("rejected", wanted)
    assert phone.receipts[after["id"]]["outcome"] == "applied"
    assert [item["act_id"] for item in phone.pull().bodies("review_item")] == [large["id"]]
    with app.app_context():
        assert db.session.get_one(JournalEntry, large["id"]).args == large["args"]
