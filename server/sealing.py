"""The office's key pair for rescue files: whoever has the public half can seal, only this server can open.

The private key is made once, at the first start, beside the other secrets of DATA_DIR and readable by its owner only.
Several servers of one office share one: RESCUE_KEY holds it as base64 of its PKCS #8 DER. Whoever loses it cannot open
rescue files sealed before, so it belongs into the backup (it is in DATA_DIR).
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app

from sync.rescue import Cipher

RSA_BITS = 3072  # about the strength of AES-128, as NIST SP 800-57 compares them
KEY_FILE = "rescue.key"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_DER = serialization.Encoding.DER


class WrongKey(ValueError):
    """Sealed for another office, or before this one lost its key."""


class OfficeKey:
    """A private key and what may be told of it: `public` (SPKI, base64) and its `fingerprint` (SHA-256, hex)."""

    def __init__(self, private: rsa.RSAPrivateKey):
        self._private = private
        spki = private.public_key().public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public = base64.b64encode(spki).decode()
        self.fingerprint = hashlib.sha256(spki).hexdigest()

    def wire(self) -> dict[str, str]:
        return {"spki": self.public, "fingerprint": self.fingerprint}

    def decryptor(self, header: dict[str, str]) -> Cipher:
        """What opens the records of a file with this header; raises `WrongKey`."""
        if header["key"] != self.fingerprint:
            raise WrongKey(header["key"])
        try:
            cipher = AESGCM(self._private.decrypt(base64.b64decode(header["wrapped"], validate=True), _OAEP))
        except ValueError:
            raise WrongKey("the file's key cannot be unwrapped") from None

        def decrypt(nonce: bytes, data: bytes, additional: bytes) -> bytes:
            try:
                return cipher.decrypt(nonce, data, additional)
            except InvalidTag:
                raise ValueError("not as it was sealed") from None

        return decrypt


def new_private_key() -> bytes:
    """A private key as PKCS #8 DER."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return key.private_bytes(_DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@cache
def read_key(der: bytes) -> OfficeKey:
    """The key of these bytes (PKCS #8). Checking its primes takes a fifth of a second, so it is done once a process."""
    private = serialization.load_der_private_key(der, None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ValueError("the office's key is not an RSA key")
    return OfficeKey(private)


def init_sealing(app: Flask) -> None:
    """Makes the key pair if there is none; it is read once in a process."""
    given = app.config.get("RESCUE_KEY")
    der = base64.b64decode(given) if given else _kept(Path(app.config["DATA_DIR"]) / KEY_FILE)
    app.extensions["office_key"] = read_key(der)


def office_key() -> OfficeKey:
    """The key of this app."""
    key: OfficeKey = current_app.extensions["office_key"]
    return key


def _kept(path: Path) -> bytes:
    """The key of that file, made there first when it is missing. Of two processes that start, one makes it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(new_private_key()))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(scratch, path)  # whole or not at all, and never over another's
        finally:
            scratch.unlink()
    return base64.b64decode(path.read_bytes())
