"""Web Push: what is said is sealed for one browser (RFC 8291), and signed as ours (RFC 8292).

Both are put together here from primitives of `cryptography`: the packages for it bring a second HTTP client that knows
nothing of `outgoing`. `tests/server/test_push_channel.py` holds it to the RFC's own example.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from server.extensions import db
from server.models import ServerSecret

RECORD_BYTES = 4096  # what a push service takes at least, and at most what some take
TOKEN_SECONDS = 12 * 3600  # RFC 8292 forbids more than 24 hours
KEEP_SECONDS = 24 * 3600  # how long a push service keeps it for a phone that is off
SECRET = "vapid"
_POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class ServerKey:
    """The pair by which push services know this server."""

    private: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> str:
        """As `applicationServerKey` of a browser."""
        return encode(self.private.public_key().public_bytes(*_POINT))


def server_key() -> ServerKey:
    """The key of this service, made when it is first asked for. Of two processes that ask, one makes it. Commits."""
    kept = select(ServerSecret.value).where(ServerSecret.name == SECRET)
    found = db.session.scalar(kept)
    if found is None:
        made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
        row = {"name": SECRET, "value": base64.b64encode(made).decode()}
        db.session.execute(dialect.insert(ServerSecret).values(row).on_conflict_do_nothing())
        db.session.commit()
        found = db.session.scalar(kept)
    private = serialization.load_der_private_key(base64.b64decode(found or ""), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return ServerKey(private)


def seal(
    text: bytes, p256dh: str, auth: str, *, ours: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """The text for one browser, as a body of `Content-Encoding: aes128gcm`. Raises ValueError for keys that are none.

    `ours` and `salt` are fresh for each message; only the RFC's example names them.
    """
    ours, salt = ours or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    theirs = decode(p256dh)
    own_point = ours.public_key().public_bytes(*_POINT)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    material = _hkdf(decode(auth), b"WebPush: info\0" + theirs + own_point, 32).derive(shared)
    key = _hkdf(salt, b"Content-Encoding: aes128gcm\0", 16).derive(material)
    nonce = _hkdf(salt, b"Content-Encoding: nonce\0", 12).derive(material)
    sealed = AESGCM(key).encrypt(nonce, text + b"\2", None)  # 2: the last record, of one
    return salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(own_point)]) + own_point + sealed


def _hkdf(salt: bytes, info: bytes, length: int) -> HKDF:
    return HKDF(hashes.SHA256(), length, salt, info)


def headers(endpoint: str, key: ServerKey, subject: str, urgent: bool, topic: str) -> dict[str, str]:
    """What goes with the body. `topic`: a later message of the same replaces one the phone has not had yet."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + TOKEN_SECONDS, "sub": subject}
    token = jwt.encode(claims, key.private, "ES256")
    return {
        "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": str(KEEP_SECONDS),
        "Urgency": "high" if urgent else "normal", "Topic": topic, "Authorization": f"vapid t={token}, k={key.public}",
    }  # fmt: skip
