"""Who does the work: a thread of the serving process, or rq with a relay in front of it."""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import click
import redis
import rq
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import event

from server.extensions import db
from server.publishing import PublishingSession
from server.tasks.queue import LEASE, perform_next, schedule, take_back, take_for_handing

QUEUE = "xunxiu"
LOOK_SECONDS = 1.0  # between looks for work of other processes; own work rings a bell
PAUSE_SECONDS = 5.0  # after the database or Redis could not be reached
STOP_SECONDS = 10.0  # a task under way may end when the server stops; else its lease runs out
REDIS_SECONDS = 5.0
KEPT_FAILED_SECONDS = 3600  # of rq's own record; ours stays in the database

_threads: weakref.WeakSet[WorkerThread] = weakref.WeakSet()
_owner = os.getpid()  # the process the engine's connections belong to


def init_tasks(app: Flask) -> None:
    """The worker thread of a serving process. Its first request starts it, so no command and no fork's parent does."""
    thread = WorkerThread(app, _relay_turn(app) if app.config["REDIS_URL"] else perform_next)
    app.extensions["worker"] = thread
    if app.config["WORKER_THREAD"]:
        app.before_request(thread.ensure)


class WorkerThread:
    """Calls `turn` as long as it finds work, then waits for the bell or a second. Outlives its errors, and forks."""

    def __init__(self, app: Flask, turn: Callable[[], bool]):
        self._app, self._turn = app, turn
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._starting = threading.Lock()
        self.bell = threading.Event()
        self._stopped = threading.Event()
        _threads.add(self)

    def ensure(self) -> None:
        """Starts the thread in this process unless it runs."""
        if self._pid == os.getpid() and self._thread is not None and self._thread.is_alive():
            return
        if self._pid != os.getpid():  # after a fork the parent's thread is gone and its locks may be held for ever
            self._pid = os.getpid()
            self._starting, self.bell, self._stopped = threading.Lock(), threading.Event(), threading.Event()
            self._thread = None
            atexit.register(self.stop)
        with self._starting:
            if (self._thread is None or not self._thread.is_alive()) and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._work, name="tasks", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Lets a task under way come to its end."""
        self._stopped.set()
        self.bell.set()
        if self._thread is not None and self._pid == os.getpid():
            self._thread.join(STOP_SECONDS)

    def _work(self) -> None:
        work(self._app, self._turn, self._stopped, self.bell)


def work(app: Flask, turn: Callable[[], bool], stopped: threading.Event, bell: threading.Event) -> None:
    """Turn after turn until `stopped`; the schedule is made sure of first."""
    scheduled = False
    while not stopped.is_set():
        pause = LOOK_SECONDS
        bell.clear()
        try:
            with app.app_context():
                if not scheduled:
                    schedule()
                    scheduled = True
                if turn():
                    continue
        except Exception:
            app.logger.exception("background work stops for %s s", PAUSE_SECONDS)
            pause = PAUSE_SECONDS
        bell.wait(pause)


@event.listens_for(PublishingSession, "after_commit")
def _ring(session: PublishingSession) -> None:
    if session.info.pop("tasks", False):
        for thread in list(_threads):
            thread.bell.set()


# --- rq -------------------------------------------------------------------------------------------------


def _redis(app: Flask, **options: Any) -> redis.Redis:
    return redis.Redis.from_url(app.config["REDIS_URL"], socket_connect_timeout=REDIS_SECONDS, **options)


def _relay_turn(app: Flask) -> Callable[[], bool]:
    jobs = rq.Queue(QUEUE, connection=_redis(app, socket_timeout=REDIS_SECONDS))
    return lambda: hand_over(jobs)


def hand_over(jobs: rq.Queue) -> bool:
    """Gives rq what is due; False when nothing was. What Redis lost, or a dead worker held, is due and handed again."""
    taken = take_for_handing()
    for position, (task_id, attempts) in enumerate(taken):
        job_id = f"{task_id.replace(':', '-')}-{attempts}"
        try:
            jobs.remove(job_id)  # a worker that died before it began leaves a job behind that nobody will do
            jobs.enqueue_call(
                "server.tasks.run", args=(task_id,), timeout=int(LEASE.total_seconds()), result_ttl=0,
                failure_ttl=KEPT_FAILED_SECONDS, job_id=job_id,
            )  # fmt: skip
        except redis.RedisError:
            take_back([task_id for task_id, _ in taken[position:]])
            raise
    return bool(taken)


def own_connections() -> None:
    """A forked child must not speak on its parent's connections to the database."""
    global _owner
    if _owner != os.getpid():
        _owner = os.getpid()
        db.engine.dispose(close=False)


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Do background work until told to stop: through rq when REDIS_URL is set."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.config["REDIS_URL"]:
        stopped, bell = threading.Event(), threading.Event()

        def stop(*_: object) -> None:
            stopped.set()
            bell.set()

        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, stop)
        work(app, perform_next, stopped, bell)
        return
    db.engine.dispose()
    relay = _fork_relay(app)
    try:
        _wait_for_redis(app)
        rq.Worker([QUEUE], connection=_redis(app)).work(logging_level="WARNING")
    finally:
        os.kill(relay, signal.SIGTERM)
        os.waitpid(relay, 0)


def _wait_for_redis(app: Flask) -> None:
    """A worker that begins without a Redis would end at once: rq only waits for one that it has met before."""
    while True:
        try:
            _redis(app).ping()
            return
        except redis.ConnectionError:
            time.sleep(1)


def _fork_relay(app: Flask) -> int:
    """A process of its own, because rq forks for every job and a fork does not go well with threads."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this one
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    own_connections()
    turn = _relay_turn(app)

    def turn_unless_orphaned() -> bool:
        if os.getppid() != parent:
            os._exit(0)
        return turn()

    try:
        work(app, turn_unless_orphaned, threading.Event(), threading.Event())
    finally:
        os._exit(1)  # never back into the parent's code
