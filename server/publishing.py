"""The session of this house: its changed synced rows reach the feed at commit (`server.feed` listens to its events).

A contact of a phone is mostly facts: a note, an answer, a part, a line of a timeline. Nobody changes them in the
transaction that brings them, so the unit of work, which watches every row for changes, would only look on. Such rows
are *kept*: they are written with their like in one statement at the next flush, and the session never holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session, make_transient_to_detached

from server.bulk import insert_rows


class PublishingSession(FlaskSession):
    """A session that publishes. `info` holds what a transaction has collected: see `server.feed`."""

    info: dict[Any, Any]

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.info.get("kept"):
            self._write_kept()
        super().flush(objects)

    def _write_kept(self) -> None:
        tables: dict[Table, list[dict[str, Any]]] = {}
        changed, born = self.info.setdefault("changed", {}), self.info.setdefault("born", {})
        for row in self.info.pop("kept"):
            tables.setdefault(row.__table__, []).append(row.columns())
            changed[row.NOUN, row.id] = born[row.NOUN, row.id] = row
        connection = self.connection()
        for table, rows in tables.items():
            insert_rows(connection, table, rows)


def keep(session: Session, row: Any) -> None:
    """A new synced row, written at the next flush. Who changes it afterwards adopts it first."""
    session.info.setdefault("kept", []).append(row)


def adopt(session: Session, row: Any) -> None:
    """From here on the unit of work watches the row, if it was kept and is not watched yet."""
    if not inspect(row).transient:
        return
    kept = session.info.get("kept", [])
    if any(one is row for one in kept):
        session.info["kept"] = [one for one in kept if one is not row]
    else:  # it is in the database already
        make_transient_to_detached(row)
    session.add(row)
