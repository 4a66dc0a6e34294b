"""`flask demo-load`, and who may sign in to what it loaded."""

from __future__ import annotations

import time

import click
from flask.cli import with_appcontext

from server.demo.load import Refused, load_demo, read_marker
from server.extensions import db

SKIPPED = {
    "loaded": "演示数据已加载 / the demo company is loaded already",
    "users": "已有用户,未加载演示数据 / there are users, so the demo company is not loaded",
}


@click.command("demo-load")
@click.option("--if-empty", is_flag=True, help="Do nothing when there are users.")
@with_appcontext
def demo_load(if_empty: bool) -> None:
    """Load the demo company and a month of its work."""
    began = time.monotonic()
    try:
        loaded = load_demo(db.session(), lambda line: click.echo(f"  {line}"), if_empty)
    except Refused as refused:
        for fault in refused.result.faults[:20]:
            where = f"{fault.place} {fault.place.column or ''}"
            click.echo(f"{where}: {fault.value or ''} {fault.reason('zh-CN')}", err=True)
        raise SystemExit(1) from None
    if loaded.timeline is None:
        click.echo(f"  {SKIPPED[loaded.skipped]}")
    else:
        click.echo(f"  演示数据已就绪,用时 {time.monotonic() - began:.0f} 秒 / the demo company is ready")


def demo_logins() -> list[tuple[str, str, str, str]]:
    """(role, role in English, login, password) of whom the welcome names; nothing when no demo is loaded."""
    marker = read_marker()
    if marker is None or marker.get("state") != "ready":
        return []
    return [(who["role"], who["role_en"], who["login"], marker["password"]) for who in marker["logins"]]
