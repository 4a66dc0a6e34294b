"""Knowing who asks is cheap, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, text

from server.api.identity import short_read
from server.extensions import db, reading
from server.models import User, new_id
from tests.cast import sign_in
from tests.server.test_auth import WRONG, bearer, login


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What the app's database is asked inside the block."""
    said: list[str] = []

    def note(connection, cursor, statement, *more):
        said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_knowing_who_asks_costs_one_query(app, client, cast):
    headers = sign_in(client, cast.alice)
    client.get("/api/auth/me", headers=headers)
    with statements(app) as said:
        assert client.get("/api/auth/me", headers=headers).status_code == 200
    people = [statement for statement in said if "user_account" in statement]
    assert len(people) == 1
    assert len([statement for statement in said if statement.startswith("SELECT")]) == 2  # and the epoch


def test_a_pull_of_nothing_new_asks_the_database_once(app, cast, phone):
    """Who asks, from which device, and where the clock stands: all in one."""
    phone.pull()
    with statements(app) as said:
        assert phone.pull_page()["rows"] == []
    assert len([statement for statement in said if statement.startswith("SELECT")]) == 1


@contextmanager
def a_writer(app: Flask) -> Iterator[None]:
    """Somebody is in the middle of a writing transaction."""
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("UPDATE clock SET rev = rev + 1 WHERE id = 1"))
        yield
        connection.rollback()


@pytest.mark.timeout(20)
def test_being_recognised_or_refused_waits_for_no_writer(app, client, cast):
    tokens = login(client, cast.alice).json
    headers = bearer(tokens["access"])
    with a_writer(app):
        assert client.get("/api/auth/me", headers=headers).status_code == 200
        assert client.post("/api/users", json={}, headers=headers).status_code == 403
        assert login(client, cast.bob, password=WRONG).status_code == 401
        assert client.post("/api/sync/push", data=b"{", headers=headers).status_code == 400
        pull = {"protocol": 1, "device": tokens["device_id"], "cookie": None}
        assert client.post("/api/sync/pull", json=pull, headers=headers).status_code == 200


def test_a_short_read_leaves_the_next_transaction_free_to_write(app, cast):
    with app.app_context():
        reading.set(False)
        with short_read():
            db.session.get_one(User, cast.bob.id)
        db.session.get_one(User, cast.bob.id).name_en = "Robert"
        db.session.commit()
    with app.app_context():
        assert db.session.get_one(User, cast.bob.id).name_en == "Robert"


def test_a_token_of_a_device_that_is_not_registered_opens_nothing(app, client, cast):
    from server.api.identity import access_token

    with app.app_context():
        unknown, _ = access_token(cast.alice.id, new_id())
        stranger, _ = access_token(new_id(), new_id())
    assert client.get("/api/auth/me", headers=bearer(unknown)).json["code"] == "device-unknown"
    assert client.get("/api/auth/me", headers=bearer(stranger)).json["code"] == "token-invalid"


def test_a_token_opens_nothing_on_the_device_of_somebody_else(app, client, cast):
    from server.api.identity import access_token

    device_id = login(client, cast.bob).json["device_id"]
    with app.app_context():
        mixed, _ = access_token(cast.alice.id, device_id)
    assert client.get("/api/auth/me", headers=bearer(mixed)).json["code"] == "device-foreign"
