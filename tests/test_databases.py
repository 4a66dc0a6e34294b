"""The tests' own database is as good as new for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.databases import TESTS_PER_DATABASE, Reused
from tests.services import Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def reused(postgres: Postgres, postgres_template: str) -> Iterator[Reused]:
    made = Reused(postgres, postgres_template)
    yield made
    made.end()


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


FILL = "INSERT INTO clock (id, rev, epoch) VALUES (1, 7, '0')"


def test_the_next_test_finds_no_row_of_the_last(reused: Reused):
    first = reused.url()
    run(first, FILL)
    assert reused.url() == first and run(first, "SELECT count(*) FROM clock") == [(0,)]
    assert run(first, "SELECT count(*) FROM alembic_version") == [(1,)]


@pytest.mark.parametrize("change", [
    "DROP TABLE clock CASCADE", "ALTER TABLE clock ADD COLUMN more int", "CREATE INDEX more ON clock (rev)",
    "DELETE FROM alembic_version", "ALTER TABLE clock ADD CONSTRAINT more CHECK (rev >= 0)",
])  # fmt: skip
def test_a_test_that_changed_the_schema_leaves_its_database_to_nobody(reused: Reused, change: str):
    first = reused.url()
    run(first, change)
    second = reused.url()
    assert second != first and run(second, "SELECT count(*) FROM clock") == [(0,)]


def test_who_was_left_behind_with_a_lock_is_sent_away(reused: Reused):
    url = reused.url()
    left = psycopg.connect(url)
    left.execute(FILL)
    assert reused.url() == url and run(url, "SELECT count(*) FROM clock") == [(0,)]
    left.close()


def test_after_many_tests_the_database_is_a_new_one(reused: Reused):
    urls = [reused.url() for _ in range(TESTS_PER_DATABASE + 1)]
    assert len(set(urls)) == 2 and urls[-1] != urls[0]
