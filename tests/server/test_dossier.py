"""The archive from the field: corrections proposed and decided, documents with their pins, articles, favourites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import typst
from flask import Flask

from server.extensions import db
from server.models import new_id
from server.scopes import may_read_file
from tests.cast import Cast
from tests.peer import Peer
from tests.server.pictures import photo
from tests.server.story import dispatch, register
from tests.server.test_photos import shoot
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]


@pytest.fixture
def visit_id(desk: Peer, phone: Peer, cast: Cast) -> str:
    return dispatch(desk, register(desk, cast), phone.user)


def propose(phone: Peer, visit_id: str, cast: Cast, **changes: list[Any]) -> str:
    change_id = new_id()
    receipt = phone.do("archive.propose", id=change_id, visit_id=visit_id, asset_id=cast.asset.id, changes=changes)
    assert receipt["outcome"] == "applied", receipt
    return change_id


# --- Corrections ----------------------------------------------------------------------------------------


def test_a_correction_changes_the_archive_only_when_the_office_says_so(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, visit_id: str
):
    change_id = propose(
        phone, visit_id, cast, serial=["", "SN-77"], quantity=[1, 3], warranty_until=[None, "2028-06-30"]
    )
    shoot(phone, visit_id, "a", purpose="nameplate", parent_noun="archive_change", parent_id=change_id)
    phone.push()
    before = desk.pull().row("asset", cast.asset.id)
    assert before["serial"] != "SN-77"
    proposed = desk.row("archive_change", change_id)
    assert proposed["state"] == "proposed" and [one["sha256"][0] for one in proposed["photos"]] == ["a"]
    seen = {"serial": [before["serial"], "SN-77"], "quantity": [before["quantity"], 2]}
    assert desk.do("archive.decide", id=change_id, decision="approve", values=seen)["outcome"] == "applied"
    after = phone.pull().row("asset", cast.asset.id)
    assert (after["serial"], after["quantity"], after["warranty_until"]) == ("SN-77", 2, before["warranty_until"])
    assert phone.row("archive_change", change_id)["written"] == {"serial": "SN-77", "quantity": 2}
    again = desk.do("archive.decide", id=change_id, decision="decline")
    assert (again["outcome"], again["code"]) == ("parked", "already-settled")
    assert_subscriptions_are_right(app)


def test_a_field_that_changed_under_the_offices_eyes_is_looked_at_anew(
    cast: Cast, desk: Peer, phone: Peer, visit_id: str
):
    first = propose(phone, visit_id, cast, serial=["", "SN-1"])
    second = propose(phone, visit_id, cast, serial=["", "SN-2"], location=["", "B1 机房"])
    assert desk.do("archive.decide", id=first, decision="approve")["outcome"] == "applied"
    stale = desk.do("archive.decide", id=second, decision="approve")
    assert (stale["outcome"], stale["code"], stale["detail"]) == ("parked", "changed-meanwhile", "serial")
    assert desk.pull().row("asset", cast.asset.id)["location"] != "B1 机房", "all or none"
    values = {"serial": ["SN-1", "SN-2"], "location": [desk.row("asset", cast.asset.id)["location"], "B1 机房"]}
    assert desk.do("archive.decide", id=second, decision="approve", values=values)["outcome"] == "applied"
    assert desk.pull().row("asset", cast.asset.id)["serial"] == "SN-2"


@pytest.mark.parametrize(
    "changes",
    [{"number": ["a", "b"]}, {"quantity": [1, "3"]}, {"quantity": [1, -1]}, {"installed_on": [None, "bald"]},
     {"serial": ["", "x" * 200]}, {"serial": ["", 7]}, {"serial": ["", "a\0"]}],
)  # fmt: skip
def test_nobody_proposes_what_no_archive_can_hold(cast: Cast, phone: Peer, visit_id: str, changes: dict[str, Any]):
    receipt = phone.do("archive.propose", id=new_id(), visit_id=visit_id, asset_id=cast.asset.id, changes=changes)
    assert (receipt["outcome"], receipt["code"]) == ("rejected", "args-invalid")


def test_only_the_office_decides_and_only_the_author_withdraws(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer, visit_id: str
):
    change_id = propose(phone, visit_id, cast, serial=["", "SN-9"])
    assert phone.do("archive.decide", id=change_id, decision="approve")["code"] == "forbidden"
    assert peer(cast.charlie).do("archive.withdraw", id=change_id)["code"] == "forbidden"
    assert phone.do("archive.withdraw", id=change_id, reason="看错了")["outcome"] == "applied"
    assert desk.do("archive.decide", id=change_id, decision="approve")["code"] == "already-settled"


# --- Documents ------------------------------------------------------------------------------------------


def bring(desk: Peer, content: bytes) -> Any:
    headers = {**desk.headers, "Content-Type": "application/octet-stream"}
    return desk.client.post("/api/documents/pages", data=content, headers=headers)


def add(desk: Peer, cast: Cast, pages: list[dict[str, Any]], **more: Any) -> str:
    document_id = new_id()
    said = {"site_id": cast.site.id, "kind": "layout", "title": "一层点位图", **more}
    receipt = desk.do("document.add", id=document_id, pages=[{"sha256": page["sha256"]} for page in pages], **said)
    assert receipt["outcome"] == "applied", receipt
    return document_id


def test_a_pdf_becomes_pages_that_who_holds_the_site_may_read(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, visit_id: str
):
    pdf = typst.compile(b"#set page(width: 10cm, height: 8cm)\nOne\n#pagebreak()\nTwo")
    pages = bring(desk, pdf).get_json()["pages"]
    assert len(pages) == 2 and all(page["mime"] == "image/png" and page["width"] > 300 for page in pages)
    document_id = add(desk, cast, pages)
    assert [page["sha256"] for page in phone.pull().row("document", document_id)["pages"]] == [
        page["sha256"] for page in pages
    ]
    answer = phone.client.get(f"/api/files/{pages[1]['sha256']}", headers=phone.headers)
    assert answer.status_code == 200 and answer.mimetype == "image/png"
    with app.app_context():
        assert not may_read_file(db.session(), cast.charlie.id, pages[0]["sha256"])
    manual = add(desk, cast, bring(desk, photo()).get_json()["pages"], site_id=None, kind="manual", title="DDC 手册")
    with app.app_context():
        page = phone.pull().row("document", manual)["pages"][0]
        assert may_read_file(db.session(), cast.charlie.id, page["sha256"]), "a manual is everybody's"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken", b"no picture at all"])
def test_what_is_no_document_is_refused_with_its_reason(desk: Peer, content: bytes):
    answer = bring(desk, content)
    assert answer.status_code in (415, 422, 400) and answer.get_json()["code"] == "not-an-image"


def test_the_office_brings_documents_and_an_engineer_does_not(cast: Cast, desk: Peer, phone: Peer):
    assert bring(phone, photo()).status_code == 403
    page = bring(desk, photo()).get_json()["pages"][0]
    said = {"site_id": cast.site.id, "kind": "layout", "title": "图", "pages": [{"sha256": page["sha256"]}]}
    assert phone.do("document.add", id=new_id(), **said)["code"] == "forbidden"
    missing = {**said, "pages": [{"sha256": "f" * 64}]}
    assert desk.do("document.add", id=new_id(), **missing)["code"] == "file-missing"


def test_a_pin_says_where_a_thing_is_to_who_comes_next(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer, visit_id: str
):
    document_id = add(desk, cast, bring(desk, photo()).get_json()["pages"])
    pin = {"document_id": document_id, "page": 0, "x": 0.25, "y": 0.5, "label": "弱电间", "asset_id": cast.asset.id}
    pin_id = new_id()
    assert phone.do("document.pin", id=pin_id, **pin)["outcome"] == "applied"
    assert peer(cast.charlie).do("document.pin", id=new_id(), **pin)["code"] == "forbidden"
    assert phone.do("document.pin", id=new_id(), **{**pin, "page": 9})["code"] == "args-invalid"
    shown = desk.pull().row("document", document_id)["pins"]
    assert [(one["id"], one["x"], one["label"], one["by"]) for one in shown] == [
        (pin_id, 0.25, "弱电间", cast.alice.id)
    ]
    phone.do("document.unpin", id=pin_id, document_id=document_id)
    assert desk.pull().row("document", document_id)["pins"] == []


# --- Knowledge ------------------------------------------------------------------------------------------


def test_an_article_of_a_solved_visit_is_everybodys_once_the_office_publishes_it(
    cast: Cast, phone: Peer, peer: MakePeer, visit_id: str
):
    article_id, sam = new_id(), peer(cast.sam)
    receipt = phone.do(
        "article.propose", id=article_id, visit_id=visit_id, title="控制器离线", text="先量电源。",
        symptom_codes=["offline"], asset_class="DDC",
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    proposed = sam.pull().row("article", article_id)
    assert (proposed["state"], proposed["visit_id"], proposed["created_by"]) == ("proposed", visit_id, cast.alice.id)
    assert phone.do("article.review", id=article_id, decision="publish")["code"] == "forbidden"
    sam.do("article.edit", id=article_id, changes={"text": ["先量电源。", "先量电源,再查网线。"]})
    sam.do("article.review", id=article_id, decision="publish", review_on="2027-05-01")
    published = peer(cast.charlie).pull().row("article", article_id)
    assert (published["state"], published["review_on"]) == ("published", "2027-05-01")
    assert published["text"] == "先量电源,再查网线。" and published["reviewed_by"] == cast.sam.id
    late = sam.do("article.review", id=article_id, decision="decline")
    assert (late["outcome"], late["code"]) == ("parked", "illegal-transition")


def test_favourites_follow_the_person_and_nobody_else(cast: Cast, phone: Peer, peer: MakePeer):
    other, article_id = peer(cast.alice), new_id()
    phone.do("favourite.set", id=new_id(), noun="article", row_id=article_id, chosen=True)
    other.do("favourite.set", id=new_id(), noun="article", row_id=article_id, chosen=False)
    assert [(row["parent_id"], row["chosen"]) for row in phone.pull().bodies("favourite")] == [(article_id, False)]
    assert list(peer(cast.bob).pull().bodies("favourite")) == []


def test_consent_before_the_repair_is_part_of_the_diagnosis(desk: Peer, phone: Peer, visit_id: str):
    given = {"consent": ["", "given"], "consent_name": ["", "张女士"], "consent_at": ["", "2026-11-27T02:00:00.000Z"]}
    receipt = phone.do("diagnosis.edit", id=new_id(), visit_id=visit_id, changes=given)
    assert receipt["outcome"] == "applied", receipt
    row = next(iter(desk.pull().bodies("diagnosis")))
    assert (row["consent"], row["consent_name"], row["consent_at"]) == ("given", "张女士", "2026-11-27T02:00:00.000Z")
    wrong = phone.do("diagnosis.edit", id=new_id(), visit_id=visit_id, changes={"consent": ["given", "vielleicht"]})
    assert wrong["code"] == "args-invalid"
