"""Alembic's entry: migrations run over the app's own engine, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from flask import current_app
from sqlalchemy import Connection

from server.models.base import Instant

# The number of this product's migrations among PostgreSQL's advisory locks; any constant will do.
ADVISORY_LOCK = 7_305_110_042


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """A migration is history: it must not change because a class of the models did, so types are written plain."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def leave_out_empty(ctx: Any, revision: Any, scripts: list[MigrationScript]) -> None:
    """`flask db migrate` without a change writes nothing."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and scripts[0].upgrade_ops.is_empty():
        scripts[:] = []


def run() -> None:
    """Migrates the app's database, or the connection somebody brings along (`attributes`), who then commits."""
    extension = current_app.extensions["migrate"]
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        run_on(given, extension)
        return
    with extension.db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # Several server processes may start at once; the second waits and finds nothing left to do.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        run_on(connection, extension)
        connection.commit()


def run_on(connection: Connection, extension: Any) -> None:
    options = {"process_revision_directives": leave_out_empty, **extension.configure_args}
    context.configure(
        connection=connection,
        target_metadata=extension.db.metadata,
        render_item=render_item,
        # True on SQLite as well, where we say BEGIN ourselves: a migration is applied whole or not at all.
        transactional_ddl=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("migrations run against a database; --sql is not supported")
run()
