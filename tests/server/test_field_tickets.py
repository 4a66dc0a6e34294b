"""Tickets that engineers bring from the field: numbered, seen by who made them, decided by the office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from server import clock
from server.models import new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, dispatched, register
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]


def drafting(cast: Cast, order_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": order_id, "site_id": cast.site.id, "asset_id": cast.asset.id, "title": "电梯厅摄像机无图像", "level": 2,
        "level_reason": "同一设备再次故障", **more,
    }  # fmt: skip


def ticket(phone: Peer, cast: Cast, **more: Any) -> str:
    order_id = new_id()
    receipt = phone.do("work_order.draft", **drafting(cast, order_id, **more))
    assert receipt["outcome"] == "applied", receipt
    return order_id


def test_a_ticket_from_the_field_gets_its_number_and_its_promises_at_the_time_it_was_reported(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    dispatched(desk, cast, cast.alice)
    phone.pull()
    phone.push(status={"pending": 0})
    order_id, at = new_id(), clock.now() - timedelta(minutes=1)
    phone.act("work_order.draft", at=clock.wire(at), **drafting(cast, order_id, contact_name="李工"))
    phone.push()
    desk.pull()
    order = desk.row("work_order", order_id)
    assert order["number"].startswith("SN") and order["state"] == "registered"
    assert (order["channel"], order["source"], order["owner_id"]) == ("field", "field", cast.alice.id)
    assert order["raised_by_id"] == cast.alice.id and order["customer_id"] == cast.customer.id
    assert order["due_at"] and len(list(desk.bodies("sla_milestone", work_order_id=order_id))) == 4
    assert phone.pull().row("work_order", order_id)["number"] == order["number"]
    assert_subscriptions_are_right(app)


def test_who_brought_it_sees_what_becomes_of_it_until_it_ends(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    order_id = ticket(phone, cast)
    desk.do("visit.cancel", visit_id=visit_id, reason="withdrawn")
    other = dispatch(desk, order_id, cast.bob)
    phone.pull()
    assert phone.row("work_order", order_id)["state"] == "scheduled"
    assert phone.row("visit", other)["state"] == "dispatched"  # a row of the ticket; the site is not theirs any more
    assert phone.row("site", cast.site.id) is None
    assert_subscriptions_are_right(app)
    desk.do("work_order.cancel", id=order_id, reason="withdrawn")
    phone.pull()
    assert phone.row("work_order", order_id) is None
    assert {"scope": f"wo:{order_id}", "reason": "cancelled"} in phone.left
    assert_subscriptions_are_right(app)


def test_only_engineers_and_only_for_sites_they_were_sent_to(cast: Cast, desk: Peer, phone: Peer, peer: MakePeer):
    receipt = phone.do("work_order.draft", **drafting(cast, new_id()))
    assert (receipt["outcome"], receipt["code"]) == ("parked", "not-your-site")
    office = desk.do("work_order.draft", **drafting(cast, new_id()))
    assert (office["outcome"], office["code"]) == ("rejected", "forbidden")
    _, visit_id = dispatched(desk, cast, cast.alice)
    desk.do("visit.cancel", visit_id=visit_id, reason="withdrawn")
    assert phone.do("work_order.draft", **drafting(cast, new_id()))["outcome"] == "applied"  # said when it was theirs
    stranger = peer(cast.charlie)
    assert stranger.do("work_order.draft", **drafting(cast, new_id()))["code"] == "not-your-site"


def test_the_office_takes_it_with_a_level_of_its_own_and_the_deadlines_follow(cast: Cast, desk: Peer, phone: Peer):
    dispatched(desk, cast, cast.alice)
    order_id = ticket(phone, cast)
    before = desk.pull().row("work_order", order_id)["due_at"]
    triage = {"id": order_id, "level": 1, "level_reason": "客户领导在场"}
    assert phone.do("work_order.triage", **triage)["code"] == "forbidden"
    assert desk.do("work_order.triage", **triage)["outcome"] == "applied"
    order = desk.pull().row("work_order", order_id)
    assert (order["state"], order["level"], order["owner_id"]) == ("planning", 1, cast.dora.id)
    assert order["due_at"] < before
    assert desk.do("work_order.triage", **triage)["code"] == "illegal-transition"


def test_a_second_ticket_of_one_matter_is_merged_and_nothing_is_deleted(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    first, _ = dispatched(desk, cast, cast.alice)
    order_id = ticket(phone, cast)
    assert desk.do("work_order.merge", id=order_id, into_id=order_id)["code"] == "args-invalid"
    assert desk.do("work_order.merge", id=order_id, into_id=first)["outcome"] == "applied"
    desk.pull()
    assert (desk.row("work_order", order_id)["state"], desk.row("work_order", order_id)["merged_into_id"]) == (
        "merged",
        first,
    )
    assert desk.one("event", kind="work_order.merged_in")["work_order_id"] == first
    third = register(desk, cast)
    assert desk.do("work_order.merge", id=third, into_id=order_id)["code"] == "cannot-merge"
    assert desk.do("work_order.merge", id=first, into_id=third)["code"] == "illegal-transition"  # somebody is on it
    phone.pull()
    assert phone.row("work_order", order_id) is None
    assert_subscriptions_are_right(app)


def test_a_picture_of_a_ticket_needs_no_visit(cast: Cast, desk: Peer, phone: Peer, peer: MakePeer):
    dispatched(desk, cast, cast.alice)
    order_id = ticket(phone, cast)
    photo = {
        "work_order_id": order_id, "sha256": "c" * 64, "size": 900, "mime": "image/jpeg", "purpose": "site",
        "taken_at": clock.wire(clock.now()),
    }  # fmt: skip
    photo_id = new_id()
    assert phone.do("attachment.add", id=photo_id, **photo)["outcome"] == "applied"
    row = desk.pull().row("attachment", photo_id)
    assert (row["visit_id"], row["work_order_id"], row["late"]) == (None, order_id, False)
    bob = peer(cast.bob)
    assert bob.do("attachment.add", id=new_id(), **photo)["code"] == "forbidden"
    assert bob.do("attachment.withdraw", id=photo_id)["code"] == "forbidden"
    assert phone.do("attachment.withdraw", id=photo_id)["outcome"] == "applied"
    nowhere = phone.do("attachment.add", id=new_id(), **{**photo, "work_order_id": None})
    assert nowhere["code"] == "args-invalid"
