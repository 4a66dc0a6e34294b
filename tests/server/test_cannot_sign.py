"""Nobody signs (D10): the reason, a picture of it, a witness with their own name, and a link to sign later."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.models import new_id
from sync.report import content_hash, report_content
from tests.cast import Cast
from tests.peer import Peer
from tests.server.pictures import declared, photo
from tests.server.story import dispatched
from tests.server.test_public_pages import sign
from tests.server.test_report_door import STROKES, phones_view

WORKED = ("visit.accept", "visit.travel", "visit.arrive", "visit.work", "visit.finish")


@pytest.fixture
def worked(cast: Cast, desk: Peer, phone: Peer) -> tuple[str, str]:
    """Alice is done, on site and without a network: what she does from here on waits on her phone."""
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    for act in WORKED:
        assert phone.do(act, visit_id=visit_id)["outcome"] == "applied"
    phone.pull()
    return order_id, visit_id


def waive(phone: Peer, visit_id: str, witness: dict[str, Any] | None = None) -> str:
    """As the phone writes it: the picture, the witness, the waiver, in this order."""
    waiver_id = new_id()
    phone.act("attachment.add", **declared(photo(), visit_id, parent_noun="waiver", parent_id=waiver_id))
    if witness is not None:
        phone.act("report.sign", id=new_id(), visit_id=visit_id, role="witness", image_id=new_id(), **witness)
    phone.act("report.waive", id=waiver_id, visit_id=visit_id, reason="absent", note="前台不肯代签")
    return waiver_id


def shown(phone: Peer, visit_id: str, name: str = "保安老周", **changes: Any) -> dict[str, Any]:
    content = report_content(phones_view(phone, visit_id))
    return {"name": name, "content": content, "content_hash": content_hash(content), "strokes": STROKES, **changes}


def state(desk: Peer, visit_id: str) -> str:
    body = desk.pull().row("visit", visit_id)
    assert body is not None
    return str(body["state"])


def test_a_waiver_comes_with_its_picture_and_its_witness_and_a_witness_is_no_customer(
    desk: Peer, phone: Peer, worked: tuple[str, str]
):
    _, visit_id = worked
    waiver_id = waive(phone, visit_id, shown(phone, visit_id))
    assert [receipt["outcome"] for receipt in phone.push()["receipts"]] == ["applied"] * 3
    assert state(desk, visit_id) == "sign_waived"
    assert desk.row("waiver", waiver_id)["note"] == "前台不肯代签"  # type: ignore[index]
    assert desk.one("attachment", parent_id=waiver_id)["visit_id"] == visit_id
    assert desk.one("signature", visit_id=visit_id)["role"] == "witness"
    report = desk.get(f"/api/visits/{visit_id}/report.json").json
    assert report["signed"] is False
    assert all(word in str(report["signatures"]) for word in ("保安老周", "客户不在场", "前台不肯代签"))


def test_a_witness_signs_what_was_shown_and_not_with_a_dot(phone: Peer, desk: Peer, worked: tuple[str, str]):
    _, visit_id = worked
    dot = {"strokes": [{"points": [[1, 1, 0]]}]}
    for witness, code in ((shown(phone, visit_id, strokes=dot), "args-invalid"),
                          (shown(phone, visit_id, content_hash="0" * 64), "hash-mismatch")):  # fmt: skip
        receipt = phone.do("report.sign", id=new_id(), visit_id=visit_id, role="witness", image_id=new_id(), **witness)
        assert receipt["code"] == code
    assert state(desk, visit_id) == "work_done"


def test_a_waiver_is_given_once_and_only_when_the_work_is_done(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    assert phone.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")["code"] == "illegal-transition"
    for act in WORKED:
        phone.do(act, visit_id=visit_id)
    assert phone.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")["outcome"] == "applied"
    assert phone.do("report.waive", id=new_id(), visit_id=visit_id, reason="absent")["code"] == "illegal-transition"


def test_a_link_made_without_a_network_is_good_once_the_phone_has_synced_and_for_one_signature(
    client: FlaskClient, desk: Peer, phone: Peer, worked: tuple[str, str]
):
    order_id, visit_id = worked
    link_id = new_id()
    waive(phone, visit_id)
    phone.act("visit.submit", visit_id=visit_id)
    phone.act("link.make", id=link_id, work_order_id=order_id, visit_id=visit_id, kind="sign")
    phone.get(f"/api/links/{link_id}", status=404)
    assert [receipt["outcome"] for receipt in phone.push()["receipts"]] == ["applied"] * 4
    path = re.sub(r"^https?://[^/]+", "", phone.get(f"/api/links/{link_id}").json["url"])
    assert sign(client, path).status_code == 201
    assert sign(client, path).status_code == 410
    assert state(desk, visit_id) == "submitted"
    assert desk.one("signature", visit_id=visit_id)["role"] == "customer"
    report = desk.get(f"/api/visits/{visit_id}/report.json").json
    assert report["signed"] and "客户不在场" in str(report["signatures"]), "signed in the end, and why it was late"
    assert phone.pull().one("customer_link", visit_id=visit_id)["used_at"]
