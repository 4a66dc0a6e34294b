"""Fixtures shared by all tests. Servers and browser live in modules of their own.

`app` comes twice, on SQLite and on PostgreSQL, each time with a clean database: a copy of one that the real migrations
made once in the session (and once in each worker of pytest-xdist, which shares nothing with the others).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextvars import Context
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

if TYPE_CHECKING:
    from flask import Flask

    from server.models import User
    from tests.cast import Cast
    from tests.databases import Reused
    from tests.peer import Peer
    from tests.services import Postgres

pytest_plugins = ["tests.services", "tests.browser"]

ROOT = Path(__file__).resolve().parent.parent
#: These run two at a time.
TOGETHER = ("tests/server", "tests/sync")
#: These wait for a browser, one after the other, and leave half of the machine to those.
JOURNEYS = "tests/journeys"
#: All others, and these, keep every core busy by themselves, or look at what a browser does when it has time for it.
ALONE = {"test_feed_concurrency.py", "test_live_crowd.py", "test_update.py", "test_workers.py"}
MIGRATIONS = str(Path(__file__).resolve().parent.parent / "server" / "migrations")
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs beside what in `make test`: there the journeys go first, and what is `alone` last, one by one."""
    for item in items:
        path = item.path.relative_to(ROOT)
        if path.name in ALONE or not path.as_posix().startswith((JOURNEYS, *TOGETHER)):
            item.add_marker("alone")
        elif path.as_posix().startswith(JOURNEYS):
            item.add_marker("journey")


class Client(FlaskClient):
    """Each request runs in a context of its own, as in a server: what one leaves behind no other finds."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        from server import clock

        context = Context()
        context.run(clock._standing.set, clock._standing.get())  # a test may have stopped the clock
        return context.run(super().open, *args, **kwargs)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Argon2 is slow on purpose; tests sign in hundreds of times."""
    from argon2 import PasswordHasher

    from server.models import user

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(autouse=True)
def no_request_before() -> None:
    """What a request of an earlier test said of its transaction is not said of this test's.

    The simulator's requests run in the thread's own context. Its last GET left "only reads" behind, so that a later
    test began its writing transaction as a reader, and SQLite refused it when somebody had written meanwhile.
    """
    from server.extensions import hurried, reading

    reading.set(False)
    hurried.set(False)


@cache
def office_key() -> str:
    """A key pair for rescue files, as base64 of PKCS #8: making one for every app would cost more than the app."""
    return json.loads((Path(__file__).parent / "vectors" / "rescue.json").read_text())["private_key"]


def build_app(url: str, data_dir: Path, **more: Any) -> Flask:
    """The real app, on this database, without a worker of its own."""
    from server import create_app

    settings = {
        "DATA_DIR": str(data_dir),
        "SQLALCHEMY_DATABASE_URI": url,
        "REDIS_URL": None,
        "RESCUE_KEY": office_key(),
        "SECRET_KEY": "only for tests, and long enough for HMAC",
        "WORKER_THREAD": False,
        "TESTING": True,
    }
    app = create_app({**settings, **more})
    app.test_client_class = Client
    return app


def close(app: Flask) -> None:
    """Gives every connection back, so that the database can be copied or dropped."""
    from server.extensions import db

    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def migrate(url: str, data_dir: Path) -> None:
    """Brings an empty database to the newest schema, as `flask db upgrade` does."""
    from flask_migrate import upgrade

    app = build_app(url, data_dir)
    with app.app_context():
        upgrade(directory=MIGRATIONS)
    close(app)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database; its write-ahead log is empty, so the file alone is all of it."""
    folder = tmp_path_factory.mktemp("template")
    path = folder / "service.db"
    migrate(f"sqlite:///{path}", folder)
    assert not path.with_name("service.db-wal").exists(), "somebody still has the template open"
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated PostgreSQL database that nobody is connected to."""
    name = "template_service"
    migrate(postgres.create_database(name), tmp_path_factory.mktemp("template"))
    return name


@pytest.fixture(scope="session")
def reused(postgres: Postgres, postgres_template: str) -> Iterator[Reused]:
    """The database of PostgreSQL in which this process's tests follow each other."""
    from tests.databases import Reused

    made = Reused(postgres, postgres_template)
    yield made
    made.end()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A clean, migrated database of this test's own, on each of the two."""
    if request.param == "sqlite":
        path = tmp_path / "service.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    return request.getfixturevalue("reused").url()


@pytest.fixture
def make_app(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """`make_app(SETTING=…)`: the app with other settings; a second call is a second process on the same database."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        made.append(build_app(database_url, tmp_path, **settings))
        return made[-1]

    yield make
    for app in made:
        close(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The app with an empty database. Read rows in `with app.app_context():`, after the requests of the test."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The people and things of `tests/cast.py`, in the app's database."""
    from tests.cast import make_cast

    return make_cast(app)


@pytest.fixture
def peer(client: FlaskClient, cast: Cast) -> Callable[..., Peer]:
    """`peer(cast.alice)`: a new signed-in device of hers; see `tests/peer.py`."""
    from tests.peer import Peer

    def make(user: User, device_id: str | None = None) -> Peer:
        return Peer(client, user, device_id)

    return make
