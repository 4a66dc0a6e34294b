"""Making a backup: snapshot, files, keys, proof, and only then the name."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server import clock
from server.backup import copying
from server.backup.manifest import (
    DATABASE,
    FILES,
    KEY_PATTERNS,
    KEYS,
    MANIFEST,
    RESCUES,
    Contents,
    check_backup,
    copy_hashed,
    known_revisions,
    look_into,
    paths_in,
    read_sums,
    stored_files,
    write_manifest,
    write_sums,
)
from server.backup.words import Fault, Progress, Say, line
from server.extensions import db
from server.files import FileStore, sha256_of, store

NAME = re.compile(r"backup-\d{8}T\d{6}\.\d{3}Z")
UNFINISHED = ".unfinished-"  # how the name of everything begins that is not, or no longer, a backup
LOCK = ".lock"
ORDINARY = {"lost+found"}  # what an empty disk holds


@dataclass(frozen=True)
class Backup:
    """A finished one."""

    path: Path
    contents: Contents


def make_backup(root: Path, say: Say, keep: int | None = None) -> Backup:
    """Makes a backup in `root` and proves it; then removes older ones beyond `keep`. Raises `Fault`."""
    try:
        with _alone_in(root):
            backup = _make(root, say)
            if keep is not None:
                _remove_old(root, keep, backup.path, say)
            return backup
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Fault("disk-full", path=root) from None
        raise Fault("not-written", what=error) from None


def backups_in(root: Path) -> list[Path]:
    """Finished backups, the oldest first."""
    found = [path for path in root.iterdir() if NAME.fullmatch(path.name) and (path / MANIFEST).is_file()]
    return sorted(found)


@contextmanager
def _alone_in(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    foreign = [p.name for p in root.iterdir() if not p.name.startswith(".") and p.name not in ORDINARY]
    if foreign and not any(NAME.fullmatch(name) for name in foreign):
        raise Fault("destination-foreign", path=root)
    with (root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Fault("destination-busy", path=root) from None
        for left in root.glob(f"{UNFINISHED}*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


def _make(root: Path, say: Say) -> Backup:
    name = _free_name(root)
    earlier = backups_in(root)
    folder = root / f"{UNFINISHED}{name}"
    folder.mkdir(mode=0o700)
    try:
        contents = _copy_database(folder, say)
        known = _copy_files(folder, contents, earlier[-1] if earlier else None, say)
        _copy_keys(folder, contents)
        _copy_rescues(folder)
        write_manifest(folder, contents)
        sums = {str(p.relative_to(folder)): "" for p in paths_in(folder)}
        write_sums(folder, {n: known.get(n) or sha256_of(folder / n) for n in sums})
        _settle(folder)
        check_backup(folder, say, {n: h for n, h in known.items() if (folder / n).stat().st_nlink > 1})
        folder.rename(root / name)
        _flush(root)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if contents.missing:
        say(line("missing", n=len(contents.missing)))
    if contents.secret_in_environment:
        say(line("secret-elsewhere"))
    return Backup(root / name, contents)


def _free_name(root: Path) -> str:
    while (root / (name := clock.now().strftime("backup-%Y%m%dT%H%M%S.%f")[:-3] + "Z")).exists():
        time.sleep(0.001)
    return name


def _copy_database(folder: Path, say: Say) -> Contents:
    kind, target, made_at = db.engine.dialect.name, folder / DATABASE, clock.wire(clock.now())
    target.touch(0o600)
    try:
        _room_for(folder, _database_bytes())
        if kind == "sqlite":
            copying.copy_sqlite(database_path(), target, say)
        else:
            copying.copy_postgres(db.engine, target, say)
        seen = look_into(target)
    except sqlite3.Error as error:
        if "full" in str(error):
            raise Fault("disk-full", path=folder.parent) from None
        raise Fault("database-away", what=error) from None
    except SQLAlchemyError as error:
        raise Fault("database-away", what=type(error).__name__) from None
    if seen["revision"] not in known_revisions():
        raise Fault("not-migrated", revision=seen["revision"] or "-")
    return Contents(made_at=made_at, database=kind, **seen)


def database_path() -> Path:
    """The file of a SQLite database."""
    name = db.engine.url.database
    if not name or name == ":memory:":
        raise Fault("database-in-memory")
    return Path(name)


def _database_bytes() -> int:
    if db.engine.dialect.name == "sqlite":
        if not database_path().exists():
            raise Fault("not-migrated", revision="-")
        with closing(sqlite3.connect(f"{database_path().absolute().as_uri()}?mode=rw", uri=True)) as live:
            return int(live.execute("PRAGMA page_count").fetchone()[0] * live.execute("PRAGMA page_size").fetchone()[0])
    with db.engine.connect() as connection:
        if not connection.scalar(text("SELECT to_regclass('alembic_version')")):
            raise Fault("not-migrated", revision="-")
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def _room_for(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        mb = 1024 * 1024
        raise Fault("too-little-space", path=folder.parent, need=needed // mb + 1, free=free // mb)


# --- Files ----------------------------------------------------------------------------------------------


def _copy_files(folder: Path, contents: Contents, earlier: Path | None, say: Say) -> dict[str, str]:
    """The files the snapshot speaks of, and their thumbnails. Gives the hashes that were read on the way.

    What the backup before has already is linked: the same bytes twice would only cost the disk.
    """
    live, copies = store(), FileStore(folder / FILES)
    before = _Earlier(earlier)
    wanted = [(sha256, size) for sha256, sizes in stored_files(folder / DATABASE).items() for size in sizes]
    there = {key: live.path(*key).stat().st_size for key in wanted if live.has(*key)}
    _room_for(folder, sum(n for key, n in there.items() if not before.has(copies.path(*key).relative_to(folder), n)))
    progress = Progress(say, "files", sum(there.values()))
    known: dict[str, str] = {}
    for key in wanted:
        target = copies.path(*key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = target.relative_to(folder)
        digest = before.link(name, target, there.get(key))
        if digest is None:
            digest = _copied(live.path(*key), target)
        if key[1] == "original" and digest != key[0]:
            target.unlink(missing_ok=True)
            contents.missing[key[0]] = "missing" if digest is None else "damaged"
            continue
        if digest is not None:
            known[str(name)] = digest
            contents.files += 1
            contents.bytes += target.stat().st_size
            progress.add(target.stat().st_size)
    return known


def _copied(source: Path, target: Path) -> str | None:
    try:
        return copy_hashed(source, target)
    except FileNotFoundError:  # discarded a moment ago, because it had rotted
        return None


class _Earlier:
    """The files of the backup before this one."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.sums: dict[str, str] = {}
        if folder is not None:
            with suppress(Fault):
                self.sums = read_sums(folder)

    def has(self, name: Path, size: int) -> bool:
        return self.folder is not None and str(name) in self.sums and (self.folder / name).stat().st_size == size

    def link(self, name: Path, target: Path, size: int | None) -> str | None:
        """Links the file if it is there and still right; gives its hash, which has been read just now."""
        try:
            if self.folder is None or size is None or not self.has(name, size):
                return None
            digest = sha256_of(self.folder / name)
            if digest != self.sums[str(name)]:
                return None
            os.link(self.folder / name, target)
            return digest
        except OSError:  # another disk, or one without links
            return None


