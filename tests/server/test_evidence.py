"""Evidence keeps its time, its owner and its place: late, in a backlog, in review, in conflict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from server import clock
from server.extensions import db
from server.models import Stock, StockMovement, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, dispatched, register

MakePeer = Callable[..., Peer]


def close_to(told: str, instant: datetime) -> bool:
    return abs(clock.parse(told) - instant) < timedelta(minutes=1)


def test_a_backlog_sent_in_several_batches_keeps_the_time_of_every_act(cast: Cast, desk: Peer, phone: Peer):
    """What the second batch brings happened this morning, not since the first batch."""
    _, visit_id = dispatched(desk, cast, cast.alice)
    start, acts = clock.now() - timedelta(hours=6), ("visit.accept", "visit.travel", "visit.arrive", "visit.work")
    made = [
        phone.act(act, visit_id=visit_id, at=clock.wire(start + timedelta(hours=hour))) for hour, act in enumerate(acts)
    ]
    for waiting in (3, 2, 1, 0):
        phone.send_acts([made[3 - waiting]], {"pending": waiting})
    times = desk.pull().row("visit", visit_id)["times"]
    told = [times[state] for state in ("accepted", "travelling", "arrived", "working")]
    assert all(close_to(at, start + timedelta(hours=hour)) for hour, at in enumerate(told)), told


def test_an_act_made_after_everything_was_sent_is_not_older_than_that_contact(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    phone.push(status={"pending": 0})
    before = clock.now()
    phone.do("visit.accept", visit_id=visit_id, at=clock.wire(before - timedelta(days=9)))
    assert close_to(desk.pull().row("visit", visit_id)["times"]["accepted"], before)


def test_an_act_applied_from_review_has_the_time_its_contact_gave_it(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    phone.push(status={"pending": 0})
    before = clock.now()
    wrong = clock.wire(before - timedelta(days=400))
    assert phone.do("visit.travel", visit_id=visit_id, at=wrong)["outcome"] == "parked"
    phone.do("visit.accept", visit_id=visit_id)
    item = desk.pull().one("review_item")["id"]
    assert desk.do("review.settle", id=item, decision="apply")["outcome"] == "applied"
    assert close_to(desk.pull().row("visit", visit_id)["times"]["travelling"], before)


def test_a_conflict_about_the_level_moves_the_deadlines_when_it_is_settled(cast: Cast, desk: Peer):
    order_id = register(desk, cast)
    urgent = {m["kind"]: m["due_at"] for m in desk.pull().bodies("sla_milestone")}
    desk.do("work_order.edit", id=order_id, changes={"level": [2, 3]})
    desk.do("work_order.edit", id=order_id, changes={"level": [2, 1]})
    conflict = desk.pull().one("conflict")["id"]
    assert desk.do("conflict.settle", id=conflict, value=1)["outcome"] == "applied"
    now = {m["kind"]: m["due_at"] for m in desk.pull().bodies("sla_milestone")}
    assert desk.row("work_order", order_id)["level"] == 1
    assert now["respond"] < urgent["respond"] and desk.row("work_order", order_id)["due_at"] == min(now.values())


def test_settling_an_old_conflict_does_not_silently_undo_a_later_decision(cast: Cast, desk: Peer):
    order_id = register(desk, cast)
    desk.do("work_order.edit", id=order_id, changes={"level": [2, 1]})
    desk.do("work_order.edit", id=order_id, changes={"level": [2, 3]})  # a conflict: 1 stands, 3 was wanted
    conflict = desk.pull().one("conflict")["id"]
    desk.do("work_order.edit", id=order_id, changes={"level": [1, 2]})  # decided anew, with reasons
    receipt = desk.do("conflict.settle", id=conflict, value=3)
    assert (receipt["outcome"], receipt["code"]) == ("merged", "conflict")
    assert desk.pull().row("work_order", order_id)["level"] == 2
    again = desk.one("conflict", state="open")
    assert (again["server_value"], again["device_value"]) == (2, 3)
    assert desk.do("conflict.settle", id=again["id"], value=2)["outcome"] == "applied"
    assert desk.pull().row("work_order", order_id)["level"] == 2


@pytest.mark.parametrize("decisions", [["discard"], ["adopt"], ["discard", "adopt"], ["discard", "discard"]])
def test_a_late_part_that_is_discarded_goes_back_to_the_shelf(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, decisions: list[str]
):
    _, visit_id = dispatched(desk, cast, cast.alice)
    desk.do("visit.cancel", visit_id=visit_id, reason="withdrawn")
    use = new_id()
    args = {"visit_id": visit_id, "part_id": cast.part.id, "quantity": 3, "source": "own"}
    assert phone.do("part.use", id=use, **args)["code"] == "late"
    for decision in decisions:
        assert desk.do("evidence.settle", noun="part_use", id=use, decision=decision)["outcome"] == "applied"
    wanted = -3 if decisions[-1] == "adopt" else 0
    assert phone.pull().one("stock")["quantity"] == wanted
    phone.do("part.withdraw", id=use)
    phone.do("part.withdraw", id=use)
    desk.do("evidence.settle", noun="part_use", id=use, decision="adopt")  # withdrawn all the same
    with app.app_context():
        assert db.session.scalar(select(Stock.quantity)) == db.session.scalar(select(func.sum(StockMovement.quantity)))
        assert db.session.scalar(select(Stock.quantity)) == 0


def test_what_was_reviewed_is_not_changed_by_an_edit_that_comes_late(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    edit: dict[str, Any] = {"id": new_id(), "visit_id": visit_id}
    phone.do("diagnosis.edit", **edit, changes={"cause_text": ["", "电源老化"], "cause_code": ["", "power"]})
    for act in ("visit.accept", "visit.arrive", "visit.work", "visit.finish"):
        phone.act(act, visit_id=visit_id)
    phone.act("report.waive", id=new_id(), visit_id=visit_id, reason="absent")
    phone.do("visit.submit", visit_id=visit_id)
    assert desk.do("visit.review", visit_id=visit_id, decision="accept")["outcome"] == "applied"
    late = phone.do("diagnosis.edit", **edit, changes={"cause_text": ["电源老化", "人为损坏"]})
    assert (late["outcome"], late["code"]) == ("merged", "conflict")
    assert desk.pull().one("diagnosis")["cause_text"] == "电源老化"
    conflict = desk.one("conflict")
    assert (conflict["server_value"], conflict["device_value"]) == ("电源老化", "人为损坏")
    assert desk.do("conflict.settle", id=conflict["id"], value="人为损坏")["outcome"] == "applied"
    assert desk.pull().one("diagnosis")["cause_text"] == "人为损坏"


def test_the_contacts_name_and_phone_follow_the_day_of_the_visit(cast: Cast, desk: Peer, phone: Peer):
    order_id = register(desk, cast)
    visit_id = dispatch(desk, order_id, cast.alice)
    assert phone.pull().one("contact_card")["phone"] == cast.site.contact_phone
    later = clock.now() + timedelta(days=5)
    slot = {"slot_start": clock.wire(later), "slot_end": clock.wire(later + timedelta(hours=1))}
    desk.do("visit.reschedule", visit_id=visit_id, **slot)
    assert not list(phone.pull().bodies("contact_card"))
    now = clock.now()
    slot = {"slot_start": clock.wire(now), "slot_end": clock.wire(now + timedelta(hours=1))}
    desk.do("visit.reschedule", visit_id=visit_id, **slot)
    assert phone.pull().one("contact_card")["phone"] == cast.site.contact_phone


def test_a_review_item_shows_no_phone_number_and_is_applied_with_it(cast: Cast, desk: Peer, peer: MakePeer):
    order_id, sam, ada = new_id(), peer(cast.sam), peer(cast.ada)
    args = {
        "id": order_id, "customer_id": new_id(), "site_id": cast.site.id, "kind": "repair", "title": "黑屏", "level": 1,
        "level_reason": "安全", "channel": "phone", "source": "customer", "reported_at": clock.wire(clock.now()),
        "contact_name": "李建国", "contact_phone": "13900001234",
    }  # fmt: skip
    assert desk.do("work_order.register", **args)["outcome"] == "parked"
    for device in (desk, sam, ada):
        shown = str(device.pull().one("review_item"))
        assert "13900001234" not in shown and "建国" not in shown and "1234" in shown
    unreadable = {**desk.act("work_order.register", **args), "at": "yesterday"}
    desk.send_acts([unreadable])
    assert "13900001234" not in str(ada.pull().rows)
