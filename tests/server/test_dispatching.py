"""Choosing, sending and knowing whether it arrived: estimate, crew, things to bring, roster, receipts (C1 to C7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from flask import Flask
from openpyxl import load_workbook

from server import clock
from server.models import new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, dispatched, register
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]


def test_the_roster_is_written_by_the_office_and_held_by_everybody(cast: Cast, desk: Peer, phone: Peer):
    start = clock.now()
    shift = {
        "id": new_id(), "user_id": cast.bob.id, "kind": "night", "starts_at": clock.wire(start),
        "ends_at": clock.wire(start + timedelta(hours=14)), "vehicle": "浙A·12345",
    }  # fmt: skip
    assert phone.do("duty.assign", **shift)["code"] == "forbidden"
    assert desk.do("duty.assign", **{**shift, "ends_at": shift["starts_at"]})["code"] == "args-invalid"
    assert desk.do("duty.assign", **shift)["outcome"] == "applied"
    row = phone.pull().row("duty_shift", shift["id"])
    assert (row["user_id"], row["kind"], row["vehicle"], row["removed"]) == (cast.bob.id, "night", "浙A·12345", False)
    desk.do("duty.assign", **{**shift, "user_id": cast.alice.id, "vehicle": ""})
    assert phone.pull().row("duty_shift", shift["id"])["user_id"] == cast.alice.id
    assert phone.do("duty.remove", id=shift["id"])["code"] == "forbidden"
    desk.do("duty.remove", id=shift["id"])
    assert phone.pull().row("duty_shift", shift["id"])["removed"] is True


def test_an_estimate_and_what_to_bring_reach_the_phone_and_a_helper_gets_the_visit(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    order_id = register(desk, cast)
    said = {"id": order_id, "mode": "on_site", "people": 2, "minutes": 90, "parts": ["24V 电源模块"]}
    assert phone.do("work_order.estimate", **said)["code"] == "forbidden"
    assert desk.do("work_order.estimate", **{**said, "people": 0})["code"] == "args-invalid"
    assert desk.do("work_order.estimate", **said)["outcome"] == "applied"
    visit_id = dispatch(desk, order_id, cast.alice, bring=["人字梯", "万用表"])
    phone.pull()
    assert phone.row("work_order", order_id)["estimate"]["minutes"] == 90
    assert phone.row("visit", visit_id)["bring"] == ["人字梯", "万用表"]
    bob = peer(cast.bob)
    assert bob.pull().row("visit", visit_id) is None
    assert desk.do("visit.prepare", visit_id=visit_id, helper_ids=[cast.alice.id])["code"] == "args-invalid"
    assert desk.do("visit.prepare", visit_id=visit_id, helper_ids=[cast.bob.id])["outcome"] == "applied"
    assert bob.pull().row("visit", visit_id)["bring"] == ["人字梯", "万用表"]
    assert_subscriptions_are_right(app)
    assert phone.do("visit.prepare", visit_id=visit_id, brief="x")["code"] == "forbidden"
    new = new_id()
    desk.do("visit.reassign", visit_id=visit_id, new_id=new, lead_id=cast.bob.id, reason="nearer")
    assert bob.pull().row("visit", new)["bring"] == ["人字梯", "万用表"]
    assert desk.do("visit.prepare", visit_id=visit_id, brief="x")["code"] == "illegal-transition"


def test_a_visit_is_sent_then_on_the_phone_then_seen(cast: Cast, desk: Peer, phone: Peer, peer: MakePeer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    assert desk.pull().row("visit", visit_id)["reached_at"] is None
    bob = peer(cast.bob)
    bob.push(status={"pending": 0, "visits": {visit_id: None}})
    assert desk.pull().row("visit", visit_id)["reached_at"] is None  # not his to say
    phone.pull()
    phone.push(status={"pending": 0, "visits": {visit_id: None, "nonsense": None, new_id(): "yesterday"}})
    row = desk.pull().row("visit", visit_id)
    assert row["reached_at"] and row["seen_at"] is None
    tomorrow = clock.now() + timedelta(days=1)
    phone.push(status={"pending": 0, "visits": {visit_id: clock.wire(tomorrow)}})
    seen = desk.pull().row("visit", visit_id)
    assert seen["reached_at"] == row["reached_at"] and clock.parse(seen["seen_at"]) <= clock.now()
    phone.push(status={"pending": 0, "visits": {visit_id: clock.wire(clock.now())}})
    assert desk.pull().row("visit", visit_id)["seen_at"] == seen["seen_at"]  # saying it twice says the same


def test_who_accepts_has_seen_it(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    phone.pull()
    phone.do("visit.accept", visit_id=visit_id)
    row = desk.pull().row("visit", visit_id)
    assert row["reached_at"] and row["seen_at"] == row["times"]["accepted"]


def test_the_weeks_plan_is_a_sheet_of_who_goes_where_and_when(cast: Cast, desk: Peer, phone: Peer):
    order_id = register(desk, cast)
    dispatch(desk, order_id, cast.alice, bring=["=HYPERLINK(1)"])
    day = (clock.now() + timedelta(hours=8)).date().isoformat()
    assert phone.client.get(f"/api/plan.xlsx?day={day}", headers=phone.headers).status_code == 403
    answer = desk.client.get(f"/api/plan.xlsx?day={day}&days=7&lang=zh-CN", headers=desk.headers)
    assert answer.status_code == 200 and "spreadsheetml" in answer.headers["Content-Type"]
    sheet = load_workbook(BytesIO(answer.data)).active
    assert sheet is not None
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    line = next(row for row in lines if "艾丽" in row)
    assert "华园大厦" in line and "三号机位黑屏" in line
    formulas = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not formulas  # what somebody typed is text
    wrong = desk.client.get("/api/plan.xlsx?day=gestern", headers=desk.headers)
    assert (wrong.status_code, wrong.json["code"]) == (422, "validation")
