"""Emergency plans on every phone, a case by one of them, and drills (B7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server import clock
from server.models import new_id
from server.tasks.complaints import watch_complaints
from tests.server.emergencies import content, published, roster_with
from tests.server.promised import FRIDAY, at, refused, registered
from tests.server.story import dispatch


@pytest.fixture
def sam(peer, cast):
    return peer(cast.sam)


@pytest.fixture
def hera(peer, heads):
    return peer(heads["hera"])


# --- Plans ----------------------------------------------------------------------------------------------


def test_a_plan_is_in_force_when_the_head_publishes_it_and_the_version_before_is_kept(sam, hera, phone):
    first = published(sam, hera)
    second = new_id()
    assert (
        sam.do("emergency_plan.write", id=second, **content(name="监控中心瘫痪应急预案(修订)"))["outcome"] == "applied"
    )
    phone.pull()
    assert [(one["version"], one["state"]) for one in phone.bodies("emergency_plan")] == [
        (1, "published"), (2, "proposed"),
    ]  # fmt: skip
    hera.do("emergency_plan.publish", id=second)
    phone.pull()
    assert (phone.row("emergency_plan", first)["state"], phone.row("emergency_plan", second)["state"]) == (
        "retired", "published",
    )  # fmt: skip
    assert phone.row("emergency_plan", second)["roster"][0]["phone"] == "13900000001"  # to call without a network
    assert refused(hera.do("emergency_plan.publish", id=second)) == ("parked", "illegal-transition")


@pytest.mark.parametrize(
    "wrong",
    [
        {"roster": []}, {"roster": [{"id": "t", "group": "team", "name": "王磊", "phone": "13900000002"}]},
        {"roster": [{"id": "c", "group": "command", "name": "孙", "phone": "call me"}]}, {"steps": []},
        {"steps": [{"id": "a", "text": "一"}, {"id": "a", "text": "二"}]}, {"level": 4}, {"code": "监控"},
        {"steps": [{"id": "a", "text": "一", "minutes": 0}]},
    ],
)  # fmt: skip
def test_a_plan_nobody_could_follow_is_refused(sam, wrong):
    assert refused(sam.do("emergency_plan.write", id=new_id(), **content(**wrong))) == ("rejected", "args-invalid")


def test_who_may_not_write_or_publish_a_plan_is_refused(sam, desk, phone):
    assert refused(phone.do("emergency_plan.write", id=new_id(), **content())) == ("rejected", "forbidden")
    assert refused(desk.do("emergency_plan.write", id=new_id(), **content())) == ("rejected", "forbidden")
    plan_id = new_id()
    sam.do("emergency_plan.write", id=plan_id, **content())
    assert refused(sam.do("emergency_plan.publish", id=plan_id)) == ("rejected", "forbidden")


# --- A case ---------------------------------------------------------------------------------------------


def test_a_plan_is_followed_from_a_phone_without_a_network_and_the_desk_reads_every_step(
    friday, peer, cast, sam, hera, desk, phone
):
    with at(FRIDAY):
        plan_id = published(sam, hera, roster=roster_with(cast.ada))
        order_id = registered(desk, cast, 1)
        visit_id = dispatch(desk, order_id, cast.alice)
        phone.pull()
    case, when = new_id(), [clock.wire(FRIDAY + timedelta(minutes=n)) for n in range(10, 60, 10)]
    phone.act("emergency.activate", id=case, work_order_id=order_id, visit_id=visit_id, plan_id=plan_id,
              reason="主机断电", at=when[0])  # fmt: skip
    call = {"kind": "call", "contact_id": "c1", "contact_name": "孙主任", "phone": "13900000001"}
    phone.act("emergency.log", id=new_id(), emergency_id=case, **call, result="no_answer", at=when[1])
    phone.act("emergency.log", id=new_id(), emergency_id=case, **call, result="reached", at=when[2])
    phone.act("emergency.log", id=new_id(), emergency_id=case, kind="tick", step_id="s1", at=when[3])
    phone.act("emergency.log", id=new_id(), emergency_id=case, kind="note", text="备用电源已接", at=when[4])
    with at(FRIDAY + timedelta(hours=2)):  # there is a network again
        phone.push()
        assert {one["outcome"] for one in phone.receipts.values()} == {"applied"}
        desk.pull()
        lines = sorted(desk.bodies("emergency_entry", parent_id=case), key=lambda one: one["at"])
        assert [(one["kind"], one["result"], one["at"]) for one in lines] == [
            ("call", "no_answer", when[1]), ("call", "reached", when[2]), ("tick", None, when[3]),
            ("note", None, when[4]),
        ]  # fmt: skip
        assert {one["by_name"] for one in lines} == {"艾丽"}
        assert desk.row("emergency", case)["started_at"] == when[0]
        assert [one["kind"] for one in peer(cast.ada).pull().bodies("notice")] == ["emergency"]  # of the roster
        assert "emergency" in [one["kind"] for one in hera.pull().bodies("notice")]  # answers for level Ⅰ
        assert refused(desk.do("emergency.end", id=case, summary="")) == ("rejected", "args-invalid")
        assert desk.do("emergency.end", id=case, summary="备用主机恢复,录像无缺失")["outcome"] == "applied"
        # what the phone had still to say is said
        assert phone.do("emergency.log", id=new_id(), emergency_id=case, kind="untick", step_id="s1")["outcome"] == (
            "applied"
        )
        assert refused(desk.do("emergency.end", id=case, summary="再来")) == ("parked", "already-settled")
    body = phone.pull().row("emergency", case)
    assert (body["state"], body["ended_by"], body["summary"]) == ("ended", cast.dora.id, "备用主机恢复,录像无缺失")
    kinds = [one["kind"] for one in desk.pull().bodies("event", work_order_id=order_id)]
    assert {"emergency.activate", "emergency.end"} <= set(kinds)


def test_a_second_phone_and_a_level_changed_meanwhile_are_said_and_refuse_nothing(peer, cast, sam, hera, desk, phone):
    plan_id = published(sam, hera)
    order_id = registered(desk, cast, 1)
    dispatch(desk, order_id, cast.alice, helper_ids=[cast.bob.id])
    begin = {"work_order_id": order_id, "plan_id": plan_id}
    assert phone.do("emergency.activate", id=new_id(), **begin)["outcome"] == "applied"
    assert refused(peer(cast.bob).do("emergency.activate", id=new_id(), **begin)) == ("merged", "already-active")
    other = registered(desk, cast, 3)
    receipt = desk.do("emergency.activate", id=new_id(), work_order_id=other, plan_id=plan_id)
    assert refused(receipt) == ("merged", "plan-of-another-level")


def test_who_is_not_concerned_neither_follows_a_plan_nor_reads_the_log(peer, cast, sam, hera, desk, phone):
    plan_id = published(sam, hera)
    order_id = registered(desk, cast, 1)
    dispatch(desk, order_id, cast.alice)
    case = new_id()
    phone.do("emergency.activate", id=case, work_order_id=order_id, plan_id=plan_id)
    charlie = peer(cast.charlie)
    assert refused(charlie.do("emergency.activate", id=new_id(), work_order_id=order_id, plan_id=plan_id)) == (
        "rejected", "forbidden",
    )  # fmt: skip
    line = {"id": new_id(), "emergency_id": case, "kind": "note", "text": "x"}
    assert refused(charlie.do("emergency.log", **line)) == ("rejected", "forbidden")
    charlie.pull()
    assert charlie.row("emergency", case) is None and charlie.row("emergency_plan", plan_id) is not None
    assert refused(phone.do("emergency.log", **{**line, "kind": "tick", "step_id": "s9"})) == (
        "rejected", "args-invalid",
    )  # fmt: skip
    for wrong in ({"kind": "call"}, {"kind": "tick"}, {"kind": "note", "text": " "}, {"kind": "x"}):
        assert refused(phone.do("emergency.log", id=new_id(), emergency_id=case, **wrong)) == (
            "rejected", "args-invalid",
        ), wrong  # fmt: skip


def test_a_plan_that_is_only_proposed_is_not_followed(cast, sam, desk):
    plan_id = new_id()
    sam.do("emergency_plan.write", id=plan_id, **content())
    order_id = registered(desk, cast, 1)
    receipt = desk.do("emergency.activate", id=new_id(), work_order_id=order_id, plan_id=plan_id)
    assert refused(receipt) == ("parked", "illegal-transition")


# --- Drills ---------------------------------------------------------------------------------------------


def test_a_drill_is_planned_run_on_a_phone_evaluated_and_leaves_actions(peer, cast, sam, hera, desk, phone):
    plan_id, drill, action = published(sam, hera), new_id(), new_id()
    said = {"plan_id": plan_id, "planned_at": "2026-12-05T01:00:00.000Z", "place": "华园大厦"}
    crew = {"leader_id": cast.alice.id, "participant_ids": [cast.bob.id, cast.alice.id]}
    assert desk.do("drill.plan", id=drill, **said, **crew)["outcome"] == "applied"
    assert [one["kind"] for one in phone.pull().bodies("notice")] == ["drill_planned"]
    assert phone.row("drill", drill)["participant_ids"] == [cast.bob.id]  # who leads is there anyway
    # moved: nobody is told twice of the same drill
    desk.do("drill.plan", id=drill, **{**said, "planned_at": "2026-12-06T01:00:00.000Z"}, **crew)
    assert len(list(phone.pull().bodies("notice"))) == 1

    assert refused(sam.do("drill.evaluate", id=drill, score=80, findings="x")) == ("parked", "illegal-transition")
    phone.act("drill.start", id=drill)
    for step in ("s1", "s2"):
        phone.act("drill.log", id=new_id(), drill_id=drill, kind="tick", step_id=step)
    phone.act("drill.finish", id=drill)
    phone.push()
    assert {one["outcome"] for one in phone.receipts.values()} == {"applied"}
    charlie = peer(cast.charlie)
    assert refused(charlie.do("drill.log", id=new_id(), drill_id=drill, kind="note", text="x")) == (
        "rejected", "forbidden",
    )  # fmt: skip
    todo = {"id": action, "text": "更新联系电话", "owner_id": cast.bob.id, "due_on": "2026-12-20"}
    assert refused(phone.do("drill.evaluate", id=drill, score=90, findings="好")) == ("rejected", "forbidden")
    assert sam.do("drill.evaluate", id=drill, score=82, good="到场快", findings="电话有误", actions=[todo])[
        "outcome"
    ] == ("applied")
    bob = peer(cast.bob).pull()
    assert bob.row("drill", drill)["state"] == "evaluated" and bob.row("drill", drill)["score"] == 82
    assert [one["kind"] for one in bob.bodies("notice")] == ["drill_planned", "drill_action"]
    assert refused(charlie.do("drill_action.done", id=action)) == ("rejected", "forbidden")
    assert bob.do("drill_action.done", id=action, note="已更新")["outcome"] == "applied"
    assert refused(sam.do("drill_action.done", id=action)) == ("parked", "already-settled")
    assert sam.pull().row("drill_action", action)["done_by"] == cast.bob.id


def test_an_action_of_a_drill_reminds_its_owner_once_on_its_day(app, peer, cast, sam, hera, desk, phone):
    plan_id, drill, bob = published(sam, hera), new_id(), peer(cast.bob)
    said = {"plan_id": plan_id, "planned_at": "2026-12-05T01:00:00.000Z", "leader_id": cast.alice.id}
    desk.do("drill.plan", id=drill, **said)
    for act in ("drill.start", "drill.finish"):
        assert phone.do(act, id=drill)["outcome"] == "applied"
    due = {"owner_id": cast.bob.id, "due_on": "2026-12-20"}
    todo, done = ({"id": new_id(), "text": text, **due} for text in ("更新联系电话", "补充沙袋"))
    sam.do("drill.evaluate", id=drill, score=82, findings="电话有误", actions=[todo, done])
    assert bob.do("drill_action.done", id=done["id"])["outcome"] == "applied"

    def reminded() -> list[str]:
        return [one["data"]["text"] for one in bob.pull().bodies("notice", kind="action_due")]

    for day, expected in ((19, []), (20, ["更新联系电话"]), (23, ["更新联系电话"])):
        with at(datetime(2026, 12, day, 1, tzinfo=UTC)), app.app_context():
            watch_complaints()
        assert reminded() == expected


def test_a_drill_that_has_begun_is_neither_moved_nor_called_off(cast, sam, hera, desk, phone):
    plan_id, drill = published(sam, hera), new_id()
    said = {"id": drill, "plan_id": plan_id, "planned_at": "2026-12-05T01:00:00.000Z", "leader_id": cast.alice.id}
    desk.do("drill.plan", **said)
    phone.do("drill.start", id=drill)
    assert refused(desk.do("drill.plan", **said)) == ("parked", "illegal-transition")
    assert refused(desk.do("drill.cancel", id=drill, reason="下雨")) == ("parked", "illegal-transition")
    other = {**said, "id": new_id()}
    desk.do("drill.plan", **other)
    assert desk.do("drill.cancel", id=other["id"], reason="下雨")["outcome"] == "applied"
    assert phone.pull().row("drill", other["id"])["reason"] == "下雨"
