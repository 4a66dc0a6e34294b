"""What this device has not delivered, as a rescue file (`sync/rescue.py`) that somebody else can carry to the office.

It is not delivery: nothing here changes, and the acts stay in the outbox until the server's own receipts are pulled.
Acts that were acknowledged lately go along, so that a server restored from a backup gets what it lost in the same file.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from sync.client.outbox import unsent, wire
from sync.client.ports import FileEntry, Json, Refused, Storage
from sync.rescue import KEY_BYTES, Cipher, plain, preamble, sealed

DELIVERED = ("verified",)  # states of files whose bytes need not go along


class Sealing(Protocol):
    """The cryptography, given from outside: the standard library has none."""

    def wrap(self, key: bytes, spki: bytes) -> bytes:
        """The key under the public key `spki` (DER): RSA-OAEP with SHA-256."""
        ...

    def cipher(self, key: bytes) -> Cipher:
        """AES-256-GCM under the key: (nonce, data, additional data) → data with its tag."""
        ...


def counts(storage: Storage) -> dict[str, int]:
    """How much is not delivered: acts without a receipt, and files."""
    return {"acts": len(unsent(storage)), "files": len(_files(storage))}


def rescue_file(storage: Storage, sealing: Sealing, now: datetime) -> Iterator[bytes]:
    """The file piece by piece; raises `Refused` when this device never heard the office's key."""
    office = storage.get("rescue_key")
    if office is None:
        raise Refused(0, "no-office-key", "sign in once, so that the device knows whom to seal for")
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = base64.b64encode(sealing.wrap(key, base64.b64decode(office["spki"]))).decode()
    first, header = preamble({"key": office["fingerprint"], "wrapped": wrapped})
    yield first
    line = storage.get("device")
    acts = [entry.wire() for entry in sorted(storage.entries(), key=lambda entry: entry.n) if entry.line == line]
    yield from sealed(plain(_head(storage, now), acts, _contents(storage)), header, sealing.cipher(key))


def _head(storage: Storage, now: datetime) -> Json:
    return {
        "device": storage.get("device"), "user": storage.get("user"), "login": storage.get("login"),
        "epoch": storage.get("epoch"), "made_at": wire(now), "proof": storage.get("refresh"), **counts(storage),
    }  # fmt: skip


def _files(storage: Storage) -> list[FileEntry]:
    return [file for file in storage.files() if file.state not in DELIVERED]


def _contents(storage: Storage) -> Iterator[tuple[dict[str, Any], bytes]]:
    for file in _files(storage):
        content = storage.content(file.sha256)
        if content is not None:
            about = {"attachment": file.attachment_id, "sha256": file.sha256, "size": file.size}
            yield {**about, "purpose": file.purpose}, content
