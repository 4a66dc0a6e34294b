"""Processes for the proof of the feed: writers that commit without pause, and one reader with two cursors.

The naive cursor is what one writes without thinking: a number drawn from a sequence when the transaction begins (an
`updated_at` is the same), rows taken beyond the highest number seen. Numbers become visible in another order than they
were drawn, so rows are stepped over and never seen. Both cursors are moved by the same reader, in turn, as fast as it
can, and both are told of the same rows by the same transactions: what only one of them misses is the cursor's fault.
"""

from __future__ import annotations

import random
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import orjson
from flask import Flask
from sqlalchemy import text

from server.extensions import db, reading
from server.models import StockMovement, new_id
from server.pull import pull
from sync.protocol import MAX_PAGE_ROWS, VERSION, PullRequest
from tests.conftest import build_app, close

NEW_ROWS, CHANGED_ROWS = 90, 10  # of a transaction
NAIVE_TABLE = "CREATE TABLE naive (id text PRIMARY KEY, drawn bigint NOT NULL)", "CREATE SEQUENCE naive_drawn"
NAIVE_INDEX = "CREATE INDEX naive_drawn_index ON naive (drawn)"
_DRAW = text("SELECT nextval('naive_drawn')")
_TELL = text("INSERT INTO naive (id, drawn) SELECT unnest(CAST(:ids AS text[])), :drawn")
_NAIVE = text("SELECT id, drawn FROM naive WHERE drawn > :cursor ORDER BY drawn")


@dataclass
class Seen:
    """What the reader had at the end."""

    rows: dict[str, int]  # of the feed: id → rev
    naive: set[str]
    polls: int
    fault: str = ""


def write(url: str, folder: Path, transactions: int, seed: int, told: Connection) -> None:
    """Commits so many transactions of new and changed rows, through the session as every door does."""
    app, chance = build_app(url, folder), random.Random(seed)
    try:
        with app.app_context():
            for _ in range(transactions):
                _transaction(chance)
        told.send("")
    except Exception:
        told.send(traceback.format_exc())
    finally:
        close(app)


def _transaction(chance: random.Random) -> None:
    drawn = db.session.scalar(_DRAW)
    rows = [movement(chance) for _ in range(NEW_ROWS)]
    db.session.add_all(rows)
    db.session.execute(_TELL, {"ids": [row.id for row in rows], "drawn": drawn})
    mine: list[StockMovement] = db.session.info.setdefault("mine", [])
    for row in chance.sample(mine, min(len(mine), CHANGED_ROWS)):
        row.quantity += 1
    db.session.commit()
    mine[:] = rows  # the others are forgotten, so that the session stays small
    for row in set(db.session.identity_map.values()) - set(rows):
        db.session.expunge(row)


def movement(chance: random.Random) -> StockMovement:
    return StockMovement(id=new_id(), location="warehouse", part_id="part", quantity=chance.randrange(9), reason="use")


def read(url: str, folder: Path, user_id: str, stopped: Event, told: Connection) -> None:
    """Pulls without pause until it is told to stop, and once more."""
    app, seen = build_app(url, folder), Seen({}, set(), 0)
    try:
        _read(app, user_id, stopped, seen)
    except Exception:
        seen.fault = traceback.format_exc()
    finally:
        told.send(seen)
        close(app)


def _read(app: Flask, user_id: str, stopped: Event, seen: Seen) -> None:
    cookie: str | None = None
    drawn, last = 0, False
    while not last:
        last = stopped.is_set()
        with app.app_context():
            reading.set(True)
            more = True
            while more:
                page = _page(user_id, cookie)
                for row in page["rows"]:
                    if row["noun"] == StockMovement.NOUN:
                        seen.rows[row["id"]] = max(row["rev"], seen.rows.get(row["id"], 0))
                cookie, more = page["cookie"], page["more"]
            for row_id, number in db.session.execute(_NAIVE, {"cursor": drawn}):
                seen.naive.add(row_id)
                drawn = max(drawn, number)
            db.session.rollback()
        seen.polls += 1


def _page(user_id: str, cookie: str | None) -> Any:
    answer = pull(db.session, user_id, 0, PullRequest(VERSION, new_id(), cookie, MAX_PAGE_ROWS))  # type: ignore[arg-type]
    db.session.rollback()
    return orjson.loads(answer)
