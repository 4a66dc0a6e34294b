"""The cryptography of rescue files for the shell command, by the package `cryptography` when it is installed.

Nothing else of `sync/` needs it, so it is looked for only when a rescue file is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sync.rescue import Cipher

_HAZMAT = "cryptography.hazmat.primitives"


class NoCryptography(Exception):
    """The package `cryptography` is not installed."""


class OpenSslSealing:
    """`sync.client.rescue.Sealing`; raises `NoCryptography` when made without the package."""

    def __init__(self) -> None:
        try:
            self._hashes: Any = import_module(f"{_HAZMAT}.hashes")
            self._serialization: Any = import_module(f"{_HAZMAT}.serialization")
            self._padding: Any = import_module(f"{_HAZMAT}.asymmetric.padding")
            self._aead: Any = import_module(f"{_HAZMAT}.ciphers.aead")
        except ImportError:
            raise NoCryptography("pip install cryptography") from None

    def wrap(self, key: bytes, spki: bytes) -> bytes:
        """RSA-OAEP with SHA-256 in both places."""
        sha256 = self._hashes.SHA256
        oaep = self._padding.OAEP(self._padding.MGF1(sha256()), sha256(), None)
        wrapped: bytes = self._serialization.load_der_public_key(spki).encrypt(key, oaep)
        return wrapped

    def cipher(self, key: bytes) -> Cipher:
        """AES-256-GCM."""
        encrypt: Cipher = self._aead.AESGCM(key).encrypt
        return encrypt
