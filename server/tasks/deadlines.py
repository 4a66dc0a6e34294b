"""Warnings before a deadline, and the word that it passed (B3): each is given once, to the owner and then upwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server import clock
from server.acts.notices import notify, owners, superiors
from server.acts.promises import awaited, next_moment, warnings_of
from server.extensions import db
from server.models import FollowUp, Notice, SlaMilestone, WorkOrder
from server.scopes import ZONE

AT_ONCE = 100  # milestones a transaction, so that pushes need not wait long for their turn
KEPT_READ = timedelta(days=30)
KEPT_UNREAD = timedelta(days=180)
STALE = timedelta(days=2)
BREACHED = "100"  # the per cent under which a breach is noted among the warnings


def watch_deadlines() -> None:
    """Gives every warning that is due by now, and reminds of promises whose day has come."""
    while _watch_some():
        pass
    _remind()


def _watch_some() -> bool:
    session = db.session()
    now = clock.now()
    due = select(SlaMilestone).where(SlaMilestone.next_at <= now).order_by(SlaMilestone.next_at, SlaMilestone.id)
    found = list(session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True)))
    for milestone in found:
        order = session.get_one(WorkOrder, milestone.work_order_id)
        others = session.scalars(select(SlaMilestone).where(SlaMilestone.work_order_id == order.id)).all()
        if order.ended or not awaited(milestone, others):
            milestone.next_at = None
        elif milestone.due_at <= now:
            _breach(session, order, milestone, now)
        else:
            _warn(session, order, milestone, now)
    session.commit()
    return len(found) == AT_ONCE


def _breach(session: Session, order: WorkOrder, milestone: SlaMilestone, now: datetime) -> None:
    milestone.breached, milestone.next_at = True, None
    milestone.warned = {**milestone.warned, BREACHED: clock.wire(now)}
    if now - milestone.due_at > STALE:  # a server that slept for days does not shout about all it missed
        return
    people = [*owners(session, order), *(one for step in superiors(session, order.level) for one in step)]
    _tell(session, order, milestone, people, "sla_breached", now, 100)


def _warn(session: Session, order: WorkOrder, milestone: SlaMilestone, now: datetime) -> None:
    """Of several that are due at once only the gravest is said. The first goes to the owner, each next one step up."""
    passed = [percent for percent, at in warnings_of(order, milestone) if at <= now]
    news = [percent for percent in passed if str(percent) not in milestone.warned]
    milestone.warned = {**milestone.warned, **{str(percent): clock.wire(now) for percent in news}}
    milestone.next_at = next_moment(order, milestone)
    if news:
        above = superiors(session, order.level)[: len(passed) - 1]
        people = [*owners(session, order), *(one for step in above for one in step)]
        _tell(session, order, milestone, people, "sla_warning", now, news[-1])


def _tell(
    session: Session,
    order: WorkOrder,
    milestone: SlaMilestone,
    people: list[str],
    kind: str,
    now: datetime,
    percent: int,
) -> None:
    notify(
        session, people, kind, now, order, milestone=milestone.kind, percent=percent,
        due_at=clock.wire(milestone.due_at), level=order.level,
    )  # fmt: skip


def _remind() -> None:
    session = db.session()
    now = clock.now()
    today = (now + ZONE).date()
    due = select(FollowUp).where(FollowUp.state == "open", FollowUp.due_on <= today, FollowUp.reminded_on.is_(None))
    for row in session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True)).all():
        row.reminded_on = today
        order = session.get(WorkOrder, row.work_order_id)
        if row.assignee_id and order is not None:
            notify(session, [row.assignee_id], "follow_up_due", now, order, text=row.text, due_on=str(row.due_on))
    session.commit()


def tidy_notices() -> None:
    """Forgets what was read a month ago, and what nobody looked at for half a year."""
    session = db.session()
    now = clock.now()
    old = or_(Notice.read_at < now - KEPT_READ, Notice.at < now - KEPT_UNREAD)
    for notice in session.scalars(select(Notice).where(old).limit(1000)).all():
        session.delete(notice)  # row by row: a deletion is published too
    session.commit()
