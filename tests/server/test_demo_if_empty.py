"""The demo company stays away from a system that is somebody's own."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from server.demo.commands import demo_logins
from server.demo.load import load_demo, marker_path
from server.extensions import db
from server.models import Site
from tests.cast import Cast


def test_the_demo_is_not_loaded_over_somebody_s_users(app: Flask, cast: Cast):
    with app.app_context():
        assert load_demo(db.session(), lambda line: None, if_empty=True).skipped == "users"
        assert db.session.scalar(select(func.count()).select_from(Site)) == 1
        assert demo_logins() == [] and not marker_path().exists()


def test_a_marker_of_another_database_does_not_make_these_users_ours(app: Flask, cast: Cast):
    with app.app_context():
        marker_path().write_text(
            '{"epoch": "another", "state": "loading", "anchor": "2026-11-21T08:00:00.000Z", "logins": []}'
        )
        assert load_demo(db.session(), lambda line: None, if_empty=True).skipped == "users"
