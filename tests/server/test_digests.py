"""The digests kept with the feed are those of the feed, whatever a transaction did."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from server import feed
from server.extensions import db
from server.models import Clock, FeedRow, Note, ScopeDigest, new_id
from sync.digest import Digest
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("cast")


def kept() -> dict[str, tuple[Digest, int]]:
    """Every scope's digest and last rev as the server keeps them."""
    columns = ScopeDigest.__table__.c
    rows = db.session.execute(select(columns.scope, columns.rows, columns.hi, columns.lo, columns.rev))
    return {scope: (Digest.of_halves(count, hi, lo), rev) for scope, count, hi, lo, rev in rows}


def counted() -> dict[str, tuple[Digest, int]]:
    """The same from the feed itself."""
    found: dict[str, tuple[Digest, int]] = {}
    live = FeedRow.body.is_not(None)
    for noun, row_id, scope, rev, lives in db.session.execute(
        select(FeedRow.noun, FeedRow.row_id, FeedRow.scope, FeedRow.rev, live)
    ):
        digest, latest = found.get(scope, (Digest(), 0))
        found[scope] = digest.add(noun, row_id, rev) if lives else digest, max(latest, rev)
    return found


def note(order: str, **more: Any) -> Note:
    return Note(id=new_id(), visit_id=new_id(), work_order_id=order, text="记一笔", **more)


@pytest.fixture
def order(app: Flask) -> str:
    """A work order's scope with one note, published before."""
    order = new_id()
    with app.app_context():
        db.session.add(note(order))
        db.session.commit()
    return order


def test_rows_that_are_new_changed_and_deleted_are_counted(app: Flask, order: str):
    with app.app_context():
        first = db.session.scalars(select(Note)).one()
        db.session.add_all([note(order), note(order), note(new_id())])
        first.text = "改一笔"
        db.session.commit()
        assert kept() == counted()
        assert kept()[f"wo:{order}"][0].count == 3
        db.session.delete(first)
        db.session.commit()
        assert kept() == counted()
        assert kept()[f"wo:{order}"][0].count == 2


def test_a_row_made_and_deleted_in_one_transaction_counts_nothing(app: Flask, order: str):
    with app.app_context():
        brief = note(order)
        db.session.add(brief)
        db.session.flush()
        db.session.delete(brief)
        db.session.commit()
        assert kept() == counted()


def test_a_row_deleted_and_made_anew_under_its_id_counts_once(app: Flask, order: str):
    with app.app_context():
        first = db.session.scalars(select(Note)).one()
        db.session.delete(first)
        db.session.flush()
        again = note(order)
        again.id = first.id
        db.session.add(again)
        db.session.commit()
        assert kept() == counted()
        db.session.delete(again)
        db.session.commit()
        last = note(order)
        last.id = first.id
        db.session.add(last)
        db.session.commit()
        assert kept() == counted()
        assert kept()[f"wo:{order}"][0].count == 1


def test_savepoints_that_are_rolled_back_count_nothing(app: Flask, order: str):
    with app.app_context():
        first = db.session.scalars(select(Note)).one()
        taken_back = note(order)
        savepoint = db.session.begin_nested()
        db.session.add(taken_back)
        first.text = "不算"
        db.session.flush()
        savepoint.rollback()
        again = note(order)
        again.id = taken_back.id
        db.session.add_all([again, note(order)])
        db.session.commit()
        assert kept() == counted()
        assert kept()[f"wo:{order}"][0].count == 3


@pytest.mark.parametrize(
    "told", ["UPDATE feed SET body = NULL WHERE noun = 'note'", "DELETE FROM feed WHERE noun = 'note'"]
)
def test_a_row_the_feed_thinks_deleted_or_never_heard_of_is_counted_when_it_changes(app: Flask, order: str, told: str):
    with app.app_context():
        db.session.execute(text(told))
        db.session.execute(text("UPDATE scope_digest SET rows = 0, hi = 0, lo = 0 WHERE scope LIKE 'wo:%'"))
        db.session.commit()
        db.session.scalars(select(Note)).one().text = "又改"
        db.session.commit()
        assert kept() == counted()
        assert kept()[f"wo:{order}"][0].count == 1


def test_a_whole_transaction_rolled_back_leaves_the_digests_as_they_were(app: Flask, order: str):
    with app.app_context():
        before = kept()
        db.session.add(note(order))
        db.session.flush()
        db.session.rollback()
        db.session.add(note(new_id()))
        db.session.commit()
        assert kept() == counted()
        assert kept()[f"wo:{order}"] == before[f"wo:{order}"]


def test_what_was_published_before_digests_were_kept_is_summed_up_by_the_migration(app: Flask, cast: Cast, order: str):
    from flask_migrate import downgrade, upgrade

    from tests.conftest import MIGRATIONS, close

    with app.app_context():
        db.session.delete(db.session.scalars(select(Note)).one())  # a scope of nothing but deletions has its rev
        db.session.commit()
        before, rev = kept(), db.session.get_one(Clock, 1).rev
        assert before == counted()
        assert before[f"wo:{order}"] == (Digest(), rev)
    close(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0002")
        upgrade(directory=MIGRATIONS)
        assert kept() == before


def test_the_revs_that_rows_had_before_are_found_by_their_keys_and_not_by_reading_the_feed(app: Flask, order: str):
    with app.app_context():
        dialect = db.engine.dialect.name
        sql, values = feed.by_keys_query(dialect, "f.rev, f.noun", [("note", new_id()), ("visit", new_id())])
        if dialect == "postgresql":
            db.session.execute(text("SET LOCAL enable_seqscan = off"))  # the table is small here
        explain = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
        plan = " ".join(str(row) for row in db.session.execute(text(explain + sql), values))
        assert ("SEARCH f USING" if dialect == "sqlite" else "Index Scan using pk_feed") in plan


def test_what_only_a_savepoint_changed_is_not_published_when_it_is_rolled_back(app: Flask, order: str):
    """Its lock is gone with the savepoint: somebody else may have changed the row by now, and published that."""
    with app.app_context():
        first, second = db.session.scalars(select(Note)).one(), note(order)
        before = feed.current(db.session())[0]
        db.session.add(second)
        savepoint = db.session.begin_nested()
        first.text = "不算"
        db.session.flush()
        savepoint.rollback()
        db.session.commit()
        query = select(FeedRow.row_id, FeedRow.rev).where(FeedRow.noun == "note")
        revs = {row.row_id: row.rev for row in db.session.execute(query)}
        assert (revs[first.id], revs[second.id]) == (before, before + 1)


def test_what_was_changed_before_a_savepoint_is_published_although_it_is_rolled_back(app: Flask, order: str):
    with app.app_context():
        first = db.session.scalars(select(Note)).one()
        first.text = "算"
        db.session.flush()
        savepoint = db.session.begin_nested()
        first.text = "不算"
        db.session.flush()
        savepoint.rollback()
        db.session.commit()
        body = db.session.scalar(select(FeedRow.body).where(FeedRow.noun == "note"))
        assert '"text":"算"' in (body or "")
        assert kept() == counted()
