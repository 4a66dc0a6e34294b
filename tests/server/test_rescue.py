"""A rescue file brings in what a phone could not send: once, in its author's name, whatever the phone does next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from server import clock
from server.extensions import db
from server.models import Attachment, Device, JournalEntry, Note, RefreshToken, RescueBundle, Visit, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.pictures import photo
from tests.server.rescuing import Rescue, sealed_by
from tests.server.story import dispatched
from tests.sync.test_client import Phones

MakePeer = Callable[..., Peer]


@pytest.fixture
def rescue(app: Flask, cast: Cast, desk: Peer) -> Rescue:
    return Rescue(app, cast, desk, dispatched(desk, cast, cast.alice)[1])


def journal(app: Flask) -> list[tuple[str, str, int]]:
    """Alice's acts as the server has them: id, device, number."""
    with app.app_context():
        query = select(JournalEntry).where(JournalEntry.act.in_(["visit.accept", "note.add", "attachment.add"]))
        return [(e.id, e.device_id, e.n) for e in db.session.scalars(query.order_by(JournalEntry.rev, JournalEntry.n))]


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_before_it_is_imported_the_office_sees_whose_it_is_and_how_much_it_holds(rescue: Rescue, cast: Cast):
    rescue.work()
    brought = rescue.bring(rescue.file())
    about = brought["about"]
    assert about["user"]["name"] == cast.alice.name and about["proven"] is True and about["warnings"] == []
    assert about["acts"]["all"] == about["acts"]["new"] == 3
    assert about["acts"]["kinds"] == {"visit.accept": 1, "note.add": 1, "attachment.add": 1}
    assert about["files"] == {"all": 1, "new": 1} and about["bytes"] == len(rescue.picture)
    assert brought["result"] is None and count(rescue.app, Note) == 0


def test_the_phone_that_syncs_afterwards_hears_the_receipts_of_the_import_and_nothing_is_doubled(rescue: Rescue):
    ids = rescue.work()
    result = rescue.bring_in(rescue.file())
    assert result["acts"] == {"known": 0, "applied": 3} and result["files"] == {"stored": 1}
    with rescue.app.app_context():
        assert db.session.get_one(Visit, rescue.visit_id).state == "accepted"
        assert db.session.scalars(select(Attachment.state)).all() == ["stored"]
    before = journal(rescue.app)
    assert [act_id for act_id, _, _ in before] == ids
    report = rescue.phone.sync()
    assert report.stopped is None and rescue.phone.outbox == []
    assert journal(rescue.app) == before and count(rescue.app, Note) == 1
    assert [file.state for file in rescue.phone.storage.files()] == ["sent"]


def test_what_the_phone_had_sent_before_is_a_repeat_in_the_file(rescue: Rescue):
    rescue.work()
    file = rescue.file()
    rescue.phone.sync()
    rescue.note("之后的备注")
    later = rescue.file()
    assert rescue.bring_in(file)["acts"] == {"known": 3}
    result = rescue.bring_in(later)
    assert result["acts"] == {"known": 3, "applied": 1} and [item["act"] for item in result["items"]] == ["note.add"]
    assert result["files"] == {"here": 1}
    rescue.phone.sync()
    assert count(rescue.app, Note) == 2 and rescue.phone.outbox == []


def test_a_file_imported_twice_changes_nothing_the_second_time(rescue: Rescue):
    rescue.work()
    file = rescue.file()
    rescue.bring_in(file)
    before = journal(rescue.app)
    again = rescue.bring(file)
    assert again["about"]["acts"]["new"] == 0 and again["about"]["files"]["new"] == 0
    assert rescue.bring_in(file)["acts"] == {"known": 3}
    assert journal(rescue.app) == before and count(rescue.app, RescueBundle) == 1


