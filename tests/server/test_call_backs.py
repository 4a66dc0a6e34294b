"""Review and call-back (F1, F2): accepted or returned with remarks, then somebody who was not there asks."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from server import clock
from server.extensions import db
from server.models import User, Visit, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatched
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]
STARS = {"speed": 5, "solution": 4, "attitude": 3}


def handed_in(desk: Peer, cast: Cast, phone: Peer) -> tuple[str, str]:
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    phone.pull()
    for step in ("accept", "arrive", "work", "finish"):
        phone.act(f"visit.{step}", visit_id=visit_id)
    phone.act("report.waive", id=new_id(), visit_id=visit_id, reason="absent")
    assert phone.do("visit.submit", visit_id=visit_id)["outcome"] == "applied"
    return order_id, visit_id


def test_what_comes_back_to_the_engineer_says_why_and_is_accepted_the_second_time(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    sam = peer(cast.sam)
    order_id, visit_id = handed_in(desk, cast, phone)
    said = sam.do("visit.review", visit_id=visit_id, decision="return", remarks="请补拍铭牌。")
    assert said["outcome"] == "applied"
    row = phone.pull().row("visit", visit_id)
    assert (row["state"], row["returned_note"]) == ("returned", "请补拍铭牌。")
    phone.act("visit.work", visit_id=visit_id)
    phone.act("visit.finish", visit_id=visit_id)
    phone.act("report.waive", id=new_id(), visit_id=visit_id, reason="absent")
    phone.do("visit.submit", visit_id=visit_id)
    sam.do("visit.review", visit_id=visit_id, decision="accept")
    sam.pull()
    assert (sam.row("visit", visit_id)["state"], sam.row("work_order", order_id)["state"]) == ("reviewed", "confirming")


def test_a_call_back_is_made_by_somebody_else_and_closes_what_is_done(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    with app.app_context():
        db.session.get(User, cast.olga.id).roles = ["operator", "call_back"]
        db.session.get(User, cast.alice.id).roles = ["engineer", "call_back"]
        db.session.commit()
    olga = peer(cast.olga)
    order_id, visit_id = handed_in(desk, cast, phone)
    asked = {"work_order_id": order_id, "visit_id": visit_id, "mode": "call", **STARS}
    assert desk.do("call_back.record", id=new_id(), **asked)["code"] == "forbidden"
    assert phone.do("call_back.record", id=new_id(), **asked)["code"] == "forbidden"  # she did the work herself
    assert olga.do("call_back.record", id=new_id(), **{**asked, "speed": 6})["code"] == "args-invalid"
    early = olga.do("call_back.record", id=new_id(), **asked, close=True)
    assert early["outcome"] == "merged"  # kept, but not closed: nobody has accepted the work yet
    desk.do("visit.review", visit_id=visit_id, decision="accept")
    mine = new_id()
    done = olga.do("call_back.record", id=mine, **asked, words="希望备件更快。", by_name="张女士", close=True)
    assert done["outcome"] == "applied"
    desk.pull()
    survey = desk.row("survey", mine)
    assert (survey["mode"], survey["solution"], survey["words"]) == ("call", 4, "希望备件更快。")
    assert desk.row("work_order", order_id)["state"] == "closed"
    assert_subscriptions_are_right(app)
    month = desk.client.get(
        "/api/reports/month", query_string={"month": survey["device_at"][:7]}, headers=desk.headers
    ).json
    if month["means"]["satisfaction"]["n"]:  # else the month turned in China while the test ran
        assert month["means"]["satisfaction"]["value"] == 80.0


def test_a_visit_that_is_not_over_is_not_asked_about(cast: Cast, desk: Peer, app: Flask, peer: MakePeer):
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    sam = peer(cast.sam)
    asked = {"work_order_id": order_id, "visit_id": visit_id, "mode": "wechat", **STARS}
    assert sam.do("call_back.record", id=new_id(), **asked)["outcome"] == "parked"
    with app.app_context():
        assert db.session.get(Visit, visit_id).state == "dispatched"


def test_a_call_that_reached_nobody_is_written_down_and_the_visit_is_still_to_be_asked_about(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    sam = peer(cast.sam)
    order_id, visit_id = handed_in(desk, cast, phone)
    tried = {"work_order_id": order_id, "visit_id": visit_id, "mode": "call", "outcome": "no_answer"}
    assert desk.do("call_back.attempt", id=new_id(), **tried)["code"] == "forbidden"
    assert sam.do("call_back.attempt", id=new_id(), **{**tried, "outcome": "asleep"})["code"] == "args-invalid"
    mine = new_id()
    again_at = "2026-12-01T02:00:00.000Z"
    assert sam.do("call_back.attempt", id=mine, **tried, note="无人接听", again_at=again_at)["outcome"] == "applied"
    row = desk.pull().row("call_attempt", mine)
    assert (row["outcome"], row["again_at"], row["created_by"]) == ("no_answer", again_at, cast.sam.id)
    assert [one["data"]["outcome"] for one in desk.bodies("event", kind="call_back.attempt")] == ["no_answer"]
    assert not list(desk.bodies("survey"))
    assert (
        sam.do("call_back.record", id=new_id(), **{k: tried[k] for k in tried if k != "outcome"}, **STARS)["outcome"]
        == "applied"
    )


def test_a_customer_who_rates_at_signing_and_again_by_telephone_is_one_answer_in_the_month_the_latest(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    sam = peer(cast.sam)
    order_id, visit_id = handed_in(desk, cast, phone)
    asked = {"work_order_id": order_id, "visit_id": visit_id, "mode": "call"}
    with clock.standing_at(clock.parse("2026-11-10T02:00:00.000Z")):
        sam, desk = peer(cast.sam), peer(cast.dora)
        sam.do("call_back.record", id=new_id(), **asked, speed=1, solution=1, attitude=1)
    with clock.standing_at(clock.parse("2026-11-11T02:00:00.000Z")):
        sam.do("call_back.record", id=new_id(), **asked, speed=5, solution=5, attitude=5)
        month = desk.get("/api/reports/month", query_string={"month": "2026-11"}).json
    assert (month["means"]["satisfaction"]["n"], month["means"]["satisfaction"]["value"]) == (1, 100.0)
