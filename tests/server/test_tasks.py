"""Background work: what was recorded is done, once is enough, twice does no harm, and no death loses it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import Task, Visit, VisitContact, WorkOrder, new_id
from server.tasks import archive_work_orders, publish_contact_cards, queue, running
from server.tasks.queue import FIRST_PAUSE, LEASE, LONGEST_PAUSE, MAX_ATTEMPTS, claim, perform, perform_next
from tests.cast import Cast
from tests.server.story import register

NOTE = "server.tasks.tidy_tasks"  # a task that may always run


@contextmanager
def at(app: Flask, later: timedelta = timedelta()) -> Iterator[None]:
    with clock.standing_at(clock.now() + later), app.app_context():
        yield


def enqueued(app: Flask, name: str = NOTE, **args: Any) -> str:
    with app.app_context():
        task = Task.enqueue(db.session(), name, args)
        db.session.commit()
        return task.id


def state(app: Flask, task_id: str) -> Task:
    with app.app_context():
        return db.session.get_one(Task, task_id)


def test_work_is_recorded_with_its_cause_or_not_at_all(app: Flask):
    with app.app_context():
        kept = Task.enqueue(db.session(), NOTE)
        db.session.commit()
        Task.enqueue(db.session(), NOTE)
        db.session.rollback()
        assert db.session.scalars(select(Task.id)).all() == [kept.id]


def test_a_due_task_is_done_once(app: Flask):
    task_id = enqueued(app)
    with app.app_context():
        assert perform_next() is True
        assert perform_next() is False
        assert queue.run(task_id) is False, "rq may hold it a second time"
    assert state(app, task_id).done_at is not None


def test_what_is_due_later_waits(app: Flask):
    with app.app_context():
        Task.enqueue(db.session(), NOTE, run_at=clock.now() + timedelta(hours=1))
        db.session.commit()
        assert perform_next() is False
    with at(app, timedelta(hours=1, seconds=1)):
        assert perform_next() is True


def test_a_task_whose_runner_died_is_due_again_when_its_lease_runs_out(app: Flask):
    task_id = enqueued(app)
    with app.app_context():
        assert claim() is not None  # and then its process was killed
        assert claim() is None
    with at(app, LEASE + timedelta(seconds=1)):
        claimed = claim()
        assert claimed is not None and (claimed.id, claimed.attempt) == (task_id, 2)
        assert perform(claimed)
    assert state(app, task_id).done_at is not None


def test_many_runners_never_hold_one_task_together(app: Flask):
    ids = {enqueued(app) for _ in range(30)}
    held: list[str] = []

    def runner() -> None:
        with app.app_context():
            while (claimed := claim()) is not None:
                held.append(claimed.id)

    threads = [threading.Thread(target=runner) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(held) == len(set(held)) == 30 and set(held) == ids


def test_a_failing_task_is_tried_again_with_growing_pauses_and_then_kept_with_its_error(app: Flask):
    task_id = enqueued(app, "server.tasks.process_image", sha256="0" * 64)
    later, pauses = timedelta(), []
    for _ in range(MAX_ATTEMPTS):
        with at(app, later):
            assert perform_next() is True
            assert perform_next() is False, "it waits before it is tried again"
            pauses.append(db.session.get_one(Task, task_id).run_at - clock.now())
        later += pauses[-1] + timedelta(seconds=1)
    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert max(pauses) <= LONGEST_PAUSE
    task = state(app, task_id)
    assert task.failed_at is not None and task.done_at is None
    assert "FileNotFoundError" in (task.error or "")
    with at(app, later + timedelta(days=30)):
        assert perform_next() is False


def test_a_task_that_takes_its_runner_down_each_time_is_given_up(app: Flask):
    task_id = enqueued(app)
    for attempt in range(MAX_ATTEMPTS + 1):
        with at(app, (LEASE + timedelta(seconds=1)) * attempt):
            claim()
    task = state(app, task_id)
    assert task.failed_at is not None and task.attempts == MAX_ATTEMPTS and task.error


@pytest.mark.parametrize("name", ["os.getcwd", "server.tasks.no_such_task", "server.no_such_room.work", ""])
def test_only_tasks_of_ours_are_called(app: Flask, name: str):
    task_id = enqueued(app, name)
    with app.app_context():
        assert perform_next() is True
    assert state(app, task_id).done_at is None and state(app, task_id).error


def test_what_comes_round_has_one_row_for_ever(app: Flask):
    for _ in range(3):  # three processes start
        with app.app_context():
            queue.schedule()
    with app.app_context():
        names = db.session.scalars(select(Task.name)).all()
        assert sorted(names) == sorted(queue.PERIODIC)
        while perform_next():
            pass
        assert db.session.query(Task).filter(Task.done_at.is_not(None)).count() == 0
        assert all(task.run_at > clock.now() for task in db.session.query(Task))
    with at(app, timedelta(days=2)):
        assert perform_next() is True


def test_what_comes_round_is_never_given_up(app: Flask, monkeypatch: pytest.MonkeyPatch):
    with app.app_context():
        queue.schedule()
        db.session.query(Task).filter(Task.name != NOTE).delete()
        db.session.get_one(Task, "periodic:tidy_tasks").args = {"unknown": 1}  # as if it raised
        db.session.commit()
    later = timedelta()
    for _ in range(MAX_ATTEMPTS + 2):
        with at(app, later):
            assert perform_next() is True
        later += LONGEST_PAUSE + timedelta(seconds=1)
    assert state(app, "periodic:tidy_tasks").failed_at is None


def test_done_tasks_are_forgotten_after_a_week_and_failed_ones_are_not(app: Flask):
    done = enqueued(app)
    failed = enqueued(app)
    with app.app_context():
        db.session.get_one(Task, done).done_at = clock.now()
        db.session.get_one(Task, failed).failed_at = clock.now()
        db.session.commit()
    with at(app, timedelta(days=8)):
        queue.tidy_tasks()
        assert db.session.scalars(select(Task.id)).all() == [failed]


# --- The calendar ---------------------------------------------------------------------------------------


def test_the_crew_learns_the_contact_on_the_day_of_the_visit(app: Flask, cast: Cast, peer):
    desk, phone, other = peer(cast.dora), peer(cast.alice), peer(cast.charlie)
    order_id = register(desk, cast, contact_name="张女士", contact_phone="13800005678")
    visit_id, start = new_id(), clock.now() + timedelta(days=3)
    desk.do(
        "visit.dispatch", id=visit_id, work_order_id=order_id, mode="on_site", lead_id=cast.alice.id,
        slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=2)),
    )  # fmt: skip
    with at(app):
        running.schedule()
        while perform_next():
            pass
    assert not list(phone.pull().bodies("contact_card"))
    for _ in range(2):
        with clock.standing_at(start), app.app_context():
            while perform_next():
                pass
    card = phone.pull().one("contact_card", visit_id=visit_id)
    assert (card["name"], card["phone"]) == ("张女士", "13800005678")
    assert not list(other.pull().bodies("contact_card")) and not list(desk.pull().bodies("contact_card"))


def test_no_card_is_made_for_a_visit_nobody_holds(app: Flask, cast: Cast, peer):
    desk = peer(cast.dora)
    order_id = register(desk, cast, contact_name="张女士", contact_phone="13800005678")
    with app.app_context():
        start = clock.now() - timedelta(days=1)
        where = {"work_order_id": order_id, "site_id": cast.site.id, "lead_id": cast.alice.id}
        db.session.add(Visit(**where, state="cancelled", slot_start=start, slot_end=start))
        db.session.commit()
        publish_contact_cards()
        assert db.session.query(VisitContact).count() == 0


def test_an_ended_work_order_leaves_the_desks_after_35_days(app: Flask, cast: Cast, peer):
    desk = peer(cast.dora)
    order_id = register(desk, cast)
    assert desk.do("work_order.cancel", id=order_id, reason="withdrawn")["outcome"] == "applied"
    with at(app, timedelta(days=34)):
        archive_work_orders()
    assert desk.pull().row("work_order", order_id) is not None
    with at(app, timedelta(days=36)):
        archive_work_orders()
        assert db.session.get_one(WorkOrder, order_id).archived
    assert desk.pull().row("work_order", order_id) is None
    assert {"scope": f"wo:{order_id}", "reason": "cancelled"} in desk.left
