"""The server: `create_app` is its table of contents."""

from __future__ import annotations

from typing import Any

from flask import Flask

from server.acts import load_verbs
from server.api import init_doors
from server.commands import init_commands
from server.config import settings
from server.database import init_database
from server.extensions import db, jwt, limiter, migrate
from server.live import init_live
from server.problems import init_problems
from server.sealing import init_sealing
from server.tasks import init_tasks


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """The whole application. `overrides` are settings that win over the environment."""
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(settings(overrides))
    init_database(app)
    migrate.init_app(app, db)
    jwt.init_app(app)
    init_sealing(app)
    limiter.init_app(app)
    load_verbs()
    init_doors(app)
    init_problems(app)  # after the doors: flask-smorest registers a handler of its own
    init_live(app)
    init_tasks(app)
    init_commands(app)
    return app
