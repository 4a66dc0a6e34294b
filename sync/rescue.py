"""The rescue file: what a device has not delivered, as one sealed file that any hand can carry to the office.

    magic (16 bytes) | u32 length, header | (u32 length, sealed record) …        numbers are big-endian

The header is JSON: `{"key": fingerprint, "wrapped": base64}`. `wrapped` is a fresh AES-256 key under the office's
public key (RSA-OAEP with SHA-256), `fingerprint` the SHA-256 of that public key's SPKI (DER) in hex. Record `i` is
AES-256-GCM with the nonce `u88 i | u8 last` and the header's bytes as additional data: records cannot be exchanged
between files, left out, reordered, or cut off at the end unnoticed. A record's first byte is its kind: `J` JSON,
`B` bytes of the file named before.

Records come in this order, so that a file cut off anywhere still gives all acts before its photos:
    J {"kind": "bundle", …}      who, which device, when, the proof that it is that device, how much follows
    J {"kind": "acts", "acts": […]}          as they travel in a push; at most 100 and about 512 KiB in one record
    J {"kind": "file", "attachment", "sha256", "size", …}   then B … B, `size` bytes together
    J {"kind": "end"}
Nothing here touches a disk or a key: `read`, `decrypt` and `encrypt` are given.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sync.protocol import MAX_ACTS

MAGIC = b"XUNXIU-RESCUE-1\n"
FORMAT = 1
KEY_BYTES = 32  # AES-256
MAX_HEADER_BYTES = 4096
MAX_RECORD_BYTES = 2 * 1024 * 1024  # sealed
TAG_BYTES = 16
CHUNK_BYTES = 512 * 1024  # of a file in one record
JSON_KIND, BYTES_KIND = b"J", b"B"

Read = Callable[[int], bytes]
Cipher = Callable[[bytes, bytes, bytes], bytes]  # (nonce, data, additional data) → data
Record = tuple[str, Any]  # ("json", object) or ("bytes", bytes)


class Foreign(ValueError):
    """Not a rescue file at all, or one of a later format."""


class Damaged(ValueError):
    """From here on the file cannot be read: cut off, or not as it was written."""


def nonce(index: int, last: bool) -> bytes:
    """The nonce of record `index`; the key is used for one file only, so counting is enough."""
    return index.to_bytes(11, "big") + bytes([last])


def preamble(header: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The file's first bytes, and the header's bytes alone: the additional data of every record."""
    text = json.dumps(dict(header), separators=(",", ":")).encode()
    return MAGIC + struct.pack(">I", len(text)) + text, text


def sealed(records: Iterable[bytes], header: bytes, encrypt: Cipher) -> Iterator[bytes]:
    """The records as they stand in the file. `encrypt` gives the data with its tag behind it."""
    index, held = 0, None
    for record in records:
        if held is not None:
            yield _framed(encrypt(nonce(index, False), held, header))
            index += 1
        held = record
    if held is not None:
        yield _framed(encrypt(nonce(index, True), held, header))


def _framed(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def plain(
    bundle: Mapping[str, Any], acts: Sequence[Mapping[str, Any]], files: Iterable[tuple[Mapping[str, Any], bytes]]
) -> Iterator[bytes]:
    """The records of a file before sealing. `acts` by number; `files`: what is said of each, and its bytes."""
    yield _json({"kind": "bundle", "format": FORMAT, **bundle})
    yield from _act_records(acts)
    for about, content in files:
        yield _json({"kind": "file", **about})
        for at in range(0, len(content), CHUNK_BYTES):
            yield BYTES_KIND + content[at : at + CHUNK_BYTES]
    yield _json({"kind": "end"})


def _act_records(acts: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    held: list[Mapping[str, Any]] = []
    size = 0
    for act in acts:
        cost = len(_json(act))
        if held and (len(held) == MAX_ACTS or size + cost > CHUNK_BYTES):
            yield _json({"kind": "acts", "acts": held})
            held, size = [], 0
        held.append(act)
        size += cost
    if held:
        yield _json({"kind": "acts", "acts": held})


def _json(value: Mapping[str, Any]) -> bytes:
    return JSON_KIND + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def read_header(read: Read) -> tuple[dict[str, str], bytes]:
    """The header and its bytes; raises `Foreign` or `Damaged`. `read(n)` gives n bytes, fewer only at the end."""
    if read(len(MAGIC)) != MAGIC:
        raise Foreign("not a rescue file")
    text = _frame(read, MAX_HEADER_BYTES)
    if text is None:
        raise Damaged("no header")
    header = _parsed(text)
    if not isinstance(header.get("key"), str) or not isinstance(header.get("wrapped"), str):
        raise Damaged("the header names no key")
    return header, text


def read_records(read: Read, header: bytes, decrypt: Cipher) -> Iterator[Record]:
    """Every record that can be read, in order; then raises `Damaged` unless the end was reached.

    `decrypt` raises `ValueError` for data that is not as it was sealed.
    """
    index = 0
    current = _frame(read, MAX_RECORD_BYTES)
    broken = current is None
    while current is not None:
        following: bytes | None
        try:
            following, cut = _frame(read, MAX_RECORD_BYTES), False
        except Damaged:
            following, cut = None, True
        last = following is None and not cut
        try:
            record = decrypt(nonce(index, last), current, header)
        except ValueError:
            if not last:
                raise Damaged(f"record {index} is not as it was sealed") from None
            broken, record = True, _unsealed(decrypt, index, current, header)
        yield _record(record)
        broken, current, index = broken or cut, following, index + 1
    if broken:
        raise Damaged("the end is missing")


def _unsealed(decrypt: Cipher, index: int, data: bytes, header: bytes) -> bytes:
    """The record before a clean cut: sound in itself, only not the last one."""
    try:
        return decrypt(nonce(index, False), data, header)
    except ValueError:
        raise Damaged(f"record {index} is not as it was sealed") from None


def _record(data: bytes) -> Record:
    if data[:1] == BYTES_KIND:
        return "bytes", data[1:]
    if data[:1] != JSON_KIND:
        raise Damaged("a record of no known kind")
    return "json", _parsed(data[1:])


def _frame(read: Read, longest: int) -> bytes | None:
    """The next length and what it counts; None at the end of the file."""
    size = read(4)
    if not size:
        return None
    if len(size) < 4 or not 0 < struct.unpack(">I", size)[0] <= longest:
        raise Damaged("a length that cannot be")
    data = read(struct.unpack(">I", size)[0])
    if len(data) < struct.unpack(">I", size)[0]:
        raise Damaged("cut off")
    return data


def _parsed(data: bytes) -> dict[str, Any]:
    """JSON without half characters, which no database keeps: they become U+FFFD, as at the door of a push."""
    try:
        value = json.loads(data)
        if b"\\ud" in data.lower():
            text = json.dumps(value, ensure_ascii=False)
            value = json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        raise Damaged("not JSON") from None
    if not isinstance(value, dict):
        raise Damaged("not an object")
    return value