def test_a_visit_that_went_to_somebody_else_meanwhile_makes_late_evidence_of_what_was_rescued(
    rescue: Rescue, cast: Cast
):
    rescue.work()
    file = rescue.file()
    told = rescue.desk.do(
        "visit.reassign", visit_id=rescue.visit_id, new_id=new_id(), lead_id=cast.bob.id, reason="closer"
    )
    assert told["outcome"] == "applied", told
    result = rescue.bring_in(file)
    assert {item["act"]: item["outcome"] for item in result["items"]}["note.add"] == "applied"
    with rescue.app.app_context():
        assert db.session.scalar(select(Note.late)) is True


def test_a_revoked_device_has_its_work_rescued_and_the_office_is_told(rescue: Rescue):
    rescue.work()
    file = rescue.file()
    with rescue.app.app_context():
        device_id = rescue.phone.storage.get("device")
        db.session.execute(update(Device).where(Device.id == device_id).values(revoked_at=clock.now()))
        db.session.execute(update(RefreshToken).values(revoked_at=clock.now()))
        db.session.commit()
    assert rescue.bring(file)["about"]["warnings"] == ["revoked"]
    assert rescue.bring_in(file)["acts"]["applied"] == 3


def test_without_proof_of_its_origin_everything_is_parked_and_the_real_phone_is_not_in_its_way(
    rescue: Rescue, cast: Cast
):
    """Whoever has the public key can write such a file: nothing of it takes effect, and it answers for nobody."""
    forger = rescue.stranger()
    forger.act("visit.accept", visit_id=rescue.visit_id)
    forger.act("note.add", id=new_id(), visit_id=rescue.visit_id, text="伪造")
    file = sealed_by(forger)
    brought = rescue.bring(file)
    assert brought["about"]["proven"] is False and "unproven" in brought["about"]["warnings"]
    assert rescue.bring_in(file)["acts"] == {"known": 0, "parked": 2}
    assert count(rescue.app, Note) == 0
    items = list(rescue.desk.pull().bodies("review_item"))
    assert {(item["act"], item["code"], item["user_id"]) for item in items} == {
        ("visit.accept", "unproven", cast.alice.id), ("note.add", "unproven", cast.alice.id),
    }  # fmt: skip
    rescue.bring_in(file)
    assert len(list(rescue.desk.pull().bodies("review_item"))) == 2, "a second import parks nothing again"
    rescue.work()
    assert rescue.phone.sync().stopped is None
    with rescue.app.app_context():
        assert db.session.scalars(select(Note.text)).all() == ["泵房积水"]


def test_acts_without_proof_that_the_phone_itself_sends_later_are_applied_in_order(rescue: Rescue):
    """It was Alice's own phone, only its token was not ours any more: the phone's own contact still counts."""
    rescue.work()
    with rescue.phone.storage.transaction():
        token = rescue.phone.storage.get("refresh")
        rescue.phone.storage.put("refresh", "lost")
    file = rescue.file()
    with rescue.phone.storage.transaction():
        rescue.phone.storage.put("refresh", token)
    assert rescue.bring_in(file)["acts"] == {"known": 0, "parked": 3}
    rescue.phone.sync()
    assert rescue.phone.outbox == [] and count(rescue.app, Note) == 1


def test_a_token_of_another_device_is_no_proof(rescue: Rescue, cast: Cast):
    charlie = Phones(rescue.app, cast).of("charlie")
    forger = rescue.stranger()
    with forger.storage.transaction():
        forger.storage.put("refresh", charlie.storage.get("refresh"))
    forger.act("note.add", id=new_id(), visit_id=rescue.visit_id, text="借来的凭证")
    assert rescue.bring_in(sealed_by(forger))["acts"] == {"known": 0, "parked": 1}
    assert count(rescue.app, Note) == 0


def test_a_device_the_restored_server_never_saw_is_proven_by_its_token_alone(rescue: Rescue):
    rescue.work()
    file = rescue.file()
    with rescue.app.app_context():  # the backup is older than the phone's first sign-in
        device_id = rescue.phone.storage.get("device")
        db.session.execute(delete(RefreshToken).where(RefreshToken.device_id == device_id))
        db.session.execute(delete(Device).where(Device.id == device_id))
        db.session.commit()
    assert rescue.bring(file)["about"]["warnings"] == ["forgotten"]
    assert rescue.bring_in(file)["acts"]["applied"] == 3


