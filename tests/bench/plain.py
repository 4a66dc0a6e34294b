"""The database through its plain driver, with the same durability as the product's: the floor under every server.

One connection per thread, statements as short as the task allows.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from typing import Any

Row = tuple[Any, ...]

TABLES = (
    "CREATE TABLE floor_act (id VARCHAR(36) PRIMARY KEY, device VARCHAR(36) NOT NULL, n BIGINT NOT NULL,"
    " body TEXT NOT NULL)",
    "CREATE TABLE floor_clock (id INTEGER PRIMARY KEY, rev BIGINT NOT NULL, epoch VARCHAR(36) NOT NULL)",
    "INSERT INTO floor_clock VALUES (1, 1, 'epoch')",
    "CREATE TABLE floor_row (owner VARCHAR(16), k BIGINT, noun VARCHAR(32) NOT NULL, row_id VARCHAR(36) NOT NULL,"
    " scope VARCHAR(48) NOT NULL, rev BIGINT NOT NULL, body TEXT, PRIMARY KEY (owner, k))",
)
_STORE = "INSERT INTO floor_act VALUES (?, ?, ?, ?)"
_ASK = "SELECT rev, epoch FROM floor_clock WHERE id = 1"
_COPY = "INSERT INTO floor_row VALUES (?, ?, ?, ?, ?, ?, ?)"
_RANGE = "SELECT k, noun, row_id, scope, rev, body FROM floor_row WHERE owner = ? AND k > ? ORDER BY k LIMIT ?"


class Plain:
    """A database without anything between it and us."""

    def __init__(self, url: str):
        self.url = url
        self.sqlite = url.startswith("sqlite:///")
        self.mine = threading.local()

    def connection(self) -> Any:
        """This thread's connection, in autocommit: transactions are said by name."""
        if not hasattr(self.mine, "connection"):
            self.mine.connection = self._connect()
        return self.mine.connection

    def _connect(self) -> Any:
        if not self.sqlite:
            import psycopg

            return psycopg.connect(self.url, autocommit=True)
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _sql(self, statement: str) -> str:
        return statement if self.sqlite else statement.replace("?", "%s")

    def _many(self, statement: str, rows: Sequence[Row]) -> None:
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE" if self.sqlite else "BEGIN")
        try:
            connection.cursor().executemany(self._sql(statement), rows)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def create(self) -> None:
        for statement in TABLES:
            self.connection().execute(statement)

    def store(self, acts: Sequence[Row]) -> None:
        """Rows `(id, device, n, body)` in one durable transaction."""
        self._many(_STORE, acts)

    def ask(self) -> Row:
        """`(rev, epoch)`."""
        row: Row = self.connection().execute(_ASK).fetchone()
        return row

    def copy(self, owner: str, rows: Sequence[Row]) -> None:
        """Rows `(noun, id, scope, rev, body)` for `page` to serve, numbered as they come."""
        self._many(_COPY, [(owner, k, *row) for k, row in enumerate(rows, 1)])

    def page(self, owner: str, after: int, limit: int) -> list[Row]:
        """Rows `(k, noun, id, scope, rev, body)` behind `after`."""
        found: list[Row] = self.connection().execute(self._sql(_RANGE), (owner, after, limit)).fetchall()
        return found

    def close(self) -> None:
        self.connection().close()
        del self.mine.connection
