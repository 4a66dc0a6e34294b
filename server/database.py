"""How connections behave: SQLite durable and with one writer at a time, PostgreSQL as it comes."""

from __future__ import annotations

import threading
from typing import Any

import orjson
from flask import Flask
from sqlalchemy import Engine, event

from server.config import SQLITE_BUSY_SECONDS
from server.extensions import db, hurried, reading

HURRY_MS = 250  # how long a hurried writer waits for another's turn
APPLICATION_NAME = "xunxiu"  # how PostgreSQL's list of connections names ours: `flask restore` looks for them


def init_database(app: Flask) -> None:
    """Binds the database and sets the rules of its connections."""
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sqlite_rules(db.engine)
        else:
            postgresql_rules(db.engine)


def _engine_options(url: str) -> dict[str, Any]:
    more: dict[str, Any] = {
        "pool_size": 20, "max_overflow": 44,  # one connection for each of gunicorn's threads, if all want one
        "hide_parameters": True,  # a fault in the log must not show a customer's phone number
        "json_serializer": _dump_json,  # reading stays with json: SQLite gives a JSON number back as a number
    }  # fmt: skip
    if url.startswith("sqlite"):
        if ":memory:" in url:
            return {"json_serializer": _dump_json}
        return {**more, "connect_args": {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False}}
    # No ping before each use: it would cost every request a round trip for the day PostgreSQL restarts. Then the first
    # request that meets a dead connection is answered "busy", all pooled ones are thrown away, and the next succeeds.
    return {**more, "connect_args": {"application_name": APPLICATION_NAME}}


def _dump_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def postgresql_rules(engine: Engine) -> None:
    """Connections of this engine go by an index where it is shorter.

    The default price of a random read is that of a disk with a head that moves; with it a phone's first pull read the
    whole feed to save itself four hundred looks into an index (docs/performance.md). Said after connecting, because a
    pooler such as PgBouncer refuses connections that bring options.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.execute("SET random_page_cost = 1.1")
        connection.commit()


def sqlite_rules(engine: Engine) -> None:
    """Connections of this engine are durable and say BEGIN themselves."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.close()

    # Threads of one process take turns here. SQLite's own way of waiting is to sleep and look again, up to a tenth of a
    # second each time: the lock lies idle meanwhile, and who has waited longest is the last to look. Other processes
    # (the worker, a command) still wait that way.
    turn = threading.Lock()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A writer that begins DEFERRED fails when it upgrades behind another; IMMEDIATE waits its turn instead.
        if reading.get():
            connection.exec_driver_sql("BEGIN DEFERRED")
            return
        if hurried.get():
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {HURRY_MS}")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {SQLITE_BUSY_SECONDS * 1000}")
            return
        if "turn" not in connection.info:
            connection.info["turn"] = turn.acquire(timeout=SQLITE_BUSY_SECONDS)  # else SQLite says "locked", as it did
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _give_up_turn(connection: Any, record: Any, *_: Any) -> None:
        if record.info.pop("turn", False):
            turn.release()

    # Back in the pool, after the commit and its fsync. The event of the commit itself comes before it.
    for end in ("checkin", "invalidate", "close", "detach"):
        event.listen(engine, end, _give_up_turn)