def test_a_file_of_before_a_restore_brings_back_what_the_backup_did_not_have(rescue: Rescue):
    rescue.work()
    rescue.phone.sync()
    rescue.note("没发出去的")
    file = rescue.file()
    with rescue.app.app_context():  # the server is put back to before the phone's first contact
        mine = JournalEntry.device_id == rescue.phone.storage.get("device")
        db.session.execute(delete(JournalEntry).where(mine))
        db.session.execute(delete(Note))
        db.session.execute(delete(Attachment))
        db.session.execute(update(Device).where(Device.id == rescue.phone.storage.get("device")).values(last_n=0))
        db.session.execute(update(Visit).values(state="dispatched"))
        db.session.commit()
    assert rescue.bring_in(file)["acts"] == {"known": 0, "applied": 4}, "the phone's journal is in the file"
    assert count(rescue.app, Note) == 2
    rescue.phone.sync()
    assert rescue.phone.outbox == [] and count(rescue.app, Note) == 2


def test_numbers_the_phone_has_lost_do_not_hold_up_what_comes_after_them(rescue: Rescue):
    rescue.phone.act("visit.accept", visit_id=rescue.visit_id)
    lost = rescue.note("丢了")
    kept = rescue.note("还在")
    with rescue.phone.storage.transaction():
        rescue.phone.storage.drop_entry(lost.id)
    file = rescue.file()
    assert rescue.bring_in(file)["acts"] == {"known": 0, "applied": 2}
    assert [(act_id, n) for act_id, _, n in journal(rescue.app)][-1] == (kept.id, 1), "on a line of its own"
    assert rescue.bring_in(file)["acts"] == {"known": 2}
    assert rescue.phone.sync().stopped is None
    assert rescue.phone.outbox == [] and count(rescue.app, Note) == 1


def test_an_act_whose_number_a_clone_has_used_comes_in_under_its_own_id(rescue: Rescue):
    twin = rescue.stranger()
    with twin.storage.transaction():
        twin.storage.put("access", rescue.phone.storage.get("access"))
    twin.act("note.add", id=new_id(), visit_id=rescue.visit_id, text="克隆机")
    twin.push()
    rescue.note("原机")
    assert rescue.bring_in(rescue.file())["acts"] == {"known": 0, "applied": 1}
    assert rescue.phone.sync().stopped is None
    assert count(rescue.app, Note) == 2 and rescue.phone.outbox == []


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04 a zip", b"XUNXIU-RESCUE-2\n" + bytes(40)])
def test_what_is_no_rescue_file_is_said_to_be_none(rescue: Rescue, file: bytes):
    assert rescue.bring(file, status=422)["code"] == "rescue-foreign"


def test_a_file_sealed_for_another_office_is_refused_with_its_reason(rescue: Rescue, make_app: Any):
    from server.sealing import new_private_key, read_key

    rescue.work()
    with rescue.phone.storage.transaction():
        rescue.phone.storage.put("rescue_key", read_key(new_private_key()).wire())
    assert rescue.bring(rescue.file(), status=422)["code"] == "rescue-other-office"


def test_a_file_cut_off_anywhere_gives_what_came_before_the_cut_and_the_whole_one_gives_the_rest(rescue: Rescue):
    rescue.work()
    rescue.photograph(photo(1200, 900, seed=2))
    file = rescue.file()
    brought = rescue.bring(file[: len(file) - 1000])
    assert brought["about"]["warnings"] == ["damaged"]
    result = rescue.bring_in(file[: len(file) - 1000])
    assert result["damaged"] is True and result["acts"]["applied"] == 4
    assert result["files"] == {"stored": 1, "damaged": 1}
    assert rescue.bring_in(file)["files"] == {"here": 1, "stored": 1}


