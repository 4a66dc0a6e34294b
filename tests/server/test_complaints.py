"""Complaints (F3): answered within a day, followed up until the customer is content, closed with their word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from server import clock
from server.extensions import db
from server.models import AccessLog, Complaint, CustomerReport, Notice, User, new_id
from server.tasks import watch_complaints
from tests.cast import Cast
from tests.peer import Peer
from tests.server.promised import FRIDAY, HOUR, at, refused
from tests.server.story import dispatched
from tests.server.test_call_backs import STARS, handed_in

MakePeer = Callable[..., Peer]


def complain(desk: Peer, **more: Any) -> str:
    """Somebody is cross; gives the complaint's id."""
    complaint_id = new_id()
    said = {"title": "师傅态度生硬", "text": "进门不穿鞋套。", "level": 2, "channel": "hotline", **more}
    said.setdefault("reported_at", clock.wire(clock.now()))
    receipt = desk.do("complaint.register", id=complaint_id, **said)
    assert receipt["outcome"] == "applied", receipt
    return complaint_id


def told(app: Flask, kind: str) -> list[tuple[str, Any]]:
    """(login, per cent) of every notice of a kind, the oldest first."""
    with app.app_context():
        found = db.session.query(Notice).filter(Notice.kind == kind).order_by(Notice.at, Notice.id)
        return [(db.session.get_one(User, one.user_id).login, one.data.get("percent")) for one in found]


def test_a_complaint_is_answered_in_a_day_followed_up_and_closed_with_the_customers_word(
    cast: Cast, peer: MakePeer, heads: dict[str, User], friday: None
):
    dora, sam, hera = peer(cast.dora), peer(cast.sam), peer(heads["hera"])
    order_id, visit_id = dispatched(dora, cast, cast.alice)
    mine = complain(dora, work_order_id=order_id, visit_id=visit_id)
    row = dora.pull().row("complaint", mine)
    assert (row["number"], row["state"]) == ("TS20261120001", "registered")
    assert row["answer_due_at"] == clock.wire(FRIDAY + 24 * HOUR)  # on the clock: a weekend is no excuse
    assert (row["customer_name"], row["site_name"], row["about_ids"]) == ("华园大厦物业", "华园大厦", [cast.alice.id])
    assert row["owner_id"] == heads["mona"].id  # a dispatcher takes it down, a manager answers for it
    assert [one["kind"] for one in peer(heads["mona"]).pull().bodies("notice")] == ["complaint_given"]
    assert refused(dora.do("complaint.close", id=mine, word="好了", satisfied=True))[0] == "parked"
    with at(FRIDAY + 3 * HOUR):
        said = {"text": "已向客户致歉,当事人培训。", "channel": "phone"}
        assert sam.do("complaint.answer", id=mine, **said)["outcome"] == "applied"
        no = sam.do("complaint.follow_up", id=mine, text="只道歉不够", channel="phone", satisfied=False)
        assert no["outcome"] == "applied"
    row = dora.pull().row("complaint", mine)
    assert (row["state"], row["unsatisfied"], row["answered_at"]) == ("registered", 1, None)
    assert row["answer_due_at"] == clock.wire(FRIDAY + 27 * HOUR)
    with at(FRIDAY + 5 * HOUR):
        sam.do("complaint.answer", id=mine, text="安排班长上门致歉。", channel="on_site")
        action = new_id()
        given = {"source_noun": "complaint", "source_id": mine, "owner_id": cast.alice.id, "due_on": "2026-11-24"}
        assert sam.do("improvement.add", id=action, text="上门礼仪培训", **given)["outcome"] == "applied"
        assert refused(sam.do("complaint.close", id=mine, word="满意", satisfied=True)) == ("parked", "actions-open")
        assert sam.do("improvement.done", id=action, result="已培训")["outcome"] == "applied"
        assert refused(sam.do("complaint.close", id=mine, word="联系不上")) == ("rejected", "forbidden")
        assert hera.do("complaint.close", id=mine, word="可以了", satisfied=True)["outcome"] == "applied"
    row = dora.pull().row("complaint", mine)
    assert (row["state"], row["customer_word"], row["breached"]) == ("closed", "可以了", False)
    assert [step["act"].partition(".")[2] for step in row["steps"]] == [
        "register", "answer", "follow_up", "answer", "close",
    ]  # fmt: skip


