"""Maintenance plans: what they make, by whom it is done, and what is missed or excused (E1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Flask

from server import clock
from server.extensions import db
from server.models import PlanOccurrence, new_id
from server.occurrences import day_of
from server.tasks import keep_plans
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch

MakePeer = Callable[..., Peer]


def today() -> date:
    return day_of(clock.now())


def set_plan(desk: Peer, cast: Cast, **more: Any) -> str:
    args = {
        "id": new_id(), "site_id": cast.site.id, "kind": "monthly", "rrule": "FREQ=MONTHLY;BYMONTHDAY=10",
        "starts_on": today().replace(day=1).isoformat(), "window_days": 10,
        "checklist_codes": [cast.checklist.code], **more,
    }  # fmt: skip
    receipt = desk.do("plan.set", **args)
    assert receipt["outcome"] == "applied", receipt
    return str(args["id"])


def made(desk: Peer, plan_id: str) -> list[dict[str, Any]]:
    desk.pull()
    rows = [{**held["body"], "id": key[1]} for key, held in desk.rows.items() if key[0] == "plan_occurrence"]
    return sorted((row for row in rows if row["plan_id"] == plan_id), key=lambda row: row["due_on"])


def daily(day: date) -> str:
    """A rule whose only day of a month is that day's, as far as months have one."""
    return f"FREQ=MONTHLY;BYMONTHDAY={min(day.day, 28)}"


def test_a_plan_makes_what_falls_due_once_whoever_asks_and_however_often(app: Flask, cast: Cast, desk: Peer):
    plan_id = set_plan(desk, cast)
    rows = made(desk, plan_id)
    assert 3 <= len(rows) <= 4 and all(row["due_on"].endswith("-10") for row in rows)
    set_plan(desk, cast, id=plan_id)
    with app.app_context():
        keep_plans()
        keep_plans()
    again = made(desk, plan_id)
    assert [row["id"] for row in again] == [row["id"] for row in rows]
    later = clock.now() + timedelta(days=40)
    with app.app_context(), clock.standing_at(later):
        keep_plans()
    assert len(made(desk, plan_id)) > len(rows)


def test_another_rule_takes_back_what_is_to_come_and_leaves_what_was(cast: Cast, desk: Peer):
    plan_id = set_plan(desk, cast, starts_on=(today() - timedelta(days=100)).isoformat(), window_days=0)
    past = [row for row in made(desk, plan_id) if row["due_on"] < today().isoformat()]
    assert past and {row["state"] for row in past} == {"missed"}
    set_plan(desk, cast, id=plan_id, active=False)
    assert made(desk, plan_id) == past
    set_plan(desk, cast, id=plan_id, starts_on=(today() - timedelta(days=100)).isoformat(), window_days=0)
    assert len(made(desk, plan_id)) > len(past)  # and back again, under the same ids


def test_only_the_office_plans_and_what_makes_no_sense_is_said(cast: Cast, desk: Peer, phone: Peer):
    args = {"id": new_id(), "site_id": cast.site.id, "kind": "monthly", "starts_on": today().isoformat()}
    assert phone.do("plan.set", rrule="FREQ=MONTHLY;BYMONTHDAY=1", **args)["code"] == "forbidden"
    for wrong in ({"rrule": "FREQ=DAILY"}, {"kind": "daily"}, {"checklist_codes": ["nothing"]}, {"window_days": 99},
                  {"ends_on": "2001-01-01"}, {"starts_on": "soon"}, {"lead_id": cast.dora.id}):  # fmt: skip
        said = {"rrule": "FREQ=MONTHLY;BYMONTHDAY=1", **args, **wrong}
        assert desk.do("plan.set", **said)["code"] in ("args-invalid", "not-an-engineer"), wrong
    plan_id = set_plan(desk, cast)
    row = made(desk, plan_id)[-1]
    for act in ("occurrence.excuse", "occurrence.record", "occurrence.make_visit"):
        extra = {"occurrence_ids": [row["id"]]} if act.endswith("visit") else {"reason": "停业"}
        extra |= {"done_on": today().isoformat()} if act.endswith("record") else {}
        assert phone.do(act, id=row["id"], **extra)["code"] == "forbidden"
    phone.pull()
    assert not {noun for noun, _ in phone.rows} & {"maintenance_plan", "plan_occurrence"}


