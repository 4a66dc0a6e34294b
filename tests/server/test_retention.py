"""What is past its time goes, nothing before, and nothing that is held; tickets stay and stay readable (F7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from server import clock, files
from server.backup.making import make_backup
from server.extensions import db
from server.models import AccessLog, Attachment, DocumentPage, StoredFile, WorkOrder, new_id
from server.retention import remove_originals
from server.tasks import archive_work_orders, process_image
from tests.cast import Cast, sign_in
from tests.peer import Peer
from tests.server.pictures import OFFSET, opening, photo, sha256
from tests.server.promised import refused
from tests.server.story import dispatched
from tests.server.test_auth import refused as problem
from tests.server.test_photos import finish

MakePeer = Callable[..., Peer]
YEAR = timedelta(days=366)


def shown(app: Flask, phone: Peer, visit_id: str, data: bytes, purpose: str = "before", **more: str) -> str:
    """A photo that went all the way; gives its hash."""
    args = {"id": new_id(), "visit_id": visit_id, "sha256": sha256(data), "size": len(data), "mime": "image/jpeg",
            "purpose": purpose, "taken_at": clock.wire(clock.now()), **more}  # fmt: skip
    assert phone.do("attachment.add", **args)["outcome"] == "applied"
    headers = {**phone.headers, **opening(args), **OFFSET}
    assert phone.client.post("/api/files/uploads", data=data, headers=headers).status_code == 201
    with app.app_context():
        process_image(args["sha256"])
    return str(args["sha256"])


def ended(app: Flask, order_id: str, years: float) -> None:
    with app.app_context():
        order = db.session.get_one(WorkOrder, order_id)
        order.state, order.ended_at = "closed", clock.now() - years * YEAR
        db.session.commit()
        archive_work_orders()


def clean_up(app: Flask, years: int = 3, dry_run: bool = False) -> set[str]:
    """Runs it; gives the hashes whose original is gone from the disk."""
    with app.app_context():
        remove_originals(db.session(), years, dry_run)
        store = files.store()
        return {sha for sha in db.session.scalars(select(StoredFile.sha256)) if not store.has(sha)}


@pytest.fixture
def worked(app: Flask, cast: Cast, desk: Peer, phone: Peer) -> Callable[..., tuple[str, str, str]]:
    """`worked(years, seed)`: a ticket with a photo that ended so long ago: its id, its visit's, the photo's hash."""

    def make(years: float, seed: int) -> tuple[str, str, str]:
        order_id, visit_id = dispatched(desk, cast, cast.alice)
        digest = shown(app, phone, visit_id, photo(1400, 900, seed=seed, quality=30))
        finish(phone, visit_id)
        ended(app, order_id, years)
        return order_id, visit_id, digest

    return make


def test_only_originals_go_only_after_their_time_and_the_ticket_stays_whole_to_read(app, client, cast, desk, worked):
    old_id, visit_id, old = worked(4, 1)
    _, _, young = worked(2.5, 2)
    assert clean_up(app, dry_run=True) == set()
    assert clean_up(app, years=1) == {old}, "never before three years, whatever is asked for"
    assert clean_up(app) == {old}
    for size, status in (("original", 410), ("1280", 200), ("320", 200)):
        answer = client.get(f"/api/files/{old}?size={size}", headers=desk.headers)
        assert answer.status_code == status, size
    assert problem(client.get(f"/api/files/{old}", headers=desk.headers), "gone", 410)
    assert client.get(f"/api/files/{young}", headers=desk.headers).status_code == 200
    assert client.get(f"/api/visits/{visit_id}/report.pdf", headers=desk.headers).data.startswith(b"%PDF")
    rows = client.get(f"/api/archive/{old_id}", headers=desk.headers).json["rows"]
    assert {"work_order", "visit", "attachment", "event"} <= {row["noun"] for row in rows}
    with app.app_context():
        assert db.session.scalar(select(Attachment.state).where(Attachment.sha256 == old)) == "verified"
        (line,) = db.session.scalars(select(AccessLog).where(AccessLog.act == "retention"))
        assert (line.row_id, line.extra) == (old_id, {"files": 1})


@pytest.mark.parametrize("noun", ["work_order", "customer", "site"])
def test_what_is_held_is_not_touched_until_it_is_let_go(app, cast, heads, peer, worked, noun):
    order_id, _, digest = worked(9, 1)
    hera, hold_id = peer(heads["hera"]), new_id()
    of_id = {"work_order": order_id, "customer": cast.customer.id, "site": cast.site.id}[noun]
    placed = {"id": hold_id, "of_noun": noun, "of_id": of_id, "reason": "客户起诉"}
    assert hera.do("legal_hold.place", **placed)["outcome"] == "applied"
    assert clean_up(app) == set()
    assert hera.do("legal_hold.lift", id=hold_id, reason="已和解")["outcome"] == "applied"
    assert clean_up(app) == {digest}


def test_what_somebody_else_still_shows_stays(app, cast, desk, phone, worked):
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    signature = shown(app, phone, visit_id, photo(seed=7), purpose="signature")
    shared = photo(seed=8)
    digest = shown(app, phone, visit_id, shared)
    drawing = shown(app, phone, visit_id, photo(seed=9))
    _, other = dispatched(desk, cast, cast.alice)
    shown(app, phone, other, shared)
    ended(app, order_id, 5)
    with app.app_context():
        db.session.add(DocumentPage(document_id=new_id(), sha256=drawing, site_id=cast.site.id))
        db.session.commit()
    assert clean_up(app) == set(), (signature, digest, drawing)


def test_a_run_that_was_killed_is_finished_by_the_next_and_bytes_shown_anew_are_kept_again(
    app, phone, worked, desk, cast
):
    _, _, digest = worked(4, 1)
    with app.app_context():
        db.session.get_one(StoredFile, digest).original_removed_at = clock.now()
        db.session.commit()
        assert files.store().has(digest)
    assert clean_up(app) == {digest}
    _, visit_id = dispatched(desk, cast, cast.alice)
    assert shown(app, phone, visit_id, photo(1400, 900, seed=1, quality=30)) == digest
    assert clean_up(app) == set()
    with app.app_context():
        assert db.session.get_one(StoredFile, digest).original_removed_at is None


def test_a_backup_misses_nothing_that_went_in_its_time(app, tmp_path: Path, worked):
    worked(4, 1)
    assert clean_up(app)
    with app.app_context():
        backup = make_backup(tmp_path / "copies", lambda _: None)
    assert backup.contents.missing == {}
    assert backup.contents.files == 2, "both smaller pictures"


def test_the_command_says_what_would_go_and_lets_nobody_ask_for_less_than_three_years(app, worked):
    worked(4, 1)
    run = app.test_cli_runner().invoke
    told = run(args=["retention", "--dry-run"])
    assert (told.exit_code, "dry run" in told.output, "SN" in told.output) == (0, True, True), told.output
    assert run(args=["retention", "--years", "2"]).exit_code == 2
    assert clean_up(app, dry_run=True) == set()
    assert "1 个原图" in run(args=["retention"]).output
    assert "0 个原图" in run(args=["retention"]).output


def test_a_hold_is_placed_once_by_who_may_with_a_reason_and_seen_by_the_office(cast, heads, peer, desk, phone):
    hera = peer(heads["hera"])
    placed = {"id": new_id(), "of_noun": "site", "of_id": cast.site.id, "reason": "事故调查"}
    for who in (desk, phone, peer(cast.sam)):
        assert refused(who.do("legal_hold.place", **placed)) == ("rejected", "forbidden")
    assert refused(hera.do("legal_hold.place", **{**placed, "reason": ""})) == ("rejected", "args-invalid")
    assert refused(hera.do("legal_hold.place", **{**placed, "of_noun": "user"})) == ("rejected", "args-invalid")
    assert hera.do("legal_hold.place", **placed)["outcome"] == "applied"
    assert refused(hera.do("legal_hold.place", **{**placed, "id": new_id()})) == ("parked", "already-settled")
    (row,) = desk.pull().bodies("legal_hold")
    assert (row["label"], row["reason"], row["lifted_at"]) == ("S-1 华园大厦", "事故调查", None)
    assert list(phone.pull().bodies("legal_hold")) == []
    assert refused(desk.do("legal_hold.lift", id=placed["id"], reason="x")) == ("rejected", "forbidden")
    assert hera.do("legal_hold.lift", id=placed["id"], reason="已结案")["outcome"] == "applied"
    assert refused(hera.do("legal_hold.lift", id=placed["id"], reason="再次")) == ("parked", "already-settled")


def test_an_archived_ticket_shows_its_photos_and_its_report_to_whom_it_concerned_and_to_nobody_else(
    app, client, cast, desk, phone, worked
):
    order_id, visit_id, digest = worked(1, 1)
    assert desk.pull().row("work_order", order_id) is None, "it left the desks"
    for who, status in ((desk.headers, 200), (phone.headers, 200), (sign_in(client, cast.charlie), 404)):
        assert client.get(f"/api/files/{digest}?size=1280", headers=who).status_code == status
        assert client.get(f"/api/visits/{visit_id}/report.pdf", headers=who).status_code == status
