"""Rescue files for the tests: made by the reference client, brought to the office through its door."""

from __future__ import annotations

from typing import Any

from flask import Flask

from server.models import new_id
from sync.client import Client, MemoryStorage
from sync.client.rescue import rescue_file
from sync.client.sealing import OpenSslSealing
from tests.cast import Cast
from tests.peer import Peer
from tests.server.pictures import photo, sha256
from tests.sync.test_client import Phones


def sealed_by(client: Client) -> bytes:
    return b"".join(rescue_file(client.storage, OpenSslSealing(), client.now()))


class Rescue:
    """Alice's phone without a network, with things to send, and the desk it is carried to."""

    def __init__(self, app: Flask, cast: Cast, desk: Peer, visit_id: str):
        self.app, self.cast, self.desk, self.visit_id = app, cast, desk, visit_id
        self.phone = Phones(app, cast).of("alice")
        self.picture = photo(320, 240)

    def work(self) -> list[str]:
        """An accepted visit, a note and a photo: nothing of it sent. Gives the ids of the acts."""
        self.phone.act("visit.accept", visit_id=self.visit_id)
        self.note("泵房积水")
        self.photograph(self.picture)
        return [entry.id for entry in self.phone.outbox]

    def note(self, text: str) -> Any:
        return self.phone.act("note.add", id=new_id(), visit_id=self.visit_id, text=text)

    def photograph(self, picture: bytes) -> Any:
        return self.phone.attach(
            picture, visit_id=self.visit_id, mime="image/jpeg", purpose="before", taken_at="2026-11-21T08:00:00.000Z"
        )

    def file(self) -> bytes:
        return sealed_by(self.phone)

    def bring(self, file: bytes, by: Peer | None = None, status: int = 200) -> Any:
        headers = {**(by or self.desk).headers, "Content-Type": "application/octet-stream"}
        answer = self.app.test_client().post("/api/rescue", data=file, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json

    def bring_in(self, file: bytes) -> Any:
        """Brought, looked at and imported; gives the result."""
        brought = self.bring(file)
        return self.desk.post(f"/api/rescue/{brought['id']}/import", {})["result"]

    def stranger(self) -> Client:
        """Somebody who knows the office's public key, Alice's name and her device, but has no token of hers."""
        storage = MemoryStorage()
        with storage.transaction():
            for key in ("rescue_key", "device", "user", "login", "epoch"):
                storage.put(key, self.phone.storage.get(key))
            storage.put("refresh", "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk")
        return Client(storage, self.phone.session.transport)

    @property
    def hash(self) -> str:
        return sha256(self.picture)
