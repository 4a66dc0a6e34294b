"""Claiming, performing and giving back tasks: the same on SQLite and PostgreSQL."""

from __future__ import annotations

import pkgutil
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server import clock
from server.extensions import db, reading
from server.models import Task

LEASE = timedelta(seconds=60)  # how long a task may take before somebody else does it; setting TASK_LEASE_SECONDS
HANDED_AGAIN = timedelta(seconds=60)  # a task rq has not begun by then is handed over again; TASK_HANDED_SECONDS
MAX_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=5)  # after a failure; doubled each time
LONGEST_PAUSE = timedelta(hours=1)
KEPT_DONE = timedelta(days=7)
MAX_ERROR_CHARS = 4000
HANDED_AT_ONCE = 100
ROUND = "periodic:"  # how the ids of those rows begin
OURS = "server."  # a task is a function of ours, whatever the row says

# Work that comes round: one row each, so that it survives restarts and one runner at a time has it.
PERIODIC = {
    "server.tasks.publish_contact_cards": timedelta(minutes=10),
    "server.tasks.settle_owners": timedelta(minutes=5),
    "server.tasks.watch_deadlines": timedelta(minutes=1),
    "server.tasks.watch_complaints": timedelta(minutes=1),
    "server.tasks.expire_uploads": timedelta(minutes=30),
    "server.tasks.archive_work_orders": timedelta(hours=1),
    "server.tasks.index_archive": timedelta(minutes=5),
    "server.tasks.keep_plans": timedelta(hours=1),
    "server.tasks.keep_assessments": timedelta(hours=1),
    "server.tasks.tidy_tasks": timedelta(hours=24),
    "server.tasks.tidy_notices": timedelta(hours=24),
    "server.tasks.tidy_deliveries": timedelta(hours=24),
    "server.tasks.forget_old": timedelta(hours=24),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A task somebody is doing now."""

    id: str
    name: str
    args: dict[str, Any]
    attempt: int


def _setting(name: str, usual: timedelta) -> timedelta:
    seconds = current_app.config.get(name)
    return usual if seconds is None else timedelta(seconds=float(seconds))


def _due(now: datetime) -> ColumnElement[bool]:
    unleased = or_(Task.leased_until.is_(None), Task.leased_until <= now)
    return and_(Task.done_at.is_(None), Task.failed_at.is_(None), Task.run_at <= now, unleased)


def anything_due() -> bool:
    """A look without SQLite's write lock."""
    token = reading.set(True)
    try:
        return db.session.execute(select(Task.id).where(_due(clock.now())).limit(1)).first() is not None
    finally:
        db.session.rollback()
        reading.reset(token)


def claim(task_id: str | None = None) -> Claim | None:
    """Leases the task, or the one that has waited longest; None when there is nothing to do. Commits.

    A task that took its runner down each time is given up like one that raised.
    """
    now = clock.now()
    wanted = select(Task).where(_due(now)).order_by(Task.run_at, Task.id).limit(1).with_for_update(skip_locked=True)
    if task_id is not None:
        wanted = wanted.where(Task.id == task_id)
    task = db.session.scalars(wanted.execution_options(populate_existing=True)).first()
    if task is None:
        db.session.rollback()
        return None
    if task.attempts >= MAX_ATTEMPTS and not task.id.startswith(ROUND):
        task.failed_at, task.error = now, task.error or "Its runner died each time."
        db.session.commit()
        return None
    task.attempts += 1
    task.leased_until = now + _setting("TASK_LEASE_SECONDS", LEASE)
    claimed = Claim(task.id, task.name, dict(task.args), task.attempts)
    db.session.commit()
    return claimed


def perform(claimed: Claim) -> bool:
    """Does the work in a context of its own and writes down how it went."""
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]
        try:
            if not claimed.name.startswith(OURS):
                raise LookupError(f"{claimed.name} is no task of ours")
            pkgutil.resolve_name(claimed.name)(**claimed.args)
        except Exception:
            current_app.logger.exception("task %s failed, attempt %s", claimed.name, claimed.attempt)
            db.session.rollback()
            _failed(claimed, traceback.format_exc()[-MAX_ERROR_CHARS:])
            return False
        db.session.rollback()
        _done(claimed)
        return True


def _done(claimed: Claim) -> None:
    now = clock.now()
    values: dict[str, Any] = {"leased_until": None, "error": None}
    if claimed.id.startswith(ROUND):
        values |= {"run_at": now + PERIODIC.get(claimed.name, LONGEST_PAUSE), "attempts": 0, "handed_at": None}
    else:
        values["done_at"] = now
    db.session.execute(update(Task).where(Task.id == claimed.id).values(**values))
    db.session.commit()


def _failed(claimed: Claim, error: str) -> None:
    """Later again; after ten times it stays, with its error, for a person. What comes round is never given up."""
    now = clock.now()
    values: dict[str, Any] = {"leased_until": None, "handed_at": None, "error": error}
    if claimed.attempt >= MAX_ATTEMPTS and not claimed.id.startswith(ROUND):
        values["failed_at"] = now
    values["run_at"] = now + min(FIRST_PAUSE * 2 ** min(claimed.attempt - 1, 16), LONGEST_PAUSE)
    # Only the attempt that still holds the task: one that overran its lease must not send the next one to sleep.
    db.session.execute(update(Task).where(Task.id == claimed.id, Task.attempts == claimed.attempt).values(**values))
    db.session.commit()


def perform_next() -> bool:
    """Performs the task that has waited longest; False when there is none."""
    if not anything_due():
        return False
    claimed = claim()
    if claimed is not None:
        perform(claimed)
    return claimed is not None


def run(task_id: str) -> bool:
    """What rq calls. A task that is done, or leased by another, is left alone: rq may well hold it twice."""
    from server.tasks.running import own_connections

    own_connections()
    claimed = claim(task_id)
    return claimed is not None and perform(claimed)


def take_for_handing() -> list[tuple[str, int]]:
    """Due tasks rq has not been given, or not begun in time: (id, attempts). Marks them as handed. Commits."""
    if not anything_due():
        return []
    now = clock.now()
    before = now - _setting("TASK_HANDED_SECONDS", HANDED_AGAIN)
    wanted = select(Task).where(_due(now), or_(Task.handed_at.is_(None), Task.handed_at <= before))
    wanted = wanted.order_by(Task.run_at).limit(HANDED_AT_ONCE).with_for_update(skip_locked=True)
    tasks = db.session.scalars(wanted).all()
    for task in tasks:
        task.handed_at = now
    taken = [(task.id, task.attempts) for task in tasks]
    db.session.commit()
    return taken


def take_back(ids: list[str]) -> None:
    """Redis did not take them: they are handed over at the next look. Commits."""
    db.session.execute(update(Task).where(Task.id.in_(ids)).values(handed_at=None))
    db.session.commit()


def schedule() -> None:
    """Makes sure each periodic task has its row. Commits."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    now = clock.now()
    common = {"args": {}, "run_at": now, "attempts": 0, "created_at": now}
    rows = [{"id": f"{ROUND}{name.rpartition('.')[2]}", "name": name, **common} for name in PERIODIC]
    db.session.execute(dialect.insert(Task).on_conflict_do_nothing(), rows)
    db.session.commit()


def tidy_tasks() -> None:
    """Forgets what was done a week ago; what failed stays until a person has looked."""
    db.session.execute(delete(Task).where(Task.done_at < clock.now() - KEPT_DONE))
    db.session.commit()
