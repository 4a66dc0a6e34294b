"""Photos of a visit: marked copies, pairs, and what the next visit sees of them."""

from __future__ import annotations

from typing import Any

from flask import Flask

from server import clock
from server.extensions import db
from server.models import new_id
from server.scopes import may_read_file
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, register
from tests.server.test_two_peers import assert_subscriptions_are_right


def shoot(phone: Peer, visit_id: str, hash_: str, purpose: str = "before", **more: Any) -> str:
    photo_id = new_id()
    phone.act(
        "attachment.add", id=photo_id, visit_id=visit_id, sha256=hash_ * 64, size=900, mime="image/jpeg",
        purpose=purpose, taken_at=clock.wire(clock.now()), **more,
    )  # fmt: skip
    return photo_id


def finish(phone: Peer, visit_id: str) -> None:
    for name in ("accept", "arrive", "work", "finish"):
        phone.act(f"visit.{name}", visit_id=visit_id)
    phone.act("report.waive", id=new_id(), visit_id=visit_id, reason="absent")
    phone.act("visit.submit", visit_id=visit_id)
    phone.push()
    assert {receipt["outcome"] for receipt in phone.receipts.values()} == {"applied"}, phone.receipts


def test_a_marked_copy_is_a_photo_of_its_own_and_its_original_stays_or_goes_as_the_person_chose(
    cast: Cast, desk: Peer, phone: Peer
):
    visit_id = dispatch(desk, register(desk, cast), phone.user)
    kept, blurred = shoot(phone, visit_id, "a"), shoot(phone, visit_id, "b")
    marked = shoot(phone, visit_id, "c", parent_noun="attachment", parent_id=kept)
    clean = shoot(phone, visit_id, "d", parent_noun="attachment", parent_id=blurred)
    phone.act("attachment.withdraw", id=blurred, reason="blurred")
    phone.push()
    rows = {row["sha256"][0]: row for row in desk.pull().bodies("attachment")}
    assert [rows[name]["withdrawn"] for name in "abcd"] == [False, True, False, False]
    assert (rows["c"]["parent_id"], rows["d"]["parent_id"]) == (kept, blurred) and marked != clean


def test_who_comes_next_sees_what_the_place_looked_like_and_nobody_else_does(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: Any
):
    visit_id = dispatch(desk, register(desk, cast), phone.user)
    before = shoot(phone, visit_id, "1")
    shoot(phone, visit_id, "2", purpose="after", parent_noun="attachment", parent_id=before)
    shoot(phone, visit_id, "3", purpose="other")
    wrong = shoot(phone, visit_id, "4")
    finish(phone, visit_id)
    phone.do("attachment.withdraw", id=wrong)

    bob = peer(cast.bob)
    dispatch(desk, register(desk, cast), cast.bob)
    record = next(row for row in bob.pull().bodies("service_record") if row["visit_id"] == visit_id)
    assert [(photo["sha256"][0], photo["purpose"]) for photo in record["photos"]] == [("1", "before"), ("2", "after")]
    with app.app_context():
        from server.models import Attachment

        for row in db.session.query(Attachment).all():
            row.mark_stored()
        db.session.commit()
        seen = {name: may_read_file(db.session(), cast.bob.id, name * 64) for name in "1234"}
        assert seen == {"1": True, "2": True, "3": False, "4": False}
        assert not may_read_file(db.session(), cast.charlie.id, "1" * 64), "somebody who was never sent there"
    assert_subscriptions_are_right(app)