def _copy_keys(folder: Path, contents: Contents) -> None:
    """What signs tokens, so that phones stay signed in, and what opens rescue bundles."""
    keys, data_dir = folder / KEYS, Path(current_app.config["DATA_DIR"])
    keys.mkdir(mode=0o700)
    for pattern in KEY_PATTERNS:
        for path in sorted(data_dir.glob(pattern)):
            copy_hashed(path, keys / path.name)
            contents.keys.append(path.name)
    used = current_app.config["SECRET_KEY"]
    kept = [(data_dir / name).read_text(errors="replace").strip() for name in contents.keys if name == "secret.key"]
    contents.secret_in_environment = used not in kept


def _copy_rescues(folder: Path) -> None:
    """Rescue files are written once and never changed; the few there are go along whole."""
    kept = Path(current_app.config["DATA_DIR"]) / RESCUES
    for path in sorted(kept.glob("*.rescue")) if kept.is_dir() else []:
        (folder / RESCUES).mkdir(exist_ok=True, mode=0o700)
        copy_hashed(path, folder / RESCUES / path.name)


# --- The end --------------------------------------------------------------------------------------------


def _settle(folder: Path) -> None:
    """On the disk, and for the owner's eyes only."""
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        _flush(path)
    _flush(folder)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_old(root: Path, keep: int, newest: Path, say: Say) -> None:
    """`newest` stays whatever its name says: the clock may have been set back."""
    others = [path for path in backups_in(root) if path != newest]
    for path in others[: max(len(others) - (keep - 1), 0)]:
        doomed = root / f"{UNFINISHED}{path.name}"
        path.rename(doomed)  # half removed it must not look like one
        shutil.rmtree(doomed, ignore_errors=True)
        say(line("removed", name=path.name))
