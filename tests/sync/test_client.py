"""The reference client against the real server: its journey, and what cuts it short."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from server.extensions import db
from server.models import Device, JournalEntry, new_id
from server.tasks import queue
from sync.client import Answer, Client, MemoryStorage, Unreachable
from sync.client import outbox as rules
from sync.client.journey import TooLarge
from sync.client.ports import Entry
from sync.protocol import MAX_ACTS
from tests.cast import Cast, password_of
from tests.peer import Peer
from tests.simulation.people import picture

pytestmark = pytest.mark.usefixtures("cast")
Request = tuple[str, str, Any, bytes | None]


@dataclass
class FlaskTransport:
    """The app itself, with a list of what happens to the next requests: None, "lost", "dropped" or an answer."""

    app: Flask
    next: list[Any] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def request(self, method: str, path: str, headers: Any, body: bytes | None) -> Answer:
        self.seen.append(path)
        fate = self.next.pop(0) if self.next else None
        if fate == "dropped":
            raise Unreachable(fate)
        if isinstance(fate, Answer):
            return fate
        found = self.app.test_client().open(path, method=method, headers=dict(headers), data=body)
        if fate == "lost":
            raise Unreachable(fate)
        return Answer(found.status_code, {k.lower(): v for k, v in found.headers.items()}, found.data)


@dataclass
class Phones:
    """Makes signed-in clients of the cast."""

    app: Flask
    cast: Cast

    def of(self, login: str, storage: MemoryStorage | None = None, **more: Any) -> Client:
        client = Client(storage or MemoryStorage(), FlaskTransport(self.app), **more)
        if storage is None:
            client.sign_in(login, password_of(getattr(self.cast, login)), "phone")
        return client


@pytest.fixture
def phones(app: Flask, cast: Cast) -> Phones:
    return Phones(app, cast)


@pytest.fixture
def visit_id(cast: Cast, peer: Callable[..., Peer]) -> str:
    """Alice has a visit today."""
    return send_out(cast, peer(cast.dora), cast.alice.id)


def send_out(cast: Cast, desk: Peer, lead_id: str) -> str:
    order, visit = new_id(), new_id()
    desk.do(
        "work_order.register", id=order, customer_id=cast.customer.id, site_id=cast.site.id, kind="repair",
        title="漏水", level=2, level_reason="一般", channel="phone", source="customer",
        reported_at="2026-11-21T08:00:00.000Z",
    )  # fmt: skip
    now = datetime.now(UTC)
    slot = {"slot_start": now.isoformat(), "slot_end": (now + timedelta(hours=2)).isoformat()}
    receipt = desk.do("visit.dispatch", id=visit, work_order_id=order, lead_id=lead_id, **slot)
    assert receipt["outcome"] == "applied", receipt
    return visit


def wire_of(client: Client) -> FlaskTransport:
    transport = client.session.transport
    assert isinstance(transport, FlaskTransport)
    return transport


def journal(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(JournalEntry.id).order_by(JournalEntry.rev, JournalEntry.n)))


def test_a_contact_pushes_pulls_and_lets_go_of_what_it_holds(phones: Phones, visit_id: str):
    alice = phones.of("alice", page_rows=5)
    alice.act("visit.accept", visit_id=visit_id)
    report = alice.sync()
    assert (report.pushed, report.stopped) == (1, None)
    row = alice.storage.row("visit", visit_id)
    assert row is not None and row.body["state"] == "accepted"
    assert alice.outbox == [] and len(alice.storage.entries(settled=True)) == 1
    assert alice.storage.get("complete") is True


def test_an_act_whose_answer_was_lost_is_sent_again_and_applied_once(phones: Phones, visit_id: str, app: Flask):
    alice = phones.of("alice")
    entry = alice.act("visit.accept", visit_id=visit_id)
    wire_of(alice).next = ["lost"]
    assert alice.sync().stopped == "unreachable" and [e.id for e in alice.outbox] == [entry.id]
    assert alice.sync().stopped is None and alice.outbox == []
    assert journal(app).count(entry.id) == 1


def test_an_act_stays_in_the_outbox_between_its_receipt_and_the_pull(phones: Phones, visit_id: str):
    alice = phones.of("alice")
    alice.act("visit.accept", visit_id=visit_id)
    wire_of(alice).next = [None, "dropped"]
    alice.sync()
    (entry,) = alice.outbox
    assert entry.receipt is not None and entry.receipt["outcome"] == "applied"


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[]", b""])
def test_a_captive_portal_is_no_answer(phones: Phones, visit_id: str, body: bytes):
    alice = phones.of("alice")
    alice.act("visit.accept", visit_id=visit_id)
    wire_of(alice).next = [Answer(200, {}, body)]
    assert alice.sync().stopped == "unreachable" and len(alice.outbox) == 1


def test_a_4xx_about_the_request_leaves_every_act_where_it_is(phones: Phones, visit_id: str):
    alice = phones.of("alice")
    alice.act("visit.accept", visit_id=visit_id)
    wire_of(alice).next = [Answer(403, {}, b'{"code": "forbidden"}')]
    assert alice.sync().stopped == "forbidden" and len(alice.outbox) == 1


def test_a_backlog_goes_in_bounded_batches_and_groups_stay_whole():
    entries = [Entry(i, "line", i, f"{i:036}", "note.add", 1, "", {}) for i in range(1, 100)]
    group = [Entry(i, "line", i, f"{i:036}", "note.add", 1, "", {}, group="together") for i in range(100, 103)]
    batch = rules.next_batch(entries + group)
    assert len(batch) == 99, "a group of three does not fit behind 99"
    assert len(rules.next_batch(group + entries)) == MAX_ACTS
    heavy = [Entry(i, "line", i, f"{i:036}", "note.add", 1, "", {"text": "长" * 30_000}) for i in range(1, 9)]
    assert [e.n for e in rules.next_batch(heavy)] == [1, 2]


def test_what_no_batch_can_carry_is_refused_before_it_is_saved(phones: Phones):
    alice = phones.of("alice")
    with pytest.raises(TooLarge):
        alice.act("note.add", id=new_id(), visit_id=new_id(), text="长" * 50_000)
    assert alice.outbox == [] and alice.act("note.add", text="短").n == 1


def test_a_cloned_storage_registers_anew_and_loses_nothing(phones: Phones, visit_id: str, app: Flask):
    alice = phones.of("alice")
    alice.sync()
    assert isinstance(alice.storage, MemoryStorage)
    twin = phones.of("alice", alice.storage.clone())
    kept = alice.act("visit.accept", visit_id=visit_id)
    alice.sync()
    note = twin.act("note.add", id=new_id(), visit_id=visit_id, text="副本")
    assert twin.sync().stopped is None
    assert twin.storage.get("device") != alice.storage.get("device")
    assert set(journal(app)) >= {kept.id, note.id} and twin.outbox == []


def revoke(app: Flask, client: Client) -> None:
    with app.app_context():
        db.session.get_one(Device, client.storage.get("device")).revoked_at = datetime.now(UTC)
        db.session.commit()


def test_a_revoked_device_drops_what_it_was_given_and_brings_in_what_it_has(phones: Phones, visit_id: str, app: Flask):
    alice = phones.of("alice")
    alice.sync()
    revoke(app, alice)
    note = alice.act("note.add", id=new_id(), visit_id=visit_id, text="还在")
    attached = {"visit_id": visit_id, "mime": "image/jpeg", "purpose": "site", "taken_at": rules.wire(alice.now())}
    shot = alice.attach(picture(random.Random(7)), **attached)
    wire_of(alice).next = [None, None, "dropped"]  # pushed, told by the pull, and then no network
    assert alice.sync().stopped == "unreachable"
    assert list(alice.storage.rows()) == [] and alice.storage.get("cookie") is None
    assert alice.needs == "revoked" and alice.draining and not alice.drained
    assert alice.outbox == [] and alice.storage.content(alice.storage.files()[0].sha256) is not None
    report = alice.sync()
    assert (report.stopped, report.uploaded, report.pages) == (None, 1, 0)
    assert alice.drained and alice.needs == "revoked"
    assert {note.id, shot.id} <= set(journal(app))


def test_an_act_saved_while_a_device_drains_is_brought_in_and_settles_on_its_receipt(
    phones: Phones, visit_id: str, app: Flask
):
    alice = phones.of("alice")
    alice.sync()
    revoke(app, alice)
    alice.sync()
    note = alice.act("note.add", id=new_id(), visit_id=visit_id, text="回来的路上")
    wire_of(alice).next = ["lost"]
    alice.sync()
    assert not alice.drained and [e.id for e in alice.outbox] == [note.id]
    assert alice.sync().stopped is None and alice.drained
    assert journal(app).count(note.id) == 1


def test_who_signs_in_again_on_a_revoked_device_gets_a_new_line_and_all_rows_again(
    phones: Phones, visit_id: str, app: Flask, cast: Cast
):
    alice = phones.of("alice")
    alice.sync()
    device = alice.storage.get("device")
    revoke(app, alice)
    alice.sync()
    note = alice.act("note.add", id=new_id(), visit_id=visit_id, text="还在")
    alice.sign_in("alice", password_of(cast.alice))
    assert alice.sync().stopped is None and alice.storage.get("device") != device
    assert note.id in journal(app) and alice.needs is None
    assert alice.storage.row("visit", visit_id) is not None


def test_a_page_that_was_under_way_when_the_device_was_revoked_is_not_kept(phones: Phones, visit_id: str, app: Flask):
    alice = phones.of("alice", page_rows=1)
    tab = Client(alice.storage, FlaskTransport(app))
    page = tab.session.call("/api/sync/pull", {"protocol": 1, "device": alice.storage.get("device"), "cookie": None})
    revoke(app, alice)
    alice.sync()
    tab._store(page, None, alice.storage.get("device"))
    assert list(alice.storage.rows()) == []


def test_a_restored_server_gets_back_what_it_lost(phones: Phones, visit_id: str, app: Flask):
    """I15: the journal, not the server, remembers."""
    alice = phones.of("alice")
    made = [alice.act("visit.accept", visit_id=visit_id), alice.act("visit.travel", visit_id=visit_id)]
    alice.sync()
    with app.app_context():  # what a restored backup looks like to this phone: an older `last`, and another epoch
        db.session.execute(text("DELETE FROM journal WHERE id = :id"), {"id": made[1].id})
        db.session.execute(text("UPDATE device SET last_n = 1 WHERE id = :id"), {"id": alice.storage.get("device")})
        db.session.execute(text("UPDATE visit SET state = 'accepted' WHERE id = :id"), {"id": visit_id})
        db.session.execute(text("UPDATE clock SET epoch = :epoch"), {"epoch": new_id()})
        db.session.commit()
    assert alice.sync().stopped is None
    assert alice.outbox == [] and journal(app).count(made[1].id) == 1
    row = alice.storage.row("visit", visit_id)
    assert row is not None and row.body["state"] == "travelling"


def test_an_answer_from_before_a_restore_does_not_wait_for_ever(phones: Phones, visit_id: str, app: Flask):
    """Found by seed 2054: pushed, never pulled, then the server began another epoch."""
    alice = phones.of("alice")
    alice.act("visit.accept", visit_id=visit_id)
    wire_of(alice).next = [None, "dropped"]
    alice.sync()
    with app.app_context():
        db.session.execute(text("UPDATE clock SET epoch = :epoch"), {"epoch": new_id()})
        db.session.commit()
    assert alice.sync().stopped is None and alice.outbox == []


def test_a_scope_left_with_acts_to_send_is_handed_over_until_they_are_answered(
    phones: Phones, visit_id: str, cast: Cast, peer: Callable[..., Peer]
):
    alice = phones.of("alice")
    alice.sync()
    alice.act("note.add", id=new_id(), visit_id=visit_id, text="还没发")
    peer(cast.dora).do("visit.reassign", visit_id=visit_id, new_id=new_id(), lead_id=cast.charlie.id, reason="closer")
    alice.pull()
    order = alice.storage.row("visit", visit_id)
    assert order is not None and alice.storage.scopes()[order.scope] == "reassigned"
    alice.sync()
    assert alice.storage.row("visit", visit_id) is None and order.scope not in alice.storage.scopes()


def test_a_page_another_tab_has_overtaken_is_not_stored(phones: Phones, visit_id: str):
    alice = phones.of("alice", page_rows=3)
    other = Client(alice.storage, wire_of(alice), page_rows=1000)
    send = alice.session.call

    def overtaken(path: str, body: Any) -> Any:
        page = send(path, body)
        alice.session.call = send  # type: ignore[method-assign]
        other.pull()
        return page

    alice.session.call = overtaken  # type: ignore[method-assign]
    alice.pull()
    assert alice.storage.get("complete") is True
    assert {row.noun for row in alice.storage.rows()} >= {"visit", "site", "part"}


def test_a_server_that_answers_without_moving_is_left_alone_for_a_while(phones: Phones, visit_id: str):
    alice = phones.of("alice")
    alice.act("visit.accept", visit_id=visit_id)
    epoch = alice.storage.get("heard_epoch")
    nothing = Answer(200, {}, f'{{"epoch": "{epoch}", "last": 0, "receipts": []}}'.encode())
    wire_of(alice).next = [nothing]
    assert "no progress" in (alice.sync().stopped or "")
    assert alice.sync(patient=True).stopped == "pausing"
    assert alice.sync().stopped is None and alice.outbox == []


def test_a_photo_survives_cut_uploads_and_is_kept_until_it_is_verified(
    phones: Phones, visit_id: str, app: Flask, cast: Cast
):
    import random

    alice = phones.of("alice")
    alice.sync()
    content = picture(random.Random(1))
    taken = {"visit_id": visit_id, "purpose": "before", "mime": "image/png", "taken_at": "2026-11-21T08:00:00.000Z"}
    alice.attach(content, **taken)
    wire_of(alice).next = [None, None, None, "lost"]  # push, pull, creation, then the bytes' answer
    assert alice.sync().stopped == "unreachable"
    assert alice.sync().uploaded == 1
    (file,) = alice.storage.files()
    assert file.state == "sent" and alice.storage.content(file.sha256) == content
    with app.app_context():
        while queue.perform_next():
            pass
    alice.sync()
    (file,) = alice.storage.files()
    assert file.state == "verified" and alice.storage.content(file.sha256) == content


def test_another_person_cannot_sign_in_on_this_storage(phones: Phones, cast: Cast):
    from sync.client import Refused

    alice = phones.of("alice")
    with pytest.raises(Refused, match="other-user"):
        alice.sign_in("bob", password_of(cast.bob))


def test_an_expired_token_is_renewed_without_anybody_noticing(phones: Phones, visit_id: str):
    alice = phones.of("alice")
    alice.act("visit.accept", visit_id=visit_id)
    wire_of(alice).next = [Answer(401, {}, b'{"code": "token-expired"}')]
    assert alice.sync().stopped is None and alice.outbox == []
    assert "/api/auth/refresh" in wire_of(alice).seen
