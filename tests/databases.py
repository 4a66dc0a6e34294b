"""One database of PostgreSQL that serves one test after the other.

Making a database is copying more than a thousand files, and dropping it deletes them: that costs a thousand tests
minutes. A migrated database of ours holds no rows and no sequences: what a test left is gone when its rows are deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

import psycopg

from tests.services import Postgres

#: Deleted rows stay in their tables until somebody vacuums; after so many tests a new database is quicker than that.
TESTS_PER_DATABASE = 60
LOCK_TIMEOUT = "2s"  # of somebody whom a test left behind with a lock

_ALONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Columns of tables and of indexes, what they check, and how far the migrations went.
_SCHEMA = """
SELECT md5(coalesce(string_agg(line, '|' ORDER BY line), '')) FROM (
  SELECT concat_ws(' ', c.relkind, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) AS line
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i', 'v', 'S')
  UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
) AS schema"""
_VERSION = "SELECT string_agg(version_num, ',') FROM alembic_version"
# Foreign keys are not asked while everything goes.
_EMPTY = """
DO $$
DECLARE name text; filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
END $$"""


@dataclass
class Reused:
    """Gives a clean copy of `template` to one test at a time."""

    server: Postgres
    template: str
    name: str | None = None
    uses: int = 0
    _schema: tuple[str, str] | None = field(default=None, repr=False)

    def url(self) -> str:
        """Of a database as empty as a new one."""
        if self.name is None or self.uses >= TESTS_PER_DATABASE or not self._emptied():
            self._renew()
        self.uses += 1
        assert self.name is not None
        return self.server.url(self.name)

    def _renew(self) -> None:
        self.end()
        self.name, self.uses = f"test_{uuid4().hex}", 0
        self.server.create_database(self.name, self.template)
        if self._schema is None:
            with psycopg.connect(self.server.url(self.name), autocommit=True) as connection:
                self._schema = _schema_of(connection)

    def _emptied(self) -> bool:
        """False when the last test left something else than rows, or somebody who holds them."""
        assert self.name is not None
        try:
            with psycopg.connect(self.server.url(self.name), autocommit=True) as connection:
                connection.execute(_ALONE)
                if _schema_of(connection) != self._schema:
                    return False
                connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
                connection.execute(_EMPTY)
        except psycopg.Error:
            return False
        return True

    def end(self) -> None:
        if self.name is not None:
            self.server.drop_database(self.name)


def _schema_of(connection: psycopg.Connection) -> tuple[str, str]:
    (columns,) = connection.execute(_SCHEMA).fetchone() or ("",)
    (version,) = connection.execute(_VERSION).fetchone() or ("",)
    return columns, version
