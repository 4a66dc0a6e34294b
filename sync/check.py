"""The messages of the check: does a device hold what the server thinks it holds, and if not, what repairs it.

Two questions at one door. The first carries one digest over everything and is answered, nearly always, with `agree`.
Only for scopes that differ the second one lists the rows the device has; the answer is what is missing, stale or too
much. `sync/PROTOCOL.md` is the contract.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.fields import Malformed, read_id, read_integer, read_object, read_text

MAX_CHECK_BYTES = 640 * 1024
MAX_CHECK_SCOPES = 100  # of one second question
MAX_CHECK_ROWS = 5000  # listed in one second question
MAX_REPAIRS = 2000  # rows with a body in one answer; `more` says that there are others
MAX_COOKIE = 512

AGREE, DIFFERS, MOVED = "agree", "differs", "moved"
VERDICTS = (AGREE, DIFFERS, MOVED)

_DIGEST = re.compile(r"[0-9a-f]{16}\Z")
_SCOPE = re.compile(r"[a-z]+(:[0-9a-f-]{1,36})?\Z")
_NOUN = re.compile(r"[a-z_]{1,32}\Z")

Key = tuple[str, str]  # noun, id


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """The first question: `count` rows in all scopes held, and their digest as 16 hexadecimal digits."""

    protocol: int
    device: str
    cookie: str
    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """`agree`, `differs`, or `moved`: something changed after the cookie, so pull first.

    `scopes`: for the last two, count and digest of each held scope that has not changed since the cookie.
    """

    protocol: int
    epoch: str
    server_time: str
    verdict: str
    scopes: Mapping[str, tuple[int, str]] | None


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """The second question: in each of these scopes, the rows the device has, as (noun, id): rev.

    `after` and `upto` (noun, id) make it speak only of the keys between them: part of one large scope.
    """

    protocol: int
    device: str
    cookie: str
    scopes: Mapping[str, Mapping[Key, int]]
    after: Key | None = None
    upto: Key | None = None


@dataclass(frozen=True, slots=True)
class RepairAnswer:
    """`rows` to put (as in a pull) or, with body null, to remove; `left`: scopes the device should not have.

    `more`: the answer was full; ask again with what is there now.
    """

    protocol: int
    epoch: str
    server_time: str
    rows: tuple[Any, ...]
    left: tuple[Mapping[str, str], ...]
    more: bool


def parse_check(data: object) -> CheckRequest | RepairRequest:
    """Reads either question; the one with `scopes` is the second. Raises `Malformed`."""
    body = read_object(data, "$")
    protocol = read_integer(body.get("protocol"), "protocol", low=0)
    device = read_id(body.get("device"), "device")
    cookie = read_text(body.get("cookie"), "cookie", MAX_COOKIE)
    if "scopes" not in body:
        digest = read_text(body.get("digest"), "digest", 16)
        if not _DIGEST.match(digest):
            raise Malformed("not-a-digest", "digest")
        return CheckRequest(protocol, device, cookie, read_integer(body.get("count"), "count", low=0), digest)
    scopes = _scopes(read_object(body["scopes"], "scopes"))
    after, upto = _key(body.get("after"), "after"), _key(body.get("upto"), "upto")
    if (after or upto) and len(scopes) != 1:
        raise Malformed("not-one-scope", "scopes")
    return RepairRequest(protocol, device, cookie, scopes, after, upto)


def _scopes(found: dict[str, Any]) -> dict[str, dict[Key, int]]:
    if not found:
        raise Malformed("no-scopes", "scopes")
    if len(found) > MAX_CHECK_SCOPES:
        raise Malformed("too-many-scopes", "scopes")
    scopes: dict[str, dict[Key, int]] = {}
    rows = 0
    for scope, listed in found.items():
        if len(scope) > 48 or not _SCOPE.match(scope):
            raise Malformed("not-a-scope", "scopes")
        if not isinstance(listed, list):
            raise Malformed("not-a-list", f"scopes.{scope}")
        rows += len(listed)
        if rows > MAX_CHECK_ROWS:
            raise Malformed("too-many-rows", "scopes")
        scopes[scope] = dict(_row(row, f"scopes.{scope}[{i}]") for i, row in enumerate(listed))
    return scopes


def _row(value: object, where: str) -> tuple[Key, int]:
    if not isinstance(value, list) or len(value) != 3:
        raise Malformed("not-a-row", where)
    key = _key(value[:2], where)
    assert key is not None
    return key, read_integer(value[2], where, low=0)


def _key(value: object, where: str) -> Key | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("not-a-key", where)
    noun = read_text(value[0], where, 32)
    if not _NOUN.match(noun):
        raise Malformed("not-a-noun", where)
    return noun, read_id(value[1], where)


def dump_check_answer(answer: CheckAnswer) -> dict[str, Any]:
    """The answer to the first question as it travels."""
    return {
        "protocol": answer.protocol,
        "epoch": answer.epoch,
        "server_time": answer.server_time,
        "verdict": answer.verdict,
        "scopes": None if answer.scopes is None else {scope: list(said) for scope, said in answer.scopes.items()},
    }