def test_whom_it_is_about_neither_sees_nor_answers_it(cast: Cast, peer: MakePeer, desk: Peer, phone: Peer):
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    mine = complain(desk, work_order_id=order_id, visit_id=visit_id)
    phone.pull()
    assert phone.row("work_order", order_id) and not list(phone.bodies("complaint"))
    assert refused(phone.do("complaint.answer", id=mine, text="不是我", channel="phone")) == ("rejected", "forbidden")
    sam = peer(cast.sam)
    about_sam = complain(desk, customer_id=cast.customer.id, about_ids=[cast.sam.id], owner_id=cast.dora.id)
    assert refused(sam.do("complaint.answer", id=about_sam, text="误会", channel="phone")) == ("rejected", "forbidden")
    to_sam = {"title": "再投诉", "level": 3, "channel": "hotline", "reported_at": clock.wire(clock.now())}
    about = {"customer_id": cast.customer.id, "about_ids": [cast.sam.id], "owner_id": cast.sam.id}
    assert refused(desk.do("complaint.register", id=new_id(), **to_sam, **about)) == ("rejected", "args-invalid")
    nobody = desk.do("complaint.register", id=new_id(), **to_sam)
    assert refused(nobody) == ("rejected", "args-invalid")  # nobody's complaint


def test_warnings_go_to_the_owner_and_upwards_and_a_late_answer_stays_late(
    app: Flask, cast: Cast, peer: MakePeer, heads: dict[str, User], friday: None
):
    desk = peer(cast.dora)
    mine = complain(desk, customer_id=cast.customer.id)
    for hours in (11, 12, 18, 21.6, 23.9, 24, 25):
        with at(FRIDAY + hours * HOUR), app.app_context():
            watch_complaints()
    assert told(app, "complaint_warning") == [
        ("mona", 50), ("mona", 75), ("mona", 90), ("hera", 90),
    ]  # fmt: skip  # mona owns it and is the first above
    assert sorted(told(app, "complaint_breached")) == [("hera", None), ("mona", None)]
    with at(FRIDAY + 26 * HOUR):
        desk.do("complaint.answer", id=mine, text="抱歉回复晚了。", channel="phone")
        row = desk.pull().row("complaint", mine)
        assert (row["state"], row["breached"]) == ("answered", True)
        with app.app_context():
            watch_complaints()
            assert db.session.get_one(Complaint, mine).next_at is None


def test_more_complaints_than_the_month_before_are_reported_to_the_deputy_general_manager_once(
    app: Flask, cast: Cast, peer: MakePeer, heads: dict[str, User]
):
    october, november = (clock.parse(f"2026-{month}-05T10:00:00+08:00") for month in (10, 11))
    with at(october):
        desk = peer(cast.dora)
        complain(desk, customer_id=cast.customer.id)
        with app.app_context():
            watch_complaints()
        assert told(app, "complaints_rose") == []  # the first month of all has nothing to be compared with
    with at(november):
        complain(desk, customer_id=cast.customer.id)
        with app.app_context():
            watch_complaints()
        assert told(app, "complaints_rose") == []
        complain(desk, customer_id=cast.customer.id)
        for _ in range(2):
            with app.app_context():
                watch_complaints()
        dino = peer(heads["dino"])
        (notice,) = dino.pull().bodies("notice", kind="complaints_rose")
        assert (notice["data"]["month"], notice["data"]["count"], notice["data"]["was"]) == ("2026-11", 2, 1)
        month = desk.get("/api/reports/month", query_string={"month": "2026-11"}).json["complaints"]
        assert (month["n"], month["was"], month["due"], month["closed"]) == (2, 1, 0, 0)
    assert told(app, "complaints_rose") == [("dino", None)]


