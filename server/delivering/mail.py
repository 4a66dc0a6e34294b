"""Mails: plain text in the reader's language, given to the SMTP server of the settings."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from server.delivering.words import LEVELS, MAIL, heading, pick, sentence

SECONDS = 15.0  # for each step of the conversation
MAX_SUBJECT = 150  # characters


@dataclass(frozen=True, slots=True)
class Server:
    """`security`: `starttls`, `tls` from the first byte, or `none` for a relay on this machine."""

    host: str
    port: int
    user: str
    password: str
    security: str
    sender: str
    name: str

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Server:
        security = str(config["SMTP_SECURITY"])
        port = int(config["SMTP_PORT"] or {"tls": 465, "starttls": 587}.get(security, 25))
        return cls(
            str(config["SMTP_HOST"]), port, str(config["SMTP_USER"] or ""), str(config["SMTP_PASSWORD"] or ""),
            security, str(config["MAIL_FROM"]), "巡修 Xunxiu",
        )  # fmt: skip


def compose(
    server: Server, to: str, subject: str, text: str, id_: str, at: datetime,
    attachments: tuple[tuple[str, str, bytes], ...] = (),
) -> EmailMessage:  # fmt: skip
    """A mail; `attachments`: (file name, type, bytes). Its id is the delivery's: a second one is known."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(subject.split())[:MAX_SUBJECT]
    mail["From"] = Address(server.name, addr_spec=server.sender)
    mail["To"] = Address(addr_spec=to)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{id_}@{server.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="base64")
    for name, mime, content in attachments:
        main, _, sub = mime.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail


def notice_text(kind: str, about: Mapping[str, Any], lang: str, url: str) -> tuple[str, str]:
    """Subject and text of a notice. `about`: number, title, site, level, and what the notice's `data` says."""
    title, said = heading(kind, lang), sentence(kind, about, lang)
    number = str(about.get("number") or "")
    subject = " ".join(one for one in (f"[{number}]" if number else "", title, str(about.get("site") or "")) if one)
    lines = [said, ""]
    if number:
        lines.append(pick(MAIL["number"], lang).format(number=number, title=about.get("title") or ""))
    if about.get("site"):
        lines.append(pick(MAIL["site"], lang).format(site=about["site"]))
    if about.get("level") in LEVELS:
        lines.append(pick(MAIL["level"], lang).format(level=LEVELS[about["level"]]))
    if url:
        lines.append(pick(MAIL["open"], lang).format(url=url))
    return subject, "\n".join([*lines, "", "--", pick(MAIL["why"], lang), ""])


def send(server: Server, mail: EmailMessage) -> None:
    """Gives the mail over; raises `smtplib.SMTPException` or `OSError`."""
    trust = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=trust)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    with connection:
        if server.security == "starttls":
            connection.starttls(context=trust)
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(mail)


def is_final(error: Exception) -> bool:
    """Whether the server refused for good (5xx): nobody of that name, or a mail it will never take."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # somebody will set the password right
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
