"""What is said about promises: plans, warnings, calls for help, and what the customer is told."""

from __future__ import annotations

from datetime import timedelta

from server import clock
from server.extensions import db
from server.models import Notice, SlaMilestone, User, WorkOrder, new_id
from server.tasks import watch_deadlines
from tests.server.promised import FRIDAY, at, milestones, refused, registered
from tests.server.story import dispatch

# --- Plans (B5) -------------------------------------------------------------------------------------------------

BLOCKS = {
    "cause": "电源模块老化", "measures": "更换两块电源模块", "prevention": "每季度测一次输出电压",
    "steps": [{"who": "王磊", "what": "更换", "by": "2026-11-24"}],
}  # fmt: skip


def test_an_important_matter_is_planned_first_sent_back_with_words_and_approved_by_the_department_head(
    peer, cast, heads, friday
):
    dora, mona, hera, phone = peer(cast.dora), peer(heads["mona"]), peer(heads["hera"]), peer(cast.alice)
    order_id, plan_id = registered(dora, cast, 2), new_id()
    assert dora.pull().row("work_order", order_id)["state"] == "planning"
    half = {"id": plan_id, "work_order_id": order_id, "cause": "电源"}
    assert dora.do("plan.save", **half)["outcome"] == "applied"
    assert refused(dora.do("plan.save", **half, submit=True)) == ("rejected", "args-invalid")
    whole = {"id": plan_id, "work_order_id": order_id, **BLOCKS, "submit": True}
    dora.do("plan.save", **whole)
    assert hera.pull().row("work_order", order_id)["state"] == "plan_review"
    assert [one["kind"] for one in hera.bodies("notice")] == ["plan_review"]
    assert refused(mona.do("plan.decide", id=plan_id, decision="approve")) == ("rejected", "forbidden")
    assert refused(hera.do("plan.decide", id=plan_id, decision="return")) == ("rejected", "args-invalid")
    hera.do("plan.decide", id=plan_id, decision="return", remarks="请写明停机时间")
    assert dora.pull().row("work_order", order_id)["state"] == "planning"
    dora.do("plan.save", **whole)
    assert hera.do("plan.decide", id=plan_id, decision="approve")["outcome"] == "applied"
    dora.pull()
    assert (dora.row("work_order", order_id)["state"], dora.row("work_order", order_id)["plan"]) == (
        "ready",
        "approved",
    )
    assert [one["decision"] for one in dora.row("resolution_plan", plan_id)["rounds"]] == ["returned", "approved"]
    assert milestones(dora, order_id)["plan"]["met_at"] == clock.wire(FRIDAY)
    dispatch(dora, order_id, cast.alice)
    assert phone.pull().row("resolution_plan", plan_id)["measures"] == BLOCKS["measures"]  # read offline on site


def test_nobody_waits_for_paper_where_somebody_has_to_go_and_a_general_matter_is_planned_when_flagged(
    peer, cast, heads
):
    dora, mona = peer(cast.dora), peer(heads["mona"])
    urgent = registered(dora, cast, 1)
    dispatch(dora, urgent, cast.alice)
    assert dora.pull().row("work_order", urgent)["state"] == "scheduled"
    general, plan_id = registered(dora, cast, 3), new_id()
    assert dora.pull().row("work_order", general)["state"] == "ready"
    assert dora.do("plan.require", work_order_id=general)["outcome"] == "applied"
    assert dora.pull().row("work_order", general)["state"] == "planning"
    dora.do("plan.save", id=plan_id, work_order_id=general, **BLOCKS, submit=True)
    assert mona.do("plan.decide", id=plan_id, decision="approve")["outcome"] == "applied"


# --- Warnings and escalation (B3, B6) ---------------------------------------------------------------------------


def told(app, kind: str) -> dict[str, list[int]]:
    """Login: the per cents they were told of."""
    with app.app_context():
        found: dict[str, list[int]] = {}
        for notice in db.session.query(Notice).filter(Notice.kind == kind).order_by(Notice.at):
            found.setdefault(db.session.get_one(User, notice.user_id).login, []).append(notice.data["percent"])
        return found


def test_each_warning_is_given_once_to_the_owner_and_then_one_step_up(app, peer, cast, heads):
    start = clock.parse("2026-11-18T09:00:00+08:00")
    with at(start):
        desk = peer(cast.dora)
        order_id = registered(desk, cast, 2)
        with app.app_context():  # the promise to respond in four hours is the one looked at
            db.session.query(SlaMilestone).filter(SlaMilestone.kind != "respond").delete()
            db.session.commit()
    for minutes in (60, 119, 120, 121, 180, 216, 239, 240, 300):
        with at(start + timedelta(minutes=minutes)), app.app_context():
            watch_deadlines()
    assert told(app, "sla_warning") == {"dora": [50, 75, 90], "mona": [75, 90], "hera": [90]}
    assert told(app, "sla_breached") == {"dora": [100], "mona": [100], "hera": [100]}
    with app.app_context():
        respond = db.session.query(SlaMilestone).filter_by(work_order_id=order_id).one()
        assert respond.breached and list(respond.warned) == ["50", "75", "90", "100"]
        assert respond.next_at is None


