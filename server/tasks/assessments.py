"""The assessment as days pass (F5): a month that is over is suggested, and asked for before the tenth."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from server import clock
from server.acts.assessing import suggest
from server.acts.notices import notify_about, people_with
from server.extensions import db
from server.models import Assessment
from server.models.user import ASSESSORS
from server.scopes import ZONE

ASKED_BEFORE = timedelta(days=2)  # of the day a month's assessment is due


def keep_assessments() -> None:
    """A company that assesses its people finds the sheets of the month that ended; one that never did is left alone."""
    session, now = db.session(), clock.now()
    today = (now + ZONE).date()
    month = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    made = session.scalar(select(Assessment.id).where(Assessment.month == month).limit(1))
    before = session.scalar(select(Assessment.id).where(Assessment.month < month).limit(1))
    if made is None and before is not None:
        suggest(session, month, now)
        session.commit()
    waits = select(Assessment).where(Assessment.month == month, Assessment.state.in_(("suggested", "objected")))
    late = waits.where(Assessment.due_on <= today + ASKED_BEFORE, Assessment.reminded_on.is_(None))
    found = list(session.scalars(late.order_by(Assessment.id).with_for_update()))
    for sheet in found:
        sheet.reminded_on = today
    if found:
        data = {"month": month, "count": len(found), "due_on": str(found[0].due_on)}
        notify_about(session, people_with(session, ASSESSORS), "assessment_due", now, "", "", **data)
    session.commit()
