"""A backup of an older program is brought up to the schema of this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, text

from server.backup.copying import seal
from server.backup.manifest import MIGRATIONS, look_into, paths_in, write_sums
from server.database import sqlite_rules
from server.extensions import db
from server.files import sha256_of
from tests.server.test_backup import backup, camera, dump, lived, restore

__all__ = ["backup", "camera", "lived"]  # fixtures


def test_a_backup_older_than_the_schema_is_migrated(app: Flask, lived: dict[str, Any], backup: Any):
    """The newest migration is undone in the copy, as if the backup had been made before it."""
    scripts = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    path, before = backup(), dump(app)
    older = str(scripts[0].down_revision)
    downgraded(app, path / "database.sqlite", older)
    said = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**said, **look_into(path / "database.sqlite")}))
    write_sums(path, {str(p.relative_to(path)): sha256_of(p) for p in paths_in(path)})
    restore(app, path, replace=True)
    after = dump(app)
    assert {name: after[name] for name in ("journal", "note", "visit")} == {
        name: before[name] for name in ("journal", "note", "visit")
    }
    with app.app_context():
        assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == scripts[0].revision


def downgraded(app: Flask, database: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{database}")
    sqlite_rules(engine)
    with app.app_context(), engine.begin() as connection:
        config = app.extensions["migrate"].migrate.get_config(directory=str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()
    seal(database)
