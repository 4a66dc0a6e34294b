"""Commands of the shell: `flask welcome`, `flask create-admin`, and those the other rooms bring along."""

from __future__ import annotations

import os
import unicodedata
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import or_, select

from server.api.auth import MAX_PASSWORD, MIN_PASSWORD
from server.config import DEFAULT_PORT
from server.extensions import db
from server.models import User, new_id

# Rooms whose commands join ours: every click command at the top of these modules.
ROOMS = ("server.imports.commands", "server.demo.commands", "server.backup.commands", "server.tasks")
COLUMNS = (14, 16, 16, 16)  # widths of the table of logins


def init_commands(app: Flask) -> None:
    """Registers every command."""
    app.cli.add_command(welcome)
    app.cli.add_command(create_admin)
    for name in ROOMS:
        if not _exists(name):
            continue
        for found in vars(import_module(name)).values():
            if isinstance(found, click.Command):
                app.cli.add_command(found)


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # its package is not there either
        return False


@click.command()
@with_appcontext
def welcome() -> None:
    """Say where the server is and, when the demo company is loaded, who can sign in."""
    port = os.environ.get("PORT") or str(DEFAULT_PORT)
    click.echo(f"\n  巡修 · Xunxiu   http://localhost:{port}\n")
    rows = _demo_logins()
    if rows:
        click.echo("  演示账号 / demo logins\n")
        for row in [("角色", "role", "账号 login", "密码 password"), *rows]:
            cells = (_padded(cell, width) for cell, width in zip(row, COLUMNS, strict=True))
            click.echo("  " + "".join(cells).rstrip())
        click.echo("")


def _demo_logins() -> list[tuple[str, str, str, str]]:
    """`demo_logins()` of the demo room: (role, role in English, login, password); nothing when it is not loaded."""
    if not _exists("server.demo.commands"):
        return []
    ask: Any = getattr(import_module("server.demo.commands"), "demo_logins", None)
    return list(ask()) if ask else []


def _padded(text: str, width: int) -> str:
    """Padded to columns of the terminal, where a Chinese character takes two."""
    columns = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(width - columns, 1)


@click.command("create-admin")
@click.argument("login")
@click.option("--name", help="The name people see; the login when not given.")
@click.password_option(help="Asked for when not given.")
@with_appcontext
def create_admin(login: str, name: str | None, password: str) -> None:
    """Create an administrator, the first account of an empty system."""
    login = login.strip()
    if not login or len(login) > 64:
        raise click.BadParameter("1 to 64 characters", param_hint="LOGIN")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise click.BadParameter(f"{MIN_PASSWORD} to {MAX_PASSWORD} characters", param_hint="--password")
    number = f"ADMIN-{login}"[:32]
    if db.session.scalar(select(User.id).where(or_(User.login == login, User.number == number))):
        raise click.ClickException(f"the login {login} is taken")
    admin = User(id=new_id(), number=number, login=login, name=name or login, roles=["admin"])
    admin.set_password(password)
    db.session.add(admin)
    db.session.commit()
    click.echo(f"{login} 已创建 / created")
