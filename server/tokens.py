"""Secrets of public links: derived from this server's key and the link's id, so that the database keeps only hashes.

A link can be shown again to whoever may (copy, QR code), and yet a copy of the database opens none. With another
SECRET_KEY the links that are out still work, because their hashes are kept; they can no longer be shown.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from flask import current_app

from server import clock

TOKEN_BYTES = 18  # 144 bits; 24 characters
CHALLENGE_LIFE = timedelta(hours=12)  # a form may lie open over lunch
SOONEST = timedelta(seconds=3)  # nobody writes a report faster
PROOF_BITS = 14  # zero bits the browser must find: about 16,000 hashes, a tenth of a second on a phone


def _mac(purpose: str, text: str) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


def token_of(link_id: str) -> str:
    """The token of a link, for its address."""
    return base64.urlsafe_b64encode(_mac("customer-link", link_id)[:TOKEN_BYTES]).decode()


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def challenge_for(report_id: str) -> str:
    """What a form carries: the id its report will have, when it was opened, and our seal on both."""
    text = f"{report_id}.{int(clock.now().timestamp())}"
    return f"{text}.{_seal(text)}"


def read_challenge(challenge: str, now: datetime) -> tuple[str, timedelta] | None:
    """The report's id and how long the form was open; None when it is not ours or too old."""
    text, _, seal = challenge.rpartition(".")
    report_id, _, made = text.partition(".")
    if not made.isascii() or not made.isdigit() or not hmac.compare_digest(seal.encode(), _seal(text).encode()):
        return None
    open_for = timedelta(seconds=now.timestamp() - int(made))
    return (report_id, open_for) if open_for <= CHALLENGE_LIFE else None


def is_proof(challenge: str, proof: str) -> bool:
    """Whether the browser worked for it: a number whose hash with the challenge begins with enough zero bits."""
    digest = hashlib.sha256(f"{challenge}:{proof}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - PROOF_BITS) == 0


def _seal(text: str) -> str:
    return _mac("report-form", text)[:16].hex()
