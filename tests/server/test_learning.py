"""What is learnt from hard matters (F6): actions and what they moved, root causes, the seminar, training."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from server import clock
from server.extensions import db
from server.models import User, WorkOrder, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.promised import at, refused, registered
from tests.server.test_complaints import complain
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]
OCTOBER = clock.parse("2026-10-12T10:00:00+08:00")
NOVEMBER = clock.parse("2026-11-12T10:00:00+08:00")


def test_what_an_action_was_to_move_is_shown_before_and_in_the_month_after(
    app: Flask, cast: Cast, peer: MakePeer, heads: dict[str, User]
):
    with at(OCTOBER):
        desk, sam = peer(cast.dora), peer(cast.sam)
        order_id, again = (registered(desk, cast, 3) for _ in range(2))
        complain(desk, customer_id=cast.customer.id)
        complain(desk, customer_id=cast.customer.id)
        given = {"owner_id": cast.sam.id, "due_on": "2026-10-30"}
        calls, late = new_id(), new_id()
        assert refused(sam.do("improvement.add", id=new_id(), text="x", figure="complaints", **given)) == (
            "rejected", "args-invalid",
        )  # fmt: skip  # a number of no month
        measured = {"month": "2026-10", **given}
        sam.do("improvement.add", id=calls, text="预约前一天电话确认", figure="complaints", **measured)
        sam.do("improvement.add", id=late, text="备件前置", figure="resolution", **measured)
        found = {one["id"]: one for one in effects(desk)}
        assert (found[calls]["before"], found[calls]["after"]) == (2, None)  # the month after has not begun
    with app.app_context():
        db.session.get_one(WorkOrder, order_id).state = "closed"
        db.session.commit()
    with at(NOVEMBER):
        desk = peer(cast.dora)
        november = registered(desk, cast, 3)
        complain(desk, customer_id=cast.customer.id)
        with app.app_context():
            db.session.get_one(WorkOrder, november).state = "closed"
            db.session.commit()
        found = {one["id"]: one for one in effects(desk)}
        assert (found[calls]["before"], found[calls]["after"], found[calls]["so_far"]) == (2, 1, True)
        assert found[calls]["better"] is True and found[late]["better"] is True
        assert (found[late]["before"], found[late]["after"]) == (50.0, 100.0)
        assert effects(desk, "2026-11") == []
    with at(NOVEMBER + timedelta(days=30)):
        assert effects(peer(cast.dora))[0]["so_far"] is False
        peer(cast.alice).get("/api/reports/effects?month=2026-10", status=403)
    with app.app_context():
        assert db.session.get_one(WorkOrder, again).state != "closed"


def effects(desk: Peer, since: str = "2026-10") -> list[dict]:
    return desk.get(f"/api/reports/effects?month={since}").json["effects"]


def test_a_review_of_root_causes_is_done_when_all_of_it_is_said_and_gives_actions(cast: Cast, peer: MakePeer):
    desk, sam, phone = peer(cast.dora), peer(cast.sam), peer(cast.alice)
    order_id, mine = registered(desk, cast, 1), new_id()
    said = {"id": mine, "work_order_id": order_id, "facts": "消控室断电 40 分钟", "whys": ["市电失压", " ", "UPS 未投"]}
    assert refused(desk.do("root_cause.save", **said)) == ("rejected", "forbidden")
    assert sam.do("root_cause.save", **said)["outcome"] == "applied"
    assert refused(sam.do("root_cause.save", **said, done=True)) == ("rejected", "args-invalid")
    whole = {
        **said,
        "cause": "电池超期",
        "lessons": "电池到期前半年更换",
        "participant_ids": [cast.alice.id],
        "done": True,
    }
    assert sam.do("root_cause.save", **whole)["outcome"] == "applied"
    row = desk.pull().row("root_cause", mine)
    assert (row["state"], row["whys"], row["number"]) == (
        "done", ["市电失压", "UPS 未投"], desk.row("work_order", order_id)["number"],
    )  # fmt: skip
    assert refused(sam.do("root_cause.save", **{**whole, "id": new_id()})) == ("parked", "already-settled")
    other = registered(desk, cast, 1)
    assert refused(sam.do("root_cause.save", **{**whole, "work_order_id": other})) == ("rejected", "args-invalid")
    action = {"id": new_id(), "source_noun": "root_cause", "source_id": mine, "text": "换电池", "due_on": "2026-12-20"}
    assert sam.do("improvement.add", **action, owner_id=cast.alice.id)["outcome"] == "applied"
    assert not list(phone.pull().bodies("root_cause"))


def test_a_hard_case_is_nominated_chosen_and_discussed_with_minutes(cast: Cast, peer: MakePeer):
    desk, sam, phone = peer(cast.dora), peer(cast.sam), peer(cast.alice)
    order_id, mine = registered(desk, cast, 2), new_id()
    case = {"work_order_id": order_id, "month": "2026-11", "why": "三次才修好"}
    assert refused(phone.do("hard_case.nominate", id=new_id(), **case)) == ("rejected", "forbidden")
    assert desk.do("hard_case.nominate", id=mine, **case)["outcome"] == "applied"
    assert refused(desk.do("hard_case.nominate", id=new_id(), **case)) == ("parked", "already-settled")
    assert refused(desk.do("hard_case.decide", id=mine, decision="choose")) == ("rejected", "forbidden")
    minutes = {"id": mine, "minutes": "先查供电再查通讯", "held_on": "2026-11-30"}
    assert refused(sam.do("hard_case.discuss", **minutes)) == ("parked", "illegal-transition")
    sam.do("hard_case.decide", id=mine, decision="choose", note="典型")
    assert sam.do("hard_case.discuss", **minutes, participant_ids=[cast.alice.id])["outcome"] == "applied"
    row = desk.pull().row("hard_case", mine)
    assert (row["state"], row["minutes"], row["held_on"]) == ("discussed", "先查供电再查通讯", "2026-11-30")
    assert refused(sam.do("hard_case.decide", id=mine, decision="decline")) == ("parked", "already-settled")


def test_who_passed_a_training_has_its_skills_when_somebody_is_chosen(app: Flask, cast: Cast, peer: MakePeer):
    with app.app_context():
        db.session.get_one(User, cast.alice.id).skills = ["门禁"]
        db.session.commit()
    desk, sam = peer(cast.dora), peer(cast.sam)
    people = [{"user_id": cast.alice.id}, {"user_id": cast.bob.id, "passed": False}, {"user_id": cast.charlie.id}]
    held = {"title": "UPS 维护", "kind": "internal", "held_on": "2026-11-20", "minutes": 180}
    taught = {"skills": ["UPS电源", "门禁", " UPS电源 "], "people": people, **held}
    assert refused(desk.do("training.record", id=new_id(), **taught)) == ("rejected", "forbidden")
    assert refused(sam.do("training.record", id=new_id(), **{**taught, "people": []})) == ("rejected", "args-invalid")
    mine = new_id()
    assert sam.do("training.record", id=mine, **taught)["outcome"] == "applied"
    desk.pull()
    skills = {user.login: desk.row("user", user.id)["skills"] for user in (cast.alice, cast.bob, cast.charlie)}
    assert skills == {"alice": ["门禁", "UPS电源"], "bob": [], "charlie": ["UPS电源", "门禁"]}
    assert desk.row("training_record", mine)["skills"] == ["UPS电源", "门禁"]
    assert sam.do("training.withdraw", id=mine, reason="写错了日期")["outcome"] == "applied"
    assert desk.pull().row("training_record", mine)["withdrawn"] is True
    assert_subscriptions_are_right(app)
