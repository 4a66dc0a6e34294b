"""Restoring: prove the backup, bring files and keys, and put the database in place in one step at the end.

Until that step nothing of what was here has changed: files are only added (they are called by their hash). Killed
anywhere, the restore is simply begun again.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from server import clock
from server.backup import copying
from server.backup.making import _flush, database_path
from server.backup.manifest import (
    DATABASE,
    FILES,
    KEYS,
    RESCUES,
    Contents,
    check_backup,
    copy_hashed,
    look_into,
    newest_revision,
)
from server.backup.words import Fault, Progress, Say, line
from server.database import APPLICATION_NAME
from server.extensions import db
from server.files import sha256_of, store
from server.models import Attachment, StoredFile, new_id
from server.scopes import SHOWN

SCRATCH = ".restoring"


@dataclass
class Restored:
    """What came of it. `aside`: where what was here is now. `reopened`: files phones are asked for again."""

    contents: Contents
    epoch: str
    aside: list[str] = field(default_factory=list)
    reopened: int = 0


def restore_backup(folder: Path, say: Say, *, replace: bool = False) -> Restored:
    """Puts a backup in the place of what is here. Raises `Fault`; then what was here still is."""
    contents = check_backup(folder, say)
    _refuse_a_running_server()
    if not replace and _anything_here():
        raise Fault("target-not-empty")
    done = Restored(contents, epoch=new_id())
    try:
        _bring_files(folder, contents, say)
        _bring_keys(folder, done)
        if contents.revision != newest_revision():
            say(line("migrating", old=contents.revision, new=newest_revision()))
        bring = _bring_sqlite if db.engine.dialect.name == "sqlite" else _bring_postgres
        bring(folder, done, say)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Fault("disk-full", path=current_app.config["DATA_DIR"]) from None
        raise Fault("not-written", what=error) from None
    _prove(done)
    done.reopened = _reopen_lost_files()
    db.session.remove()
    db.engine.dispose()
    return done


# --- What is here ---------------------------------------------------------------------------------------


def _refuse_a_running_server() -> None:
    """A server that still has the old database open would go on answering from it."""
    db.session.remove()
    db.engine.dispose()
    if db.engine.dialect.name == "sqlite":
        path = database_path()
        if not path.exists():
            return
        try:
            # SQLite leaves the write-ahead log only when nobody else has the file open, in whatever process.
            with closing(sqlite3.connect(path, timeout=1)) as connection:
                connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            raise Fault("target-running") from None
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name"
        " AND pid <> pg_backend_pid()"
    )
    try:
        with db.engine.connect() as connection:
            if connection.scalar(others, {"name": APPLICATION_NAME}):
                raise Fault("target-running")
    except OperationalError as error:
        raise Fault("database-away", what=error.orig) from None


def _anything_here() -> bool:
    """Whether somebody could lose something: there are users, or the tables are of another program."""
    if db.engine.dialect.name == "sqlite" and not database_path().exists():
        return False
    with db.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if "user_account" not in tables:
            return any(name != copying.VERSION_TABLE for name in tables)
        return connection.scalar(text("SELECT count(*) FROM user_account")) != 0


# --- Files and keys -------------------------------------------------------------------------------------


def _bring_files(folder: Path, contents: Contents, say: Say) -> None:
    """Adds what the store does not have, or has with other bytes. Nothing is taken from it."""
    progress = Progress(say, "files", contents.bytes)
    data_dir = Path(current_app.config["DATA_DIR"])
    there = [(path, store().root / path.relative_to(folder / FILES)) for path in (folder / FILES).rglob("*")]
    there += [(path, data_dir / RESCUES / path.name) for path in (folder / RESCUES).glob("*.rescue")]
    for path, target in sorted(there):
        if not path.is_file():
            continue
        if not (
            target.is_file() and target.stat().st_size == path.stat().st_size and sha256_of(target) == sha256_of(path)
        ):
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch = target.with_name(f".{target.name}{SCRATCH}")
            scratch.unlink(missing_ok=True)
            copy_hashed(path, scratch)
            scratch.replace(target)
            _flush(target.parent)
        progress.add(path.stat().st_size)


def _bring_keys(folder: Path, done: Restored) -> None:
    data_dir = Path(current_app.config["DATA_DIR"])
    for name in done.contents.keys:
        source, target = folder / KEYS / name, data_dir / name
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        if target.exists() and _anything_here():
            done.aside.append(str(_aside(target)))
        scratch = data_dir / f".{name}{SCRATCH}"
        scratch.unlink(missing_ok=True)
        copy_hashed(source, scratch)
        scratch.replace(target)
    _flush(data_dir)


def _aside(path: Path) -> Path:
    """Gives what is here another name as well, without a moment in which it has none; the caller replaces it."""
    stamp = clock.now().strftime("before-%Y%m%dT%H%M%SZ")
    names = [stamp, *(f"{stamp}-{i}" for i in range(2, 1000))]
    other = next(p for n in names if not (p := path.with_name(f"{path.name}.{n}")).exists())
    try:
        os.link(path, other)
    except OSError:
        shutil.copy2(path, other)
    return other


# --- The database ---------------------------------------------------------------------------------------


def _bring_sqlite(folder: Path, done: Restored, say: Say) -> None:
    target = database_path()
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f"{target.name}{SCRATCH}")
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{scratch}{suffix}").unlink(missing_ok=True)
    try:
        Progress(say, "rows", 1)
        copy_hashed(folder / DATABASE, scratch)
        copying.upgrade_file(scratch, newest_revision())
        with closing(sqlite3.connect(scratch)) as connection, connection:
            connection.execute("UPDATE clock SET epoch = ?", (done.epoch,))
        copying.seal(scratch)
        look_into(scratch)
        _refuse_a_running_server()  # also: the log of what was here is in its file now, so one name is all of it
        if target.exists():
            done.aside.append(str(_aside(target)))
        for suffix in ("-wal", "-shm"):
            Path(f"{target}{suffix}").unlink(missing_ok=True)
        scratch.replace(target)
        _flush(target.parent)
    except sqlite3.Error as error:
        if "full" in str(error):
            raise Fault("disk-full", path=target.parent) from None
        raise Fault("not-restored", what=error) from None
    finally:
        with suppress(FileNotFoundError):
            scratch.unlink()


def _bring_postgres(folder: Path, done: Restored, say: Say) -> None:
    """All in one transaction: old tables into a schema of their own, new ones made, filled, migrated, and counted."""
    try:
        with db.engine.begin() as connection:
            _move_tables_aside(connection, done)
            copying.upgrade(connection, done.contents.revision)
            copying.fill_postgres(connection, folder / DATABASE, say)
            for table, rows in done.contents.tables.items():
                if connection.scalar(text(f'SELECT count(*) FROM "{table}"')) != rows:
                    raise Fault("not-restored", what=table)
            copying.upgrade(connection, newest_revision())
            connection.execute(text("UPDATE clock SET epoch = :epoch"), {"epoch": done.epoch})
    except ProgrammingError as error:
        raise Fault("target-forbidden", what=error.orig) from None
    except DataError as error:
        raise Fault("values-refused", what=error.orig) from None
    except OperationalError as error:
        raise Fault("database-away", what=error.orig) from None


def _move_tables_aside(connection: Connection, done: Restored) -> None:
    tables = inspect(connection).get_table_names()
    if not tables:
        return
    taken = set(inspect(connection).get_schema_names())
    stamp = clock.now().strftime("before_%Y%m%dt%H%M%Sz")
    name = next(n for n in [stamp, *(f"{stamp}_{i}" for i in range(2, 1000))] if n not in taken)
    connection.execute(text(f'CREATE SCHEMA "{name}"'))
    for table in tables:
        connection.execute(text(f'ALTER TABLE "{table}" SET SCHEMA "{name}"'))
    done.aside.append(f"schema {name}")


# --- Afterwards -----------------------------------------------------------------------------------------


def _prove(done: Restored) -> None:
    """Asks the database in its place, through the server's own connections."""
    with db.engine.connect() as connection:
        revision = connection.scalar(text(f"SELECT version_num FROM {copying.VERSION_TABLE}"))
        epoch = connection.scalar(text("SELECT epoch FROM clock WHERE id = 1"))
        users = connection.scalar(text("SELECT count(*) FROM user_account"))
        connection.rollback()
    if revision != newest_revision() or users != done.contents.tables["user_account"]:
        raise Fault("not-restored", what=f"{revision}, {users}")
    if done.contents.epoch is not None and epoch != done.epoch:
        raise Fault("not-restored", what="epoch")


def _reopen_lost_files() -> int:
    """Files the database speaks of and nobody has here: their slots are open again, so that phones, which keep their
    copies for 30 days after they were verified, send them once more."""
    lost = 0
    for row in list(db.session.scalars(select(StoredFile))):
        path = store().path(row.sha256)
        if path.is_file() and sha256_of(path) == row.sha256:
            continue
        lost += 1
        for attachment in db.session.scalars(
            select(Attachment).where(Attachment.sha256 == row.sha256, Attachment.state.in_(SHOWN))
        ):
            attachment.state = "declared"
        store().discard(row.sha256)
        db.session.delete(row)
    db.session.commit()
    return lost
