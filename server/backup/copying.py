"""Rows between a database and the SQLite file of a backup, as text, without the models.

The models are of today; a backup may be older. So the schema is made by the migrations up to the backup's own
revision, and values cross in the form both sides store them in, by the few kinds of column there are.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from alembic import command
from flask import current_app
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.types import JSON, Boolean, Date, DateTime, LargeBinary, TypeEngine

from server.backup.manifest import MIGRATIONS
from server.backup.words import Progress, Say
from server.database import sqlite_rules

PAGES_AT_ONCE = 2_000  # 8 MB between two lines of progress
ROWS_AT_ONCE = 2_000
VERSION_TABLE = "alembic_version"

Convert = Callable[[Any], Any]


def upgrade(connection: Connection, revision: str) -> None:
    """Brings the schema of this connection to `revision`, in the transaction it is in."""
    config = current_app.extensions["migrate"].migrate.get_config(directory=str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def upgrade_file(path: Path, revision: str) -> None:
    """The same for a SQLite file, which is a single file again afterwards."""
    engine = create_engine(f"sqlite:///{path}")
    sqlite_rules(engine)
    try:
        with engine.begin() as connection:
            upgrade(connection, revision)
    finally:
        engine.dispose()
    seal(path)


def seal(path: Path) -> None:
    """Makes the file all there is of the database: no write-ahead log beside it, and on the disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").unlink()
    with path.open("rb") as file:
        os.fsync(file.fileno())


# --- SQLite ---------------------------------------------------------------------------------------------


def copy_sqlite(source: Path, target: Path, say: Say) -> None:
    """One snapshot of a database in use. Writers go on: the read transaction pins what is copied."""
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as live:
        live.isolation_level = None
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the snapshot begins with the first look
        (pages,) = live.execute("PRAGMA page_count").fetchone()
        progress = Progress(say, "snapshot", pages)
        with closing(sqlite3.connect(target)) as copy:
            live.backup(copy, pages=PAGES_AT_ONCE, progress=lambda *_: progress.add(PAGES_AT_ONCE))
        live.execute("ROLLBACK")
    seal(target)


# --- PostgreSQL -----------------------------------------------------------------------------------------


def copy_postgres(engine: Engine, target: Path, say: Say) -> None:
    """All tables out of one REPEATABLE READ transaction, into a SQLite file of the same revision."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        revision = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
        upgrade_file(target, str(revision))
        columns = _columns(connection)
        estimated = text("SELECT sum(greatest(reltuples, 0)) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                         "current_schema()::regnamespace")  # fmt: skip
        progress = Progress(say, "snapshot", int(connection.scalar(estimated) or 0))
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous=OFF")  # sealed at the end; an unfinished one is thrown away
            copy.execute("BEGIN")
            for table, types in columns.items():
                copy.execute(f'DELETE FROM "{table}"')
                for rows in _out_of_postgres(connection, table, types):
                    marks = ", ".join("?" * len(types))
                    copy.executemany(f'INSERT INTO "{table}" ({_names(types)}) VALUES ({marks})', rows)
                    progress.add(len(rows))
            copy.execute("COMMIT")
    seal(target)


def fill_postgres(connection: Connection, source: Path, say: Say) -> None:
    """The rows of a copy into empty tables of the same revision, in the transaction the connection is in."""
    columns = _columns(connection)
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        counts = {t: copy.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0] for t in columns}
        progress = Progress(say, "rows", sum(counts.values()))
        for table, types in columns.items():
            converts = [_into_postgres(kind) for kind in types.values()]
            connection.execute(text(f'DELETE FROM "{table}"'))
            cursor = _driver(connection).cursor()
            with cursor, cursor.copy(f'COPY "{table}" ({_names(types)}) FROM STDIN') as sink:
                for row in copy.execute(f'SELECT {_names(types)} FROM "{table}"'):
                    sink.write_row([None if v is None else c(v) for v, c in zip(row, converts, strict=True)])
                    progress.add(1)
    _continue_sequences(connection, columns)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _names(types: dict[str, Any]) -> str:
    return ", ".join(f'"{name}"' for name in types)


def _columns(connection: Connection) -> dict[str, dict[str, TypeEngine[Any]]]:
    """Tables of the current schema, each with its columns and their kinds."""
    look = inspect(connection)
    return {t: {c["name"]: c["type"] for c in look.get_columns(t)} for t in sorted(look.get_table_names())}


def _out_of_postgres(
    connection: Connection, table: str, types: dict[str, TypeEngine[Any]]
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows as text, in lists."""
    wanted = ", ".join(_selected(name, kind) for name, kind in types.items())
    binary = [at for at, kind in enumerate(types.values()) if isinstance(kind, LargeBinary)]
    batch: list[tuple[Any, ...]] = []
    with (
        _driver(connection).cursor() as cursor,
        cursor.copy(f'COPY (SELECT {wanted} FROM "{table}") TO STDOUT') as rows,
    ):
        for row in rows.rows():
            if binary:
                row = tuple(bytes.fromhex(v) if at in binary and v is not None else v for at, v in enumerate(row))
            batch.append(row)
            if len(batch) >= ROWS_AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch


def _selected(name: str, kind: TypeEngine[Any]) -> str:
    """The column as SQLite stores what it holds."""
    if isinstance(kind, DateTime):
        instant = f""""{name}" AT TIME ZONE 'UTC'""" if kind.timezone else f'"{name}"'
        return f"to_char({instant}, 'YYYY-MM-DD HH24:MI:SS.US')"
    if isinstance(kind, Date):
        return f"""to_char("{name}", 'YYYY-MM-DD')"""
    if isinstance(kind, Boolean):
        return f'"{name}"::int'
    if isinstance(kind, LargeBinary):
        return f"""encode("{name}", 'hex')"""
    return f'"{name}"'


def _into_postgres(kind: TypeEngine[Any]) -> Convert:
    """A value of SQLite as PostgreSQL takes it."""
    if isinstance(kind, DateTime) and kind.timezone:
        return lambda value: f"{value}+00"
    if isinstance(kind, Boolean):
        return bool
    if isinstance(kind, JSON):
        return lambda value: value if isinstance(value, str) else json.dumps(value)  # SQLite makes "5" a number
    return lambda value: value


def _continue_sequences(connection: Connection, columns: dict[str, dict[str, Any]]) -> None:
    """Numbers the database gives out itself go on after the highest that was restored."""
    for table, types in columns.items():
        for name in types:
            sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": f'"{table}"', "c": name})
            if sequence:
                highest = f'SELECT setval(:s, greatest((SELECT max("{name}") FROM "{table}"), 1))'
                connection.execute(text(highest), {"s": sequence})
