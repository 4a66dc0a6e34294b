"""No change is stepped over while eight processes commit at once; the same reader with a naive cursor misses some."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from server.extensions import db
from server.models import FeedRow, StockMovement
from tests.cast import person
from tests.conftest import build_app, close
from tests.server import writers
from tests.services import Postgres

WRITERS = 8
CHANGES = 200_000  # committed, at least
WITHIN = 500  # s; a tenth of it on two idle cores, more than half when many others work there

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(WITHIN + 60)]


@pytest.fixture
def app(postgres: Postgres, postgres_template: str, tmp_path: Path):
    name = f"feed_{os.getpid()}"
    made = build_app(postgres.create_database(name, postgres_template), tmp_path)
    yield made
    close(made)
    postgres.drop_database(name)


def test_no_change_of_two_hundred_thousand_is_missed_and_a_naive_cursor_misses_some(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    reader = person("store", "库管", "storekeeper")  # who holds the scope of the rows that are written
    with app.app_context():
        db.session.add(reader)
        for statement in (*writers.NAIVE_TABLE, writers.NAIVE_INDEX):
            db.session.execute(text(statement))
        db.session.commit()
    transactions = -(-CHANGES // (WRITERS * (writers.NEW_ROWS + writers.CHANGED_ROWS))) + 1
    began = time.monotonic()
    seen = in_processes(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, transactions, reader.id)
    took = time.monotonic() - began
    with app.app_context():
        held = dict(
            db.session.execute(select(FeedRow.row_id, FeedRow.rev).where(FeedRow.noun == StockMovement.NOUN)).all()
        )
        told = db.session.scalar(select(func.count()).select_from(text("naive")))
    committed = WRITERS * (transactions * writers.NEW_ROWS + (transactions - 1) * writers.CHANGED_ROWS)
    assert committed >= CHANGES
    assert len(held) == told == WRITERS * transactions * writers.NEW_ROWS
    missed = [row_id for row_id, rev in held.items() if seen.rows.get(row_id) != rev]
    naive_missed = held.keys() - seen.naive
    with capsys.disabled():
        print(
            f"\n{committed} changes by {WRITERS} writers in {took:.0f} s, {seen.polls} polls: {len(missed)} missed;"
            f" the naive cursor missed {len(naive_missed)} of {len(held)}"
        )
    assert seen.polls > 100, "a reader that looks only at the end proves nothing"
    assert not missed
    assert naive_missed, "the control must fail, or this test could not"


def in_processes(url: str, folder: Path, transactions: int, reader_id: str) -> writers.Seen:
    """Runs writers and reader to their end; none outlives the test."""
    context = multiprocessing.get_context("spawn")
    stopped = context.Event()
    processes = []

    def start(target: Callable[..., None], *args: object):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=target, args=(url, folder, *args, there), daemon=True)
        process.start()
        there.close()
        processes.append(process)
        return here

    try:
        ear = start(writers.read, reader_id, stopped)
        for pipe in [start(writers.write, transactions, seed) for seed in range(WRITERS)]:
            assert pipe.poll(WITHIN), "a writer did not end"
            assert (fault := pipe.recv()) == "", fault
        stopped.set()
        assert ear.poll(WITHIN), "the reader did not end"
        seen: writers.Seen = ear.recv()
        assert seen.fault == "", seen.fault
        return seen
    finally:
        for process in processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()
