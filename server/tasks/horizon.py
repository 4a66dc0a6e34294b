"""The horizon: what only a device that was away for months would need is forgotten, and such a device starts over.

The feed's floor is raised first, in a transaction of its own; only then are deletions and scopes left up to it
forgotten. A pull looks at the floor after it has read its rows (`server/pull.py`): whatever it may have missed was
forgotten under a floor that it then sees. So a tidy may run at any moment, also in the middle of somebody's download.
Pushes are never refused for age: journal, receipts and files stay for ever.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import click
from flask.cli import with_appcontext
from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, select, tuple_, update

from server import clock
from server.extensions import db
from server.models import Clock, Divergence, FeedRow, JournalEntry, RefreshToken, Subscription
from server.models.sync import ActCrash
from server.tasks.queue import tidy_tasks

HORIZON = timedelta(days=90)  # as long as a session lasts: who comes back later has to sign in anyway
AT_ONCE = 1000  # rows a transaction, so that pushes need not wait long for their turn


def forget_old() -> dict[str, int]:
    """Raises the floor and forgets what lies below it; gives the floor and how much of what was forgotten."""
    now = clock.now()
    floor = _raise_floor()
    deleted = and_(FeedRow.body.is_(None), FeedRow.rev <= floor)
    crashed = ActCrash.act_id.in_(select(JournalEntry.id))
    counts = {
        "tombstones": _forget(FeedRow, deleted),
        "subscriptions": _forget(Subscription, Subscription.left_rev <= floor),
        "divergences": _forget(Divergence, Divergence.at < now - HORIZON),
        "sessions": _forget(RefreshToken, RefreshToken.expires_at < now),
        "crashes": _forget(ActCrash, crashed),
    }
    tidy_tasks()
    return {"floor": floor, **counts}


def _raise_floor() -> int:
    """The rev of the last act received before the horizon: whatever has a rev up to it is older."""
    before = select(func.max(JournalEntry.rev)).where(JournalEntry.received_at < clock.now() - HORIZON)
    floor = db.session.scalar(before) or 0
    db.session.execute(update(Clock).where(Clock.floor < floor, Clock.rev >= floor).values(floor=floor))
    db.session.commit()
    found = db.session.scalar(select(Clock.floor)) or 0
    db.session.rollback()
    return found


def _forget(model: type[db.Model], old: ColumnElement[bool]) -> int:  # type: ignore[name-defined]
    key = tuple_(*model.__table__.primary_key)
    count = 0
    while True:
        some = select(*model.__table__.primary_key).where(old).limit(AT_ONCE)
        # Asked twice, because a row may have come back to life while its lock was waited for.
        statement = delete(model).where(key.in_(some), old).execution_options(synchronize_session=False)
        gone = cast(CursorResult[Any], db.session.execute(statement)).rowcount
        db.session.commit()
        count += gone
        if gone < AT_ONCE:
            return count


@click.command("tidy")
@with_appcontext
def tidy() -> None:
    """Forget what no device within the horizon of 90 days needs; the same runs once a day by itself."""
    click.echo(" ".join(f"{name}={count}" for name, count in forget_old().items()))
