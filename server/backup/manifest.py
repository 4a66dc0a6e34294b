"""What a finished backup looks like, and how it is proved whole.

backup-20261121T083000.123Z/      0700, everything in it 0600
  manifest.json                   what it is, and how much of what
  database.sqlite                 one snapshot
  keys/                           what signs tokens and opens rescue bundles
  files/aa/<sha256>[.320.jpg]     as in the store
  SHA256SUMS                      of everything above, for us and for `sha256sum -c`
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory

from server.backup.words import Fault, Progress, Say
from server.files import ORIGINAL, FileStore, sha256_of

FORMAT = 1
PRODUCT = "xunxiu"
MANIFEST, SUMS, DATABASE, FILES, KEYS = "manifest.json", "SHA256SUMS", "database.sqlite", "files", "keys"
RESCUES = "rescues"  # of DATA_DIR
KEY_PATTERNS = ("*.key", "*.pem", "demo.json")  # of DATA_DIR; the demo's marker says who may sign in
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@dataclass
class Contents:
    """What a backup says of itself."""

    made_at: str
    database: str  # which kind served it
    revision: str
    epoch: str | None
    rev: int
    tables: dict[str, int]  # rows
    files: int = 0
    bytes: int = 0
    missing: dict[str, str] = field(default_factory=dict)  # sha256 of files the server had lost: missing, damaged
    keys: list[str] = field(default_factory=list)
    secret_in_environment: bool = False
    product: str = PRODUCT
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def read_manifest(folder: Path) -> Contents:
    """Raises `Fault` when this is no backup, or one of a later format."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if said["product"] != PRODUCT:
            raise ValueError
        if said["format"] > FORMAT:
            raise Fault("format-newer", format=said["format"])
        return Contents(**said)
    except (OSError, ValueError, KeyError, TypeError):
        raise Fault("not-a-backup", path=folder) from None


def write_manifest(folder: Path, contents: Contents) -> None:
    text = json.dumps(asdict(contents), ensure_ascii=False, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def paths_in(folder: Path) -> Iterator[Path]:
    """Every file of a backup but the sums themselves."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / SUMS)


def write_sums(folder: Path, sums: dict[str, str]) -> None:
    (folder / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())))


def read_sums(folder: Path) -> dict[str, str]:
    """Relative path: sha256."""
    try:
        lines = (folder / SUMS).read_text().splitlines()
        pairs = [(line[66:], line[:64]) for line in lines if line[64:66] == "  "]
    except (OSError, ValueError):
        raise Fault("backup-damaged", what=SUMS) from None
    if len(pairs) != len(lines):
        raise Fault("backup-damaged", what=SUMS)
    return dict(pairs)


def look_into(database: Path) -> dict[str, Any]:
    """Revision, epoch, rev and rows per table of a copy. Raises `sqlite3.Error` when it is none."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        names = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {
            n: copy.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in sorted(names) if n[:7] != "sqlite_"
        }
        revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        clock = copy.execute("SELECT epoch, rev FROM clock WHERE id = 1").fetchone() or (None, 0)
    return {
        "tables": tables, "revision": revision[0] if revision else "", "epoch": clock[0], "rev": clock[1],
    }  # fmt: skip


def stored_files(database: Path) -> dict[str, list[str]]:
    """The files a copy speaks of: sha256 and the sizes that are kept; of some the original's time is over."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        columns = {row[1] for row in copy.execute("PRAGMA table_info(stored_file)")}
        gone = "original_removed_at" if "original_removed_at" in columns else "NULL"  # an older schema knew no end
        rows = copy.execute(f"SELECT sha256, thumbs, {gone} FROM stored_file ORDER BY sha256").fetchall()
    return {
        sha256: [
            *([] if removed else [ORIGINAL]),
            *(size for size, there in (json.loads(thumbs or "{}") or {}).items() if there),
        ]
        for sha256, thumbs, removed in rows
    }


def newest_revision() -> str:
    """The schema this program works with."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def check_backup(folder: Path, say: Say, known: dict[str, str] | None = None) -> Contents:
    """Reads everything again and compares. `known`: hashes that were read from this disk a moment ago."""
    contents = read_manifest(folder)
    sums, there = read_sums(folder), {str(path.relative_to(folder)): path for path in paths_in(folder)}
    for name in sorted(sums.keys() ^ there.keys()):
        raise Fault("backup-damaged", what=f"{name} {'-' if name in sums else '+'}")
    progress = Progress(say, "checking", sum(path.stat().st_size for path in there.values()))
    for name, path in there.items():
        if ((known or {}).get(name) or _hash(path)) != sums[name]:
            raise Fault("backup-damaged", what=name)
        progress.add(path.stat().st_size)
    _check_database(folder, contents)
    _check_files(folder, contents, sums)
    return contents


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise Fault("backup-damaged", what=f"{path.name}: {error.strerror}") from None


def _check_database(folder: Path, contents: Contents) -> None:
    try:
        seen = look_into(folder / DATABASE)
    except sqlite3.Error as error:
        raise Fault("backup-damaged", what=f"{DATABASE}: {error}") from None
    for name, value in seen.items():
        if getattr(contents, name) != value:
            raise Fault("backup-damaged", what=f"{DATABASE}: {name}")
    if contents.revision not in known_revisions():
        raise Fault("backup-newer", revision=contents.revision)


def _check_files(folder: Path, contents: Contents, sums: dict[str, str]) -> None:
    store = FileStore(folder / FILES)
    for sha256, sizes in stored_files(folder / DATABASE).items():
        if ORIGINAL not in sizes:
            continue
        name = str(store.path(sha256, ORIGINAL).relative_to(folder))
        if sums.get(name) != sha256 and sha256 not in contents.missing:
            raise Fault("backup-damaged", what=name)
    count = sum(name.startswith(f"{FILES}/") for name in sums)
    if count != contents.files:
        raise Fault("backup-damaged", what=f"{FILES}: {count} ≠ {contents.files}")


def copy_hashed(source: Path, target: Path) -> str:
    """Copies bytes, flushed, readable by the owner only; gives the hash of what was read."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("xb") as writer:
        target.chmod(0o600)
        while block := reader.read(1024 * 1024):
            digest.update(block)
            writer.write(block)
        flush(writer)
    return digest.hexdigest()


def flush(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
