"""Who does the background work: the thread, the worker process and rq. They are killed here, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
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

from server import files
from server.extensions import db
from server.models import Attachment, Task
from server.tasks import process_image, queue, running
from tests.cast import Cast
from tests.peer import Peer
from tests.server.camera import Camera
from tests.server.pictures import photo
from tests.server.story import dispatched
from tests.server.test_tasks import at, enqueued, state
from tests.services import Redis, start_redis, stop
from tests.tus_client.live import ROOT, environment, wait_for


@pytest.fixture
def camera(app: Flask, peer: Callable[..., Peer], cast: Cast) -> Camera:
    _, visit_id = dispatched(peer(cast.dora), cast, cast.alice)
    return Camera(app, peer(cast.alice), visit_id)


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
@pytest.mark.timeout(400)  # rq waits longer from try to try for a Redis that is away
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
        time.sleep(4)  # a worker without a Redis waits for one
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


def test_a_task_that_runs_twice_does_no_harm(app: Flask, camera: Camera):
    args = stored_photo(camera)
    with app.app_context():
        for _ in range(2):
            process_image(args["sha256"])
        assert files.store().has(args["sha256"], "1280")
    assert verified(app, args)
