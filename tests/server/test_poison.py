"""Nothing a device can write down blocks the queue behind it: strange payloads are answered, kept and shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import JournalEntry, Note, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatched

MakePeer = Callable[..., Peer]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


STRANGE = {
    "a NUL in the name of an argument": {"visit_id": new_id(), "text": "好", "\0": 1},
    "a NUL in the visit's id": {"visit_id": "a\0b"},
    "a NUL in the work order's id": {"work_order_id": "a\0b"},
    "half a character in the visit's id": {"visit_id": "\ud83d"},
    "lists in lists, deeper than a row's body can be": {"text": nested(300)},
    "lists in lists, as deep as the door lets in": {"text": nested(900)},
    "objects in objects": {"text": json.loads('{"a":' * 500 + "1" + "}" * 500)},
}


@pytest.mark.parametrize("args", STRANGE.values(), ids=STRANGE)
def test_a_strange_payload_is_rejected_kept_and_does_not_block_the_queue(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, args: dict[str, Any]
):
    _, visit_id = dispatched(desk, cast, cast.alice)
    strange = phone.act("note.add", **{"id": new_id(), **args})
    good = phone.act("note.add", id=new_id(), visit_id=visit_id, text="在现场")
    assert phone.push()["last"] == good["n"]
    assert phone.receipts[strange["id"]]["outcome"] == "rejected"
    assert phone.receipts[good["id"]]["outcome"] == "applied"
    assert [item["act_id"] for item in phone.pull().bodies("review_item")] == [strange["id"]]
    with app.app_context():
        assert db.session.get(JournalEntry, strange["id"]).args


@pytest.mark.parametrize("way", ["add", "keep"])
def test_a_fault_that_shows_only_when_rows_are_written_is_parked_like_any_other(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, monkeypatch: pytest.MonkeyPatch, way: str
):
    from server import acts

    _, visit_id = dispatched(desk, cast, cast.alice)
    entry = acts.REGISTRY["note.add"]

    def naive(ctx: Any, id: str, visit_id: str, text: str) -> None:
        ctx.grant()
        getattr(ctx, way)(Note(id=id, visit_id=visit_id, work_order_id=new_id(), text=text))
        ctx.locked[Note, id].device_at = clock.now().replace(tzinfo=None)  # refused by the column type, at the flush

    monkeypatch.setitem(acts.REGISTRY, "note.add", replace(entry, run=naive))
    poisoned = phone.act("note.add", id=new_id(), visit_id=visit_id, text="毒丸")
    for _ in range(3):
        phone.push()
    assert phone.receipts[poisoned["id"]]["code"] == "server-fault"
    assert phone.do("visit.accept", visit_id=visit_id)["outcome"] == "applied"


@pytest.mark.parametrize("way", ["add", "keep"])
def test_an_act_that_fails_when_it_is_written_takes_no_other_acts_journal_along(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, monkeypatch: pytest.MonkeyPatch, way: str
):
    from server import acts

    _, visit_id = dispatched(desk, cast, cast.alice)
    entry = acts.REGISTRY["note.add"]

    def failing(ctx: Any, id: str, visit_id: str, text: str) -> None:
        ctx.grant()
        fact = Note(id=id, visit_id=visit_id, work_order_id=None, text=text)
        getattr(ctx, way)(fact)  # refused by the column, at the flush

    monkeypatch.setitem(acts.REGISTRY, "note.add", replace(entry, run=failing))
    good = [phone.act("visit.accept", visit_id=visit_id)]
    bad = phone.act("note.add", id=new_id(), visit_id=visit_id, text="毒丸")
    good.append(phone.act("visit.travel", visit_id=visit_id))
    phone.push()
    assert [phone.receipts[act["id"]]["outcome"] for act in good] == ["applied", "applied"]
    assert phone.receipts[bad["id"]]["outcome"] == "parked"
    with app.app_context():
        assert set(db.session.scalars(select(JournalEntry.id))) >= {act["id"] for act in [*good, bad]}


@pytest.mark.parametrize("status", [
    {"pending": 2**40, "files_waiting": 2**40}, {"oldest_at": "0001-01-01T00:00:00Z"},
    {"oldest_at": "9999-12-31T23:59:59Z"}, {"storage_used": 2**60, "storage_quota": 1e300},
])  # fmt: skip
def test_no_state_a_phone_tells_of_itself_keeps_its_acts_out(
    cast: Cast, desk: Peer, phone: Peer, status: dict[str, Any]
):
    _, visit_id = dispatched(desk, cast, cast.alice)
    act = phone.act("visit.accept", visit_id=visit_id)
    phone.push(status=status)
    phone.push(status=status)
    assert phone.receipts[act["id"]]["outcome"] == "applied"
    assert desk.pull().one("phone_status")["device_id"] == phone.device_id


@pytest.mark.parametrize("sent_at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-11:00"])
def test_no_clock_of_a_phone_keeps_its_acts_out(client: FlaskClient, cast: Cast, desk: Peer, phone: Peer, sent_at: str):
    _, visit_id = dispatched(desk, cast, cast.alice)
    act = phone.act("visit.accept", visit_id=visit_id, at=sent_at)
    body = {"protocol": 1, "device": phone.device_id, "sent_at": sent_at, "acts": [act], "status": {"pending": 0}}
    for _ in range(2):
        answer = client.post("/api/sync/push", json=body, headers=phone.headers)
        assert answer.status_code == 200, answer.text
    assert answer.json["receipts"][0]["outcome"] == "applied"
    desk.pull()


@pytest.mark.parametrize("change", [
    {6: "soon"}, {6: "2026-02-30"}, {5: ["wo:\0", 1, "visit", "x"]}, {5: ["wo:\ud800", 1, "visit", "x"]}, {4: True},
    {2: 10**18, 3: 10**18}, {6: "2026-W01-1"},
])  # fmt: skip
def test_a_cookie_somebody_made_is_answered_with_a_new_beginning_or_a_page(
    client: FlaskClient, cast: Cast, desk: Peer, phone: Peer, change: dict[int, Any]
):
    dispatched(desk, cast, cast.alice)
    page = phone.pull_page(1)
    parts = json.loads(base64.urlsafe_b64decode(page["cookie"]))
    for place, value in change.items():
        parts[place] = value
    forged = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
    body = {"protocol": 1, "device": phone.device_id, "cookie": forged, "limit": 5}
    answer = client.post("/api/sync/pull", json=body, headers=phone.headers)
    assert answer.status_code == 200, answer.text


def test_an_act_of_someone_else_is_not_answered_to_a_stranger(app: Flask, cast: Cast, desk: Peer, peer: MakePeer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    alice, charlie = peer(cast.alice), peer(cast.charlie)
    hers = alice.do("visit.finish", visit_id=visit_id)
    assert (hers["outcome"], hers["code"]) == ("parked", "illegal-transition")
    taken = charlie.act("note.add", act_id=hers["id"], id=new_id(), visit_id=visit_id, text="借用编号")
    after = charlie.act("visit.accept", visit_id=visit_id)
    for _ in range(2):
        charlie.send_acts([taken, after])
    charlie.push()
    receipt = charlie.receipts[taken["id"]]
    assert (receipt["outcome"], receipt["code"], receipt["detail"]) == ("rejected", "id-taken", None)
    assert charlie.receipts[after["id"]]["outcome"] == "rejected"
    with app.app_context():
        users = db.session.scalars(select(JournalEntry.user_id).where(JournalEntry.id == hers["id"])).all()
    assert users == [cast.alice.id]
