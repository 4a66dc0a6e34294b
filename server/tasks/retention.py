"""`flask retention`: what is past its time goes, when somebody says so."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from server.extensions import db
from server.models import WorkOrder
from server.retention import LEAST_YEARS, remove_originals, years_kept

SHOWN = 20  # work orders named
MEGABYTE = 1_000_000


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--years", type=click.IntRange(LEAST_YEARS, 100), help="Older than this; RETENTION_YEARS when not given.")
@with_appcontext
def retention(dry_run: bool, years: int | None) -> None:
    """Remove the originals of photos of tickets that ended longer ago than they are kept; rows and reports stay.

    Nothing under a legal hold is touched. What was done stands in the audit log.
    """
    kept = years or years_kept()
    removed = remove_originals(db.session(), kept, dry_run)
    numbers = dict.fromkeys(list(removed.orders)[:SHOWN], "")
    for order_id, number in db.session.execute(select(WorkOrder.id, WorkOrder.number).where(WorkOrder.id.in_(numbers))):
        numbers[order_id] = number
    for order_id, number in numbers.items():
        click.echo(f"  {number or order_id}  {removed.orders[order_id]}")
    if len(removed.orders) > SHOWN:
        click.echo(f"  … +{len(removed.orders) - SHOWN}")
    size = f"{removed.bytes / MEGABYTE:.1f} MB"
    click.echo("试运行,未删除 / dry run, nothing removed" if dry_run else "已清理 / removed")
    click.echo(
        f"> {kept} 年 / years: {removed.files} 个原图 / originals, {len(removed.orders)} 张工单 / work orders, {size}"
    )
