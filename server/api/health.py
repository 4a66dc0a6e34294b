"""Whether the server can do its work: for load balancers, for the deploy script, for whoever is called at night."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from server import clock
from server.extensions import db
from server.models import Clock, Task

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

blueprint = Blueprint("health", __name__, description="Is the server well")


class Health(Schema):
    status = fields.String(metadata={"enum": ["ok", "failing"]})
    database = fields.Boolean(metadata={"description": "reachable"})
    migrations = fields.Boolean(metadata={"description": "the schema is the one this code expects"})
    epoch = fields.String(allow_none=True, metadata={"description": "null until something was written"})
    rev = fields.Integer(allow_none=True)
    oldest_task_age_s = fields.Integer(
        metadata={"description": "seconds since the oldest waiting task was due; it grows when no worker runs"}
    )
    server_time = fields.String(metadata={"format": "date-time"})


@blueprint.get("/health")
@blueprint.response(200, Health)
@blueprint.alt_response(503, schema=Health, description="It cannot serve now")
def health() -> Response:
    """Reads the database and tells what it saw. 503 when it cannot be read or its schema is not the expected one."""
    try:
        seen = _look()
    except SQLAlchemyError:
        current_app.logger.exception("the database cannot be read")
        seen = {"database": False, "migrations": False, "epoch": None, "rev": None, "oldest_task_age_s": 0}
    well = seen["database"] and seen["migrations"]
    response = jsonify({"status": "ok" if well else "failing", **seen, "server_time": clock.wire(clock.now())})
    response.status_code = 200 if well else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def _look() -> dict[str, Any]:
    applied = MigrationContext.configure(db.session.connection()).get_current_revision()
    if applied != _newest():
        return {"database": True, "migrations": False, "epoch": None, "rev": None, "oldest_task_age_s": 0}
    life = db.session.execute(select(Clock.epoch, Clock.rev)).first()
    now = clock.now()
    waiting = (Task.done_at.is_(None), Task.failed_at.is_(None), Task.run_at <= now)
    oldest = db.session.scalar(select(func.min(Task.run_at)).where(*waiting))
    return {
        "database": True,
        "migrations": True,
        "epoch": life.epoch if life else None,
        "rev": life.rev if life else None,
        "oldest_task_age_s": int((now - oldest).total_seconds()) if oldest else 0,
    }


@cache
def _newest() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
