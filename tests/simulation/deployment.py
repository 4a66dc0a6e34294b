"""The server under simulation: the real app in this process, on a database that is a copy of a template.

It can be backed up and restored at any moment, its ids and its clock are the world's. Push and pull are answered by
calling the rooms behind the doors with the very bytes of the request; every other request, and in some worlds all of
them, goes through WSGI.
"""

from __future__ import annotations

import logging
import random
import shutil
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from argon2 import PasswordHasher
from flask import g
from sqlalchemy import func, select

from server import check, clock, pull, push
from server.api import identity
from server.extensions import db, reading
from server.models import HeldAct
from server.models import base as models_base
from server.models import user as models_user
from server.problems import Problem
from server.tasks import horizon, queue
from sync.check import CheckRequest, parse_check
from sync.client import Answer
from sync.protocol import Malformed, dump_push_answer, parse_pull, parse_push
from tests.cast import Cast, make_cast, person, sign_in
from tests.conftest import build_app, close, migrate
from tests.services import Postgres

BEGIN = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)  # a Monday, eight in the morning where the people are
DIRECT = ("/api/sync/push", "/api/sync/pull", "/api/sync/check")
#: People of the roles the cast has not: they change nothing in a world, and read what theirs may read.
WATCHERS = {"mona": "module_head", "hera": "department_head", "dino": "deputy_gm", "sven": "specialist",
            "kira": "storekeeper", "cora": "call_back", "ada": "admin", "olga": "operator"}  # fmt: skip
PREPARED = 2  # devices per person that are signed in already when a world begins
MAX_TASKS = 50  # performed in one go


