"""The three ways out: what an attempt needs is read at once, and performed when no transaction is open any more."""

from __future__ import annotations

import http.client
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.delivering import hooks, mail, outgoing, webpush
from server.delivering.words import MAIL, heading, pick
from server.models import Delivery, MonthlyReport, Notice, NoticeChoice, PushSubscription, User, Webhook
from server.models.channel import group_of
from server.reports.month import monthly
from server.reports.month_pdf import month_pdf
from server.reports.month_sheet import month_sheet

MAX_ERROR = 500  # characters kept
GONE = (404, 410)  # of a push service: the browser is not called any more
TOO_MUCH = 413
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_ANSWER = (OSError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it went. `final`: trying again would not help. `gone`: the address is no more."""

    is_sent: bool
    status: int | None = None
    error: str = ""
    final: bool = False
    gone: bool = False


Perform = Callable[[], Attempt]


def prepare(session: Session, delivery: Delivery) -> Perform | str:
    """What performs the next attempt, or why there is nothing to send any more."""
    way = {"push": _push, "mail": _mail, "hook": _hook}[delivery.channel]
    return way(session, delivery)


def _failed(error: Exception, **more: Any) -> Attempt:
    return Attempt(False, error=f"{type(error).__name__}: {error}"[:MAX_ERROR], **more)


def _post(url: str, body: bytes, headers: dict[str, str]) -> outgoing.Answer | Attempt:
    try:
        return outgoing.post(outgoing.place_of(url), body, headers)
    except outgoing.Forbidden as error:
        return Attempt(False, error=str(error), final=True)
    except NO_ANSWER as error:
        return _failed(error)


def _reader(session: Session, delivery: Delivery) -> tuple[User, Notice] | str:
    """Who is told, and what. What was read meanwhile in the app need not ring any more."""
    user = session.get(User, delivery.user_id)
    notice = session.get(Notice, delivery.notice_id)
    if user is None or not user.active:
        return "the account has ended"
    if notice is None or notice.read_at is not None:
        return "read in the app already"
    return user, notice


def path_of(user: User, notice: Notice) -> str:
    """Where the app shows what a notice is about."""
    if user.is_office and notice.work_order_id:
        return f"/office/work-orders/{notice.work_order_id}"
    return "/office/deadlines" if user.is_office else "/notices"


# --- Web Push -------------------------------------------------------------------------------------------


def _push(session: Session, delivery: Delivery) -> Perform | str:
    found = _reader(session, delivery)
    browser = session.get(PushSubscription, delivery.target_id)
    if isinstance(found, str):
        return found
    if browser is None or browser.user_id != delivery.user_id:
        return "turned off on that device"
    user, notice = found
    # Of what may stand on a lock screen (A6): the kind, and a number that means nothing to a stranger.
    said = {"title": heading(notice.kind, browser.lang), "body": notice.number, "tag": notice.id,
            "path": path_of(user, notice), "lang": browser.lang}  # fmt: skip
    subject = current_app.config["PUBLIC_URL"] or f"mailto:{current_app.config['MAIL_FROM']}"
    body, urgent, topic = orjson.dumps(said), group_of(notice.kind) == "urgent", notice.id.replace("-", "")
    key = webpush.server_key()
    headers = webpush.headers(browser.endpoint, key, subject, urgent, topic)
    endpoint, p256dh, auth = browser.endpoint, browser.p256dh, browser.auth

    def perform() -> Attempt:
        answer = _post(endpoint, webpush.seal(body, p256dh, auth), headers)
        if isinstance(answer, Attempt):
            return answer
        if 200 <= answer.status < 300:
            return Attempt(True, answer.status)
        gone = answer.status in GONE
        error = f"HTTP {answer.status} {answer.text}"[:MAX_ERROR]
        return Attempt(False, answer.status, error, final=gone or answer.status == TOO_MUCH, gone=gone)

    return perform


# --- Mail -----------------------------------------------------------------------------------------------


def _mail(session: Session, delivery: Delivery) -> Perform | str:
    if not current_app.config.get("SMTP_HOST"):
        return "no mail server is set up"
    server, at = mail.Server.of(current_app.config), clock.now()
    if delivery.kind == "month":
        made = _month(session, delivery)
        if isinstance(made, str):
            return made
        to, subject, text, attachments = made
    else:
        found = _reader(session, delivery)
        choice = session.scalars(select(NoticeChoice).where(NoticeChoice.user_id == delivery.user_id)).first()
        if isinstance(found, str):
            return found
        if choice is None or not choice.address:
            return "no mail is wanted any more"
        user, notice = found
        base = str(current_app.config["PUBLIC_URL"] or "").rstrip("/")
        about = {**notice.data, "number": notice.number, "title": notice.title}
        url = base + path_of(user, notice) if base else ""
        subject, text = mail.notice_text(notice.kind, about, choice.lang, url)
        to, attachments = choice.address, ()
    message = mail.compose(server, to, subject, text, delivery.id, at, attachments)

    def perform() -> Attempt:
        try:
            mail.send(server, message)
        except (smtplib.SMTPException, OSError) as error:
            return _failed(error, final=mail.is_final(error), status=getattr(error, "smtp_code", None))
        return Attempt(True, 250)

    return perform


Mail = tuple[str, str, str, tuple[tuple[str, str, bytes], ...]]


def _month(session: Session, delivery: Delivery) -> Mail | str:
    """The month's report as it stands when it goes out, if it is still approved."""
    month, lang = str(delivery.body["month"]), str(delivery.body["lang"])
    row = session.scalars(select(MonthlyReport).where(MonthlyReport.month == month)).first()
    if row is None or row.approved_at is None:
        return "the report was written anew and is not approved"
    year, number = (int(part) for part in month.split("-"))
    report = monthly(session, year, number)
    approver = session.get(User, row.approved_by)
    by = approver.name if approver else ""
    text = pick(MAIL["month_text"], lang).format(month=month, by=by)
    attachments = (
        (f"month-{month}.pdf", "application/pdf", month_pdf(report, lang, by)),
        (f"month-{month}.xlsx", XLSX, month_sheet(report, lang)),
    )
    return delivery.address, f"{heading('month', lang)} {month}", text + "\n", attachments


# --- Webhooks -------------------------------------------------------------------------------------------


def _hook(session: Session, delivery: Delivery) -> Perform | str:
    hook = session.get(Webhook, delivery.target_id)
    if hook is None or hook.removed:
        return "the webhook was removed"
    if not hook.active:
        return "the webhook is off"
    base = str(current_app.config["PUBLIC_URL"] or "")
    format_ = hook.format
    url, body, headers = hooks.request_for(
        format_, hook.url, hook.secret, hook.lang, delivery.id, delivery.body, clock.now(), base
    )

    def perform() -> Attempt:
        answer = _post(url, body, headers)
        if isinstance(answer, Attempt):
            return answer
        why = hooks.accepted(format_, answer.status, answer.text)
        # Gone is the one refusal by which a system says that it does not want to be told any more.
        return Attempt(not why, answer.status, why, gone=answer.status == 410, final=answer.status == 410)

    return perform