def test_what_is_due_together_is_one_visit_and_is_done_when_it_is_handed_in(cast: Cast, desk: Peer, phone: Peer):
    rule = daily(today())
    month, half = set_plan(desk, cast, rrule=rule), set_plan(desk, cast, rrule=rule, kind="half_year")
    ids = [made(desk, plan_id)[0]["id"] for plan_id in (month, half)]
    order_id, visit_id, start = new_id(), new_id(), clock.now()
    sent = {"visit_id": visit_id, "lead_id": cast.alice.id, "slot_start": clock.wire(start)}
    assert desk.do("occurrence.make_visit", id=order_id, occurrence_ids=ids, **sent)["code"] == "args-invalid"
    sent["slot_end"] = clock.wire(start + timedelta(hours=2))
    receipt = desk.do("occurrence.make_visit", id=order_id, occurrence_ids=ids, **sent)
    assert receipt["outcome"] == "applied", receipt
    assert desk.do("occurrence.make_visit", id=new_id(), occurrence_ids=ids)["code"] == "illegal-transition"
    order = desk.pull().row("work_order", order_id)
    assert order["kind"] == "half_year" and "半年保养" in order["title"] and "月巡查" in order["title"]
    assert order["due_at"] and {made(desk, plan)[0]["state"] for plan in (month, half)} == {"visit_made"}
    assert phone.pull().row("visit", visit_id)["checklist_codes"] == [cast.checklist.code]
    for act in ("accept", "travel", "arrive", "work", "finish"):
        assert phone.do(f"visit.{act}", visit_id=visit_id)["outcome"] == "applied"
    phone.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")
    assert made(desk, month)[0]["state"] == "visit_made"
    assert phone.do("visit.submit", visit_id=visit_id)["outcome"] == "applied"
    for plan_id in (month, half):
        row = made(desk, plan_id)[0]
        assert (row["state"], row["done_on"], row["work_order_id"]) == ("done", today().isoformat(), order_id)
    desk.do("visit.review", visit_id=visit_id, decision="return", remarks="缺照片")
    assert made(desk, month)[0]["state"] == "visit_made"


def test_a_cancelled_order_gives_back_what_it_was_made_for(cast: Cast, desk: Peer):
    plan_id = set_plan(desk, cast, rrule=daily(today()))
    row, order_id = made(desk, plan_id)[0], new_id()
    desk.do("occurrence.make_visit", id=order_id, occurrence_ids=[row["id"]])
    assert desk.do("occurrence.excuse", id=row["id"], reason="停业")["code"] == "illegal-transition"
    desk.do("work_order.cancel", id=order_id, reason="withdrawn")
    row = made(desk, plan_id)[0]
    assert (row["state"], row["work_order_id"]) == ("due", None)


