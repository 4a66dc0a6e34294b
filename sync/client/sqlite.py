"""A storage in one SQLite file, durable at every commit. Several processes may share it: each write locks first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from sync.client.ports import Entry, FileEntry, Row

BUSY_SECONDS = 30
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS act (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, settled_at TEXT, entry TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS act_by_seq ON act (settled_at, seq);
CREATE TABLE IF NOT EXISTS row (noun TEXT, id TEXT, scope TEXT NOT NULL, rev INTEGER NOT NULL, body TEXT NOT NULL,
                                PRIMARY KEY (noun, id));
CREATE INDEX IF NOT EXISTS row_by_scope ON row (scope);
CREATE TABLE IF NOT EXISTS scope (scope TEXT PRIMARY KEY, left_for TEXT);
CREATE TABLE IF NOT EXISTS file (attachment_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS content (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL);
"""


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class SqliteStorage:
    """Tables as the port names them; `path` may be `:memory:`."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")  # "saved" is a promise: a relaxed one is not offered
        self.connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Gives the file back."""
        self.connection.close()

    @contextmanager
    def transaction(self, *, strict: bool = False) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def _write(self, sql: str, *values: Any) -> None:
        assert self.connection.in_transaction, "writes belong into a transaction"
        self.connection.execute(sql, values)

    def get(self, key: str, default: Any = None) -> Any:
        found = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if found is None else json.loads(found[0])

    def put(self, key: str, value: Any) -> None:
        self._write("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, _dump(value))

    # --- Acts ---------------------------------------------------------------------------------------------

    def entries(self, *, settled: bool | None = None) -> list[Entry]:
        where = {None: "", True: "WHERE settled_at IS NOT NULL", False: "WHERE settled_at IS NULL"}[settled]
        found = self.connection.execute(f"SELECT entry FROM act {where} ORDER BY seq")
        return [Entry(**json.loads(text)) for (text,) in found]

    def entry(self, act_id: str) -> Entry | None:
        found = self.connection.execute("SELECT entry FROM act WHERE id = ?", (act_id,)).fetchone()
        return None if found is None else Entry(**json.loads(found[0]))

    def put_entry(self, entry: Entry) -> None:
        text = _dump(asdict(entry))
        self._write("INSERT OR REPLACE INTO act VALUES (?, ?, ?, ?)", entry.id, entry.seq, entry.settled_at, text)

    def drop_entry(self, act_id: str) -> None:
        self._write("DELETE FROM act WHERE id = ?", act_id)

    # --- Rows and scopes ----------------------------------------------------------------------------------

    def _rows(self, where: str, *values: Any) -> list[Row]:
        found = self.connection.execute(f"SELECT noun, id, scope, rev, body FROM row {where}", values)
        return [Row(noun, row_id, scope, rev, json.loads(body)) for noun, row_id, scope, rev, body in found]

    def rows(self, noun: str | None = None) -> list[Row]:
        return self._rows("") if noun is None else self._rows("WHERE noun = ?", noun)

    def row(self, noun: str, row_id: str) -> Row | None:
        return next(iter(self._rows("WHERE noun = ? AND id = ?", noun, row_id)), None)

    def put_row(self, row: Row) -> None:
        values = (row.noun, row.id, row.scope, row.rev, _dump(row.body))
        self._write("INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?, ?)", *values)

    def drop_row(self, noun: str, row_id: str) -> None:
        self._write("DELETE FROM row WHERE noun = ? AND id = ?", noun, row_id)

    def scope_rows(self, scope: str) -> list[Row]:
        return self._rows("WHERE scope = ?", scope)

    def clear_rows(self) -> None:
        self._write("DELETE FROM row")
        self._write("DELETE FROM scope")

    def scopes(self) -> dict[str, str | None]:
        return dict(self.connection.execute("SELECT scope, left_for FROM scope").fetchall())

    def put_scope(self, scope: str, left: str | None) -> None:
        self._write("INSERT OR REPLACE INTO scope VALUES (?, ?)", scope, left)

    def drop_scope(self, scope: str) -> None:
        self._write("DELETE FROM scope WHERE scope = ?", scope)

    # --- Files --------------------------------------------------------------------------------------------

    def files(self) -> list[FileEntry]:
        found = self.connection.execute("SELECT entry FROM file ORDER BY rowid")
        return [FileEntry(**json.loads(text)) for (text,) in found]

    def put_file(self, file: FileEntry, content: bytes | None = None) -> None:
        if content is not None:
            self._write("INSERT OR REPLACE INTO content VALUES (?, ?)", file.sha256, content)
        upsert = "INSERT INTO file VALUES (?, ?, ?) ON CONFLICT (attachment_id) DO UPDATE SET entry = excluded.entry"
        self._write(upsert, file.attachment_id, file.sha256, _dump(asdict(file)))

    def content(self, sha256: str) -> bytes | None:
        found = self.connection.execute("SELECT bytes FROM content WHERE sha256 = ?", (sha256,)).fetchone()
        return None if found is None else bytes(found[0])

    def drop_file(self, attachment_id: str) -> None:
        self._write("DELETE FROM file WHERE attachment_id = ?", attachment_id)
        self._write("DELETE FROM content WHERE sha256 NOT IN (SELECT sha256 FROM file)")
