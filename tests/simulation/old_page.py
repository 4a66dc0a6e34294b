"""A page of release 0.1.0 that is still open while the server is already a newer one (deploy N−1 → N).

It is the reference client behind a mask: it says protocol 1, never checks, and of an answer it sees what version 1 had.
Whatever a newer server has to say to such a page, it has to say in those words.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from sync.client import Answer

VERSION = 1
CHECK = "/api/sync/check"
#: What the first release read of each answer; anything else it does not know.
KNOWN = {
    "/api/sync/push": {"protocol", "epoch", "server_time", "last", "receipts"},
    "/api/sync/pull": {
        "protocol", "epoch", "server_time", "reset", "cookie", "rev", "more", "complete", "last", "entered", "left",
        "rows",
    },
    "/api/auth/login": {"access", "refresh", "epoch", "user", "device_id"},
    "/api/auth/refresh": {"access", "refresh"},
}  # fmt: skip
#: Acts that have another version since. What the page saved stays as it saved it, also when a newer page sends it.
ACTS = {"review.settle": 1}
CURRENT = {"review.settle": 2}


def version_of(act: str, old: bool) -> int:
    """The version in which a page, old or current, saves an act."""
    return (ACTS if old else CURRENT).get(act, 1)


def asks(path: str, body: bytes | None) -> bytes | None:
    """The request as the old page writes it."""
    if path == CHECK:
        raise AssertionError("a page of version 1 knows of no check")
    if path not in ("/api/sync/push", "/api/sync/pull"):
        return body
    return orjson.dumps({**orjson.loads(body or b""), "protocol": VERSION})


def understands(path: str, answer: Answer) -> Answer:
    """The answer as the old page reads it; one that is not ours, or cut off, stays as it is."""
    if path not in KNOWN or answer.status != 200:
        return answer
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer
    return Answer(answer.status, answer.headers, orjson.dumps(_known(path, said)))


def _known(path: str, said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if name in KNOWN[path]}
