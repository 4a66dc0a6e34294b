"""Background work: what was recorded is done, once is enough, twice does no harm, and no death loses it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import select

from server import clock, files
from server.extensions import db
from server.models import Attachment, Task, Visit, VisitContact, WorkOrder, new_id
from server.tasks import queue, running
from server.tasks.queue import FIRST_PAUSE, LEASE, LONGEST_PAUSE, MAX_ATTEMPTS, claim, perform, perform_next
from tests.cast import Cast
from tests.peer import Peer
from tests.server.pictures import photo
from tests.server.test_files import Camera
from tests.server.test_two_peers import dispatched, register
from tests.services import Redis, start_redis, stop
from tests.tus_client.live import ROOT, environment, wait_for

NOTE = "server.tasks.tidy_tasks"  # a task that may always run


@pytest.fixture
def camera(app: Flask, peer: Callable[..., Peer], cast: Cast) -> Camera:
    _, visit_id = dispatched(peer(cast.dora), cast, cast.alice)
    return Camera(app, peer(cast.alice), visit_id)


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
        from server.tasks import publish_contact_cards

        publish_contact_cards()
        assert db.session.query(VisitContact).count() == 0


def test_an_ended_work_order_leaves_the_desks_after_35_days(app: Flask, cast: Cast, peer):
    desk = peer(cast.dora)
    order_id = register(desk, cast)
    assert desk.do("work_order.cancel", id=order_id, reason="withdrawn")["outcome"] == "applied"
    from server.tasks import archive_work_orders

    with at(app, timedelta(days=34)):
        archive_work_orders()
    assert desk.pull().row("work_order", order_id) is not None
    with at(app, timedelta(days=36)):
        archive_work_orders()
        assert db.session.get_one(WorkOrder, order_id).archived
    assert desk.pull().row("work_order", order_id) is None
    assert {"scope": f"wo:{order_id}", "reason": "cancelled"} in desk.left


# --- The thread -----------------------------------------------------------------------------------------


@pytest.fixture
def serving(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """A second process on the same database, with its thread."""
    app = make_app(WORKER_THREAD=True)
    yield app
    app.extensions["worker"].stop()


def test_the_thread_starts_with_the_first_request_and_not_before(app: Flask, serving: Flask):
    thread = serving.extensions["worker"]
    task_id = enqueued(app)
    time.sleep(0.2)
    assert thread._thread is None
    serving.test_client().get("/health")
    wait_for(lambda: state(app, task_id).done_at)
    app.test_client().get("/health")
    assert app.extensions["worker"]._thread is None, "it has no thread when the setting says so"


def test_work_of_the_same_process_begins_at_once(app: Flask, serving: Flask):
    serving.test_client().get("/health")
    wait_for(lambda: len(app_tasks(app)) == len(queue.PERIODIC) and not due(app))
    for _ in range(3):
        began = time.monotonic()
        task_id = enqueued(serving)
        wait_for(lambda task_id=task_id: state(app, task_id).done_at)
        assert time.monotonic() - began < running.LOOK_SECONDS * 0.8, "the commit rings the bell"


def app_tasks(app: Flask) -> list[Task]:
    with app.app_context():
        return list(db.session.scalars(select(Task)))


def due(app: Flask) -> bool:
    with app.app_context():
        return queue.anything_due()


def test_a_thread_that_died_is_started_again_by_the_next_request(app: Flask, serving: Flask):
    worker = serving.extensions["worker"]
    serving.test_client().get("/health")
    worker._stopped.set()
    worker.bell.set()
    wait_for(lambda: not worker._thread.is_alive())
    worker._stopped.clear()
    task_id = enqueued(app)
    serving.test_client().get("/health")
    wait_for(lambda: state(app, task_id).done_at)


def test_a_database_that_is_gone_for_a_while_does_not_end_the_thread(
    app: Flask, serving: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(running, "PAUSE_SECONDS", 0.05)
    worker = serving.extensions["worker"]
    turn, failures = worker._turn, []

    def flaky() -> bool:
        if len(failures) < 3:
            failures.append(1)
            raise ConnectionError("no database")
        return turn()

    worker._turn = flaky
    task_id = enqueued(app)
    serving.test_client().get("/health")
    wait_for(lambda: state(app, task_id).done_at)
    assert len(failures) == 3


# --- Processes and Redis --------------------------------------------------------------------------------


@contextmanager
def worker_process(app: Flask, log: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`flask worker` as a process group of its own."""
    command = [sys.executable, "-m", "flask", "--app", "tests.server.worker_app", "worker"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(app, **settings), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            stop(process)


def kill_all(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stored_photo(camera: Camera, seed: int = 1) -> dict[str, Any]:
    data = photo(seed=seed)
    args = camera.declare(data)
    assert camera.send(args, data).status_code == 204
    return args


def verified(app: Flask, args: dict[str, Any]) -> bool:
    with app.app_context():
        return db.session.get_one(Attachment, args["id"]).state == "verified"


def slow_task(app: Flask, folder: Path) -> tuple[str, Path]:
    """A task that says which process began it, then waits for a file before it ends."""
    task_id = enqueued(app, "server.tasks.tests_slow", folder=str(folder))
    return task_id, folder / "began"


def test_a_worker_killed_in_the_middle_of_a_task_loses_nothing(app: Flask, camera: Camera, tmp_path: Path):
    args = stored_photo(camera)
    task_id, began = slow_task(app, tmp_path)
    with worker_process(app, tmp_path / "log", TASK_LEASE_SECONDS="2") as process:
        wait_for(began.exists)
        kill_all(process)
    assert state(app, task_id).done_at is None
    (tmp_path / "go").touch()
    with worker_process(app, tmp_path / "log", TASK_LEASE_SECONDS="2") as process:
        wait_for(lambda: state(app, task_id).done_at)
        wait_for(lambda: verified(app, args))
        process.terminate()
        assert process.wait(15) == 0, "it ends when it is told"
    assert state(app, task_id).attempts >= 2


@pytest.mark.redis
def test_rq_does_the_work_when_there_is_a_redis(app: Flask, camera: Camera, redis_server: Redis, tmp_path: Path):
    address = redis_server.url(1)
    redis.Redis.from_url(address).flushdb()
    args = stored_photo(camera)
    with worker_process(app, tmp_path / "log", REDIS_URL=address):
        wait_for(lambda: verified(app, args))
        again = stored_photo(camera, seed=2)
        wait_for(lambda: verified(app, again))
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.redis
@pytest.mark.slow
def test_neither_a_killed_rq_worker_nor_a_killed_redis_loses_a_task(app: Flask, camera: Camera, tmp_path: Path):
    settings = {"TASK_LEASE_SECONDS": "2", "TASK_HANDED_SECONDS": "2"}
    with start_redis() as first:
        settings["REDIS_URL"] = first.url()
        task_id, began = slow_task(app, tmp_path)
        with worker_process(app, tmp_path / "log", **settings) as process:
            wait_for(began.exists)
            os.kill(first.pid, signal.SIGKILL)  # Redis forgets everything it was told
            kill_all(process)  # and the worker dies holding the task,
            os.kill(int(began.read_text()), signal.SIGKILL)  # with the child it forked for it
    args = stored_photo(camera)
    (tmp_path / "go").touch()
    with worker_process(app, tmp_path / "log", **settings):
        time.sleep(1)  # a worker without a Redis waits for one
        with start_redis(first.port):
            wait_for(lambda: state(app, task_id).done_at, 60)
            wait_for(lambda: verified(app, args), 60)
            assert state(app, task_id).attempts >= 2


@pytest.mark.redis
def test_a_task_redis_lost_is_handed_over_again(make_app: Callable[..., Flask], redis_server: Redis):
    address = redis_server.url(2)
    app = make_app(REDIS_URL=address, TASK_HANDED_SECONDS=60)
    store, jobs = redis.Redis.from_url(address), running._relay_turn(app)
    task_id = enqueued(app)
    for later, handed in ((0, True), (30, False), (61, True)):
        store.flushdb()
        with at(app, timedelta(seconds=later)):
            assert jobs() is handed
        assert len(store.keys("rq:job:*")) == int(handed)
    with at(app, timedelta(seconds=122)):
        assert jobs() is True
    assert store.llen(f"rq:queue:{running.QUEUE}") == 1, "handed twice, it waits there once"
    assert state(app, task_id).attempts == 0


@pytest.mark.redis
def test_work_waits_in_the_database_while_redis_is_away(make_app: Callable[..., Flask]):
    with start_redis() as server:
        address = server.url()
    app = make_app(REDIS_URL=address)
    task_id = enqueued(app)
    with app.app_context(), pytest.raises(redis.RedisError):
        running._relay_turn(app)()
    assert state(app, task_id).handed_at is None, "so it goes out with the next look"


def test_the_order_of_store_and_row_is_kept_for_a_task_that_runs_twice(app: Flask, camera: Camera):
    args = stored_photo(camera)
    with app.app_context():
        from server.tasks import process_image

        for _ in range(2):
            process_image(args["sha256"])
        assert files.store().has(args["sha256"], "1280")
    assert verified(app, args)
