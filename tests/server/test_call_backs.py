"""Review and call-back (F1, F2): accepted or returned with remarks, then somebody who was not there asks."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

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