class Ids:
    """Ids a seed knows beforehand: version 7, later ones greater."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def uuid7(self, now: datetime | None = None) -> uuid.UUID:
        self.count += 1
        ms = int((now or clock.now()).timestamp() * 1000)
        tail = (self.count << 32) | self.random.getrandbits(32)  # within a millisecond the count decides
        return uuid.UUID(int=(ms << 80) | (7 << 76) | (2 << 62) | tail)


@dataclass(frozen=True)
class Prepared:
    """A device that was signed in when the template was made."""

    login: str
    user_id: str
    device_id: str
    tokens: Mapping[str, str]
    epoch: str
    rescue_key: Mapping[str, str]


@dataclass(frozen=True)
class Backup:
    """A copy of database and files at one moment."""

    name: str
    epoch: str


class Crash(Exception):
    """The server answered 500: always a fault of ours."""


class Deployment:
    """One app; `fresh()` gives it the template's database again."""

    def __init__(self, folder: Path, postgres: Postgres | None = None) -> None:
        log = logging.getLogger("server")
        self.former = models_base.uuids, models_user._hasher, pull.NEAR_CHANGES, log.level  # type: ignore[attr-defined]
        log.setLevel(logging.CRITICAL)  # batches that go again and stale tasks are what a world is about
        self.folder, self.postgres = folder, postgres
        self.claims: dict[str, dict[str, str]] = {}  # token: who it speaks for
        self.copies: dict[str, sqlite3.Connection] = {}  # of SQLite's database, each in memory
        self.url = postgres.url("simulation") if postgres else "sqlite:///:memory:"
        self._set_ids(Ids("template"))
        models_user._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # argon2 is slow on purpose
        if postgres:
            migrate(postgres.create_database("simulation"), folder)
        self.app = build_app(self.url, folder)
        if not postgres:
            self._migrate_sqlite()
        self.client = self.app.test_client()
        self.wsgi = False  # whether push and pull go through the doors as well
        self.backups = 0
        self._make_template()

    @staticmethod
    def _set_ids(ids: Ids) -> None:
        models_base.uuids = ids  # type: ignore[attr-defined]

    def _make_template(self) -> None:
        clock._standing.set(BEGIN)
        self.cast: Cast = make_cast(self.app)
        self.prepared: dict[str, list[Prepared]] = {}
        self.people = {user.login: user for user in self.cast.users}
        self.people |= {login: person(login, login, role) for login, role in WATCHERS.items() if login not in
                        self.people}  # fmt: skip
        with self.app.app_context():
            db.session.add_all([self.people[login] for login in WATCHERS if login not in ("ada", "olga")])
            db.session.commit()
            db.session.expunge_all()
        for who in self.people.values():
            for number in range(PREPARED):
                answer = self._sign_in(who, f"{who.login}{number}")
                self.prepared.setdefault(who.login, []).append(answer)
        self.desk = self._sign_in(self.cast.sam, "desk")  # where rescue files are brought: no phone of a world
        self._copy("simulation", "template")

    def _sign_in(self, who: Any, seed: str) -> Prepared:
        from tests.cast import password_of

        device = str(Ids(seed).uuid7(BEGIN))
        form = {"login": who.login, "password": password_of(who), "device": {"id": device, "name": seed}}
        answer = self.client.post("/api/auth/login", json=form).json
        self._learn(answer, who.id, device)
        return Prepared(
            who.login,
            who.id,
            device,
            {k: answer[k] for k in ("access", "refresh")},
            answer["epoch"],
            answer["rescue_key"],
        )

    # --- The database as a whole --------------------------------------------------------------------------

    def fresh(self, seed: int) -> None:
        """An empty company again, with the cast and its signed-in devices."""
        self._copy("template", "simulation")
        for name in ("files", "rescues"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.backups = 0
        self._set_ids(Ids(f"server {seed}"))

    def backup(self) -> Backup:
        self.backups += 1
        name = f"backup{self.backups}"
        self._copy("simulation", name)
        shutil.rmtree(self.folder / name, ignore_errors=True)
        with suppress(FileNotFoundError):
            shutil.copytree(self.folder / "files", self.folder / name)
        return Backup(name, "")

    def restore(self, backup: Backup, epoch: str) -> None:
        """Database and files as they were then, and a new epoch: the server's life begins anew."""
        self._copy(backup.name, "simulation")
        shutil.rmtree(self.folder / "files", ignore_errors=True)
        with suppress(FileNotFoundError):
            shutil.copytree(self.folder / backup.name, self.folder / "files")
        with self.app.app_context():
            db.session.execute(db.text("UPDATE clock SET epoch = :epoch"), {"epoch": epoch})
            db.session.commit()

    def _copy(self, source: str, target: str) -> None:
        if self.postgres:
            close(self.app)
            names = {"simulation": "simulation"}
            self.postgres.drop_database(names.get(target, f"simulation_{target}"))
            self.postgres.create_database(
                names.get(target, f"simulation_{target}"), names.get(source, f"simulation_{source}")
            )
            return
        self._connection(source).backup(self._connection(target))

    def _migrate_sqlite(self) -> None:
        path = self.folder / "migrated.db"
        migrate(f"sqlite:///{path}", self.folder)
        with self.app.app_context(), sqlite3.connect(path) as migrated:
            self.copies["simulation"] = db.session.connection().connection.driver_connection  # type: ignore[assignment]
            db.session.rollback()
            migrated.backup(self.copies["simulation"])

    def _connection(self, name: str) -> sqlite3.Connection:
        """The app's one connection, or a copy's: a database in memory lives as long as its connection."""
        if name not in self.copies:
            self.copies[name] = sqlite3.connect(":memory:")
        return self.copies[name]

    def read(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of a plain query, past the ORM: the checks ask thousands of times."""
        if self.postgres:
            with self.app.app_context():
                return [tuple(row) for row in db.session.execute(db.text(query), values)]
        return self.copies["simulation"].execute(query, values).fetchall()

    def close(self) -> None:
        """Gives everything back, also what was replaced in the server's modules."""
        close(self.app)
        clock._standing.set(None)
        uuids, models_user._hasher, pull.NEAR_CHANGES, level = self.former
        models_base.uuids = uuids  # type: ignore[attr-defined]
        logging.getLogger("server").setLevel(level)

    # --- Requests -----------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """The server's answer to a request; raises `Crash` for a 500."""
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        claims = self.claims.get(token)
        if not self.wsgi and claims and path in DIRECT:
            return self._direct(path, claims, body or b"")
        found = self.client.open(path, method=method, headers=dict(headers), data=body)
        if found.status_code == 500:
            raise Crash(f"{method} {path}: {found.text}")
        answer = Answer(found.status_code, {k.lower(): v for k, v in found.headers.items()}, found.data)
        if found.status_code < 300 and path in ("/api/auth/login", "/api/auth/refresh", "/api/devices"):
            self._learn_from(path, found.json, claims)
        return answer

    def _learn_from(self, path: str, answer: dict[str, Any], claims: Mapping[str, str] | None) -> None:
        user = answer["user"]["id"] if "user" in answer else (claims or {})["sub"]
        device = answer.get("device_id") or (claims or {})["device"]
        self._learn(answer, user, device)

    def _learn(self, tokens: dict[str, Any], user_id: str, device_id: str) -> None:
        for name in ("access", "refresh"):
            self.claims[tokens[name]] = {"sub": user_id, "device": device_id}

    def _direct(self, path: str, claims: Mapping[str, str], body: bytes) -> Answer:
        """What the doors of `server/api/sync.py` do, without Flask around it."""
        with self.app.app_context():
            try:
                reading.set(path != "/api/sync/push")
                user = identity.recognised(dict(claims))
                if path == "/api/sync/push":
                    return Answer(200, {}, self._push(user, claims["device"], body))
                if identity.draining():
                    raise Problem("device-revoked")
                answer = self._pull if path == "/api/sync/pull" else self._check
                return Answer(200, {}, answer(user, claims["device"], body))
            except Problem as problem:
                said = {"status": problem.status, "code": problem.code, **problem.extra}
                return Answer(problem.status, {}, orjson.dumps(said))
            except Malformed as fault:
                return Answer(400, {}, orjson.dumps({"status": 400, "code": "malformed", "detail": str(fault)}))
            finally:
                reading.set(False)

    def _push(self, user: Any, device_id: str, body: bytes) -> bytes:
        message = parse_push(orjson.loads(body))
        if message.device != device_id:
            raise Problem("device-foreign")
        return orjson.dumps(dump_push_answer(push.push(db.session(), user, device_id, message)))

    def _pull(self, user: Any, device_id: str, body: bytes) -> bytes:
        message = parse_pull(orjson.loads(body))
        if message.device != device_id:
            raise Problem("device-foreign")
        answer = pull.pull(db.session(), user.id, g.device_last, message)
        db.session.rollback()
        return answer

    def _check(self, user: Any, device_id: str, body: bytes) -> bytes:
        message = parse_check(orjson.loads(body))
        if message.device != device_id:
            raise Problem("device-foreign")
        if isinstance(message, CheckRequest):
            answer = check.compare(db.session(), user.id, message)
        else:
            answer = check.repair(db.session(), user.id, device_id, message)
        db.session.rollback()
        return answer

    def bring_in(self, rescue: bytes) -> Any:
        """The office imports a rescue file; what came of it."""
        with self.app.app_context():
            token, _ = identity.access_token(self.desk.user_id, self.desk.device_id)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
        brought = self.answer("POST", "/api/rescue", headers, rescue)
        if brought.status != 200:
            raise Crash(f"a rescue file was refused: {brought.body!r}")
        row_id = orjson.loads(brought.body)["id"]
        return orjson.loads(self.answer("POST", f"/api/rescue/{row_id}/import", headers, None).body)["result"]

    def tidy(self, after: timedelta) -> dict[str, int]:
        """What `flask tidy` does, with another horizon."""
        with self.app.app_context():
            usual, horizon.HORIZON = horizon.HORIZON, after
            try:
                return horizon.forget_old()
            finally:
                horizon.HORIZON = usual

    def held(self, until: datetime | None = None) -> int:
        """How many acts wait for a row; those whose deadline is not later than `until`, when that is given."""
        query = select(func.count()).select_from(HeldAct)
        with self.app.app_context():
            return db.session.scalar(query if until is None else query.where(HeldAct.until <= until)) or 0

    def work(self) -> int:
        """Performs background tasks that are due; gives how many."""
        done = 0
        with self.app.app_context():
            while done < MAX_TASKS and queue.perform_next():
                done += 1
        return done


__all__ = ["BEGIN", "Backup", "Crash", "Deployment", "Ids", "sign_in"]
