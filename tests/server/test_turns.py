"""SQLite has one writer: the threads of a process take turns, and whoever is done gives way, however it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from server.extensions import db, reading
from server.models import Team, new_id
from tests.cast import Cast

AT_ONCE = 5.0  # s; a turn that was never given up is waited for thirty


def write(name: str = "") -> None:
    db.session.add(Team(id=new_id(), code=new_id()[:30], name=name, name_en=""))
    db.session.flush()


def commit() -> None:
    write()
    db.session.commit()


def roll_back() -> None:
    write()
    db.session.rollback()


def fail() -> None:
    write()
    with pytest.raises(Exception, match="nowhere"):
        db.session.execute(text("SELECT * FROM nowhere"))
    db.session.rollback()


def lose_the_connection() -> None:
    write()
    db.session.connection().invalidate()
    db.session.rollback()


def close_everything() -> None:
    write()
    db.session.close()
    db.engine.dispose()


def forget_to_end() -> None:
    """The end of the request does it."""
    write()


def write_twice() -> None:
    """Several transactions of one connection."""
    with db.engine.connect() as connection:
        for _ in range(2):
            with connection.begin():
                connection.execute(text("UPDATE team SET name = name"))


ENDINGS = [commit, roll_back, fail, lose_the_connection, close_everything, forget_to_end, write_twice]


def elsewhere(app: Flask, what: Callable[[], None]) -> threading.Thread:
    def work() -> None:
        with app.app_context():
            what()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
def test_the_next_writer_begins_at_once_however_the_last_one_ended(app: Flask, cast: Cast, ending: Callable[[], None]):
    for _ in range(2):
        with app.app_context():
            ending()
        began = time.monotonic()
        elsewhere(app, commit).join(AT_ONCE * 2)
        assert time.monotonic() - began < AT_ONCE


def test_who_reads_waits_for_nobody_and_keeps_nobody_waiting(app: Flask, cast: Cast):
    with app.app_context():
        write("held")
        seen: list[int] = []

        def look() -> None:
            reading.set(True)
            seen.append(db.session.scalar(text("SELECT count(*) FROM team WHERE name = 'held'")))

        elsewhere(app, look).join(AT_ONCE)
        assert seen == [0]
        db.session.rollback()


def test_sixteen_writers_at_once_all_come_to_their_turn(app: Flask, cast: Cast):
    def several() -> None:
        for _ in range(5):
            write("turn")
            time.sleep(0.002)
            db.session.commit()

    threads = [elsewhere(app, several) for _ in range(16)]
    for thread in threads:
        thread.join(60)
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM team WHERE name = 'turn'")) == 80
