"""Promises on the server: policies, evidence, holds, declared delays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server import clock
from server.extensions import db
from server.models import JournalEntry, new_id
from server.tasks import watch_deadlines
from tests.server.promised import FRIDAY, HOUR, at, milestones, refused, registered
from tests.server.story import dispatch

# --- Policies (B1) ----------------------------------------------------------------------------------------------


def saved_policy(desk, **more):
    said = {
        "id": new_id(), "code": "gold", "name": "金牌", "name_en": "Gold", "settings": {"warn": [80]},
        "levels": {level: {
            "confirm": {"minutes": 15, "clock": "elapsed"}, "respond": {"hours": 1, "clock": "elapsed"},
            "dispatch": {"hours": 2, "clock": "elapsed"}, "resolve": {"working_days": 1, "clock": "service"},
            "feed_back": {"working_days": 1, "clock": "working_days", "from": "resolve"},
        } for level in "123"},
    }  # fmt: skip
    return desk.do("policy.save", **{**said, **more})


def test_a_policy_of_ones_own_is_chosen_for_a_customer_and_counts_from_the_next_report(peer, cast, friday):
    sam, dora, phone = peer(cast.sam), peer(cast.dora), peer(cast.alice)
    assert saved_policy(sam)["outcome"] == "applied"
    assert phone.pull().one("sla_policy")["settings"] == {"warn": [80]}  # the phone counts by it too
    before = registered(dora, cast, 3)
    assert dora.do("customer.choose_policy", id=cast.customer.id, policy="gold")["outcome"] == "applied"
    found = milestones(dora, registered(dora, cast, 3))
    assert {kind: one["due_at"][:16] for kind, one in found.items()} == {
        "confirm": "2026-11-20T09:55", "respond": "2026-11-20T10:40", "dispatch": "2026-11-20T11:40",
        "resolve": "2026-11-23T09:30",
    }  # fmt: skip
    assert found["confirm"]["met_at"] is not None  # whoever registers it has confirmed it
    assert set(milestones(dora, before)) == {"respond", "arrive", "resolve"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": {"1": {"resolve": {"hours": 1, "clock": "elapsed"}}}},
        {"levels": {level: {"resolve": {"hours": 0, "clock": "elapsed"}} for level in "123"}},
        {"levels": {level: {"resolve": {"hours": 1, "clock": "lunar"}} for level in "123"}},
        {"levels": {level: {"resolve": {"end_of_day": True, "clock": "elapsed"}} for level in "123"}},
        {"levels": {level: {"resolve": {"hours": 1, "minutes": 2, "clock": "elapsed"}} for level in "123"}},
        {"settings": {"zone": "Mars/Olympus"}},
        {"settings": {"service_hours": ["18:00", "09:00"]}},
        {"settings": {"warn": [90, 50]}},
        {"settings": {"days_off": ["2026-02-30"]}},
        {"settings": {"pauses": ["mood"]}},
    ],
)
def test_a_policy_no_clock_could_count_by_is_rejected(peer, cast, wrong):
    assert refused(saved_policy(peer(cast.sam), **wrong)) == ("rejected", "args-invalid")


def test_policies_are_for_those_who_answer_for_them_and_a_code_is_there_once(peer, cast):
    assert refused(saved_policy(peer(cast.dora))) == ("rejected", "forbidden")
    sam = peer(cast.sam)
    saved_policy(sam)
    assert refused(saved_policy(sam)) == ("parked", "code-taken")
    assert refused(sam.do("customer.choose_policy", id=cast.customer.id, policy="lead")) == ("parked", "policy-unknown")


# --- Evidence ---------------------------------------------------------------------------------------------------


def test_a_promise_is_met_when_it_happened_and_both_times_are_kept(app, peer, cast):
    start = clock.now()
    dora, phone = peer(cast.dora), peer(cast.alice)
    order_id = registered(dora, cast, 1)
    visit_id = dispatch(dora, order_id, cast.alice)
    said = clock.wire(start + timedelta(minutes=20))
    phone.act("visit.accept", visit_id=visit_id, at=said)
    with at(start + 5 * HOUR):  # the deadline passed while the phone was in a basement
        with app.app_context():
            watch_deadlines()
        assert milestones(dora, order_id)["respond"]["breached"]
        phone.headers = peer(cast.alice, phone.device_id).headers
        phone.push()
        respond = milestones(dora, order_id)["respond"]
    assert not respond["breached"] and respond["met_at"] <= clock.wire(start + HOUR)
    assert respond["evidence"]["act"] == "visit.accept" and respond["evidence"]["received"] > respond["met_at"]
    with app.app_context():
        assert db.session.get_one(JournalEntry, respond["evidence"]["act_id"]).at == said


def test_once_it_is_resolved_the_customer_is_to_be_told_within_a_working_day(peer, cast):
    with at(FRIDAY - 4 * HOUR):
        dora, phone = peer(cast.dora), peer(cast.alice)
        order_id = registered(dora, cast, 3)
        visit_id = dispatch(dora, order_id, cast.alice)
        assert "feed_back" not in milestones(dora, order_id)
        for act in ("accept", "arrive", "work", "finish"):
            assert phone.do(f"visit.{act}", visit_id=visit_id)["outcome"] == "applied"
        due = milestones(dora, order_id)["feed_back"]["due_at"]
        assert due == clock.wire(FRIDAY - 4 * HOUR + timedelta(days=3))  # the weekend does not count
        told = {"id": new_id(), "work_order_id": order_id, "channel": "phone", "result": "已修复"}
        assert dora.do("feedback.give", **told)["outcome"] == "applied"
        assert milestones(dora, order_id)["feed_back"]["met_at"] is not None


# --- Holds (B3) -------------------------------------------------------------------------------------------------


def test_only_what_the_customer_causes_stops_the_clocks(peer, cast):
    with at(FRIDAY - 5 * HOUR):  # 12:40
        dora, phone = peer(cast.dora), peer(cast.alice)
        waits, lacks = registered(dora, cast, 2), registered(dora, cast, 2)
        for order_id in (waits, lacks):
            dispatch(dora, order_id, cast.alice)
        due = milestones(dora, waits)["arrive"]["due_at"]
        holds = {}
        for order_id, reason in ((waits, "customer"), (lacks, "parts")):
            holds[order_id] = new_id()
            said = {"id": holds[order_id], "work_order_id": order_id, "reason": reason}
            assert phone.do("hold.propose", **said)["outcome"] == "applied"
        dora.pull()
        assert {one["kind"] for one in peer(cast.dora).pull().bodies("notice")} == {"hold_proposed"}
        assert dora.row("work_order", waits)["state"] == "scheduled"  # proposed is not yet held
    with at(FRIDAY - 4 * HOUR):
        for hold_id in holds.values():
            assert dora.do("hold.decide", id=hold_id, decision="confirm")["outcome"] == "applied"
        paused = milestones(dora, waits)
        assert dora.row("work_order", waits)["state"] == dora.row("work_order", lacks)["state"] == "on_hold"
        assert paused["arrive"]["paused_at"] == clock.wire(FRIDAY - 5 * HOUR)  # from when it was said on site
        assert dora.row("work_order", waits)["due_at"] is None
        assert milestones(dora, lacks)["arrive"]["paused_at"] is None
    with at(FRIDAY):
        phone, dora = peer(cast.alice), peer(cast.dora)
        assert phone.do("hold.lift", id=holds[waits])["outcome"] == "applied"
        after = milestones(dora, waits)["arrive"]
        assert (after["paused_at"], len(after["pauses"])) == (None, 1)
        assert clock.parse(after["due_at"]) == clock.parse(due) + 5 * HOUR
        assert after["first_due_at"] == due
        assert dora.row("work_order", waits)["state"] == "scheduled"


def test_who_goes_on_working_waits_for_nothing_and_a_refused_hold_changes_nothing(peer, cast):
    dora, phone = peer(cast.dora), peer(cast.alice)
    order_id = registered(dora, cast, 3)
    visit_id = dispatch(dora, order_id, cast.alice)
    first, second = new_id(), new_id()
    phone.do("hold.propose", id=first, work_order_id=order_id, visit_id=visit_id, reason="customer")
    assert refused(phone.do("hold.decide", id=first, decision="confirm")) == ("rejected", "forbidden")
    dora.do("hold.decide", id=first, decision="refuse", note="客户在")
    assert dora.pull().row("work_order", order_id)["state"] == "scheduled"
    assert dora.do("hold.propose", id=second, work_order_id=order_id, reason="customer")["outcome"] == "applied"
    assert dora.pull().row("work_order", order_id)["state"] == "on_hold"  # a dispatcher need not propose first
    phone.do("visit.accept", visit_id=visit_id)
    assert dora.pull().row("work_order", order_id)["state"] == "on_hold"
    phone.do("visit.arrive", visit_id=visit_id)
    dora.pull()
    assert dora.row("work_order", order_id)["state"] == "in_progress" and dora.row("hold", second)["state"] == "lifted"
    stranger = {"id": new_id(), "work_order_id": order_id, "reason": "parts"}
    assert refused(peer(cast.charlie).do("hold.propose", **stranger)) == ("rejected", "forbidden")


# --- Declared delays (B4) ---------------------------------------------------------------------------------------


def test_a_delay_declared_offline_before_the_deadline_moves_it_though_it_is_approved_after(peer, cast, heads, app):
    start = FRIDAY - 8 * HOUR
    with at(start):
        dora, phone = peer(cast.dora), peer(cast.alice)
        order_id = registered(dora, cast, 3)
        dispatch(dora, order_id, cast.alice)
        due = clock.parse(milestones(dora, order_id)["resolve"]["due_at"])  # three working days
    new_due = due + timedelta(days=2)
    with at(due - HOUR):
        phone.headers = peer(cast.alice, phone.device_id).headers
        phone.push()  # the last contact before the basement
        declared = new_id()
        phone.act(
            "delay.declare", id=declared, work_order_id=order_id, kind="resolve", reason="parts", note="配件在途",
            new_due_at=clock.wire(new_due),
        )  # fmt: skip
    with at(due + HOUR):
        with app.app_context():
            watch_deadlines()
        phone.headers = peer(cast.alice, phone.device_id).headers
        phone.push()
        sam, dora = peer(cast.sam), peer(cast.dora)
        assert sam.pull().row("delay_declaration", declared)["before_breach"] is True
        assert "delay_submitted" in {one["kind"] for one in sam.bodies("notice")}
        assert refused(dora.do("delay.decide", id=declared, decision="approve")) == ("rejected", "forbidden")
        assert sam.do("delay.decide", id=declared, decision="approve", note="同意")["outcome"] == "applied"
        resolve = milestones(dora, order_id)["resolve"]
        assert resolve["due_at"] == clock.wire(new_due) and not resolve["breached"]
        assert resolve["extension"]["declaration_id"] == declared and resolve["first_due_at"] == clock.wire(due)
        assert dora.do("delay.tell", id=declared, channel="phone")["outcome"] == "applied"
        assert dora.pull().row("delay_declaration", declared)["state"] == "told"


def test_declaring_after_the_breach_is_not_declared(peer, cast, app, heads):
    with at(FRIDAY - 8 * HOUR):
        order_id = registered(peer(cast.dora), cast, 1)
    with at(FRIDAY + 100 * HOUR):
        dora, sam = peer(cast.dora), peer(cast.sam)
        declared = new_id()
        said = {"id": declared, "work_order_id": order_id, "kind": "resolve", "reason": "parts"}
        dora.do("delay.declare", **said, new_due_at=clock.wire(FRIDAY + 200 * HOUR))
        with app.app_context():
            watch_deadlines()
        assert sam.do("delay.decide", id=declared, decision="approve")["outcome"] == "applied"
        resolve = milestones(dora, order_id)["resolve"]
        assert resolve["breached"] and resolve["extension"] is None
        assert dora.row("delay_declaration", declared)["before_breach"] is False
        past = {**said, "id": new_id(), "new_due_at": clock.wire(FRIDAY)}
        assert refused(dora.do("delay.declare", **past)) == ("rejected", "args-invalid")
        gone = {**said, "id": new_id(), "kind": "feed_back", "new_due_at": clock.wire(FRIDAY + 300 * HOUR)}
        assert refused(dora.do("delay.declare", **gone)) == ("parked", "nothing-due")


def test_longer_than_the_policy_allows_is_for_the_department_head(peer, cast, heads, friday):
    dora, sam, hera = peer(cast.dora), peer(cast.sam), peer(heads["hera"])
    order_id = registered(dora, cast, 3)  # seven working days when the customer was told before
    declared = new_id()
    said = {"id": declared, "work_order_id": order_id, "kind": "resolve", "reason": "parts"}
    dora.do("delay.declare", **said, new_due_at=clock.wire(FRIDAY + timedelta(days=20)))
    assert refused(sam.do("delay.decide", id=declared, decision="approve")) == ("rejected", "forbidden")
    assert hera.do("delay.decide", id=declared, decision="approve")["outcome"] == "applied"
