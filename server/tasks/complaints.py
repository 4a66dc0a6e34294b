"""Complaints and what is done about them, as time passes (F3): warnings, reminders, the word that there are more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from server import clock
from server.acts.complaint import next_moment, tell, warnings_of
from server.acts.notices import notify_about, on_rung, superiors
from server.extensions import db
from server.models import Complaint, ComplaintRise, DrillAction, ImprovementAction
from server.reports.month_figures import Period
from server.scopes import ZONE
from server.tasks.deadlines import AT_ONCE, BREACHED, STALE


def watch_complaints() -> None:
    """Gives every warning that is due, reminds of actions whose day has come, and reports a rise once a month."""
    while _watch_some():
        pass
    _remind()
    _report_rise()


def _watch_some() -> bool:
    session, now = db.session(), clock.now()
    due = select(Complaint).where(Complaint.next_at <= now).order_by(Complaint.next_at, Complaint.id)
    found = list(session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True)))
    for row in found:
        if row.answer_due_at <= now:
            _breach(session, row, now)
        else:
            _warn(session, row, now)
    session.commit()
    return len(found) == AT_ONCE


def _breach(session: Session, row: Complaint, now: datetime) -> None:
    row.breached, row.warned = True, {**row.warned, BREACHED: clock.wire(now)}
    row.next_at = next_moment(row)
    if now - row.answer_due_at <= STALE:  # a server that slept for days does not shout about all it missed
        people = [row.owner_id, *(one for step in superiors(session, row.level) for one in step)]
        tell(session, row, "complaint_breached", people, now)


def _warn(session: Session, row: Complaint, now: datetime) -> None:
    """Of several that are due at once only the gravest is said: to the owner first, each next one step up."""
    passed = [percent for percent, at in warnings_of(row) if at <= now]
    news = [percent for percent in passed if str(percent) not in row.warned]
    row.warned = {**row.warned, **{str(percent): clock.wire(now) for percent in news}}
    row.next_at = next_moment(row)
    if news:
        above = superiors(session, row.level)[: len(passed) - 1]
        people = [row.owner_id, *(one for step in above for one in step)]
        tell(session, row, "complaint_warning", people, now, percent=news[-1])


def _remind() -> None:
    """Of what is to be done by today, once: after a complaint, after a drill."""
    session, now = db.session(), clock.now()
    today = (now + ZONE).date()
    left: list[tuple[Any, ColumnElement[bool]]] = [
        (ImprovementAction, ImprovementAction.state == "open"), (DrillAction, ~DrillAction.done),
    ]  # fmt: skip
    for model, open_ in left:
        due = select(model).where(open_, model.reminded_on.is_(None), model.due_on <= today)
        for row in session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True)).all():
            row.reminded_on = today
            about = {"drill_id": row.drill_id} if isinstance(row, DrillAction) else {"action_id": row.id}
            data = {"text": row.text, "due_on": str(row.due_on), **about}
            notify_about(session, [row.owner_id], "action_due", now, "", row.text, **data)
    session.commit()


def _report_rise() -> None:
    """As soon as a month has more complaints than the whole month before it had; the first month of all has nothing to
    be compared with."""
    session, now = db.session(), clock.now()
    today = (now + ZONE).date()
    month = f"{today:%Y-%m}"
    if session.get(ComplaintRise, month) is not None:
        session.rollback()
        return
    this, before = (Period.of(today.year, today.month - back, now) for back in (0, 1))
    count, was, earlier = (
        session.scalar(select(func.count()).select_from(Complaint).where(where)) or 0
        for where in (
            this.has(Complaint.reported_at), before.has(Complaint.reported_at), Complaint.reported_at < this.start,
        )
    )  # fmt: skip
    if not earlier or count <= was:
        session.rollback()
        return
    session.add(ComplaintRise(month=month, count=count, was=was, told_at=now))
    session.flush()  # who else is at it fails here, and tells nobody twice
    people = on_rung(session, "deputy_gm")
    notify_about(session, people, "complaints_rose", now, "", "", month=month, count=count, was=was)
    session.commit()
