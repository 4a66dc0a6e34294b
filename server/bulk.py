"""Many rows into one table at once.

PostgreSQL's driver sends each row of an executemany by itself, and that costs twelve microseconds of Python a row. As
one JSON array in one parameter the rows cost a quarter of it, and the database takes no longer (docs/performance.md).
SQLite's driver loops over rows in C: there an executemany is the shortest way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, Insert, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite

Conflict = Callable[[Any], Any]


def _none(statement: Any) -> Any:
    return statement


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], conflict: Conflict = _none
) -> None:
    """Inserts `rows`, each with every column of `table`. `conflict` (a function of a module, for it is remembered)
    gives the statement an ON CONFLICT; then no two of the rows may have the same key."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(_each(table, conflict), rows)
        return
    # The text of a JSON value may say \u0000, which PostgreSQL keeps as JSON but not as part of a record: such a
    # column travels as text in the text and is made JSON there.
    for name in _json_columns(table):
        rows = [{**row, name: orjson.dumps(row[name]).decode()} for row in rows]
    text = orjson.dumps(rows, default=_instant, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    connection.execute(_together(table, conflict), {"rows": text})


def _instant(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    raise ValueError(f"a column of type {type(value).__name__}, or an instant without a zone")


@cache
def _each(table: Table, conflict: Conflict) -> Insert:
    return conflict(sqlite.insert(table))


@cache
def _together(table: Table, conflict: Conflict) -> Insert:
    as_text = _json_columns(table)
    named = [column(c.name, Text() if c.name in as_text else c.type) for c in table.columns]
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text()), JSON)).table_valued(*named, name="r")
    found = rows.render_derived(with_types=True).c
    values = [cast(found[c.name], JSON) if c.name in as_text else found[c.name] for c in table.columns]
    return conflict(postgresql.insert(table).from_select([c.name for c in table.columns], select(*values)))


@cache
def _json_columns(table: Table) -> tuple[str, ...]:
    return tuple(c.name for c in table.columns if isinstance(c.type, JSON))
