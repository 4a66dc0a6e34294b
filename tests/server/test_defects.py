"""Defects found on a patrol, by two real devices: fixed on the spot, made a work order, verified next month."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server import clock
from server.extensions import db
from server.models import new_id
from server.scopes import may_read_file
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, register
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]
PHOTO = "b" * 64


def at_work(desk: Peer, phone: Peer, cast: Cast, order_id: str | None = None) -> tuple[str, str, str]:
    """Alice works on a patrol: the work order, her visit and the run of its checklist."""
    order_id = order_id or register(desk, cast)
    visit_id, run_id = dispatch(desk, order_id, phone.user), new_id()
    for name in ("accept", "arrive", "work"):
        phone.act(f"visit.{name}", visit_id=visit_id)
    phone.act("checklist.start", id=run_id, visit_id=visit_id, version_id=cast.checklist.id)
    phone.push()
    return order_id, visit_id, run_id


def find(phone: Peer, visit_id: str, run_id: str | None, group: str | None = None, **more: Any) -> str:
    """A failed item and its defect; gives the defect's id."""
    defect_id, item = new_id(), {"item_id": "clean"} if run_id else {"label": "桥架盖板"}
    if run_id:
        phone.act(
            "checklist.answer", group=group, id=new_id(), run_id=run_id, item_id="clean", value="fail", note="积灰"
        )
    said = {"severity": "major", "text": "滤网堵塞", **item, **more}
    phone.act("defect.open", group=group, id=defect_id, visit_id=visit_id, run_id=run_id, **said)
    return defect_id


def picture(phone: Peer, visit_id: str, defect_id: str, **more: Any) -> dict[str, Any]:
    return phone.act(
        "attachment.add", id=new_id(), visit_id=visit_id, sha256=PHOTO, size=900, mime="image/jpeg", purpose="answer",
        parent_noun="defect", parent_id=defect_id, taken_at=clock.wire(clock.now()), **more,
    )  # fmt: skip


def raising(order_id: str) -> dict[str, Any]:
    return {"order_id": order_id, "title": "更换滤网", "level": 2, "level_reason": "影响散热"}


def ticket_of(phone: Peer, visit_id: str, defect_id: str) -> str:
    order_id = new_id()
    receipt = phone.do("defect.raise", id=defect_id, visit_id=visit_id, **raising(order_id))
    assert receipt["outcome"] == "applied", receipt
    return order_id