def test_what_was_not_done_in_its_window_is_missed_and_can_be_made_up_for(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    plan_id = set_plan(desk, cast, rrule=daily(today()))
    row, order_id = made(desk, plan_id)[0], new_id()
    desk.do("occurrence.make_visit", id=order_id, occurrence_ids=[row["id"]])
    with app.app_context(), clock.standing_at(clock.now() + timedelta(days=2)):
        keep_plans()
    assert made(desk, plan_id)[0]["state"] == "visit_made"
    with app.app_context(), clock.standing_at(clock.now() + timedelta(days=14)):
        keep_plans()
    assert made(desk, plan_id)[0]["state"] == "missed"
    visit_id = dispatch(desk, order_id, cast.alice)
    phone.pull()
    for act in ("accept", "travel", "arrive", "work", "finish"):
        phone.do(f"visit.{act}", visit_id=visit_id)
    phone.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")
    phone.do("visit.submit", visit_id=visit_id)
    assert made(desk, plan_id)[0]["state"] == "done"  # the phone did it in time and was only heard late


def test_an_excuse_has_a_reason_and_a_paper_record_a_day(app: Flask, cast: Cast, desk: Peer):
    plan_id = set_plan(desk, cast, starts_on=(today() - timedelta(days=130)).isoformat(), window_days=2)
    first, second = [row for row in made(desk, plan_id) if row["state"] == "missed"][:2]
    assert desk.do("occurrence.excuse", id=first["id"], reason="")["code"] == "args-invalid"
    assert desk.do("occurrence.excuse", id=first["id"], reason="客户停业装修")["outcome"] == "applied"
    future = (today() + timedelta(days=2)).isoformat()
    assert desk.do("occurrence.record", id=second["id"], done_on=future, reason="纸质")["code"] == "args-invalid"
    assert (
        desk.do("occurrence.record", id=second["id"], done_on=second["due_on"], reason="纸质记录")["outcome"]
        == "applied"
    )
    with app.app_context():
        keep_plans()
        assert db.session.get_one(PlanOccurrence, second["id"]).decided_by == cast.dora.id
    states = {row["id"]: (row["state"], row["reason"]) for row in made(desk, plan_id)}
    assert states[first["id"]] == ("excused", "客户停业装修") and states[second["id"]] == ("done", "纸质记录")


def test_an_order_somebody_registered_by_hand_counts_for_the_plan(cast: Cast, desk: Peer):
    plan_id = set_plan(desk, cast, rrule=daily(today()))
    row, order_id = made(desk, plan_id)[0], new_id()
    args = {
        "customer_id": cast.customer.id, "site_id": cast.site.id, "title": "月巡查", "level": 3, "level_reason": "计划",
        "channel": "app", "source": "internal", "reported_at": clock.wire(clock.now()),
    }  # fmt: skip
    repair = new_id()
    desk.do("work_order.register", id=repair, kind="repair", **args)
    assert desk.do("occurrence.make_visit", id=repair, occurrence_ids=[row["id"]])["code"] == "args-invalid"
    desk.do("work_order.register", id=order_id, kind="monthly", **args)
    assert desk.do("occurrence.make_visit", id=order_id, occurrence_ids=[row["id"]])["outcome"] == "applied"
    assert made(desk, plan_id)[0]["work_order_id"] == order_id


def test_an_excuse_or_a_paper_record_is_taken_back_and_the_calendar_decides_again(cast: Cast, desk: Peer, phone: Peer):
    plan_id = set_plan(desk, cast, starts_on=(today() - timedelta(days=100)).isoformat(), window_days=0)
    past, *_, coming = made(desk, plan_id)
    assert desk.do("occurrence.restore", id=past["id"])["code"] == "illegal-transition"  # nobody decided anything
    desk.do("occurrence.excuse", id=past["id"], reason="停业")
    desk.do("occurrence.excuse", id=coming["id"], reason="停业")
    assert phone.do("occurrence.restore", id=past["id"])["code"] == "forbidden"
    for row in (past, coming):
        assert desk.do("occurrence.restore", id=row["id"])["outcome"] == "applied"
    rows = {row["id"]: row for row in made(desk, plan_id)}
    assert (rows[past["id"]]["state"], rows[past["id"]]["reason"]) == ("missed", "")
    assert (rows[coming["id"]]["state"], rows[coming["id"]]["decided_by"]) == ("due", None)
    desk.do("occurrence.record", id=past["id"], done_on=past["due_on"], reason="纸质记录")
    assert desk.do("occurrence.restore", id=past["id"])["outcome"] == "applied"
    assert {row["id"]: row["state"] for row in made(desk, plan_id)}[past["id"]] == "missed"
    order_id = new_id()
    desk.do("occurrence.make_visit", id=order_id, occurrence_ids=[past["id"]])
    assert desk.do("occurrence.restore", id=past["id"])["code"] == "illegal-transition"
