"""A phone with a visit and a camera: declares files and sends them as any tus client would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from server.extensions import db
from server.models import Attachment
from server.tasks.queue import perform_next
from tests.peer import Peer
from tests.server.pictures import OFFSET, TUS, declared, opening

UPLOADS = "/api/files/uploads"


class Camera:
    """Somebody's phone, at a visit of theirs."""

    def __init__(self, app: Flask, phone: Peer, visit_id: str):
        self.app, self.phone, self.visit_id = app, phone, visit_id

    def declare(self, data: bytes, **changes: Any) -> dict[str, Any]:
        args = declared(data, self.visit_id, **changes)
        assert self.phone.do("attachment.add", **args)["outcome"] == "applied"
        return args

    def ask(self, method: str, path: str, headers: dict[str, str], data: Any = None, **more: Any) -> Any:
        both = {**self.phone.headers, **headers}
        return self.phone.client.open(path, method=method, headers=both, data=data, **more)

    def open(self, args: dict[str, Any], **changes: str) -> Any:
        return self.ask("POST", UPLOADS, {**opening(args), **changes})

    def patch(self, path: str, offset: int, data: bytes, **headers: str) -> Any:
        return self.ask("PATCH", path, {**OFFSET, "Upload-Offset": str(offset), **headers}, data)

    def head(self, path: str) -> Any:
        return self.ask("HEAD", path, TUS)

    def send(self, args: dict[str, Any], data: bytes) -> Any:
        opened = self.open(args)
        return opened if opened.status_code != 201 else self.patch(opened.location, 0, data)

    def row(self, args: dict[str, Any]) -> Attachment:
        with self.app.app_context():
            return db.session.get_one(Attachment, args["id"])

    def part(self, path: str) -> Path:
        return Path(self.app.config["FILES_DIR"]) / "uploads" / path.rpartition("/")[2]


def work(app: Flask) -> None:
    """Does what the worker would do, until there is nothing more."""
    with app.app_context():
        while perform_next():
            pass


def code(answer: Any) -> str:
    assert answer.mimetype == "application/problem+json", answer.text
    return answer.json["code"]
