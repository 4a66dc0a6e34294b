"""`/health` tells the truth, without telling secrets."""

from __future__ import annotations

from datetime import timedelta

from flask_migrate import downgrade
from sqlalchemy import text

from server import clock
from server.extensions import db
from server.models import Task
from tests.cast import sign_in
from tests.conftest import MIGRATIONS, build_app


def test_a_well_server_says_so_to_anybody(client, cast):
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert answer.json["database"] is True
    assert answer.json["migrations"] is True
    assert answer.json["rev"] >= 1
    assert answer.headers["Cache-Control"] == "no-store"
    epoch = client.get("/api/auth/me", headers=sign_in(client, cast.alice)).json["epoch"]
    assert answer.json["epoch"] == epoch


def test_an_empty_database_is_well(client):
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json["epoch"] is None


def test_a_database_of_an_older_schema_is_not_well(app, client):
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="base")
    answer = client.get("/health")
    assert answer.status_code == 503
    assert (answer.json["database"], answer.json["migrations"]) == (True, False)


def test_a_database_that_is_away_is_reported_without_its_address(tmp_path):
    secret = "postgresql://somebody:secret@127.0.0.1:1/nowhere?connect_timeout=1"
    answer = build_app(secret, tmp_path).test_client().get("/health")
    assert answer.status_code == 503
    assert answer.json["database"] is False
    assert "secret" not in answer.text
    assert "127.0.0.1" not in answer.text


def test_the_age_of_the_oldest_waiting_task_is_told(app, client):
    now = clock.now()
    with app.app_context():
        db.session.add_all(
            [
                Task(name="a", run_at=now - timedelta(minutes=5)),
                Task(name="b", run_at=now - timedelta(hours=5), done_at=now),
                Task(name="c", run_at=now + timedelta(hours=1)),
            ]
        )
        db.session.commit()
    assert 300 <= client.get("/health").json["oldest_task_age_s"] < 330


def test_health_waits_for_no_writer(app, client, cast):
    with app.app_context(), db.engine.connect() as connection:  # BEGIN IMMEDIATE: the one writer of SQLite
        connection.execute(text("UPDATE clock SET rev = rev + 1"))
        assert client.get("/health").status_code == 200
        connection.rollback()
