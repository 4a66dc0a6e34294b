"""Webhooks: what another system is told, in the shape it reads.

`standard` follows Standard Webhooks 1.0: `webhook-id` (the same at every attempt), `webhook-timestamp` (seconds) and
`webhook-signature` (`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`). `wecom` and `dingtalk` are what the
robots of these two chats read; DingTalk's signature, where it has one, goes into the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import orjson

from server.delivering.words import LEVELS, MAIL, heading, pick, sentence

SECRET_BYTES = 24
MAX_TEXT = 1000  # characters of a message to a robot; WeCom takes 4096 bytes
PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, id_: str, at: int, body: bytes) -> str:
    """`v1,<base64>` over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def request_for(
    format_: str, url: str, secret: str, lang: str, id_: str, body: dict[str, Any], now: datetime, base: str
) -> tuple[str, bytes, dict[str, str]]:
    """Address, body and headers of one attempt. `base`: how people reach the app, or nothing."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if format_ == "standard":
        data, at = orjson.dumps(body), int(now.timestamp())
        signed = {
            "webhook-id": id_,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(secret, id_, at, data),
        }
        return url, data, headers | signed
    title, text = _message(body, lang, base)
    if format_ == "wecom":
        return url, orjson.dumps({"msgtype": "markdown", "markdown": {"content": text}}), headers
    if secret:
        url = _dingtalk_signed(url, secret, int(now.timestamp() * 1000))
    return url, orjson.dumps({"msgtype": "markdown", "markdown": {"title": title, "text": text}}), headers


def _dingtalk_signed(url: str, secret: str, at: int) -> str:
    signed = hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()
    return f"{url}{'&' if '?' in url else '?'}timestamp={at}&sign={quote_plus(base64.b64encode(signed))}"


def _message(body: dict[str, Any], lang: str, base: str) -> tuple[str, str]:
    """Heading and text, as the Markdown both chats read; what people wrote cannot become a link or a heading of it."""
    kind, data = str(body["type"]), body.get("data") or {}
    title = heading(kind, lang)
    lines = [f"**{title}** {data.get('number') or ''}".strip()]
    said = sentence(kind, data, lang)
    lines += [] if said == title else [_plain(said)]
    if data.get("title"):
        level = f"{LEVELS[data['level']]} · " if data.get("level") in LEVELS else ""
        lines.append("> " + _plain(" · ".join(one for one in (f"{level}{data['title']}", data.get("site")) if one)))
    text = "\n\n".join(lines)[:MAX_TEXT]
    if base and data.get("work_order_id"):
        url = f"{base.rstrip('/')}/office/work-orders/{data['work_order_id']}"
        text += "\n\n" + pick(MAIL["open"], lang).format(url=url)
    return title, text


def _plain(text: str) -> str:
    return " ".join(text.translate(_MARKS).split())


_MARKS = {ord(mark): wide for mark, wide in zip("[]<>*_`#", "［］＜＞＊＿｀＃", strict=True)}


def accepted(format_: str, status: int, text: str) -> str:
    """Why an answer is none of success; empty when it is. The robots say 200 to everything, and `errcode` beside it."""
    if not 200 <= status < 300:
        return f"HTTP {status}"
    if format_ == "standard":
        return ""
    try:
        said = orjson.loads(text)
        code = said.get("errcode")
    except (orjson.JSONDecodeError, AttributeError):
        return "the answer is not a robot's"
    return "" if code == 0 else f"errcode {code}: {str(said.get('errmsg'))[:200]}"