@pytest.mark.parametrize("at", [20, 300, 700])
def test_a_file_in_which_a_bit_has_turned_is_never_taken_for_another(rescue: Rescue, at: int):
    rescue.work()
    file = bytearray(rescue.file())
    file[at] ^= 1
    headers = {**rescue.desk.headers, "Content-Type": "application/octet-stream"}
    answer = rescue.app.test_client().post("/api/rescue", data=bytes(file), headers=headers)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert "damaged" in answer.json["about"]["warnings"]
    else:
        assert answer.json["code"] in ("rescue-damaged", "rescue-foreign", "rescue-other-office")


def test_records_left_out_or_exchanged_are_noticed(rescue: Rescue):
    rescue.work()
    file = rescue.file()
    frames, at = [], 16
    while at < len(file):
        size = 4 + int.from_bytes(file[at : at + 4], "big")
        frames.append(file[at : at + size])
        at += size
    for wrong in (frames[:2] + frames[3:], [frames[0], frames[2], frames[1], *frames[3:]], frames[:-1]):
        brought = file[:16] + b"".join(wrong)
        body = rescue.app.test_client().post(
            "/api/rescue", data=brought, headers={**rescue.desk.headers, "Content-Type": "application/octet-stream"}
        )
        told = body.json["about"]["warnings"] if body.status_code == 200 else [body.json["code"]]
        assert set(told) & {"damaged", "rescue-damaged"}, told
    assert rescue.file()[:200] != file[:200], "a key is used for one file only"


def test_a_photo_whose_act_is_parked_waits_in_the_kept_file_until_the_act_is_applied(rescue: Rescue):
    rescue.photograph(rescue.picture)
    with rescue.phone.storage.transaction():
        rescue.phone.storage.put("refresh", "lost")
    file = rescue.file()
    brought = rescue.bring(file)
    imported = rescue.desk.post(f"/api/rescue/{brought['id']}/import", {})
    assert imported["kept"] is True and imported["result"]["files"] == {"no-slot": 1}
    item = rescue.desk.pull().one("review_item")
    assert rescue.desk.do("review.settle", id=item["id"], decision="apply")["outcome"] == "applied"
    again = rescue.desk.post(f"/api/rescue/{brought['id']}/import", {})
    assert again["result"]["files"] == {"stored": 1} and again["kept"] is False
    rescue.desk.post(f"/api/rescue/{brought['id']}/import", {}, status=410)


def test_only_who_steers_the_work_may_bring_a_rescue_file(rescue: Rescue, cast: Cast, peer: MakePeer):
    rescue.work()
    file = rescue.file()
    rescue.bring(file, by=peer(cast.charlie), status=403)
    rescue.bring(file, by=peer(cast.olga), status=403)
    for boss in (cast.sam, cast.ada):
        rescue.bring(file, by=peer(boss))
    assert rescue.desk.get("/api/rescue").json[0]["brought_by_name"] == cast.sam.name


def test_every_rescue_file_stays_in_the_list_with_who_imported_it(rescue: Rescue, cast: Cast):
    rescue.work()
    rescue.bring_in(rescue.file())
    (row,) = rescue.desk.get("/api/rescue").json
    assert (row["brought_by_name"], row["imported_by_name"]) == (cast.dora.name, cast.dora.name)
    assert row["imported_at"] and row["about"]["user"]["name"] == cast.alice.name


def test_an_import_is_no_contact_with_the_phone(rescue: Rescue):
    rescue.work()
    with rescue.app.app_context():
        device_id = rescue.phone.storage.get("device")
        before = db.session.get_one(Device, device_id).last_contact_at
    rescue.bring_in(rescue.file())
    with rescue.app.app_context():
        device = db.session.get_one(Device, device_id)
        assert (device.last_contact_at, device.last_n) == (before, 3)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(rescue: Rescue, monkeypatch: pytest.MonkeyPatch):
    from server.api import rescue as door

    monkeypatch.setattr(door, "MAX_RESCUE_BYTES", 1000)
    rescue.work()
    assert rescue.bring(rescue.file(), status=413)["code"] == "too-large"
