"""The task that tells somebody outside: tried again with growing pauses, given up with its reason, always written down.

It may run twice, like every task, and then somebody is told twice: the id is the same, and who cares can see that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server import clock
from server.acts.notices import notify, people_with
from server.delivering import Attempt, prepare
from server.extensions import db
from server.models import Delivery, PushSubscription, Webhook
from server.outbox import send_later

PAUSES = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21_600, 43_200)]  # then it is given up
STOPPED_AFTER = 20  # failures of a webhook in a row, whatever it was told: a person has to look
LONGEST_REST = timedelta(minutes=30)  # of a webhook between two attempts, so that many waiting do not beat a dead one
KEPT = timedelta(days=180)


def deliver(delivery_id: str, attempt: int) -> None:
    """Makes one attempt, unless another run of this task has made it."""
    session = db.session()
    now = clock.now()
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.state != "waiting" or delivery.attempts != attempt:
        return
    hook = session.get(Webhook, delivery.target_id) if delivery.channel == "hook" else None
    if hook is not None and hook.resting_until is not None and hook.resting_until > now and hook.active:
        send_later(session, delivery, hook.resting_until)
        session.commit()
        return
    perform = prepare(session, delivery)
    if isinstance(perform, str):
        delivery.end("dropped", now, perform)
        session.commit()
        return
    session.rollback()  # nobody waits for our turn while we wait for a network
    went = perform()
    _note(session, delivery_id, attempt, went)
    session.commit()


def _note(session: Session, delivery_id: str, attempt: int, went: Attempt) -> None:
    now = clock.now()
    found = select(Delivery).where(Delivery.id == delivery_id, Delivery.attempts == attempt)
    delivery = session.scalars(found.with_for_update().execution_options(populate_existing=True)).first()
    if delivery is None or delivery.state != "waiting":
        return
    delivery.attempts, delivery.status, delivery.error = attempt + 1, went.status, went.error
    if went.is_sent:
        delivery.end("sent", now)
    elif went.final or attempt >= len(PAUSES):
        delivery.end("failed", now, went.error)
    else:
        send_later(session, delivery, now + PAUSES[attempt])
    if delivery.channel == "push" and went.gone:
        session.execute(delete(PushSubscription).where(PushSubscription.id == delivery.target_id))
    if delivery.channel == "hook":
        _judge(session, str(delivery.target_id), went, now)


def _judge(session: Session, hook_id: str, went: Attempt, now: datetime) -> None:
    """A webhook that fails again and again is stopped, and the administrators are told."""
    hook = session.get(Webhook, hook_id, with_for_update=True, populate_existing=True)
    if hook is None:
        return
    if went.is_sent:
        hook.failures, hook.resting_until = 0, None
        return
    hook.failures += 1
    hook.resting_until = now + min(PAUSES[min(hook.failures, len(PAUSES)) - 1], LONGEST_REST)
    if hook.active and (hook.failures >= STOPPED_AFTER or went.gone):
        hook.active, hook.stopped_at = False, now
        notify(session, people_with(session, ["admin"]), "webhook_stopped", now, name=hook.name)


def tidy_deliveries() -> None:
    """Forgets what ended half a year ago."""
    db.session.execute(delete(Delivery).where(Delivery.ended_at < clock.now() - KEPT))
    db.session.commit()
