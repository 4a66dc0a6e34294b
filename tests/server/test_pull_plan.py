"""What PostgreSQL reads for a phone's first pull: the phone's own rows, not everybody's."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from server.extensions import db
from server.models import new_id
from server.pull import _query

SCOPES, ROWS = 400, 11_000  # a small company's feed, where reading it all still looks cheap
HELD = 30

FEED = text("""
    INSERT INTO feed (noun, row_id, scope, rev, body)
    SELECT 'note', 'n' || i, 'user:' || i % :scopes, i, repeat('x', 500) FROM generate_series(1, :rows) i
""")
SUBSCRIPTIONS = text("""
    INSERT INTO subscription (user_id, scope, entered_rev)
    SELECT u, 'user:' || s, 1 FROM unnest(CAST(:users AS text[])) u, generate_series(0, :held - 1) s
""")


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_first_pull_goes_by_the_index_however_small_the_feed_is(app: Flask):
    users = [new_id() for _ in range(20)]
    with app.app_context():
        db.session.execute(FEED, {"scopes": SCOPES, "rows": ROWS})
        db.session.execute(SUBSCRIPTIONS, {"users": users, "held": HELD})
        db.session.commit()
        db.session.execute(text("ANALYZE feed, subscription"))
        asked = {"user": users[0], "since": 0, "target": ROWS, "day": date(2026, 11, 27), "limit": 1000}
        query = _query(False, 0, False, True, False)
        plan = "\n".join(db.session.scalars(text(f"EXPLAIN {query.text}").bindparams(**asked)))
    assert "Seq Scan on feed" not in plan, plan
