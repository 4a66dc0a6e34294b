"""Pages without an account: a report is sent once, links show little, sign and rate once, and end."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import CustomerLink, CustomerReport, Signature, Survey, new_id
from server.tokens import PROOF_BITS, is_proof, token_of
from sync.report import content_hash
from tests.cast import Cast
from tests.peer import Peer
from tests.server.pictures import photo
from tests.server.story import dispatch, dispatched, register

MakePeer = Callable[..., Peer]
STROKES = json.dumps({"width": 300, "height": 120, "strokes": [{"points": [[10, 10, 0], [80, 60, 90]]}]})


def proof_for(app: Flask, challenge: str) -> str:
    with app.app_context():
        return next(str(n) for n in range(1 << (PROOF_BITS + 6)) if is_proof(challenge, str(n)))


def send(client: FlaskClient, app: Flask, *, wait: float = 10, **typed: Any) -> Any:
    """A customer opens the form, types for a while and sends."""
    page = client.get("/public/report")
    challenge = re.search(r'name="challenge" value="([^"]+)"', page.text)[1]
    return post(client, app, typed.pop("challenge", challenge), wait=wait, **typed)


def post(client: FlaskClient, app: Flask, challenge: str, *, wait: float = 10, **typed: Any) -> Any:
    form = {
        "title": "三楼摄像机无图像", "company": "华园大厦", "contact_name": "张小姐", "contact_phone": "13900001234",
        "demands": ["repair"], "challenge": challenge, "proof": proof_for(app, challenge), **typed,
    }  # fmt: skip
    with clock.standing_at(clock.now() + timedelta(seconds=wait)):
        return client.post("/public/report", data=form, content_type="multipart/form-data")


def only_report(app: Flask) -> CustomerReport:
    with app.app_context():
        (row,) = db.session.scalars(select(CustomerReport)).all()
        db.session.expunge(row)
        return row


def test_a_report_reaches_the_office_masked_with_its_pictures_and_a_status_link(
    app: Flask, client: FlaskClient, desk: Peer, phone: Peer
):
    answer = send(client, app, pictures=[(io.BytesIO(photo()), "a.jpg")])
    assert answer.status_code == 201, answer.text
    body = desk.pull().one("customer_report")
    assert (body["state"], body["title"], body["contact_masked"]) == ("new", "三楼摄像机无图像", "张**(1234)")
    assert "13900001234" not in str(desk.rows) and "张小姐" not in str(desk.rows)
    (file,) = body["files"]
    assert desk.get(f"/api/files/{file['sha256']}?size=original").data
    assert not list(phone.pull().bodies("customer_report"))
    phone.get(f"/api/files/{file['sha256']}?size=original", status=404)
    page = client.get(answer.json["to"])
    assert page.status_code == 200 and "已收到" in page.text and "13900001234" not in page.text
    assert "Received" in client.get(answer.json["to"] + "&lang=en").text


def test_a_report_sent_twice_is_one_report(app: Flask, client: FlaskClient, desk: Peer):
    page = client.get("/public/report")
    challenge = re.search(r'name="challenge" value="([^"]+)"', page.text)[1]
    first, second = (post(client, app, challenge) for _ in range(2))
    assert first.json == second.json
    assert len(list(desk.pull().bodies("customer_report"))) == 1


@pytest.mark.parametrize(
    "typed",
    [{"wait": 1}, {"website": "http://spam"}, {"proof": "nonsense"}, {"challenge": "made.up.up"}, {"wait": 13 * 3600}],
    ids=["too fast", "fills in what nobody sees", "without work", "without our seal", "too old"],
)
def test_what_is_no_person_is_refused(app: Flask, client: FlaskClient, desk: Peer, typed: dict[str, Any]):
    answer = send(client, app, **typed)
    assert answer.status_code == 422 and answer.json["code"] == "form-stale"
    assert not list(desk.pull().bodies("customer_report"))


def test_what_is_no_picture_or_no_phone_is_refused_with_its_name(app: Flask, client: FlaskClient):
    answer = send(client, app, pictures=[(io.BytesIO(b"#!/bin/sh"), "a.jpg")])
    assert (answer.status_code, answer.json["code"]) == (422, "not-an-image")
    answer = send(client, app, contact_phone="1")
    assert answer.status_code == 422 and "contact_phone" in answer.json["errors"]
    five = [(io.BytesIO(photo()), f"{n}.jpg") for n in range(5)]
    assert send(client, app, pictures=five).json["code"] == "too-many-files"


def test_one_address_cannot_flood_the_office(app: Flask, client: FlaskClient):
    codes = {send(client, app, contact_phone="1").status_code for _ in range(21)}
    assert codes == {422, 429}


def test_a_registered_report_becomes_the_work_order_and_the_link_follows_it(
    app: Flask, client: FlaskClient, cast: Cast, peer: MakePeer
):
    to = send(client, app, pictures=[(io.BytesIO(photo()), "a.jpg")]).json["to"]
    olga = peer(cast.olga)
    report = only_report(app)
    order_id = register(olga, cast, report_id=report.id)
    order = olga.pull().row("work_order", order_id)
    assert order["reported_at"] <= clock.wire(report.server_at)
    assert olga.one("customer_report")["state"] == "registered"
    assert order["contact_masked"] == "张**(1234)"
    shown = olga.one("attachment", work_order_id=order_id)
    assert shown["state"] in ("stored", "verified") and shown["sha256"] == report.files[0]["sha256"]
    page = client.get(to).text
    assert order["number"] in page and "承诺" in page
    again = olga.do("customer_report.merge", id=report.id, into_id=order_id)
    assert (again["outcome"], again["code"]) == ("parked", "report-decided")


def test_a_second_report_of_one_matter_joins_its_work_order(
    app: Flask, client: FlaskClient, cast: Cast, peer: MakePeer
):
    olga = peer(cast.olga)
    order_id = register(olga, cast)
    to = send(client, app).json["to"]
    assert olga.do("customer_report.merge", id=only_report(app).id, into_id=order_id)["outcome"] == "applied"
    assert olga.pull().one("customer_report")["work_order_id"] == order_id
    assert olga.one("event", kind="customer_report.said")["data"]["title"] == "三楼摄像机无图像"
    assert olga.row("work_order", order_id)["number"] in client.get(to).text


def test_a_declined_report_tells_the_customer_why(app: Flask, client: FlaskClient, cast: Cast, peer: MakePeer):
    to = send(client, app).json["to"]
    olga = peer(cast.olga)
    assert olga.do("customer_report.decline", id=only_report(app).id, reason="不在服务范围")["outcome"] == "applied"
    assert "不在服务范围" in client.get(to).text
    assert peer(cast.alice).do("customer_report.decline", id=new_id(), reason="x")["outcome"] == "rejected"


# --- Signing and rating ---------------------------------------------------------------------------------


def link(desk: Peer, order_id: str, visit_id: str | None, kind: str) -> str:
    """A link as the dispatcher makes and copies it; gives its path."""
    link_id = new_id()
    receipt = desk.do("link.make", id=link_id, work_order_id=order_id, visit_id=visit_id, kind=kind)
    assert receipt["outcome"] == "applied", receipt
    shown = desk.get(f"/api/links/{link_id}").json
    assert shown["qr"].startswith("data:image/svg+xml")
    return shown["url"].removeprefix("http://localhost")


def waived(desk: Peer, phone: Peer, cast: Cast) -> tuple[str, str]:
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    for act in ("visit.accept", "visit.travel", "visit.arrive", "visit.work", "visit.finish"):
        assert phone.do(act, visit_id=visit_id)["outcome"] == "applied"
    assert phone.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")["outcome"] == "applied"
    assert phone.do("visit.submit", visit_id=visit_id)["outcome"] == "applied"
    return order_id, visit_id


def sign(client: FlaskClient, path: str, **typed: Any) -> Any:
    page = client.get(path).text
    found = re.search(r'name="content_hash" value="([0-9a-f]{64})"', page)
    form = {
        "name": "李经理", "opinion": "很好", "content_hash": found[1] if found else "0" * 64, "strokes": STROKES,
        "rating": json.dumps({"speed": 5}), "image": (io.BytesIO(photo()), "s.png"), **typed,
    }  # fmt: skip
    return client.post(path, data=form, content_type="multipart/form-data")


def test_a_customer_signs_later_on_their_own_phone_once_and_bound_to_what_was_shown(
    app: Flask, client: FlaskClient, cast: Cast, desk: Peer, phone: Peer
):
    order_id, visit_id = waived(desk, phone, cast)
    path = link(desk, order_id, visit_id, "sign")
    assert "三号机位黑屏" in client.get(path).text
    assert sign(client, path, strokes=json.dumps({"strokes": [{"points": [[1, 1, 0]]}]})).json["code"] == "no-ink"
    phone.do("note.add", id=new_id(), visit_id=visit_id, text="已更换电源")
    stale = client.get(path).text
    phone.do("note.add", id=new_id(), visit_id=visit_id, text="并清洁了镜头")
    shown = re.search(r'name="content_hash" value="([0-9a-f]{64})"', stale)[1]
    assert sign(client, path, content_hash=shown).json["code"] == "report-changed"
    answer = sign(client, path)
    assert answer.status_code == 201, answer.text
    assert sign(client, path).status_code == 410
    assert "签字已收到" in client.get(path).text
    with app.app_context():
        (row,) = db.session.scalars(select(Signature)).all()
        assert content_hash(row.content) == row.content_hash and row.role == "customer" and row.created_by is None
        assert row.rating == {"speed": 5} and row.name == "李经理" and not row.late
    body = desk.pull().one("signature")
    assert desk.row("attachment", body["image_id"])["purpose"] == "signature"
    assert desk.get(f"/api/visits/{visit_id}/report.json").json["signed"]
    assert desk.one("customer_link", kind="sign")["used_at"]


def test_a_visit_whose_engineer_left_without_a_word_is_signed_by_link(
    client: FlaskClient, cast: Cast, desk: Peer, phone: Peer
):
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    path = link(desk, order_id, visit_id, "sign")
    assert client.get(path).status_code == 409
    for act in ("visit.accept", "visit.travel", "visit.arrive", "visit.work", "visit.finish"):
        phone.do(act, visit_id=visit_id)
    assert sign(client, path).status_code == 201
    assert desk.pull().row("visit", visit_id)["state"] == "signed"


def test_a_rating_is_given_once_and_counts_for_its_visit(
    app: Flask, client: FlaskClient, cast: Cast, desk: Peer, phone: Peer
):
    order_id, visit_id = waived(desk, phone, cast)
    path = link(desk, order_id, visit_id, "rate")
    assert client.post(path, data={"speed": "6", "solution": "5", "attitude": "5"}).status_code == 422
    assert client.post(path, data={"speed": "4", "solution": "5", "attitude": "5", "words": "谢谢"}).status_code == 201
    assert client.post(path, data={"speed": "1", "solution": "1", "attitude": "1"}).status_code == 410
    survey = desk.pull().one("survey", visit_id=visit_id)
    assert (survey["speed"], survey["mode"], survey["words"]) == (4, "link", "谢谢")
    with app.app_context():
        assert len(db.session.scalars(select(Survey)).all()) == 1


def test_links_end_and_can_be_revoked(app: Flask, client: FlaskClient, cast: Cast, desk: Peer, phone: Peer):
    order_id, visit_id = waived(desk, phone, cast)
    path = link(desk, order_id, visit_id, "rate")
    with clock.standing_at(clock.now() + timedelta(days=31)):
        assert client.get(path).status_code == 410
        assert client.post(path, data={"speed": "4", "solution": "5", "attitude": "5"}).json["code"] == "link-over"
    made = desk.pull().one("customer_link")
    assert desk.do("link.revoke", id=made["id"])["outcome"] == "applied"
    assert client.get(path).status_code == 410
    desk.get(f"/api/links/{made['id']}", status=410)
    assert client.get("/public/l/madeup").status_code == 404


def test_only_hashes_are_kept_and_only_who_may_is_told_the_address(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    order_id, visit_id = waived(desk, phone, cast)
    own = new_id()
    assert phone.do("link.make", id=own, work_order_id=order_id, visit_id=visit_id, kind="sign")["outcome"] == "applied"
    phone.get(f"/api/links/{own}")
    theirs = new_id()
    desk.do("link.make", id=theirs, work_order_id=order_id, visit_id=None, kind="status")
    phone.pull()
    phone.get(f"/api/links/{theirs}", status=403)
    bob = peer(cast.bob)
    bob.get(f"/api/links/{own}", status=404)
    assert (
        bob.do("link.make", id=new_id(), work_order_id=order_id, visit_id=visit_id, kind="sign")["outcome"] != "applied"
    )
    with app.app_context():
        rows = db.session.scalars(select(CustomerLink)).all()
        assert all(token_of(row.id) not in str(vars(row)) for row in rows)


def test_a_status_link_shows_when_somebody_comes_and_no_name(client: FlaskClient, cast: Cast, desk: Peer):
    order_id = register(desk, cast, contact_name="王先生", contact_phone="13812345678")
    path = link(desk, order_id, None, "status")
    dispatch(desk, order_id, cast.alice)
    page = client.get(path).text
    assert "已安排上门" in page
    for secret in ("王先生", "13812345678", cast.alice.name, cast.customer.name, cast.site.address):
        assert secret not in page
