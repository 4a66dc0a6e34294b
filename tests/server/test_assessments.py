"""The monthly assessment (F5): suggested from evidence, decided by people, objected to offline, approved, exported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook

from server import clock
from server.acts.assessing import RULES
from server.extensions import db
from server.models import (
    Article,
    Assessment,
    MaintenancePlan,
    Notice,
    PlanOccurrence,
    SlaMilestone,
    User,
    Visit,
    WorkOrder,
    new_id,
)
from server.tasks import keep_assessments
from sync.assessment import EVIDENCE
from tests.cast import Cast
from tests.peer import Peer
from tests.server.promised import HOUR, at, refused
from tests.server.story import dispatched
from tests.server.test_call_backs import STARS, handed_in
from tests.server.test_complaints import complain
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]
MONTH = "2026-11"
DAY = clock.parse("2026-11-18T09:00:00+08:00")
NEXT = clock.parse("2026-12-03T09:00:00+08:00")


def a_bad_month(app: Flask, cast: Cast, desk: Peer, phone: Peer, sam: Peer) -> tuple[str, str]:
    """One visit of Alice's that shows something to every rule; gives its order and itself."""
    order_id, visit_id = handed_in(desk, cast, phone)
    sam.do("visit.review", visit_id=visit_id, decision="accept")
    stars = {**STARS, "attitude": 1}
    asked = {"work_order_id": order_id, "visit_id": visit_id, "mode": "call"}
    sam.do("call_back.record", id=new_id(), **asked, **stars)
    complain(desk, work_order_id=order_id, visit_id=visit_id)
    with at(DAY + HOUR):
        assert sam.do("work_order.reopen", id=order_id, reason="又坏了")["outcome"] == "applied"
    with app.app_context():
        visit = db.session.get_one(Visit, visit_id)
        visit.slot_end = DAY - timedelta(days=3)  # she came three days after the slot
        promise = db.session.query(SlaMilestone).filter_by(work_order_id=order_id, kind="arrive").first()
        promise.due_at = DAY - timedelta(days=1)
        plan = MaintenancePlan(
            id=new_id(), site_id=cast.site.id, kind="monthly", rrule="FREQ=MONTHLY", starts_on=DAY.date(),
            lead_id=cast.alice.id, checklist_codes=[],
        )  # fmt: skip
        day = (DAY - timedelta(days=2)).date()
        missed = PlanOccurrence(
            id=new_id(), plan_id=plan.id, site_id=cast.site.id, kind="monthly", due_on=day, opens_on=day, closes_on=day,
            state="missed",
        )  # fmt: skip
        article = Article(
            id=new_id(), number="K-9", title="模块复位", state="published", visit_id=visit_id, reviewed_at=DAY,
            created_by=cast.alice.id, symptom_codes=[],
        )  # fmt: skip
        db.session.add_all([plan, missed, article])
        db.session.commit()
    return order_id, visit_id


@pytest.fixture
def caller(app: Flask, cast: Cast) -> None:
    with app.app_context():
        db.session.get_one(User, cast.sam.id).roles = ["supervisor", "call_back"]
        db.session.commit()


def test_every_rule_finds_what_shows_it_once_and_names_the_row(
    app: Flask, cast: Cast, peer: MakePeer, heads: dict[str, User], caller: None
):
    with at(DAY):
        desk, phone, sam = peer(cast.dora), peer(cast.alice), peer(cast.sam)
        order_id, visit_id = a_bad_month(app, cast, desk, phone, sam)
    with at(NEXT):
        assert refused(desk.do("assessment.suggest", month=MONTH)) == ("rejected", "forbidden")
        assert refused(sam.do("assessment.suggest", month="2027-01")) == ("rejected", "args-invalid")
        for _ in range(2):  # a second time finds the same
            assert sam.do("assessment.suggest", month=MONTH)["outcome"] == "applied"
        sheet = sam.pull().one("assessment", user_id=cast.alice.id)
    assert {line["evidence"]["kind"] for line in sheet["lines"]} == set(EVIDENCE) == set(RULES)
    assert len(sheet["lines"]) == len(EVIDENCE)
    points = {line["item"]: line["points"] for line in sheet["lines"]}
    assert points == {
        "attitude": -3, "serious_error": -3, "late_repair": -2, "missed_patrol": -3, "complaint": -2, "schedule": -6,
        "contribution": 3,
    }  # fmt: skip
    assert (sheet["total"], sheet["due_on"], sheet["state"]) == (100 + sum(points.values()), "2026-12-10", "suggested")
    number = sam.row("work_order", order_id)["number"]
    late = next(line for line in sheet["lines"] if line["item"] == "late_repair")
    assert (late["evidence"]["number"], late["evidence"]["visit_id"]) == (number, visit_id)
    assert sam.one("assessment", user_id=cast.bob.id)["total"] == 100


