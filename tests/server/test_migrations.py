"""The schema that migrations build is the schema the models mean, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from server.extensions import db
from tests.conftest import DATABASES, MIGRATIONS, build_app, close


@pytest.fixture(params=DATABASES)
def empty_app(request, tmp_path) -> Iterator[Flask]:
    """The app on a database that was never migrated."""
    if request.param == "sqlite":
        app = build_app(f"sqlite:///{tmp_path}/empty.db", tmp_path)
        yield app
        close(app)
        return
    server = request.getfixturevalue("postgres")
    name = f"empty_{tmp_path.name}"[-60:].lower()
    app = build_app(server.create_database(name), tmp_path)
    yield app
    close(app)
    server.drop_database(name)


def shape() -> dict[str, object]:
    """Tables with their columns, indexes and constraints, as the database itself tells them."""
    looker = inspect(db.engine)
    return {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in looker.get_columns(table)],
            sorted((index["name"] or "", index["column_names"]) for index in looker.get_indexes(table)),
            sorted((unique["name"] or "", unique["column_names"]) for unique in looker.get_unique_constraints(table)),
        )
        for table in looker.get_table_names()
    }


def test_up_down_and_up_again_gives_the_same_schema(empty_app):
    with empty_app.app_context():
        upgrade(directory=MIGRATIONS)
        first = shape()
        downgrade(directory=MIGRATIONS, revision="base")
        left = shape()
        upgrade(directory=MIGRATIONS)
        assert shape() == first
    assert set(left) == {"alembic_version"}
    assert "work_order" in first


def test_models_and_migrations_do_not_differ(app):
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, db.metadata) == []


def test_a_second_upgrade_finds_nothing_left_to_do(app):
    with app.app_context():
        before = shape()
        upgrade(directory=MIGRATIONS)
        assert shape() == before


def test_a_migration_that_fails_leaves_nothing_behind(empty_app):
    with empty_app.app_context():
        with db.engine.begin() as connection:  # in the way of the initial migration, long after its first tables
            connection.execute(text("CREATE TABLE work_order (id INTEGER)"))
        with pytest.raises(Exception, match="work_order"):
            upgrade(directory=MIGRATIONS)
        assert inspect(db.engine).get_table_names() == ["work_order"]


def test_migrations_form_one_line():
    heads = ScriptDirectory(MIGRATIONS).get_heads()
    assert len(heads) == 1