def test_a_bad_rating_and_a_report_from_outside_become_a_complaint_once_and_say_so(
    app: Flask, cast: Cast, peer: MakePeer, desk: Peer, phone: Peer
):
    with app.app_context():
        db.session.get(User, cast.sam.id).roles = ["supervisor", "call_back"]
        report = CustomerReport(
            id=new_id(), state="new", company="华园大厦物业", title="没人来修", contact_name="李先生",
            contact_phone="13900001234", demands=[], files=[],
        )  # fmt: skip
        db.session.add(report)
        db.session.commit()
        report_id = report.id
    sam = peer(cast.sam)
    order_id, visit_id = handed_in(desk, cast, phone)
    answer_id = new_id()
    stars = {**STARS, "attitude": 1}
    sam.do("call_back.record", id=answer_id, work_order_id=order_id, visit_id=visit_id, mode="call", **stars)
    mine = complain(sam, origin={"noun": "survey", "id": answer_id})
    row = sam.pull().row("complaint", mine)
    assert (row["work_order_id"], row["visit_id"], row["about_ids"]) == (order_id, visit_id, [cast.alice.id])
    assert (row["origin_noun"], row["origin_id"], row["order_number"]) == (
        "survey", answer_id, sam.row("work_order", order_id)["number"],
    )  # fmt: skip
    again = {"title": "再来", "level": 3, "channel": "hotline", "reported_at": clock.wire(clock.now())}
    twice = desk.do("complaint.register", id=new_id(), **again, origin={"noun": "survey", "id": answer_id})
    assert refused(twice) == ("parked", "already-settled")
    from_outside = complain(desk, origin={"noun": "customer_report", "id": report_id})
    desk.pull()
    assert desk.row("customer_report", report_id)["complaint_id"] == from_outside
    assert desk.row("customer_report", report_id)["state"] == "complaint"
    assert desk.row("complaint", from_outside)["contact_masked"] == "李先生(1234)"
    shown = desk.post(f"/api/complaints/{from_outside}/contact/reveal", {"reason": "答复投诉"})
    assert shown == {"name": "李先生", "phone": "13900001234"}
    with app.app_context():
        assert db.session.query(AccessLog).filter_by(noun="complaint", row_id=from_outside).count() == 1
    phone.post(f"/api/complaints/{from_outside}/contact/reveal", {"reason": "想看看"}, status=403)


def test_another_level_has_another_deadline_and_an_action_reminds_its_owner_on_its_day(
    app: Flask, cast: Cast, peer: MakePeer, heads: dict[str, User], friday: None
):
    desk, sam, phone = peer(cast.dora), peer(cast.sam), peer(cast.alice)
    urgent = {"respond": {"hours": 1, "clock": "elapsed"}, "plan": {"hours": 4, "clock": "elapsed"}}
    usual = {"plan": {"hours": 24, "clock": "elapsed"}, "resolve": {"hours": 72, "clock": "elapsed"}}
    levels = {"1": {**urgent, "resolve": {"hours": 72, "clock": "elapsed"}}, "2": usual, "3": usual}
    policy = {"id": new_id(), "code": "complaint24", "name": "投诉", "levels": levels}
    assert sam.do("policy.save", **policy)["outcome"] == "applied"
    mine = complain(desk, customer_id=cast.customer.id)
    assert refused(desk.do("complaint.assign", id=mine, level=1)) == ("rejected", "forbidden")
    assert sam.do("complaint.assign", id=mine, level=1, owner_id=cast.sam.id)["outcome"] == "applied"
    assert desk.pull().row("complaint", mine)["answer_due_at"] == clock.wire(FRIDAY + 4 * HOUR)
    action = new_id()
    given = {"text": "逐户致歉", "owner_id": cast.alice.id, "due_on": "2026-11-23"}
    sam.do("improvement.add", id=action, source_noun="complaint", source_id=mine, **given)
    assert [one["data"]["text"] for one in phone.pull().bodies("notice", kind="action_given")] == ["逐户致歉"]
    for days in (1, 3, 4):
        with at(FRIDAY + timedelta(days=days)), app.app_context():
            watch_complaints()
    assert len(list(phone.pull().bodies("notice", kind="action_due"))) == 1
    assert refused(phone.do("improvement.drop", id=action, result="没空")) == ("rejected", "forbidden")
    assert phone.do("improvement.done", id=action, result="已致歉")["outcome"] == "applied"
    assert refused(sam.do("improvement.done", id=action, result="重复")) == ("parked", "already-settled")
