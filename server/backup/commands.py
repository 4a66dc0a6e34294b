"""`flask backup`, `flask check-backup` and `flask restore`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from server.backup import Fault, check_backup, make_backup, restore_backup
from server.backup.words import line

FOLDER = "backups"  # in DATA_DIR, when no other is named


def _say(text: str) -> None:
    click.echo(f"  {text}")


@contextmanager
def _told() -> Iterator[None]:
    """A fault is a sentence in both languages and exit code 1, never a traceback."""
    try:
        yield
    except Fault as fault:
        for text in fault.lines:
            click.echo(text, err=True)
        raise SystemExit(1) from None


@click.command("backup")
@click.argument("dest", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--keep", type=click.IntRange(min=1), help="Remove older backups beyond so many, after this one is proved."
)
@with_appcontext
def backup(dest: Path | None, keep: int | None) -> None:
    """Back up database, files and keys into a new folder in DEST, while the server works.

    DEST is DATA_DIR/backups when not given; another disk or machine is better.
    """
    with _told():
        made = make_backup(dest or Path(current_app.config["DATA_DIR"]) / FOLDER, _say, keep)
    said = made.contents
    _say(line("made", path=made.path, rows=said.rows, files=said.files, mb=said.bytes // 1024 // 1024))
    _say(line("secret-kept"))


@click.command("check-backup")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_appcontext
def check(source: Path) -> None:
    """Read a backup again, every byte, and say whether it is whole."""
    with _told():
        said = check_backup(source, _say)
    _say(line("sound", made_at=said.made_at, rows=said.rows, files=said.files))
    if said.missing:
        _say(line("missing", n=len(said.missing)))


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Move what is here aside (nothing is deleted) and put the backup in its place."
)
@with_appcontext
def restore(source: Path, replace: bool) -> None:
    """Restore database, files and keys from the backup folder SOURCE. The server has to be stopped."""
    with _told():
        done = restore_backup(source, _say, replace=replace)
    for what in done.aside:
        _say(line("aside", what=what))
    if done.reopened:
        _say(line("reopened", n=done.reopened))
    if done.contents.secret_in_environment:
        _say(line("secret-elsewhere"))
    _say(line("restored", rows=done.contents.rows, files=done.contents.files))
    _say(line("next"))
