"""Pictures for the tests, made when they are needed: small, large, hostile and broken ones."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import struct
import zlib
from typing import Any

from PIL import Image

from server import clock
from server.models import new_id

TUS = {"Tus-Resumable": "1.0.0"}
OFFSET = {**TUS, "Content-Type": "application/offset+octet-stream"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    """A picture no format can make small."""
    return Image.frombytes("RGB", (width, height), random.Random(seed).randbytes(width * height * 3))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 640, height: int = 480, seed: int = 1, **options: Any) -> bytes:
    return encoded(noise(width, height, seed), **options)


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it is 40,000 × 40,000 pixels: 4.8 GB when unpacked."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def opening(args: dict[str, Any]) -> dict[str, str]:
    """The headers that open an upload for a declared attachment."""
    pairs = metadata(sha256=args["sha256"], attachment=args["id"])
    return {**TUS, "Upload-Length": str(args["size"]), "Upload-Metadata": pairs}


def declared(data: bytes, visit_id: str, **changes: Any) -> dict[str, Any]:
    """The arguments of an `attachment.add` for these bytes."""
    return {
        "id": new_id(), "visit_id": visit_id, "sha256": sha256(data), "size": len(data), "mime": "image/jpeg",
        "purpose": "before", "taken_at": clock.wire(clock.now()), **changes,
    }  # fmt: skip
