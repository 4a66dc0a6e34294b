"""Two phones on one patrol, and being there: answers put together, points proved, a round taken up again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import ChecklistVersion, Device, Visit, new_id
from sync.checklist import latest_answers
from sync.report import content_hash
from tests.cast import BLANK_ITEM, Cast
from tests.peer import Peer
from tests.server.story import dispatch, register

MakePeer = Callable[..., Peer]
HERE = {"lat": "30.250300", "lng": "120.149300", "accuracy_m": 20}
INK = {"width": 300, "height": 120, "strokes": [{"points": [[1, 1, 0], [90, 60, 20], [200, 20, 40]]}]}
AWAY = {**HERE, "lat": "30.350300"}


def patrol(desk: Peer, cast: Cast, *crew: Peer) -> tuple[str, str]:
    """Alice leads, the others help; gives the visit and the run of its checklist, known to every phone."""
    lead, *helpers = crew
    order_id, run_id = register(desk, cast), new_id()
    visit_id = dispatch(desk, order_id, lead.user, helper_ids=[peer.user.id for peer in helpers])
    for name in ("accept", "arrive", "work"):
        lead.act(f"visit.{name}", visit_id=visit_id)
    lead.act("checklist.start", id=run_id, visit_id=visit_id, version_id=cast.checklist.id)
    lead.push()
    for peer in crew:
        peer.pull()
    return visit_id, run_id


def say(phone: Peer, run_id: str, value: Any, over: list[str] | None, **more: Any) -> str:
    """An answer given without a network, over those its author saw."""
    answer = new_id()
    phone.act("checklist.answer", id=answer, run_id=run_id, item_id="clean", value=value, over=over, **more)
    return answer


def warm(phone: Peer, run_id: str) -> None:
    """The other thing that has to be answered."""
    phone.act("checklist.answer", id=new_id(), run_id=run_id, item_id="temp", value="22")


def stands(phone: Peer, run_id: str) -> dict[str, Any]:
    rows = [{**body, "id": body["id"]} for body in phone.pull().bodies("checklist_answer", run_id=run_id)]
    return latest_answers(rows)["clean"]


def point(desk: Peer, cast: Cast, code: str, **more: Any) -> str:
    point_id = new_id()
    receipt = desk.do("point.add", id=point_id, site_id=cast.site.id, code=code, name=f"点位{code}", **more)
    assert receipt["outcome"] == "applied", receipt
    return point_id


@pytest.fixture
def placed(app: Flask, cast: Cast) -> Cast:
    """The site has its place on the map."""
    with app.app_context():
        site = db.session.merge(cast.site)
        site.lat, site.lng = "30.248000", "120.154000"
        db.session.commit()
    return cast


# --- Two phones --------------------------------------------------------------------------------------------


def test_two_phones_that_contradict_each_other_are_both_kept_until_one_who_saw_both_chooses(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    helper = peer(cast.bob)
    _, run_id = patrol(desk, cast, phone, helper)
    mine, theirs = say(phone, run_id, "ok", []), say(helper, run_id, "fail", [], note="积灰")
    phone.push()
    helper.push()
    for reader in (phone, helper, desk):
        assert stands(reader, run_id)["doubles"] == [mine, theirs]
    say(phone, run_id, "fail", [mine, theirs])
    phone.push()
    for reader in (phone, helper, desk):
        assert stands(reader, run_id) == {"value": "fail", "note": "", "photos": []}


def test_a_round_is_completed_though_another_phone_contradicted_it_out_of_reach(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    helper = peer(cast.bob)
    _, run_id = patrol(desk, cast, phone, helper)
    say(phone, run_id, "ok", [])
    warm(phone, run_id)
    phone.act("checklist.complete", run_id=run_id)
    say(helper, run_id, "fail", [], note="积灰")
    helper.push()
    assert {receipt["outcome"] for receipt in phone.push()["receipts"]} == {"applied"}
    assert len(stands(desk, run_id)["doubles"]) == 2


def test_an_older_phone_answers_over_all_that_was_there(cast: Cast, desk: Peer, phone: Peer, peer: MakePeer):
    helper = peer(cast.bob)
    _, run_id = patrol(desk, cast, phone, helper)
    say(phone, run_id, "ok", [])
    phone.push()
    helper.do("checklist.answer", id=new_id(), run_id=run_id, item_id="clean", value="fail")
    assert "doubles" not in stands(desk, run_id)


# --- Taken up again ----------------------------------------------------------------------------------------


def test_a_completed_checklist_is_taken_up_again_until_the_visit_is_handed_in(cast: Cast, desk: Peer, phone: Peer):
    visit_id, run_id = patrol(desk, cast, phone)
    say(phone, run_id, "ok", [])
    warm(phone, run_id)
    phone.act("checklist.complete", run_id=run_id)
    phone.push()
    assert phone.do("checklist.reopen", run_id=run_id)["outcome"] == "applied"
    run = desk.pull().row("checklist_run", run_id)
    assert run is not None and (run["state"], run["completed_at"]) == ("in_progress", None)
    assert phone.do("checklist.reopen", run_id=run_id)["outcome"] == "applied", "twice is once"
    phone.do("checklist.complete", run_id=run_id)
    for name, args in (("visit.finish", {}), ("report.waive", {"id": new_id(), "reason": "W-1"}), ("visit.submit", {})):
        phone.do(name, visit_id=visit_id, **args)
    receipt = phone.do("checklist.reopen", run_id=run_id)
    assert (receipt["outcome"], receipt["code"]) == ("parked", "illegal-transition")


def newer(app: Flask, cast: Cast, code: str | None = None) -> str:
    with app.app_context():
        old = db.session.get_one(ChecklistVersion, cast.checklist.id)
        item = {**BLANK_ITEM, "id": "extra", "label": "新增项", "label_en": "New", "group": "机房", "type": "text"}
        version = ChecklistVersion(
            id=new_id(), code=code or old.code, name=old.name, kind=old.kind, version=old.version + 1,
            items=[*old.items, item],
        )  # fmt: skip
        db.session.add(version)
        db.session.commit()
        return version.id


def test_a_run_stays_with_its_version_until_somebody_goes_on_by_a_newer_one(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    _, run_id = patrol(desk, cast, phone)
    say(phone, run_id, "ok", [])
    phone.push()
    version_id = newer(app, cast)
    asked = {"id": new_id(), "run_id": run_id, "item_id": "extra", "value": "x"}
    assert phone.do("checklist.answer", **asked)["code"] == "item-unknown"
    assert phone.do("checklist.upgrade", run_id=run_id, version_id=version_id)["outcome"] == "applied"
    assert phone.do("checklist.answer", **{**asked, "id": new_id()})["outcome"] == "applied"
    assert stands(desk, run_id)["value"] == "ok", "what was answered is not asked again"
    assert desk.row("checklist_run", run_id)["version_id"] == version_id
    assert phone.do("checklist.upgrade", run_id=run_id, version_id=cast.checklist.id)["outcome"] == "applied"
    assert desk.pull().row("checklist_run", run_id)["version_id"] == version_id, "nobody goes back"


def test_a_run_does_not_become_another_checklist(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, run_id = patrol(desk, cast, phone)
    receipt = phone.do("checklist.upgrade", run_id=run_id, version_id=newer(app, cast, "other"))
    assert (receipt["outcome"], receipt["code"]) == ("rejected", "args-invalid")


# --- Who signs ---------------------------------------------------------------------------------------------


def sign(phone: Peer, visit_id: str, role: str, **more: Any) -> dict[str, Any]:
    content = {"format": 1, "number": "SN1-1", "utc_offset_minutes": 480}
    args = {
        "id": new_id(), "visit_id": visit_id, "role": role, "name": f"签字人{role}", "content": content,
        "content_hash": content_hash(content), "strokes": INK, "image_id": new_id(), **more,
    }  # fmt: skip
    return phone.do("report.sign", **args)


def test_a_quarter_is_signed_by_our_supervisor_and_by_the_customers_leader_who_ends_the_visit(
    cast: Cast, desk: Peer, phone: Peer
):
    visit_id, _ = patrol(desk, cast, phone)
    phone.do("visit.finish", visit_id=visit_id)
    assert sign(phone, visit_id, "supervisor")["outcome"] == "applied"
    assert desk.pull().row("visit", visit_id)["state"] == "work_done", "ours alone is not the customer's"
    assert sign(phone, visit_id, "leader", opinion="很好")["outcome"] == "applied"
    assert desk.pull().row("visit", visit_id)["state"] == "signed"
    shown = desk.get(f"/api/visits/{visit_id}/report.json").get_json()
    assert [block["title"] for block in shown["signatures"]] == ["主管签字", "客户方领导签字"]
    assert shown["signed"] and shown["content"]["number"] == "SN1-1"
    assert sign(phone, visit_id, "boss")["code"] == "args-invalid"


# --- Being there -------------------------------------------------------------------------------------------


def prove(phone: Peer, visit_id: str, point_id: str, **more: Any) -> list[str]:
    """Proves presence and gives what is doubtful about it."""
    proof = new_id()
    said = {"how": "scan", "token": phone.row("point", point_id)["token"], "place": HERE, **more}
    receipt = phone.do("presence.prove", id=proof, visit_id=visit_id, point_id=point_id, **said)
    assert receipt["outcome"] == "applied", receipt
    return list(phone.pull().row("presence_proof", proof)["flags"])


def test_presence_is_flagged_and_never_refused(placed: Cast, desk: Peer, phone: Peer):
    visit_id, run_id = patrol(desk, placed, phone)
    first, second = point(desk, placed, "P1"), point(desk, placed, "P2", item_ids=["clean"])
    phone.pull()
    start = clock.now()
    at = [clock.wire(start - timedelta(minutes=60 - 10 * n)) for n in range(6)]
    assert prove(phone, visit_id, first, run_id=run_id, at=at[0]) == []
    assert prove(phone, visit_id, second, at=at[1], place=None) == ["no-place"]
    assert prove(phone, visit_id, first, at=at[2], how="picked", token="") == ["not-scanned"]
    assert prove(phone, visit_id, second, at=at[3], token="XDNONE") == ["wrong-code"]
    assert prove(phone, visit_id, first, at=at[4], place=AWAY) == ["far"]
    soon = clock.wire(clock.parse(at[4]) + timedelta(seconds=3))
    assert prove(phone, visit_id, second, at=soon, place=AWAY) == ["far", "pace"]
    assert len(list(desk.pull().bodies("presence_proof", visit_id=visit_id))) == 6, "the office sees every one"


def test_a_phone_whose_clock_is_off_is_flagged(app: Flask, placed: Cast, desk: Peer, phone: Peer):
    visit_id, _ = patrol(desk, placed, phone)
    here = point(desk, placed, "P1")
    phone.pull()
    with app.app_context():
        device = db.session.scalars(select(Device).where(Device.user_id == placed.alice.id)).one()
        device.clock_offset_ms = 3_600_000
        db.session.commit()
    assert "clock" in prove(phone, visit_id, here)


def test_presence_on_a_visit_given_away_is_late_evidence(app: Flask, placed: Cast, desk: Peer, phone: Peer):
    visit_id, _ = patrol(desk, placed, phone)
    here = point(desk, placed, "P1")
    token = phone.pull().row("point", here)["token"]
    with app.app_context():
        db.session.get_one(Visit, visit_id).state = "cancelled"
        db.session.commit()
    args = {"id": new_id(), "visit_id": visit_id, "point_id": here, "how": "scan", "token": token}
    assert phone.do("presence.prove", **args)["code"] == "late"


def test_a_point_is_kept_by_the_office_and_travels_with_its_site(cast: Cast, desk: Peer, phone: Peer, peer: MakePeer):
    patrol(desk, cast, phone)
    point_id = point(desk, cast, "P1", item_ids=["clean"])
    token = phone.pull().row("point", point_id)["token"]
    assert token.startswith("XD") and len(token) == 12
    assert peer(cast.charlie).pull().row("point", point_id) is None
    assert phone.do("point.add", id=new_id(), site_id=cast.site.id, code="P2", name="x")["code"] == "forbidden"
    assert desk.do("point.edit", id=point_id, changes={"name": ["点位P1", "消控室"]})["outcome"] == "applied"
    assert phone.pull().row("point", point_id)["name"] == "消控室"


@pytest.mark.parametrize(
    "changes", [{"site_id": ["a", "b"]}, {"sort": [0, True]}, {"item_ids": [[], [1]]}, {"sort": [0, -1]}]
)
def test_a_point_is_not_made_nonsense(cast: Cast, desk: Peer, changes: dict[str, Any]):
    assert desk.do("point.edit", id=point(desk, cast, "P1"), changes=changes)["code"] == "args-invalid"
