"""Two real devices and the server between them: what one does, the other learns, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import Device, PartUse, Stock, Subscription, User, new_id
from server.scopes import desired
from sync.report import content_hash
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, dispatched, register

MakePeer = Callable[..., Peer]


def assert_subscriptions_are_right(app: Flask) -> None:
    """The permission query from scratch equals the subscriptions kept in the acts' transactions."""
    with app.app_context():
        for user in db.session.scalars(select(User)):
            query = select(Subscription.scope).where(Subscription.user_id == user.id, Subscription.left_rev.is_(None))
            assert set(db.session.scalars(query)) == set(desired(db.session, user)), user.login


def test_a_dispatched_visit_is_on_the_phone_after_its_next_pull(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    phone.pull()
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    assert phone.row("visit", visit_id) is None
    phone.pull()
    assert phone.row("visit", visit_id)["state"] == "dispatched"
    assert phone.row("work_order", order_id)["number"].startswith("SN")
    assert phone.row("asset", cast.asset.id)["serial"] == "SN-1"
    assert phone.row("customer", cast.customer.id) is None
    assert_subscriptions_are_right(app)


def test_an_engineer_of_another_team_never_gets_the_rows(app: Flask, cast: Cast, desk: Peer, peer: MakePeer):
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    other = peer(cast.charlie).pull()
    assert other.row("visit", visit_id) is None and other.row("work_order", order_id) is None
    assert {scope.partition(":")[0] for scope in other.scopes} <= {"ref", "user", "review", "parts", "assess"}


def test_a_whole_day_of_a_visit_reaches_the_office(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    phone.pull()
    for act in ("visit.accept", "visit.travel", "visit.arrive", "visit.work"):
        phone.act(act, visit_id=visit_id)
    diagnosis_id = new_id()
    phone.act(
        "diagnosis.edit", id=diagnosis_id, visit_id=visit_id,
        changes={"symptom_code": ["", "offline"], "asset_id": [None, cast.asset.id], "cause_text": ["", "电源老化"]},
    )  # fmt: skip
    phone.act(
        "part.use", id=new_id(), visit_id=visit_id, part_id=cast.part.id, quantity=2, source="own", serials=["X1"]
    )
    phone.act("note.add", id=new_id(), visit_id=visit_id, text="门禁卡在前台")
    phone.act("visit.pause", visit_id=visit_id, reason="waiting_parts")
    phone.act("visit.resume", visit_id=visit_id)
    phone.act("visit.finish", visit_id=visit_id)
    phone.act("report.waive", id=new_id(), visit_id=visit_id, reason="absent", note="前台代收")
    phone.act("visit.submit", visit_id=visit_id)
    phone.push()
    assert {receipt["outcome"] for receipt in phone.receipts.values()} == {"applied"}, phone.receipts
    desk.pull()
    assert desk.row("visit", visit_id)["state"] == "submitted"
    assert desk.row("work_order", order_id)["state"] == "work_done"
    assert desk.row("diagnosis", diagnosis_id)["cause_text"] == "电源老化"
    assert desk.one("service_record")["symptom"] == "设备离线"
    met = {milestone["kind"] for milestone in desk.bodies("sla_milestone") if milestone["met_at"]}
    assert met >= {"respond", "resolve"}
    with app.app_context():
        assert db.session.scalars(select(Stock.quantity)).all() == [-2]


def test_a_lost_answer_is_repeated_and_nothing_happens_twice(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    phone.act("visit.accept", visit_id=visit_id)
    phone.act("part.use", id=new_id(), visit_id=visit_id, part_id=cast.part.id, quantity=1, source="own")
    first = phone.push(lose_answer=True)
    second = phone.push()
    assert [r["rev"] for r in second["receipts"]] == [r["rev"] for r in first["receipts"]]
    assert [r["outcome"] for r in second["receipts"]] == ["applied", "applied"]
    with app.app_context():
        assert len(db.session.scalars(select(PartUse)).all()) == 1


def test_a_signature_is_bound_to_the_report_that_was_shown(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    for act in ("visit.accept", "visit.arrive", "visit.work", "visit.finish"):
        phone.act(act, visit_id=visit_id)
    content = {"format": 1, "number": "SN20261121001", "utc_offset_minutes": 480}
    strokes = {"width": 300, "height": 150, "strokes": [{"points": [[1, 2, 0], [30, 40, 16]]}]}
    image = new_id()
    image_args = {"sha256": "a" * 64, "size": 900, "mime": "image/png", "purpose": "signature"}
    phone.act("attachment.add", group="s", id=image, visit_id=visit_id, taken_at=clock.wire(clock.now()), **image_args)
    shown = {"id": new_id(), "visit_id": visit_id, "role": "customer", "name": "张女士", "content": content}
    forged = phone.act(
        "report.sign", **{**shown, "id": new_id()}, content_hash="0" * 64, strokes=strokes, image_id=image
    )
    rating = {"speed": 5, "solution": 4, "attitude": 5}
    signed = phone.act(
        "report.sign", **shown, content_hash=content_hash(content), strokes=strokes, image_id=image, rating=rating
    )
    phone.push()
    assert phone.receipts[forged["id"]]["code"] == "hash-mismatch"
    assert phone.receipts[signed["id"]]["outcome"] == "applied", phone.receipts[signed["id"]]
    desk.pull()
    assert desk.row("visit", visit_id)["state"] == "signed"
    assert desk.row("signature", shown["id"])["content"] == content
    assert phone.do("visit.submit", visit_id=visit_id)["outcome"] == "applied"
    assert desk.do("visit.review", visit_id=visit_id, decision="accept")["outcome"] == "applied"
    assert desk.pull().row("visit", visit_id)["state"] == "reviewed"


def test_reassigning_takes_the_visit_away_with_a_reason_and_keeps_late_work_as_evidence(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    phone.pull()
    phone.do("visit.accept", visit_id=visit_id)
    note_id, new_visit = new_id(), new_id()
    phone.act("note.add", id=note_id, visit_id=visit_id, text="已到楼下")
    phone.act("visit.travel", visit_id=visit_id)
    receipt = desk.do("visit.reassign", visit_id=visit_id, new_id=new_visit, lead_id=cast.bob.id, reason="closer")
    assert receipt["outcome"] == "applied", receipt
    bob = peer(cast.bob).pull()
    assert bob.row("visit", new_visit)["state"] == "dispatched"
    phone.push()
    outcomes = [phone.receipts[act_id]["outcome"] for act_id in list(phone.receipts)[-2:]]
    assert outcomes == ["applied", "parked"]
    phone.pull()
    assert {"scope": f"wo:{order_id}", "reason": "reassigned"} in phone.left
    assert phone.row("work_order", order_id) is None
    desk.pull()
    assert desk.row("note", note_id)["late"] is True and desk.row("note", note_id)["late_state"] == "open"
    assert desk.do("evidence.settle", noun="note", id=note_id, decision="adopt")["outcome"] == "applied"
    assert desk.pull().row("note", note_id)["late_state"] == "adopted"
    assert_subscriptions_are_right(app)


def test_a_change_of_level_moves_the_deadlines(cast: Cast, desk: Peer):
    order_id = register(desk, cast)
    desk.pull()
    before = {m["kind"]: m["due_at"] for m in desk.bodies("sla_milestone")}
    assert desk.do("work_order.edit", id=order_id, changes={"level": [2, 1]})["outcome"] == "applied"
    desk.pull()
    after = {m["kind"]: m["due_at"] for m in desk.bodies("sla_milestone")}
    assert after["respond"] < before["respond"] and after["resolve"] < before["resolve"]
    assert desk.row("work_order", order_id)["due_at"] == min(after.values())


def test_a_wrong_phone_clock_changes_no_order_and_no_time_of_record(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    wrong = clock.now() + timedelta(days=10)
    phone.act("visit.accept", visit_id=visit_id, at=clock.wire(wrong))
    phone.push()
    accepted = clock.parse(desk.pull().row("visit", visit_id)["times"]["accepted"])
    assert abs(accepted - clock.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("limit", [1, 3, 7, 2000])
def test_a_first_sync_of_any_page_size_brings_the_same_rows_whatever_changes_meanwhile(
    cast: Cast, desk: Peer, phone: Peer, limit: int
):
    orders = [dispatched(desk, cast, cast.alice) for _ in range(4)]
    pages = 0
    while phone.pull_page(limit)["more"]:
        pages += 1
        if pages % 3 == 1:
            desk.do("work_order.edit", id=orders[pages % 4][0], changes={"description": ["", f"第 {pages} 页"]})
        if pages == 4:
            desk.do("visit.cancel", visit_id=orders[0][1], reason="withdrawn")
    desk.do("visit.cancel", visit_id=orders[1][1], reason="withdrawn")
    phone.pull(limit)
    fresh = Peer(phone.client, cast.alice).pull()
    assert phone.rows == fresh.rows
    assert phone.row("visit", orders[1][1]) is None


def test_visits_of_today_come_before_reference_data(cast: Cast, desk: Peer, phone: Peer):
    dispatched(desk, cast, cast.alice)
    order = []
    while True:
        page = phone.pull_page(1)
        order += [row["noun"] for row in page["rows"]]
        if not page["more"]:
            break
    assert order.index("visit") < order.index("checklist_version")
    assert order.index("asset") < order.index("checklist_version")


def test_a_cookie_of_another_life_of_the_database_starts_over(cast: Cast, phone: Peer):
    phone.pull()
    for cookie in ("nonsense", "W10=", "WyJ4IiwidSIsMSxudWxsLDAsbnVsbCxudWxsXQ=="):
        phone.cookie = cookie
        page = phone.pull_page()
        assert page["reset"] is True and page["complete"] is True


def test_someone_who_leaves_the_company_holds_nothing(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    dispatched(desk, cast, cast.alice)
    with app.app_context():
        db.session.get(User, cast.alice.id).active = False
        db.session.commit()
        query = select(Subscription).where(Subscription.user_id == cast.alice.id, Subscription.left_rev.is_(None))
        assert db.session.scalars(query).all() == []
    assert_subscriptions_are_right(app)


def test_a_helper_adds_facts_and_the_lead_changes_the_state(cast: Cast, desk: Peer, peer: MakePeer):
    order_id = register(desk, cast)
    visit_id = dispatch(desk, order_id, cast.alice, helper_ids=[cast.bob.id])
    bob = peer(cast.bob).pull()
    assert bob.row("visit", visit_id) is not None
    assert bob.do("note.add", id=new_id(), visit_id=visit_id, text="梯子已备")["outcome"] == "applied"
    receipt = bob.do("visit.accept", visit_id=visit_id)
    assert (receipt["outcome"], receipt["code"]) == ("parked", "not-lead")


def test_numbers_of_work_orders_have_no_gaps(cast: Cast, desk: Peer):
    ids = [register(desk, cast) for _ in range(3)]
    refused = desk.do("work_order.register", id=new_id(), customer_id=cast.customer.id)
    assert refused["outcome"] == "rejected"
    ids.append(register(desk, cast))
    desk.pull()
    numbers = [desk.row("work_order", order_id)["number"] for order_id in ids]
    assert [int(number[-3:]) for number in numbers] == [1, 2, 3, 4]


def test_what_a_device_pushes_is_kept_with_its_state_on_the_board(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    phone.push(status={"pending": 3, "files_waiting": 2, "app_version": "0.1.0", "persisted": True, "failing": None})
    desk.pull()
    status = desk.one("phone_status")
    assert (status["pending"], status["files_waiting"], status["device_id"]) == (3, 2, phone.device_id)
    phone.push(status={"pending": "many", "storage_used": -1, "oldest_at": "soon", "failing": 7})
    assert desk.pull().one("phone_status")["pending"] == 0


def test_that_a_browser_threw_work_away_stays_known_after_the_phone_told_it_once(cast: Cast, desk: Peer, phone: Peer):
    lost = {"unsent": 4, "since": "2026-11-20T08:00:00.000Z", "last_contact": None,
            "noticed_at": "2026-11-21T08:00:00.000Z"}  # fmt: skip
    phone.push(status={"pending": 0, "evicted": lost})
    phone.push(status={"pending": 0, "evicted": None})
    assert desk.pull().one("phone_status")["evicted"] == lost
    for nonsense in ({"unsent": "all"}, "yes", {"unsent": 1, "noticed_at": "soon"}, [1]):
        phone.push(status={"pending": 0, "evicted": nonsense})
    assert desk.pull().one("phone_status")["evicted"] == lost


def test_the_devices_memory_survives_in_the_database(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    phone.act("visit.accept", visit_id=visit_id)
    phone.push(status={"pending": 0})
    with app.app_context():
        device = db.session.get(Device, phone.device_id)
        assert device.last_n == 1 and device.last_push_at is not None
