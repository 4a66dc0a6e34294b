"""One format in two languages: files sealed by either are opened by the server, byte for byte."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from server.sealing import read_key
from sync.client.sealing import OpenSslSealing
from sync.rescue import Damaged, plain, preamble, read_header, read_records, sealed

VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "rescue.json").read_text())
OFFICE = read_key(base64.b64decode(VECTOR["private_key"]))


def opened(file: bytes) -> list[Any]:
    stream = io.BytesIO(file)
    header, text = read_header(stream.read)
    return list(read_records(stream.read, text, OFFICE.decryptor(header)))


def sealed_here(contents: dict[str, Any]) -> bytes:
    """As the reference client seals."""
    sealing, key = OpenSslSealing(), b"k" * 32
    wrapped = base64.b64encode(sealing.wrap(key, base64.b64decode(OFFICE.public))).decode()
    first, header = preamble({"key": OFFICE.fingerprint, "wrapped": wrapped})
    files = [(file["about"], base64.b64decode(file["bytes"])) for file in contents["files"]]
    head = {name: value for name, value in contents["head"].items() if name not in ("kind", "format")}
    return first + b"".join(sealed(plain(head, contents["acts"], files), header, sealing.cipher(key)))


@pytest.mark.parametrize("maker", ["python", "typescript", "now"])
def test_a_file_of_either_language_is_opened(maker: str):
    contents = VECTOR["contents"]
    file = sealed_here(contents) if maker == "now" else base64.b64decode(VECTOR[maker])
    head, acts, about, content, end = opened(file)
    assert head == ("json", contents["head"])
    assert acts == ("json", {"kind": "acts", "acts": contents["acts"]})
    assert about == ("json", {"kind": "file", **contents["files"][0]["about"]})
    assert content == ("bytes", base64.b64decode(contents["files"][0]["bytes"]))
    assert end == ("json", {"kind": "end"})


def test_the_public_key_is_that_of_the_private_one():
    assert VECTOR["public_key"] == OFFICE.wire()


def test_a_file_cut_off_at_any_byte_never_reads_as_a_whole_one():
    file = base64.b64decode(VECTOR["typescript"])
    whole = opened(file)
    for end in range(len(file)):
        stream = io.BytesIO(file[:end])
        found: list[Any] = []
        with pytest.raises(ValueError, match=r"."):
            header, text = read_header(stream.read)
            found.extend(read_records(stream.read, text, OFFICE.decryptor(header)))
        assert found == [] or found == whole[: len(found)]


def test_large_acts_are_spread_over_records_that_fit():
    acts = [{"n": n, "args": {"strokes": "x" * 120_000}} for n in range(1, 40)]
    records = list(plain({}, acts, []))
    assert max(map(len, records)) < 1024 * 1024
    told = [json.loads(record[1:]) for record in records]
    assert [act["n"] for record in told if record["kind"] == "acts" for act in record["acts"]] == list(range(1, 40))


def test_half_a_character_and_nonsense_do_not_stop_the_reader():
    contents = {**VECTOR["contents"], "acts": [{"n": 1, "text": "\ud83d"}]}
    assert opened(sealed_here(contents))[1] == ("json", {"kind": "acts", "acts": [{"n": 1, "text": "?"}]})
    with pytest.raises(Damaged):
        read_header(io.BytesIO(b"XUNXIU-RESCUE-1\n\x00\x00\x00\x02{}").read)
