"""Registering: numbers without gaps, what was asked, consultations, levels, owners, and what stays hidden."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import clock, tasks
from server.extensions import db
from server.models import DailyNumber, User, WorkOrder, new_id
from server.scopes import ZONE
from tests.cast import Cast
from tests.peer import Peer
from tests.server.camera import Camera, work
from tests.server.pictures import declared, photo
from tests.server.story import dispatch, dispatched, register

MakePeer = Callable[..., Peer]
WRITERS, EACH = 6, 5


# --- Numbers (A2) -----------------------------------------------------------------------------------------


def test_many_desks_at_once_number_their_work_orders_without_a_gap_and_past_999(app: Flask, cast: Cast):
    day = (clock.now() + ZONE).date()
    first = 1000 - WRITERS * EACH // 2
    with app.app_context():
        db.session.add(DailyNumber(day=day, last=first - 1))
        db.session.commit()
    desks = [Peer(app.test_client(), cast.olga if n % 2 else cast.dora) for n in range(WRITERS)]

    def fill(desk: Peer) -> None:
        for n in range(EACH):
            if n == 1:  # what is refused takes no number
                order = {"id": new_id(), "customer_id": new_id(), "site_id": new_id(), "kind": "repair", "title": "x"}
                desk.do("work_order.register", **order, level=3, level_reason="x", channel="x", source="x",
                        reported_at=clock.wire(clock.now()))  # fmt: skip
            register(desk, cast)

    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(fill, desk) for desk in desks]:
            done.result(timeout=120)
    with app.app_context():
        numbers = {number.removeprefix(f"SN{day:%Y%m%d}") for number in db.session.scalars(select(WorkOrder.number))}
    assert numbers == {f"{n:03d}" for n in range(first, first + WRITERS * EACH)}
    assert {"999", "1000"} <= numbers


# --- What was asked (A1, A3, A4) --------------------------------------------------------------------------


def test_a_registration_says_what_was_asked_and_what_was_not(cast: Cast, desk: Peer):
    order_id = register(
        desk, cast, purchased_on="2024-05-01", purchased_from="电商", happened_at="2026-11-20T02:00:00.000Z",
        happened_where="三楼弱电井", demands=["repair", "explain"], categories=["product", "efficiency"],
    )  # fmt: skip
    order = desk.pull().row("work_order", order_id)
    assert (order["purchased_on"], order["purchased_from"], order["happened_where"]) == (
        "2024-05-01",
        "电商",
        "三楼弱电井",
    )
    assert order["demands"] == ["repair", "explain"] and order["categories"] == ["product", "efficiency"]
    assert desk.one("event", kind="work_order.register", work_order_id=order_id)["data"]["lacking"] == ["description"]


def test_evidence_of_the_caller_comes_by_the_door_of_all_files(app: Flask, cast: Cast, peer: MakePeer, phone: Peer):
    olga, bytes_ = peer(cast.olga), photo()
    order_id = register(olga, cast)
    camera = Camera(app, olga, "")
    args = {**declared(bytes_, ""), "visit_id": None, "work_order_id": order_id, "purpose": "site"}
    assert olga.do("attachment.add", **args)["outcome"] == "applied"
    assert camera.send(args, bytes_).status_code == 204
    work(app)
    assert olga.pull().row("attachment", args["id"])["state"] == "verified"
    other = {**declared(photo(seed=2), ""), "visit_id": None, "work_order_id": order_id}
    assert phone.do("attachment.add", **other)["code"] == "forbidden"


def test_a_consultation_is_answered_on_the_spot_closed_and_kept(cast: Cast, peer: MakePeer):
    olga = peer(cast.olga)
    order_id = register(olga, cast, answer="按说明书第 3 页复位即可")
    order = olga.pull().row("work_order", order_id)
    assert order["state"] == "closed" and order["number"] and order["due_at"] is None
    assert all(one["met_at"] for one in olga.bodies("sla_milestone", work_order_id=order_id))
    assert olga.one("event", kind="work_order.answer")["data"]["text"].startswith("按说明书")


def test_the_company_edits_what_its_people_choose_from(cast: Cast, peer: MakePeer, phone: Peer):
    sam, entry = peer(cast.sam), {"id": new_id(), "kind": "category", "code": "safety", "name": "安全隐患"}
    assert sam.do("catalogue.put", **entry)["outcome"] == "applied"
    assert sam.do("catalogue.put", **{**entry, "name": "安全", "active": False})["outcome"] == "applied"
    body = phone.pull().row("catalogue_entry", entry["id"])
    assert (body["name"], body["active"]) == ("安全", False)
    assert sam.do("catalogue.put", **{**entry, "id": new_id()})["code"] == "code-taken"
    assert sam.do("catalogue.put", **{**entry, "code": "other"})["code"] == "code-stays"
    assert peer(cast.dora).do("catalogue.put", **entry)["code"] == "forbidden"


# --- Levels (A5) ------------------------------------------------------------------------------------------


def test_a_change_of_level_is_logged_with_its_reason(cast: Cast, desk: Peer):
    order_id = register(desk, cast)
    changes = {"level": [2, 1], "level_reason": ["影响使用", "消防联动失效"]}
    assert desk.do("work_order.edit", id=order_id, changes=changes)["outcome"] == "applied"
    data = desk.pull().one("event", kind="work_order.edit")["data"]
    assert (data["was"], data["level"], data["reason"]) == (2, 1, "消防联动失效")


def test_an_urgent_matter_is_known_to_the_head_at_once_and_only_when_it_becomes_urgent(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer
):
    with app.app_context():
        db.session.get_one(User, cast.sam.id).roles = ["supervisor", "department_head"]
        db.session.commit()
    order_id = register(desk, cast)

    def told() -> list[str]:
        return [row["work_order_id"] for row in peer(cast.sam).pull().bodies("notice", kind="level_one")]

    assert told() == [], "level Ⅱ is no alarm"
    reason = {"level": [2, 1], "level_reason": ["影响使用", "电梯困人"]}
    assert desk.do("work_order.edit", id=order_id, changes=reason)["outcome"] == "applied"
    assert (
        desk.do("work_order.edit", id=order_id, changes={"title": ["三号机位黑屏", "三号机位"]})["outcome"] == "applied"
    )
    assert told() == [order_id]


def test_two_desks_that_edit_one_work_order_lose_nothing(cast: Cast, desk: Peer, peer: MakePeer):
    order_id = register(desk, cast)
    olga = peer(cast.olga)
    where = {"happened_where": ["", "三楼"], "demands": [[], ["repair"]]}
    desk.do("work_order.edit", id=order_id, changes=where)
    receipt = olga.do(
        "work_order.edit", id=order_id, changes={"demands": [[], ["explain"]], "title": ["三号机位黑屏", "黑屏"]}
    )
    assert receipt["outcome"] == "merged"
    kind = {"kind": ["repair", "other"]}
    desk.do("work_order.edit", id=order_id, changes=kind)
    assert olga.do("work_order.edit", id=order_id, changes={"kind": ["repair", "monthly"]})["code"] == "conflict"
    order = desk.pull().row("work_order", order_id)
    assert sorted(order["demands"]) == ["explain", "repair"] and order["title"] == "黑屏" and order["kind"] == "other"
    assert desk.one("conflict", field="kind")["device_value"] == "monthly"


# --- Owners (A7) ------------------------------------------------------------------------------------------


def owner(peer: Peer, order_id: str) -> Any:
    return peer.pull().row("work_order", order_id)["owner_id"]


def test_a_work_order_is_handed_over_by_being_accepted(cast: Cast, desk: Peer, peer: MakePeer):
    order_id, olga = register(desk, cast), peer(cast.olga)
    assert desk.do("work_order.hand_over", id=order_id, to_id=cast.olga.id, note="请跟进")["outcome"] == "applied"
    assert owner(olga, order_id) == cast.dora.id
    assert olga.row("work_order", order_id)["handover"]["note"] == "请跟进"
    assert peer(cast.sam).do("work_order.take_over", id=order_id)["code"] == "not-asked"
    assert olga.do("work_order.take_over", id=order_id)["outcome"] == "applied"
    assert owner(olga, order_id) == cast.olga.id and olga.row("work_order", order_id)["handover"] is None
    assert desk.do("work_order.hand_over", id=order_id, to_id=cast.alice.id)["code"] == "not-of-the-office"


def test_what_is_refused_or_not_answered_in_time_goes_to_the_manager(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer
):
    refused, waiting, olga = register(desk, cast), register(desk, cast), peer(cast.olga)
    for order_id in (refused, waiting):
        desk.do("work_order.hand_over", id=order_id, to_id=cast.olga.id)
    assert olga.do("work_order.refuse_over", id=refused, reason="不在班")["outcome"] == "applied"
    assert owner(desk, refused) == cast.sam.id
    settle(app, timedelta(minutes=30))
    assert owner(desk, waiting) == cast.dora.id
    settle(app, timedelta(hours=3))
    assert owner(desk, waiting) == cast.sam.id
    assert desk.one("event", kind="work_order.owner_settled")["data"]["late"]


def test_an_owner_who_left_the_company_owns_nothing_that_is_open(app: Flask, cast: Cast, peer: MakePeer, desk: Peer):
    order_id = register(peer(cast.olga), cast)
    with app.app_context():
        db.session.get(User, cast.olga.id).active = False
        db.session.commit()
    settle(app, timedelta())
    assert owner(desk, order_id) == cast.sam.id


def settle(app: Flask, later: timedelta) -> None:
    with app.app_context(), clock.standing_at(clock.now() + later):
        tasks.settle_owners()


# --- Who sees what (A6) -----------------------------------------------------------------------------------


def test_the_contact_is_with_the_crew_from_the_day_of_the_visit_and_leaves_with_the_work_order(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    order_id = register(desk, cast, contact_name="王女士", contact_phone="13812345678")
    tomorrow = clock.now() + timedelta(days=1)
    visit_id = new_id()
    desk.do("visit.dispatch", id=visit_id, work_order_id=order_id, mode="on_site", lead_id=cast.alice.id,
            slot_start=clock.wire(tomorrow), slot_end=clock.wire(tomorrow + timedelta(hours=2)))  # fmt: skip
    assert not list(phone.pull().bodies("contact_card")) and "13812345678" not in str(phone.rows)
    assert phone.row("work_order", order_id)["contact_masked"] == "王女士(5678)"
    with app.app_context(), clock.standing_at(tomorrow):
        tasks.publish_contact_cards()
    assert phone.pull().one("contact_card")["phone"] == "13812345678"
    assert desk.pull() and "13812345678" not in str(desk.rows)
    desk.do("work_order.cancel", id=order_id, reason="withdrawn")
    phone.pull()
    assert "13812345678" not in str(phone.rows) and phone.row("work_order", order_id) is None


def test_what_is_archived_leaves_every_desk_and_phone(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, _ = dispatched(desk, cast, cast.alice)
    phone.pull(), desk.pull()
    desk.do("work_order.cancel", id=order_id, reason="withdrawn")
    with app.app_context(), clock.standing_at(clock.now() + timedelta(days=36)):
        tasks.archive_work_orders()
    for device in (phone.pull(), desk.pull()):
        assert order_id not in str(device.rows)


def test_a_ticket_is_visible_to_those_concerned_only(cast: Cast, desk: Peer, peer: MakePeer):
    order_id = register(desk, cast)
    dispatch(desk, order_id, cast.alice)
    assert peer(cast.alice).pull().row("work_order", order_id)
    for stranger in (cast.bob, cast.charlie):
        assert order_id not in str(peer(stranger).pull().rows)


@pytest.mark.parametrize("who", ["dora", "alice", "olga"])
def test_who_looked_at_a_contact_is_read_by_administrators_only(cast: Cast, peer: MakePeer, who: str):
    olga = peer(cast.olga)
    order_id = register(olga, cast)
    olga.post(f"/api/work-orders/{order_id}/contact/reveal", {"reason": "回电客户"})
    (line,) = peer(cast.ada).get("/api/access-log").json
    assert (line["user_name"], line["reason"], line["row_id"]) == (cast.olga.name, "回电客户", order_id)
    peer(getattr(cast, who)).get("/api/access-log", status=403)
