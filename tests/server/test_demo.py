"""The demo company and its month: what the first start promises, loaded once and looked at from many sides."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from server import clock
from server.demo import load
from server.demo.commands import demo_logins
from server.demo.load import load_demo
from server.demo.month import HEROES
from server.demo.pictures import strokes_of
from server.extensions import db
from server.files import store
from server.models import (
    Article,
    Asset,
    Attachment,
    ChecklistRun,
    ChecklistVersion,
    Conflict,
    Customer,
    Defect,
    JournalEntry,
    Note,
    Part,
    PhoneStatus,
    ReviewItem,
    ServiceRecord,
    Signature,
    Site,
    SlaMilestone,
    Subscription,
    Team,
    User,
    Visit,
    WorkOrder,
)
from server.scopes import ZONE, desired
from sync.lifecycle import states
from sync.report import content_hash
from tests.conftest import build_app, close

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo, loaded by the shell's command into a database of its own."""
    folder = tmp_path_factory.mktemp("demo")
    if request.param == "sqlite":
        copyfile(request.getfixturevalue("sqlite_template"), folder / "service.db")
        url = f"sqlite:///{folder / 'service.db'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database("demo", request.getfixturevalue("postgres_template"))
    app = build_app(url, folder)
    answer = app.test_cli_runner().invoke(args=["demo-load", "--if-empty"])
    assert answer.exit_code == 0, answer.output
    yield app
    close(app)
    if request.param != "sqlite":
        server.drop_database("demo")


@pytest.fixture(autouse=True)
def inside(loaded: Flask) -> Iterator[None]:
    with loaded.app_context():
        yield
        db.session.rollback()


def count(model: type, *where: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]


def now():
    return clock.parse(json.loads(load.marker_path().read_text())["anchor"])


def by_login() -> dict[str, User]:
    return {user.login: user for user in db.session.scalars(select(User))}


def test_the_company_is_as_large_as_promised():
    roles = Counter(role for user in db.session.scalars(select(User)) for role in user.roles)
    assert (roles["engineer"], roles["dispatcher"], roles["supervisor"]) == (24, 2, 1)
    assert roles["storekeeper"] and roles["call_back"] and roles["admin"]
    # One of the articles is proposed from a visit, and waits for the office.
    sizes = {Team: 3, Customer: 60, Site: 120, Asset: 3000, Part: 400, Article: 41}
    assert {model: count(model) for model in sizes} == sizes
    kinds = set(db.session.scalars(select(ChecklistVersion.kind)))
    assert kinds == {"departure", "repair", "monthly", "quarterly", "half_year"}


def test_there_are_work_orders_in_every_state_and_of_every_kind():
    orders = Counter(db.session.scalars(select(WorkOrder.state)))
    assert 140 <= orders.total() <= 190
    assert set(orders) == {
        "registered",
        "planning",
        "plan_review",
        "on_hold",
        "ready",
        "scheduled",
        "in_progress",
        "work_done",
        "confirming",
        "closed",
        "cancelled",
    }
    assert set(db.session.scalars(select(WorkOrder.kind))) == {"repair", "monthly", "quarterly", "half_year"}
    visits = set(db.session.scalars(select(Visit.state)))
    assert visits >= {
        "dispatched", "accepted", "declined", "travelling", "arrived", "working", "paused", "work_done",
        "submitted", "reviewed", "cancelled",
    }  # fmt: skip
    assert count(WorkOrder, WorkOrder.follow_up) >= 1


def test_defects_stand_in_what_became_of_them():
    defect_states = set(db.session.scalars(select(Defect.state)))
    assert defect_states >= {"open", "fixed_on_spot", "work_order", "withdrawn"}
    assert count(WorkOrder, WorkOrder.defect_id.is_not(None)) == count(Defect, Defect.raised_id.is_not(None)) >= 1


@pytest.mark.parametrize("login", HEROES)
def test_the_engineers_to_try_have_work_today_overdue_and_later(login):
    user, moment = by_login()[login], now()
    mine = select(Visit).where(Visit.lead_id == user.id, Visit.state.in_(states("visit", "open")))
    visits = list(db.session.scalars(mine))
    days = [((visit.slot_start + ZONE).date() - (moment + ZONE).date()).days for visit in visits]
    assert days.count(0) >= 4 and sum(day < 0 for day in days) == 2 and sum(0 < day < 7 for day in days) >= 4
    today = [visit for visit, day in zip(visits, days, strict=True) if day == 0]
    kinds = {db.session.get_one(WorkOrder, visit.work_order_id).kind for visit in today}
    assert kinds == {"repair", "monthly", "half_year"} and {visit.mode for visit in today} == {"on_site", "remote"}
    assert len({visit.site_id for visit in visits}) >= 6
    ahead = [visit.work_order_id for visit, day in zip(visits, days, strict=True) if day >= 0]
    due = db.session.scalars(select(WorkOrder.due_at).where(WorkOrder.id.in_(ahead)))
    assert all(at is None or at > moment for at in due), "what is for today or later is not late yet"