def test_a_sheet_is_decided_line_by_line_objected_to_offline_settled_approved_and_exported(
    app: Flask, cast: Cast, peer: MakePeer, heads: dict[str, User], caller: None
):
    with at(DAY):
        desk, phone, sam = peer(cast.dora), peer(cast.alice), peer(cast.sam)
        order_id, _ = a_bad_month(app, cast, desk, phone, sam)
    with at(NEXT):
        hera = peer(heads["hera"])
        sam.do("assessment.suggest", month=MONTH)
        sheet = sam.pull().one("assessment", user_id=cast.alice.id)
        mine, lines = sheet["id"], {line["item"]: line["id"] for line in sheet["lines"]}
        assert refused(sam.do("assessment.confirm", id=mine)) == ("parked", "lines-open")
        for item in ("attitude", "missed_patrol", "complaint", "contribution"):
            assert sam.do("assessment.decide", id=mine, line_id=lines[item], decision="keep")["outcome"] == "applied"
        too_much = {"id": mine, "line_id": lines["late_repair"], "decision": "change", "points": -6}
        assert refused(sam.do("assessment.decide", **too_much)) == ("rejected", "args-invalid")
        sam.do("assessment.decide", **{**too_much, "points": -5}, note="两次")
        sam.do("assessment.decide", id=mine, line_id=lines["serious_error"], decision="drop", note="非本人原因")
        sam.do("assessment.decide", id=mine, line_id=lines["schedule"], decision="keep")
        added = {"id": mine, "line_id": new_id(), "item": "image", "points": -2, "work_order_id": order_id}
        assert refused(sam.do("assessment.add_line", **{**added, "points": -9}, reason="x"))[1] == "args-invalid"
        assert sam.do("assessment.add_line", **added, reason="未穿工服")["outcome"] == "applied"
        sam.do("assessment.suggest", month=MONTH)  # brings nothing back that somebody decided about
        assert refused(hera.do("assessment.approve", id=mine)) == ("parked", "illegal-transition")
        assert sam.do("assessment.confirm", id=mine)["outcome"] == "applied"
        sheet = phone.pull().row("assessment", mine)
        assert (sheet["state"], sheet["total"]) == ("confirmed", 100 - 3 - 3 - 2 + 3 - 5 - 6 - 2)
        (told,) = phone.bodies("notice", kind="assessment_confirmed")
        assert told["data"]["total"] == sheet["total"]
        phone.act("assessment.object", id=mine, text="客户改了时间,已电话说明。", line_ids=[lines["schedule"]])
        phone.push()
        assert sam.pull().row("assessment", mine)["objection"]["line_ids"] == [lines["schedule"]]
        assert [one["data"]["text"] for one in sam.bodies("notice", kind="assessment_objected")]
        sam.do("assessment.decide", id=mine, line_id=lines["schedule"], decision="drop", note="属实")
        assert refused(hera.do("assessment.approve", id=mine))[0] == "parked"  # an objection is answered first
        assert sam.do("assessment.settle", id=mine, note="已核实,不扣。")["outcome"] == "applied"
        assert refused(sam.do("assessment.approve", id=mine)) == ("rejected", "forbidden")
        assert hera.do("assessment.approve", id=mine)["outcome"] == "applied"
        assert phone.pull().row("assessment", mine)["total"] == sheet["total"] + 6
        late = phone.do("assessment.object", id=mine, text="再看一下")
        assert refused(late) == ("parked", "illegal-transition")  # kept, and a person looks at it
        assert sam.do("assessment.export", month=MONTH)["outcome"] == "applied"
        assert sam.pull().row("assessment", mine)["state"] == "exported"
        book = load_workbook(BytesIO(sam.get(f"/api/assessments.xlsx?month={MONTH}&lang=zh-CN").data))
        assert book.sheetnames == ["考核汇总", "考核明细"]
        rows = {row[0]: row for row in book["考核汇总"].iter_rows(values_only=True)}
        assert rows["艾丽"][2] == sheet["total"] + 6
        assert [row[3] for row in book["考核明细"].iter_rows(min_row=2, values_only=True)].count(-5) == 1
        phone.get(f"/api/assessments.xlsx?month={MONTH}", status=403)
        desk.get(f"/api/assessments.xlsx?month={MONTH}", status=403)


