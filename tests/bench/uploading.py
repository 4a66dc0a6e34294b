"""Uploads: photos of 12 MB by tus, in pieces of 1 MiB with checksums, four at once."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
from PIL import Image

from server import clock
from server.models import new_id
from tests.bench.company import PASSWORD, Company
from tests.bench.figures import Figures, median, say
from tests.bench.servers import Client, Server, sign_in

PHOTO_BYTES = 12_000_000
PIECE_BYTES = 1 << 20
AT_ONCE = 4
TUS = {"Tus_Resumable": "1.0.0"}
Send = Callable[[Client, str, bytes], None]


def photos(count: int) -> list[bytes]:
    """Real photographs as far as any reader can tell: noise does not compress, and each has a tail of its own."""
    buffer = io.BytesIO()
    noise = Image.frombytes("RGB", (2000, 1500), os.urandom(2000 * 1500 * 3))
    noise.save(buffer, "JPEG", quality=95)
    picture = buffer.getvalue()
    return [picture + os.urandom(PHOTO_BYTES - len(picture)) for _ in range(count)]


def measure(figures: Figures, db: str, company: Company, real: Server, floor: Server, rounds: int, each: int) -> None:
    login, device = company.pushers[0].login, new_id()
    token = sign_in(real, login, PASSWORD, device)
    visit, n = company.pushers[0].visits[0]["visit"], 0
    ours, least = [], []
    for i in range(rounds + 1):
        made = photos(each if i else AT_ONCE)
        slots = _declare(Client(real, token), device, visit, made, n)
        n += len(made)
        by_hash = dict(zip((hashlib.sha256(photo).hexdigest() for photo in made), slots, strict=True))
        ours.append(_round([Client(real, token) for _ in range(AT_ONCE)], made, _by_tus(by_hash)))
        least.append(_round([Client(floor) for _ in range(AT_ONCE)], made, _plainly))
    rate, floor_rate = median(ours[1:]), median(least[1:])
    how = {"photo_bytes": PHOTO_BYTES, "piece_bytes": PIECE_BYTES, "at_once": AT_ONCE}
    figures.add("upload_mb_per_s", db, rate, "MB/s", **how)
    figures.add("floor_upload_mb_per_s", db, floor_rate, "MB/s", **how)
    say(f"{db}: uploads {rate:.0f} MB/s, floor {floor_rate:.0f} MB/s")


def _declare(client: Client, device: str, visit: str, made: list[bytes], n: int) -> list[str]:
    """The acts that open the slots; gives the attachments' ids."""
    slots, acts = [], []
    for number, photo in enumerate(made, n + 1):
        slots.append(new_id())
        at = clock.wire(clock.now())
        args = {
            "id": slots[-1], "visit_id": visit, "sha256": hashlib.sha256(photo).hexdigest(), "size": len(photo),
            "mime": "image/jpeg", "purpose": "site", "taken_at": at,
        }  # fmt: skip
        acts.append({"n": number, "id": new_id(), "act": "attachment.add", "v": 1, "at": at, "args": args})
    answer = orjson.loads(client.post("/api/sync/push", orjson.dumps({"protocol": 1, "device": device, "acts": acts})))
    if [receipt["outcome"] for receipt in answer["receipts"]] != ["applied"] * len(made):
        raise RuntimeError(f"slots were not opened: {answer}")
    client.close()
    return slots


def _round(clients: list[Client], made: list[bytes], send: Send) -> float:
    """MB per second of all of them, `AT_ONCE` at a time."""
    pieces = [(photo, hashlib.sha256(photo).hexdigest()) for photo in made]

    def work(index: int) -> None:
        for photo, name in pieces[index::AT_ONCE]:
            send(clients[index], name, photo)

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, range(AT_ONCE)))
    took = time.perf_counter() - began
    for client in clients:
        client.close()
    return sum(map(len, made)) / 1e6 / took


def _by_tus(slots: dict[str, str]) -> Send:
    def send(client: Client, name: str, photo: bytes) -> None:
        metadata = f"sha256 {_base64(name.encode())},attachment {_base64(slots[name].encode())}"
        answer, _ = client.send(
            "POST", "/api/files/uploads", b"", Upload_Length=str(len(photo)), Upload_Metadata=metadata, **TUS
        )
        place = answer.headers["Location"]
        for offset in range(0, len(photo), PIECE_BYTES):
            piece = photo[offset : offset + PIECE_BYTES]
            _patch(client, place, piece, Upload_Offset=str(offset), **TUS)

    return send


def _plainly(client: Client, name: str, photo: bytes) -> None:
    for offset in range(0, len(photo), PIECE_BYTES):
        piece = photo[offset : offset + PIECE_BYTES]
        _patch(client, f"/files/{name}", piece, Last=str(int(offset + PIECE_BYTES >= len(photo))))


def _patch(client: Client, place: str, piece: bytes, **headers: str) -> None:
    checksum = f"sha256 {_base64(hashlib.sha256(piece).digest())}"
    client.send(
        "PATCH", place, piece, Content_Type="application/offset+octet-stream", Upload_Checksum=checksum, **headers
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