def test_the_board_is_alive():
    live = Counter(db.session.scalars(select(Visit.state).where(Visit.state.in_(states("visit", "live")))))
    assert live["travelling"] >= 2 and live["working"] >= 4 and live["paused"] >= 2 and live["arrived"] >= 1
    statuses = list(db.session.scalars(select(PhoneStatus)))
    assert len(statuses) == 24 and any(status.pending for status in statuses)
    assert all(status.last_contact <= now() for status in statuses)


def test_one_act_waits_for_a_person_one_conflict_and_some_late_evidence():
    assert [(item.act, item.outcome, item.state) for item in db.session.scalars(select(ReviewItem))] == [
        ("visit.pause", "parked", "open")
    ]
    assert count(Conflict, Conflict.state == "open") == 1
    assert count(Note, Note.late) == 1 and count(Attachment, Attachment.late) == 1
    assert set(db.session.scalars(select(JournalEntry.outcome))) == {"applied", "merged", "parked"}


def test_promises_were_kept_and_broken():
    met = Counter(
        db.session.execute(
            select(SlaMilestone.kind, SlaMilestone.breached).where(SlaMilestone.met_at.is_not(None))
        ).all()
    )
    by = {(kind, breached): number for (kind, breached), number in met.items()}
    assert by["resolve", False] > 50 and by["respond", False] > 50 and by["arrive", True] >= 2


def test_every_picture_is_verified_and_its_thumbnails_are_there():
    attachments = list(db.session.scalars(select(Attachment)))
    assert {attachment.state for attachment in attachments} == {"verified"}
    photos = {a.sha256 for a in attachments if a.mime == "image/jpeg"}
    assert 30 <= len(photos) <= 40 and {a.purpose for a in attachments} >= {"before", "after", "nameplate", "answer"}
    for attachment in attachments[::20]:
        original = store().path(attachment.sha256)
        assert original.stat().st_size == attachment.size
        for size, made in attachment.thumbs.items():
            assert made and max(Image.open(store().path(attachment.sha256, size)).size) <= int(size)


def test_signatures_are_ink_bound_to_the_report_that_was_shown():
    signatures = list(db.session.scalars(select(Signature)))
    assert len(signatures) >= 40
    for signature in signatures:
        assert content_hash(signature.content) == signature.content_hash
        assert len(signature.strokes["strokes"]) >= 2 and signature.rating and signature.opinion
        image = db.session.get_one(Attachment, signature.image_id)
        assert (image.purpose, image.mime, image.visit_id) == ("signature", "image/png", signature.visit_id)
    parted = [s for s in signatures if s.content["parts"] and s.content["diagnosis"]["action_text"]]
    assert parted, "the content holds what was done"
    assert strokes_of("张女士") == strokes_of("张女士") != strokes_of("李师傅")


def test_checklists_were_completed_and_history_was_filed():
    assert count(ChecklistRun, ChecklistRun.state == "completed") == count(ChecklistRun) >= 20
    assert count(ServiceRecord) >= 80


def test_everybody_holds_exactly_the_scopes_they_should():
    for user in db.session.scalars(select(User)):
        held = db.session.scalars(select(Subscription.scope).filter_by(user_id=user.id, left_rev=None))
        assert set(held) == set(desired(db.session(), user)), user.login


def test_the_logins_of_the_welcome_page_work(loaded):
    logins = demo_logins()
    assert {login for _, _, login, _ in logins} >= {*HEROES, "chenjing", "liujianguo", "admin"}
    users = by_login()
    assert all(users[login].check_password(password) for _, _, login, password in logins)
    assert {user.password_hash for user in users.values()} == {users["admin"].password_hash}
    assert load.PASSWORD in loaded.test_cli_runner().invoke(args=["welcome"]).output


def test_a_load_that_was_cut_short_goes_on_without_doing_anything_twice():
    before = {model: count(model) for model in (JournalEntry, Visit, Attachment, User, WorkOrder)}
    marker = json.loads(load.marker_path().read_text())
    load.marker_path().write_text(json.dumps({**marker, "state": "loading"}))
    again = load_demo(db.session(), lambda line: None, if_empty=True)
    assert again.timeline is not None
    assert {model: count(model) for model in before} == before
    assert json.loads(load.marker_path().read_text()) == marker


def test_a_second_load_does_nothing():
    assert load_demo(db.session(), lambda line: None).skipped == "loaded"


def test_a_photo_looks_like_one():
    photo = db.session.scalars(select(Attachment).where(Attachment.purpose == "nameplate")).first()
    assert photo is not None
    image = Image.open(io.BytesIO(store().path(photo.sha256).read_bytes()))
    colours = image.convert("RGB").getcolors(1_000_000)
    assert image.size == (640, 480) and colours is not None and len(colours) > 1000
    assert Path(store().path(photo.sha256)).stat().st_size < 200_000
