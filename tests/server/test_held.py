"""An act on a row another device made waits for that row, is applied in its order, and is never lost (hazard 12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from server import clock, held
from server.extensions import db
from server.models import SYNCED, FeedRow, HeldAct, JournalEntry, Visit, WorkOrder, new_id
from server.tasks import end_held
from tests.cast import Cast
from tests.peer import Peer
from tests.server.camera import work
from tests.server.story import register

MakePeer = Callable[..., Peer]


def slot() -> dict[str, str]:
    start = clock.now()
    return {"slot_start": clock.wire(start), "slot_end": clock.wire(start + timedelta(hours=2))}


def send(desk: Peer, order_id: str, visit_id: str, cast: Cast) -> dict[str, Any]:
    """Dora's desk sends the visit everybody else was told of by telephone."""
    return desk.do("visit.dispatch", id=visit_id, work_order_id=order_id, lead_id=cast.alice.id, **slot())


def journal(app: Flask, act_id: str) -> tuple[str, str | None]:
    with app.app_context():
        entry = db.session.get_one(JournalEntry, act_id)
        return entry.outcome, entry.code


def nothing_is_held(app: Flask) -> bool:
    with app.app_context():
        return db.session.scalars(select(HeldAct)).first() is None


def test_work_on_a_visit_the_server_does_not_know_yet_waits_and_takes_effect_in_order(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    order_id, visit_id = register(desk, cast), new_id()
    acts = [phone.act(f"visit.{name}", visit_id=visit_id) for name in ("accept", "travel", "arrive")]
    note = phone.act("note.add", id=new_id(), visit_id=visit_id, text="已到现场")
    phone.push()
    assert {(r["outcome"], r["code"]) for r in phone.receipts.values()} == {("parked", "held")}
    waiting = {item["act_id"]: item for item in desk.pull().bodies("review_item")}
    assert {item["state"] for item in waiting.values()} == {"waiting"} and len(waiting) == 4
    item = waiting[note["id"]]
    assert clock.parse(item["waits_until"]) - clock.now() > timedelta(hours=71)
    assert item["detail"] == f"visit {visit_id}"

    assert send(desk, order_id, visit_id, cast)["outcome"] == "applied"
    work(app)
    desk.pull(), phone.pull()
    assert phone.row("visit", visit_id)["state"] == "arrived"
    assert phone.one("note")["text"] == "已到现场"
    for act in (*acts, note):
        assert journal(app, act["id"]) == ("applied", "late-arrival")
    for item in phone.bodies("review_item"):
        assert (item["state"], item["resolution"], item["waits_until"]) == ("resolved", "arrived", None)
        assert (item["visit_id"], item["work_order_id"]) == (visit_id, order_id)
    assert len(list(desk.bodies("event", kind="review.arrived"))) == 4
    assert nothing_is_held(app)


def test_a_server_restored_without_the_visit_gets_bobs_work_before_doras_desk_sends_the_visit_again(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer
):
    """The realistic case: the backup is from before Dora made the visit, and Bob has a network first."""
    bob = peer(cast.bob)
    order_id = register(desk, cast)
    visit_id = new_id()
    dispatch = desk.act("visit.dispatch", id=visit_id, work_order_id=order_id, lead_id=cast.bob.id, **slot())
    desk.push()
    bob.pull()
    accept = bob.act("visit.accept", visit_id=visit_id)  # offline at the site
    part = {"part_id": cast.part.id, "quantity": 2, "source": "own"}
    use = bob.act("part.use", id=new_id(), visit_id=visit_id, **part)
    with app.app_context():  # what the restored backup does not hold
        for noun in ("visit", "event"):
            model: Any = SYNCED[noun]
            gone = db.session.scalars(
                select(model.id).where((model.visit_id if noun == "event" else model.id) == visit_id)
            )
            ids = list(gone)
            db.session.execute(delete(model).where(model.id.in_(ids)))
            db.session.execute(delete(FeedRow).where(FeedRow.row_id.in_(ids)))
        db.session.execute(text("DELETE FROM subscription WHERE scope = :s"), {"s": f"visit:{visit_id}"})
        db.session.execute(
            text("DELETE FROM subscription WHERE user_id = :u AND scope LIKE 'wo:%'"), {"u": cast.bob.id}
        )
        db.session.execute(delete(JournalEntry).where(JournalEntry.id == dispatch["id"]))
        db.session.execute(text("UPDATE device SET last_n = last_n - 1 WHERE id = :d"), {"d": desk.device_id})
        db.session.execute(text("UPDATE clock SET epoch = :e"), {"e": new_id()})
        db.session.commit()
    bob.push()
    assert {receipt["code"] for receipt in bob.receipts.values()} == {"held"}
    work(app)
    assert bob.pull().row("visit", visit_id) is None
    desk.send_acts([dispatch])  # out of her desk's journal
    work(app)
    bob.pull()
    assert bob.row("visit", visit_id)["state"] == "accepted"
    assert [use_["quantity"] for use_ in bob.bodies("part_use")] == [2]
    assert [journal(app, act["id"])[0] for act in (accept, use)] == ["applied", "applied"]


def test_what_depends_on_a_held_act_waits_behind_it(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, visit_id, run_id = register(desk, cast), new_id(), new_id()
    phone.act("checklist.start", id=run_id, visit_id=visit_id, version_id=cast.checklist.id)
    phone.push()
    phone.act("checklist.answer", id=new_id(), run_id=run_id, item_id="clean", value="ok")
    phone.act("checklist.answer", id=new_id(), run_id=run_id, item_id="temp", value="22")
    phone.act("checklist.complete", run_id=run_id)
    phone.push()
    assert {receipt["code"] for receipt in phone.receipts.values()} == {"held"}
    send(desk, order_id, visit_id, cast)
    work(app)
    assert [item["code"] for item in phone.pull().bodies("review_item", state="open")] == []
    assert phone.one("checklist_run")["state"] == "completed"
    assert len(list(phone.bodies("checklist_answer"))) == 2


def test_an_act_that_comes_between_arrival_and_release_does_not_overtake(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    order_id, visit_id = register(desk, cast), new_id()
    phone.do("visit.accept", visit_id=visit_id)
    send(desk, order_id, visit_id, cast)  # the task has not run yet
    assert phone.do("visit.travel", visit_id=visit_id)["code"] == "held"
    elsewhere = phone.do("visit.travel", visit_id=new_id())
    assert elsewhere["code"] == "held"
    work(app)
    assert phone.pull().row("visit", visit_id)["state"] == "travelling"
    assert [item["state"] for item in phone.bodies("review_item", n=elsewhere["n"])] == ["waiting"]


def test_what_the_device_does_elsewhere_meanwhile_is_applied_at_once(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id = register(desk, cast)
    known = new_id()
    send(desk, order_id, known, cast)
    part = {"part_id": cast.part.id, "quantity": 1, "source": "own"}
    assert phone.do("part.use", id=new_id(), visit_id=new_id(), **part)["code"] == "held"
    assert phone.do("part.use", id=new_id(), visit_id=known, **part)["outcome"] == "applied"


def test_a_group_is_held_and_released_as_a_whole(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, known, unknown = register(desk, cast), new_id(), new_id()
    send(desk, order_id, known, cast)
    first = phone.act("note.add", group="g", id=new_id(), visit_id=known, text="一")
    second = phone.act("note.add", group="g", id=new_id(), visit_id=unknown, text="二")
    phone.push()
    assert {phone.receipts[act["id"]]["code"] for act in (first, second)} == {"held"}
    assert not list(phone.pull().bodies("note"))
    send(desk, order_id, unknown, cast)
    work(app)
    assert {note["text"] for note in phone.pull().bodies("note")} == {"一", "二"}


def test_an_act_that_needs_two_rows_waits_for_both(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, one, two = register(desk, cast), new_id(), new_id()
    acts = [phone.act("note.add", group="g", id=new_id(), visit_id=v, text="两处") for v in (one, two)]
    phone.push()
    send(desk, order_id, one, cast)
    work(app)
    assert not list(phone.pull().bodies("note"))
    assert {item["detail"] for item in phone.bodies("review_item")} == {f"visit {two}"}
    send(desk, order_id, two, cast)
    work(app)
    assert len(list(phone.pull().bodies("note"))) == 2
    assert [journal(app, act["id"])[1] for act in acts] == ["late-arrival"] * 2


def test_a_row_that_came_just_before_the_act_was_held_releases_it(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, monkeypatch: pytest.MonkeyPatch
):
    """The visit is committed after the act looked for it and before the act is journalled."""
    order_id, visit_id = register(desk, cast), new_id()
    hold, sent = held.hold, []

    def late(*args: Any) -> Any:
        if not sent and app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):  # SQLite has one writer
            sent.append(send(desk, order_id, visit_id, cast))
        return hold(*args)

    monkeypatch.setattr(held, "hold", late)
    phone.do("visit.accept", visit_id=visit_id)
    if not sent:
        send(desk, order_id, visit_id, cast)
    work(app)
    assert phone.pull().row("visit", visit_id)["state"] == "accepted"


def test_a_held_act_that_is_then_refused_goes_to_a_person(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, visit_id = register(desk, cast), new_id()
    finish = phone.act("visit.finish", visit_id=visit_id)
    note = phone.act("note.add", id=new_id(), visit_id=visit_id, text="照样算数")
    phone.push()
    send(desk, order_id, visit_id, cast)
    work(app)
    item = desk.pull().one("review_item", act="visit.finish")
    assert (item["state"], item["code"], item["waits_until"]) == ("open", "illegal-transition", None)
    assert (item["visit_id"], item["work_order_id"]) == (visit_id, order_id)
    assert journal(app, finish["id"]) == ("parked", "illegal-transition")
    assert journal(app, note["id"]) == ("applied", "late-arrival")
    assert nothing_is_held(app)


def test_after_its_time_a_person_decides(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, visit_id = register(desk, cast), new_id()
    act = phone.act("visit.accept", visit_id=visit_id)
    phone.push()
    with clock.standing_at(clock.now() + held.HOLD - timedelta(minutes=1)):
        work(app)
        assert desk.pull().one("review_item")["state"] == "waiting"
    with clock.standing_at(clock.now() + held.HOLD + timedelta(minutes=1)):
        work(app)
    item = desk.pull().one("review_item")
    assert (item["state"], item["code"], item["waits_until"]) == ("open", "row-unknown", None)
    assert journal(app, act["id"]) == ("parked", "row-unknown") and nothing_is_held(app)
    send(desk, order_id, visit_id, cast)
    work(app)
    assert desk.pull().row("visit", visit_id)["state"] == "dispatched"  # it is the person's turn now
    assert desk.do("review.settle", id=item["id"], decision="apply")["outcome"] == "applied"
    assert desk.pull().row("visit", visit_id)["state"] == "accepted"


def test_a_person_may_decide_before_the_row_comes(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, visit_id = register(desk, cast), new_id()
    phone.do("visit.accept", visit_id=visit_id)
    item = desk.pull().one("review_item")
    assert desk.do("review.settle", id=item["id"], decision="apply")["code"] == "row-unknown"
    assert desk.do("review.settle", id=item["id"], decision="discard")["outcome"] == "applied"
    assert nothing_is_held(app)
    send(desk, order_id, visit_id, cast)
    work(app)
    assert desk.pull().row("visit", visit_id)["state"] == "dispatched"
    assert desk.one("review_item")["resolution"] == "discarded"


def test_a_held_act_sent_again_is_answered_with_what_came_of_it(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, visit_id = register(desk, cast), new_id()
    act = phone.act("visit.accept", visit_id=visit_id)
    phone.push(lose_answer=True)
    (again,) = phone.send_acts([act])["receipts"]
    assert (again["outcome"], again["code"]) == ("parked", "held")
    send(desk, order_id, visit_id, cast)
    work(app)
    (after,) = phone.send_acts([act])["receipts"]
    assert (after["outcome"], after["code"]) == ("applied", "late-arrival")
    effect = desk.pull().rows["visit", visit_id]["rev"]
    assert after["rev"] >= effect, "or the act would leave the outbox before its effect is pulled"
    assert phone.pull().row("visit", visit_id)["state"] == "accepted"
    with app.app_context():
        assert len(db.session.scalars(select(JournalEntry).where(JournalEntry.id == act["id"])).all()) == 1


def test_acts_of_several_devices_on_one_row_are_applied_in_the_order_they_came(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer
):
    order_id, visit_id = register(desk, cast), new_id()
    first, second = peer(cast.alice), peer(cast.alice)
    with clock.standing_at(clock.now() - timedelta(minutes=2)):
        second.do("visit.accept", visit_id=visit_id)
    with clock.standing_at(clock.now() - timedelta(minutes=1)):
        first.do("visit.travel", visit_id=visit_id)
    send(desk, order_id, visit_id, cast)
    work(app)
    assert desk.pull().row("visit", visit_id)["state"] == "travelling"


def test_releasing_twice_changes_nothing(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    from server.tasks import release_held

    order_id, visit_id = register(desk, cast), new_id()
    phone.do("note.add", id=new_id(), visit_id=visit_id, text="一次")
    send(desk, order_id, visit_id, cast)
    with app.app_context():
        release_held("visit", visit_id)
        release_held("visit", visit_id)
        end_held()
    work(app)
    assert len(list(desk.pull().bodies("note"))) == 1
    assert len(list(desk.bodies("event", kind="review.arrived"))) == 1


def test_rows_only_the_server_makes_are_not_waited_for(app: Flask, cast: Cast, desk: Peer):
    receipt = desk.do("conflict.settle", id=new_id(), value=1)
    assert (receipt["outcome"], receipt["code"]) == ("parked", "row-unknown")
    assert nothing_is_held(app)


def test_the_device_of_a_work_order_that_comes_late_finds_it_applied(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer
):
    """Sam dispatches on a work order that Olga's desk has not sent yet."""
    sam, order_id, visit_id = peer(cast.sam), new_id(), new_id()
    receipt = sam.do("visit.dispatch", id=visit_id, work_order_id=order_id, lead_id=cast.alice.id, **slot())
    assert (receipt["code"], receipt["detail"]) == ("held", f"work_order {order_id}")
    desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, kind="repair",
        title="停机", level=2, level_reason="影响使用", channel="phone", source="customer",
        reported_at=clock.wire(clock.now()),
    )  # fmt: skip
    work(app)
    with app.app_context():
        visit = db.session.get_one(Visit, visit_id)
        assert visit.state == "dispatched" and db.session.get(WorkOrder, order_id)
    assert desk.pull().one("event", kind="review.arrived")["data"]["by_whom"] == cast.sam.name