def test_one_sees_ones_own_sheet_only_and_decides_about_nobody_by_oneself(
    app: Flask, cast: Cast, peer: MakePeer, heads: dict[str, User]
):
    with app.app_context():
        db.session.get_one(User, cast.sam.id).roles = ["supervisor", "engineer"]
        db.session.commit()
    with at(NEXT):
        sam, desk, phone, bob = peer(cast.sam), peer(cast.dora), peer(cast.alice), peer(cast.bob)
        assert sam.do("assessment.suggest", month=MONTH)["outcome"] == "applied"
        for one in (phone, bob):
            assert [row["user_id"] for row in one.pull().bodies("assessment")] == [one.user.id]
        assert not list(desk.pull().bodies("assessment"))  # a dispatcher decides about nobody
        own, bobs = (Assessment.id_of(user.id, MONTH) for user in (cast.sam, cast.bob))
        assert refused(sam.do("assessment.confirm", id=own)) == ("rejected", "forbidden")
        assert refused(phone.do("assessment.object", id=bobs, text="不公平")) == ("rejected", "forbidden")
        assert refused(phone.do("assessment.confirm", id=bobs)) == ("rejected", "forbidden")
        assert len(list(sam.pull().bodies("assessment"))) == 4
        assert_subscriptions_are_right(app)
        with app.app_context():
            db.session.get_one(User, cast.sam.id).roles = ["engineer"]
            db.session.commit()
        assert [row["id"] for row in sam.pull().bodies("assessment")] == [own]
        assert_subscriptions_are_right(app)


def test_items_are_the_companys_and_what_they_were_worth_stays_on_a_sheet(
    app: Flask, cast: Cast, peer: MakePeer, caller: None
):
    with at(DAY):
        desk, phone, sam = peer(cast.dora), peer(cast.alice), peer(cast.sam)
        order_id, visit_id = dispatched(desk, cast, cast.alice)
        complain(desk, work_order_id=order_id, visit_id=visit_id)
        sam.do("assessment.suggest", month=MONTH)
        put = {"id": new_id(), "code": "complaint", "name": "投诉", "mild": -4, "grave": -8, "evidence": "complaint"}
        assert refused(desk.do("assessment_item.put", **put)) == ("rejected", "forbidden")
        assert refused(sam.do("assessment_item.put", **{**put, "grave": -1})) == ("rejected", "args-invalid")
        sheet = sam.pull().one("assessment", user_id=cast.alice.id)
        assert [line["points"] for line in sheet["lines"]] == [-2]
        (line,) = sheet["lines"]
        sam.do("assessment.decide", id=sheet["id"], line_id=line["id"], decision="keep")
        assert sam.do("assessment_item.put", **put)["outcome"] == "applied"
        assert refused(sam.do("assessment_item.put", **{**put, "id": new_id()})) == ("parked", "code-taken")
        sam.do("assessment.suggest", month=MONTH)
        assert [one["points"] for one in sam.pull().row("assessment", sheet["id"])["lines"]] == [-2]
        complain(desk, work_order_id=order_id, visit_id=visit_id)
        sam.do("assessment.suggest", month=MONTH)
        assert [one["points"] for one in sam.pull().row("assessment", sheet["id"])["lines"]] == [-2, -4]
        assert phone.pull().row("assessment_item", put["id"])["name"] == "投诉"  # to be read on the phone


def test_the_month_that_ended_is_suggested_by_itself_and_asked_for_before_the_tenth(
    app: Flask, cast: Cast, peer: MakePeer
):
    with at(DAY):
        sam = peer(cast.sam)
    with at(NEXT), app.app_context():
        keep_assessments()
        assert db.session.query(Assessment).count() == 0  # a company that assesses nobody is left alone
    with at(NEXT):
        sam.do("assessment.suggest", month="2026-10")
    for when in (NEXT, clock.parse("2026-12-08T09:00:00+08:00"), clock.parse("2026-12-09T09:00:00+08:00")):
        with at(when), app.app_context():
            keep_assessments()
    with app.app_context():
        assert db.session.query(Assessment).filter_by(month=MONTH).count() == 3
        (notice,) = db.session.query(Notice).filter_by(kind="assessment_due")
        assert (notice.user_id, notice.data["count"], notice.data["due_on"]) == (cast.sam.id, 3, "2026-12-10")
        assert db.session.query(WorkOrder).count() == 0