def test_a_server_that_slept_gives_only_the_gravest_warning_and_an_ended_order_gives_none(app, peer, cast, heads):
    start = clock.parse("2026-11-18T09:00:00+08:00")
    with at(start):
        desk = peer(cast.dora)
        late, ended = registered(desk, cast, 1), registered(desk, cast, 1)
        desk.do("work_order.cancel", id=ended, reason="withdrawn")
    with at(start + timedelta(minutes=110)), app.app_context():
        watch_deadlines()
        mine = db.session.query(Notice).filter(Notice.work_order_id == late, Notice.kind == "sla_warning").all()
        assert {notice.data["percent"] for notice in mine} == {90}
        warned = Notice.kind.in_(["sla_warning", "sla_breached"])
        assert db.session.query(Notice).filter(Notice.work_order_id == ended, warned).count() == 0


def test_help_is_asked_offline_answered_and_goes_up_the_ladder(peer, cast, heads):
    dora, phone, mona, hera = peer(cast.dora), peer(cast.alice), peer(heads["mona"]), peer(heads["hera"])
    order_id = registered(dora, cast, 3)
    visit_id = dispatch(dora, order_id, cast.alice)
    asked = new_id()
    phone.act("help.ask", id=asked, work_order_id=order_id, visit_id=visit_id, text="控制器不认新模块")
    phone.push()
    assert [one["data"]["text"] for one in mona.pull().bodies("notice")] == ["控制器不认新模块"]
    assert mona.do("help.answer", id=asked, text="先升级固件")["outcome"] == "applied"
    assert phone.pull().row("escalation", asked)["state"] == "answered"
    notice = phone.one("notice", kind="help_answered")
    phone.do("notice.read", ids=[notice["id"]])
    assert phone.pull().row("notice", notice["id"])["read_at"] is not None
    assert phone.do("help.escalate", id=asked, text="固件也不行")["outcome"] == "applied"
    assert (hera.pull().row("escalation", asked)["rung"], hera.one("notice")["kind"]) == (
        "department_manager", "escalated",
    )  # fmt: skip
    hera.do("help.escalate", id=asked, text="请总经理协调厂家")
    assert refused(hera.do("help.escalate", id=asked, text="再上")) == ("parked", "top-of-ladder")
    assert hera.do("help.close", id=asked)["outcome"] == "applied"
    assert [step["act"] for step in phone.pull().row("escalation", asked)["steps"]] == [
        "help.ask", "help.answer", "help.escalate", "help.escalate", "help.close",
    ]  # fmt: skip
    assert not list(peer(cast.bob).pull().bodies("notice"))  # a notice is its reader's own


# --- Feedback (B8) ----------------------------------------------------------------------------------------------


def done(dora, phone, visit_id: str) -> None:
    for act in ("accept", "arrive", "work", "finish"):
        assert phone.do(f"visit.{act}", visit_id=visit_id)["outcome"] == "applied"
    assert phone.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")["outcome"] == "applied"
    assert phone.do("visit.submit", visit_id=visit_id)["outcome"] == "applied"
    assert dora.do("visit.review", visit_id=visit_id, decision="accept")["outcome"] == "applied"


def test_a_customer_who_is_not_content_reopens_it_until_they_are_and_promises_become_dated(app, peer, cast):
    dora, phone = peer(cast.dora), peer(cast.alice)
    order_id = registered(dora, cast, 3)
    done(dora, phone, dispatch(dora, order_id, cast.alice))
    assert dora.pull().row("work_order", order_id)["state"] == "confirming"
    told_so = {"work_order_id": order_id, "channel": "phone", "result": "已更换电源"}
    dora.do("feedback.give", id=new_id(), **told_so, satisfied=False, opinion="又黑屏了")
    dora.pull()
    assert (dora.row("work_order", order_id)["state"], dora.row("work_order", order_id)["reopened"]) == ("ready", 1)
    again = [one for one in dora.bodies("sla_milestone", work_order_id=order_id) if one["round"] == 1]
    assert {one["kind"] for one in again} == {"respond", "resolve"} and not any(one["met_at"] for one in again)
    done(dora, phone, dispatch(dora, order_id, cast.alice))
    today = clock.now().date()
    promise = {"id": new_id(), "text": "七天后回访", "due_on": (today + timedelta(days=7)).isoformat()}
    dora.do("feedback.give", id=new_id(), **told_so, satisfied=True, promises=[promise])
    dora.pull()
    assert dora.row("work_order", order_id)["state"] == "follow_up"
    assert dora.do("work_order.close", id=order_id)["outcome"] == "applied"
    with at(clock.now() + timedelta(days=8)), app.app_context():
        watch_deadlines()
        watch_deadlines()
    assert [one["data"]["text"] for one in peer(cast.dora).pull().bodies("notice", kind="follow_up_due")] == [
        "七天后回访"
    ]
    dora = peer(cast.dora)
    assert dora.do("follow_up.done", id=promise["id"], note="客户满意")["outcome"] == "applied"
    assert dora.pull().row("follow_up", promise["id"])["state"] == "done"


def test_a_closed_matter_can_be_opened_again_by_the_office_only(app, peer, cast):
    dora, phone = peer(cast.dora), peer(cast.alice)
    order_id = registered(dora, cast, 3)
    done(dora, phone, dispatch(dora, order_id, cast.alice))
    dora.do("work_order.close", id=order_id)
    assert refused(phone.do("work_order.reopen", id=order_id, reason="又坏了")) == ("rejected", "forbidden")
    assert dora.do("work_order.reopen", id=order_id, reason="又坏了")["outcome"] == "applied"
    with app.app_context():
        order = db.session.get_one(WorkOrder, order_id)
        assert (order.state, order.ended_at, order.reopened, order.visits_before) == ("ready", None, 1, 1)
