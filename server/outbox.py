"""What leaves the house: each thing told to one address is a row and a task, recorded in the transaction of its cause.

Nothing is sent here. Who is told, and by which way, is decided while the cause is written (F8); the sending is a task
(`server/delivering/`), and only after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app, has_app_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.models import Delivery, Notice, NoticeChoice, PushSubscription, Task, Webhook, WorkOrder, new_id
from server.models.channel import group_of
from sync.rules import rule

DEFAULT = rule("notices")["default"]


def send_later(session: Session, delivery: Delivery, at: datetime | None = None) -> Delivery:
    """Records a delivery with the task of its next attempt."""
    delivery.id = delivery.id or new_id()
    delivery.attempts = delivery.attempts or 0
    delivery.state, delivery.next_at, delivery.ended_at = "waiting", at or clock.now(), None
    session.add(delivery)
    args = {"delivery_id": delivery.id, "attempt": delivery.attempts}
    Task.enqueue(session, "server.tasks.deliver", args, delivery.next_at)
    return delivery


def mail_is_set_up() -> bool:
    """Whether there is a server to give mails to."""
    return bool(has_app_context() and current_app.config.get("SMTP_HOST"))


def spread(session: Session, notices: list[Notice]) -> None:
    """Sends notices by the ways their readers chose, beside the app itself."""
    if not notices:
        return
    of = {notice.user_id: notice for notice in notices}
    choices = {
        choice.user_id: choice
        for choice in session.scalars(select(NoticeChoice).where(NoticeChoice.user_id.in_(of)))
    }  # fmt: skip
    for browser in session.scalars(select(PushSubscription).where(PushSubscription.user_id.in_(of))):
        notice, choice = of[browser.user_id], choices.get(browser.user_id)
        if group_of(notice.kind) in (choice.push if choice else DEFAULT["push"]):
            send_later(session, _of_notice("push", notice, target_id=browser.id))
    if not mail_is_set_up():
        return
    for user_id, choice in choices.items():
        if choice.address and group_of(of[user_id].kind) in choice.mail:
            send_later(session, _of_notice("mail", of[user_id]))


def _of_notice(channel: str, notice: Notice, **more: Any) -> Delivery:
    return Delivery(channel=channel, kind=notice.kind, user_id=notice.user_id, notice_id=notice.id, **more)


def hooks_of(session: Session) -> list[Webhook]:
    """The addresses that are told at present."""
    return list(session.scalars(select(Webhook).where(Webhook.active, ~Webhook.removed)))


def announce(
    session: Session, hooks: Iterable[Webhook], kind: str, at: datetime, order: WorkOrder | None, data: dict[str, Any],
    visit_id: str | None = None,
) -> None:  # fmt: skip
    """Tells the systems that asked for this kind, once however many people hear of it."""
    wanted = [hook for hook in hooks if hook.wants(kind)]
    if not wanted:
        return
    about = {
        "work_order_id": order.id, "number": order.number, "title": order.title, "site": order.site_name,
        "customer": order.customer_name, "level": order.level, "state": order.state,
    } if order else {}  # fmt: skip
    if visit_id:
        about["visit_id"] = visit_id
    body = {"type": kind, "timestamp": clock.wire(at), "data": {**data, **about}}
    for hook in wanted:
        send_later(session, Delivery(channel="hook", kind=kind, target_id=hook.id, body=body))