def test_a_failed_check_becomes_a_defect_and_a_work_order_linked_both_ways(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    _, visit_id, run_id = at_work(desk, phone, cast)
    order_id = new_id()
    defect_id = find(phone, visit_id, run_id, group="g")
    picture(phone, visit_id, defect_id)
    phone.act("defect.raise", group="g", id=defect_id, visit_id=visit_id, **raising(order_id))
    phone.push()
    assert {receipt["outcome"] for receipt in phone.receipts.values()} == {"applied"}, phone.receipts
    desk.pull()
    order, defect = desk.row("work_order", order_id), desk.row("defect", defect_id)
    assert (order["state"], order["defect_id"], order["raised_by_id"]) == ("registered", defect_id, cast.alice.id)
    assert order["number"].startswith("SN") and order["site_id"] == cast.site.id
    assert (defect["state"], defect["raised_id"], defect["raised_number"]) == ("work_order", order_id, order["number"])
    assert (defect["code"], defect["label"], defect["label_en"]) == ("monthly-ddc", "机柜清洁", "Cabinet clean")
    assert [photo["sha256"] for photo in defect["photos"]] == [PHOTO]
    assert [step["act"] for step in defect["steps"]] == ["defect.open", "defect.raise"]
    kinds = {event["kind"] for event in desk.bodies("event")}
    assert {"defect.open", "defect.raise", "work_order.draft"} <= kinds
    assert phone.pull().row("work_order", order_id)["state"] == "registered"
    assert_subscriptions_are_right(app)


def test_answer_defect_and_work_order_are_applied_all_or_none(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id, run_id = at_work(desk, phone, cast)
    defect_id = find(phone, visit_id, run_id, group="g")
    phone.act("defect.raise", group="g", id=defect_id, visit_id=visit_id, **{**raising(new_id()), "level": 9})
    phone.push()
    desk.pull()
    assert desk.row("defect", defect_id) is None and not list(desk.bodies("checklist_answer"))
    assert [item["outcome"] for item in desk.bodies("review_item")] == ["rejected"] * 3


def test_a_defect_put_right_on_the_spot_is_verified_next_month_by_somebody_else(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    _, visit_id, run_id = at_work(desk, phone, cast)
    defect_id = find(phone, visit_id, run_id)
    assert phone.do("defect.fix", id=defect_id, visit_id=visit_id, note="已清灰")["outcome"] == "applied"
    bob = peer(cast.bob)
    _, later, next_run = at_work(desk, bob, cast)
    assert bob.pull().row("defect", defect_id)["state"] == "fixed_on_spot"
    receipt = bob.do("defect.verify", id=defect_id, visit_id=later, run_id=next_run, result="passed")
    assert receipt["outcome"] == "applied", receipt
    seen = bob.pull().row("defect", defect_id)
    assert (seen["state"], seen["checked_visit_id"], seen["checked_run_id"]) == ("verified", later, next_run)
    assert [step["by"] for step in seen["steps"]] == [cast.alice.id, cast.alice.id, cast.bob.id]
    again = bob.do("defect.verify", id=defect_id, visit_id=later, run_id=next_run, result="passed")
    assert (again["outcome"], again["code"]) == ("parked", "illegal-transition")
    bob.act("visit.finish", visit_id=later)
    bob.act("report.waive", id=new_id(), visit_id=later, reason="absent")
    bob.do("visit.submit", visit_id=later)
    assert desk.do("visit.review", visit_id=later, decision="accept")["outcome"] == "applied"
    assert desk.pull().row("defect", defect_id)["state"] == "closed"


def test_a_defect_that_fails_again_is_open_once_more(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id, run_id = at_work(desk, phone, cast)
    defect_id = find(phone, visit_id, run_id)
    phone.do("defect.fix", id=defect_id, visit_id=visit_id)
    _, later, next_run = at_work(desk, phone, cast)
    phone.do("defect.verify", id=defect_id, visit_id=later, run_id=next_run, result="failed", note="又堵了")
    assert desk.pull().row("defect", defect_id)["state"] == "open"
    ticket_of(phone, later, defect_id)
    assert desk.pull().row("defect", defect_id)["state"] == "work_order"


def test_who_comes_next_reads_the_picture_and_strangers_do_not(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    _, visit_id, run_id = at_work(desk, phone, cast)
    defect_id = find(phone, visit_id, run_id)
    photo = picture(phone, visit_id, defect_id)
    phone.push()
    with app.app_context():
        from server.models import Attachment

        db.session.get_one(Attachment, photo["args"]["id"]).mark_verified(10, 10, {})
        db.session.commit()
    bob = peer(cast.bob)
    at_work(desk, bob, cast)
    with app.app_context():
        assert may_read_file(db.session, cast.bob.id, PHOTO)
        assert not may_read_file(db.session, cast.charlie.id, PHOTO)
    phone.do("attachment.withdraw", id=photo["args"]["id"])
    assert desk.pull().row("defect", defect_id)["photos"] == []


def test_a_stranger_neither_finds_nor_fixes_a_defect(cast: Cast, desk: Peer, phone: Peer, peer: MakePeer):
    _, visit_id, run_id = at_work(desk, phone, cast)
    defect_id, charlie = find(phone, visit_id, run_id), peer(cast.charlie)
    phone.push()
    charlie.act("defect.open", id=new_id(), visit_id=visit_id, label="门禁", severity="minor")
    charlie.act("defect.fix", id=defect_id, visit_id=visit_id)
    charlie.act("defect.withdraw", id=defect_id)
    charlie.act("defect.raise", id=defect_id, visit_id=visit_id, **raising(new_id()))
    charlie.push()
    assert {receipt["code"] for receipt in charlie.receipts.values()} == {"forbidden"}
    assert desk.pull().row("defect", defect_id)["state"] == "open"


def test_a_defect_of_a_visit_given_away_is_late_evidence(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id, run_id = at_work(desk, phone, cast)
    defect_id = find(phone, visit_id, run_id)
    desk.do("visit.reassign", visit_id=visit_id, new_id=new_id(), lead_id=cast.bob.id, reason="closer")
    phone.push()
    order_id = ticket_of(phone, visit_id, defect_id)
    desk.pull()
    assert (desk.row("defect", defect_id)["late"], desk.row("defect", defect_id)["late_state"]) == (True, "open")
    assert desk.row("work_order", order_id)["state"] == "registered"
    assert desk.do("evidence.settle", noun="defect", id=defect_id, decision="adopt")["outcome"] == "applied"


def test_a_defect_can_be_found_without_a_checklist_and_taken_back(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id, _ = at_work(desk, phone, cast)
    defect_id = find(phone, visit_id, None, asset_id=cast.asset.id)
    nameless = phone.act("defect.open", id=new_id(), visit_id=visit_id, severity="minor")
    phone.push()
    assert phone.receipts[nameless["id"]]["code"] == "args-invalid"
    assert phone.do("defect.withdraw", id=defect_id, reason="看错了")["outcome"] == "applied"
    row = desk.pull().row("defect", defect_id)
    assert (row["state"], row["withdrawn"], row["label"]) == ("withdrawn", True, "桥架盖板")


def test_an_old_phone_that_knows_no_defects_still_completes_its_round(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    from server.models import ChecklistVersion

    with app.app_context():
        version = db.session.get_one(ChecklistVersion, cast.checklist.id)
        version.items = [{**item, "on_fail": ["defect"] if item["id"] == "clean" else []} for item in version.items]
        db.session.commit()
    _, _, run_id = at_work(desk, phone, cast)
    for item, value in (("clean", "fail"), ("temp", "22")):
        phone.act("checklist.answer", id=new_id(), run_id=run_id, item_id=item, value=value)
    assert phone.do("checklist.complete", run_id=run_id)["outcome"] == "applied"


@pytest.mark.parametrize("wrong", [{"severity": "awful"}, {"item_id": "nothing"}, {"asset_id": new_id()}])
def test_a_defect_that_makes_no_sense_goes_to_review(cast: Cast, desk: Peer, phone: Peer, wrong: dict[str, str]):
    _, visit_id, run_id = at_work(desk, phone, cast)
    find(phone, visit_id, run_id, **wrong)
    phone.push()
    assert phone.receipts[list(phone.receipts)[-1]]["outcome"] in ("rejected", "parked")
    assert not list(desk.pull().bodies("defect"))
