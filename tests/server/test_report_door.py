"""The service report at its doors: what the phone showed is what the office reads, and later edits are visible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image, ImageDraw

from server import clock
from server.extensions import db
from server.models import PartUse, Signature, new_id
from server.tasks.queue import perform_next
from sync.report import content_hash, report_content
from tests.cast import Cast
from tests.peer import Peer
from tests.server.camera import Camera
from tests.server.pictures import encoded, photo
from tests.server.story import dispatched

STROKES = {"width": 300, "height": 150, "strokes": [{"points": [[1, 2, 0], [30, 40, 16]]}]}


def signature_image() -> bytes:
    image = Image.new("RGBA", (300, 150), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(20, 100), (120, 30), (260, 110)], fill=(0, 0, 80, 255), width=4)
    return encoded(image, "PNG")


def phones_view(phone: Peer, visit_id: str) -> dict[str, Any]:
    """What the phone builds its report from: nothing but rows it pulled (`reportView.ts`)."""
    here = {noun: list(phone.bodies(noun, visit_id=visit_id)) for noun in (
        "diagnosis", "part_use", "attachment", "note", "checklist_run", "checklist_answer",
    )}  # fmt: skip
    visit = {"id": visit_id, **phone.row("visit", visit_id)}
    order = {"id": visit["work_order_id"], **phone.row("work_order", visit["work_order_id"])}
    diagnosis = next((row for row in here["diagnosis"] if not row["withdrawn"]), None)
    asset_id = (diagnosis or {}).get("asset_id") or order["asset_id"]
    catalogue: dict[str, dict[str, Any]] = {}
    for entry in phone.bodies("catalogue_entry"):
        catalogue.setdefault(entry["kind"], {})[entry["code"]] = entry
    runs = [
        {**run, "version": phone.row("checklist_version", run["version_id"]),
         "answers": [answer for answer in here["checklist_answer"] if answer["run_id"] == run["id"]]}
        for run in here["checklist_run"]
    ]  # fmt: skip
    return {
        "visit": visit, "work_order": order, "site": {"id": visit["site_id"], **phone.row("site", visit["site_id"])},
        "asset": {"id": asset_id, **phone.row("asset", asset_id)} if asset_id else None, "diagnosis": diagnosis,
        "part_uses": here["part_use"], "attachments": here["attachment"], "notes": here["note"],
        "checklist_runs": runs, "users": {row["id"]: row for row in phone.bodies("user")}, "catalogue": catalogue,
    }  # fmt: skip


class Day:
    """Alice's visit up to the moment the customer reads the report."""

    def __init__(self, app: Flask, peer: Callable[..., Peer], cast: Cast):
        self.app, self.cast = app, cast
        self.desk, self.phone = peer(cast.dora), peer(cast.alice)
        self.order_id, self.visit_id = dispatched(self.desk, cast, cast.alice)
        self.camera = Camera(app, self.phone, self.visit_id)
        self.part_id = new_id()

    def work(self) -> None:
        for act in ("visit.accept", "visit.travel", "visit.arrive", "visit.work"):
            self.phone.act(act, visit_id=self.visit_id)
        run_id = new_id()
        here = {"visit_id": self.visit_id}
        changes = {"symptom_code": ["", "offline"], "cause_text": ["", "电源老化"], "test_result": ["", "passed"]}
        self.phone.act("diagnosis.edit", id=new_id(), **here, changes=changes)
        self.phone.act(
            "part.use", id=self.part_id, **here, part_id=self.cast.part.id, quantity=2, source="own", serials=["X1"]
        )
        self.phone.act("note.add", id=new_id(), **here, text="门禁卡在前台")
        self.phone.act("checklist.start", id=run_id, **here, version_id=self.cast.checklist.id)
        self.phone.act("checklist.answer", id=new_id(), run_id=run_id, item_id="temp", value="31")
        self.phone.act("visit.finish", **here)
        self.phone.push()
        assert {receipt["outcome"] for receipt in self.phone.receipts.values()} == {"applied"}, self.phone.receipts

    def send(self, data: bytes, **changes: Any) -> str:
        args = self.camera.declare(data, **changes)
        assert self.camera.send(args, data).status_code == 204
        with self.app.app_context():
            while perform_next():
                pass
        return args["id"]

    def sign(self) -> dict[str, Any]:
        image = self.send(signature_image(), purpose="signature", mime="image/png")
        content = report_content(phones_view(self.phone.pull(), self.visit_id))
        receipt = self.phone.do(
            "report.sign", id=new_id(), visit_id=self.visit_id, role="customer", name="张敏", content=content,
            content_hash=content_hash(content), strokes=STROKES, image_id=image, opinion="很及时",
            rating={"speed": 5, "solution": 4, "attitude": 5},
        )  # fmt: skip
        assert receipt["outcome"] == "applied", receipt
        return content

    def report(self, who: Peer | None = None, status: int = 200, **query: str) -> Any:
        who = who or self.desk
        return who.get(f"/api/visits/{self.visit_id}/report.json", status, query_string=query).json

    def pdf(self, **query: str) -> bytes:
        answer = self.desk.get(f"/api/visits/{self.visit_id}/report.pdf", query_string=query)
        assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-")
        return answer.data


