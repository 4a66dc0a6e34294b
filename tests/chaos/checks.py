"""What must hold when everybody has come to rest: the diaries, the clients' files and the database are compared."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from flask import Flask
from sqlalchemy import func, or_, select

from server import clock, files
from server.extensions import db
from server.models import Attachment, FeedRow, JournalEntry, Task, User
from server.scopes import desired
from server.tasks.queue import ROUND
from sync.client import SqliteStorage
from tests.simulation import invariants

SOON = timedelta(hours=2)  # longer than the pause after a failure


@dataclass
class Verdict:
    """Counts by kind, and a sentence for each of the first findings."""

    acts: int = 0
    files: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def found(self, kind: str, what: str) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= 5:
            self.findings.append(f"{kind}: {what}")


def diary_of(path: Path) -> list[dict[str, Any]]:
    """Whole lines only: the last one may have been cut by a kill, and then nobody had read "saved"."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines if line.endswith("}")]


def check(app: Flask, clients: Iterable[tuple[str, Path, Path]]) -> Verdict:
    """`clients`: login, store and diary of each."""
    verdict = Verdict()
    with app.app_context():
        entries = list(db.session.scalars(select(JournalEntry)))
        journal = {entry.id: entry for entry in entries}
        known: set[str] = set()
        for login, store, diary in clients:
            known |= _promises(verdict, journal, login, diary)
            with closing(SqliteStorage(str(store))) as storage:
                known |= {entry.id for entry in storage.entries()}
                _rows(verdict, login, storage)
        for act_id in journal.keys() - known:
            verdict.found("duplicated", f"an act nobody made: {journal[act_id].act} {act_id}")
        _order(verdict, entries)
        _database(verdict, entries)
        _queues(verdict)  # before the files, which only wait for it
        _files(verdict)
    return verdict


def _promises(verdict: Verdict, journal: dict[str, JournalEntry], login: str, diary: Path) -> set[str]:
    promised = diary_of(diary)
    verdict.acts += len(promised)
    for line in promised:
        entry = journal.get(line["id"])
        if entry is None:
            verdict.found("lost", f"{login}'s {line['act']} {line['id']}")
        elif entry.args != line["args"] or entry.user_id != line["user"]:
            verdict.found("lost", f"{login}'s {line['act']} {line['id']} is another one at the server")
    ids = [line["id"] for line in promised]
    for act_id, times in Counter(ids).items():
        if times > 1:
            verdict.found("duplicated", f"{login} saved {act_id} {times} times")
    return set(ids)


def _rows(verdict: Verdict, login: str, storage: SqliteStorage) -> None:
    """I4 and I5: the client's rows are the permission query, row by row."""
    user = db.session.scalar(select(User).where(User.login == login))
    assert user is not None
    scopes = set(desired(db.session(), user))
    feed = {(row.noun, row.row_id): row for row in db.session.scalars(select(FeedRow)) if row.body is not None}
    allowed = {key: row for key, row in feed.items() if row.scope in scopes}
    held = {(row.noun, row.id): row for row in storage.rows()}
    for key in sorted(held.keys() ^ allowed.keys())[:20]:
        verdict.found("diverged", f"{login} {'holds' if key in held else 'misses'} {key}")
    for key in held.keys() & allowed.keys():
        if held[key].rev != allowed[key].rev or held[key].body != orjson.loads(allowed[key].body or "null"):
            verdict.found("diverged", f"{login} has another {key}")


def _order(verdict: Verdict, entries: list[JournalEntry]) -> None:
    """I3: a device's acts took effect in its order."""
    lines: dict[str, list[int]] = defaultdict(list)
    for entry in sorted(entries, key=lambda e: (e.rev, e.n)):
        lines[entry.device_id].append(entry.n)
    for device, numbers in lines.items():
        if numbers != sorted(set(numbers)):
            verdict.found("diverged", f"the acts of {device} took effect in another order")


def _database(verdict: Verdict, entries: list[JournalEntry]) -> None:
    """What the simulator asks of a database at rest."""
    asked = [
        lambda: invariants._the_feed_is_the_tables(),
        lambda: invariants._refusals_are_in_review(entries),
        lambda: invariants._no_effect_twice(entries),
        lambda: invariants._transitions_are_legal(),
        lambda: invariants._nothing_is_overwritten_in_silence(entries),
        lambda: invariants._totals_agree(),
    ]
    for ask in asked:
        try:
            ask()
        except invariants.Broken as broken:
            verdict.found(invariants.FIGURES[broken.invariant], str(broken))


def _files(verdict: Verdict) -> None:
    """I12: every declared file is verified, and its bytes are the declared ones."""
    store = files.store()
    for row in db.session.scalars(select(Attachment)):
        verdict.files += 1
        path = store.path(row.sha256)
        if row.state != "verified":
            verdict.found("stuck", f"the file of {row.id} is {row.state} ({row.refusal})")
        elif not path.is_file() or sha256(path.read_bytes()).hexdigest() != row.sha256:
            verdict.found("lost", f"the bytes of {row.id}")


def files_left() -> int:
    """Declared files that are not verified."""
    return db.session.scalar(select(func.count()).select_from(Attachment).where(Attachment.state != "verified")) or 0


def tasks_left() -> int:
    """Work that is due or given up. What waits for a day yet to come (a deadline) is not."""
    soon = or_(Task.run_at <= clock.now() + SOON, Task.failed_at.is_not(None))
    query = select(func.count()).select_from(Task).where(Task.done_at.is_(None), ~Task.id.startswith(ROUND), soon)
    return db.session.scalar(query) or 0


def _queues(verdict: Verdict) -> None:
    if left := tasks_left():
        errors = set(db.session.scalars(select(Task.error).where(Task.done_at.is_(None))))
        verdict.found("stuck", f"{left} tasks are not done: {[(error or '')[-300:] for error in errors]}")