@pytest.fixture
def day(app: Flask, peer: Callable[..., Peer], cast: Cast) -> Day:
    return Day(app, peer, cast)


def test_the_office_reads_what_the_phone_would_show(day: Day):
    day.work()
    day.send(photo(800, 600), purpose="after", caption="修复后")
    report = day.report()
    assert report["content"] == report_content(phones_view(day.phone.pull(), day.visit_id))
    assert (report["signed"], report["changed_since"], report["signatures"]) == (False, [], [])
    shown = str(report["sections"])
    assert all(word in shown for word in ("设备离线", "电源老化", "24V 电源模块", "门禁卡在前台", "31"))


def test_a_signed_report_stays_as_it_was_signed_and_later_edits_are_named(day: Day):
    day.work()
    signed = day.sign()
    report = day.report()
    assert (report["signed"], report["content"], report["changed_since"]) == (True, signed, [])
    assert report["content_hash"] == content_hash(signed)
    assert "张敏" in str(report["signatures"])
    assert day.phone.do("part.withdraw", id=day.part_id, reason="填错")["outcome"] == "applied"
    report = day.report()
    assert report["content"] == signed, "the customer's copy never changes"
    assert report["changed_since"] == [f"parts[{day.part_id}]"]
    assert report["changed_titles"] == ["使用备件"]


def test_a_waived_report_says_why(day: Day):
    day.work()
    day.phone.do("report.waive", id=new_id(), visit_id=day.visit_id, reason="absent", note="前台代收")
    report = day.report()
    assert report["signed"] is False
    assert "客户不在场" in str(report["signatures"]) and "前台代收" in str(report["signatures"])


def test_the_pdf_has_the_photos_and_the_signature(day: Day):
    day.work()
    bare = day.pdf()
    day.send(photo(800, 600), purpose="after")
    with_photo = day.pdf()
    day.sign()
    assert len(with_photo) > len(bare) + 20_000
    assert day.pdf(lang="en") != day.pdf(lang="zh-CN")


def test_a_photo_that_has_not_arrived_does_not_keep_the_report(day: Day):
    day.work()
    day.camera.declare(photo(seed=9), purpose="after")
    assert day.pdf()


def test_the_language_is_asked_for_or_the_readers(day: Day):
    day.work()
    assert day.report()["title"] != day.report(lang="en")["title"]
    headers = {**day.desk.headers, "Accept-Language": "en"}
    answer = day.desk.client.get(f"/api/visits/{day.visit_id}/report.json", headers=headers)
    assert answer.json["title"] == day.report(lang="en")["title"]
    assert day.report(lang="fr")["title"] == day.report()["title"]


def test_only_who_holds_the_work_order_reads_its_report(day: Day, peer, cast: Cast, client):
    day.work()
    day.report(day.phone)
    day.report(peer(cast.charlie), 404)
    day.report(peer(cast.bob), 404)
    for ending in ("json", "pdf"):
        assert client.get(f"/api/visits/{day.visit_id}/report.{ending}").status_code == 401
        for wrong in (new_id(), "x", "%00"):
            assert day.desk.get(f"/api/visits/{wrong}/report.{ending}", 404).json["code"] == "not-found"


def test_a_visit_nobody_has_begun_has_no_report(day: Day):
    assert day.report(status=409)["code"] == "report-not-ready"
    day.work()
    assert day.report()


def test_content_no_page_could_show_is_not_taken_for_the_report(app: Flask, day: Day):
    day.work()
    with app.app_context():
        common = {"visit_id": day.visit_id, "work_order_id": day.order_id, "role": "customer", "name": "张敏"}
        content = {"parts": 5, "photos": {"a": [1]}}
        db.session.add(Signature(
            **common, content=content, content_hash=content_hash(content), strokes=STROKES, image_id=new_id(),
            opinion="", server_at=clock.now(),
        ))  # fmt: skip
        db.session.commit()
        assert db.session.query(PartUse).count() == 1
    assert day.report()["signed"] is False
    assert day.pdf()
