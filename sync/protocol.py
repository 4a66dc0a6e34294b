"""The wire of the sync protocol: frozen messages, parsing and dumping. No I/O, no clock.

`parse_*` take decoded JSON (dicts and lists) and raise `Malformed` with a stable code and the place of the fault;
`dump_*` return plain dicts. `sync/PROTOCOL.md` is the contract these shapes follow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sync.check import (
    MAX_CHECK_BYTES,
    MAX_CHECK_ROWS,
    MAX_CHECK_SCOPES,
    MAX_REPAIRS,
    VERDICTS,
    CheckAnswer,
    CheckRequest,
    RepairAnswer,
    RepairRequest,
)
from sync.fields import (
    MAX_N,
    Malformed,
    is_id,
    is_instant,
    read_id,
    read_instant,
    read_integer,
    read_object,
    read_optional_instant,
    read_optional_text,
    read_text,
)

VERSION = 2  # the history is at the end of PROTOCOL.md
MIN_VERSION = 1
MAX_ACTS = 100
MAX_BATCH_BYTES = 256 * 1024
MAX_ARGS_BYTES = 128 * 1024
MAX_PAGE_ROWS = 2000
DEFAULT_PAGE_ROWS = 1000
MAX_NAME = 64  # characters of an act's or group's name
MAX_DEPTH = 64  # of lists and objects in an act's arguments: what is deeper breaks the encoders of rows and journal

APPLIED, MERGED, PARKED, REJECTED = "applied", "merged", "parked", "rejected"
OUTCOMES = (APPLIED, MERGED, PARKED, REJECTED)


@dataclass(frozen=True, slots=True)
class Act:
    """A named intent of a person: `n` contiguous per device, `at` the device's own time, `group` all-or-none.

    `fault` never travels: it is why an act with a sound number and id cannot be read. Such an act is answered
    (rejected) like any other, because refusing the whole batch would block the queue behind it for ever.
    """

    n: int
    id: str
    act: str
    v: int
    at: str
    args: Mapping[str, Any]
    group: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of an act; `rev` is the rev of the transaction that answered it."""

    n: int
    id: str
    outcome: str
    rev: int
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class PushRequest:
    """One bounded batch of acts of one device, with the state of the device beside it."""

    protocol: int
    device: str
    epoch: str | None
    sent_at: str | None
    acts: tuple[Act, ...]
    status: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """Receipts in the order of the batch; `last` is the highest `n` answered for the device."""

    protocol: int
    epoch: str
    server_time: str
    last: int
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a device asks: everything past its cookie, at most `limit` rows."""

    protocol: int
    device: str
    cookie: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class PullAnswer:
    """A page of rows. `rows` travel as `{noun, id, scope, rev, body}`."""

    protocol: int
    epoch: str
    server_time: str
    reset: bool
    cookie: str
    rev: int
    more: bool
    complete: bool
    last: int
    rows: tuple[Any, ...]
    entered: tuple[str, ...]
    left: tuple[Mapping[str, str], ...]


MESSAGES = (Act, Receipt, PushRequest, PushAnswer, PullRequest, PullAnswer)


def spoken(asked: int) -> int:
    """The version to answer in: the one asked, or the nearest to it that is spoken here."""
    return min(max(asked, MIN_VERSION), VERSION)


def parse_push(data: object) -> PushRequest:
    """Reads a push request; raises `Malformed`."""
    body = read_object(data, "$")
    protocol = read_integer(body.get("protocol"), "protocol", low=0)
    acts = body.get("acts")
    if not isinstance(acts, list):
        raise Malformed("not-a-list", "acts")
    if len(acts) > MAX_ACTS:
        raise Malformed("too-many-acts", "acts")
    status = body.get("status")
    return PushRequest(
        protocol=protocol,
        device=read_id(body.get("device"), "device"),
        epoch=read_optional_text(body.get("epoch"), "epoch", 64),
        sent_at=read_optional_instant(body.get("sent_at"), "sent_at"),
        acts=tuple(_parse_act(act, f"acts[{i}]") for i, act in enumerate(acts)),
        status=None if status is None else read_object(status, "status"),
    )


def parse_pull(data: object) -> PullRequest:
    """Reads a pull request; raises `Malformed`. A limit outside 1 … MAX_PAGE_ROWS is a fault, not a wish."""
    body = read_object(data, "$")
    limit = body.get("limit", DEFAULT_PAGE_ROWS)
    return PullRequest(
        protocol=read_integer(body.get("protocol"), "protocol", low=0),
        device=read_id(body.get("device"), "device"),
        cookie=read_optional_text(body.get("cookie"), "cookie", 512),
        limit=read_integer(limit, "limit", low=1, high=MAX_PAGE_ROWS),
    )


def dump_receipt(receipt: Receipt) -> dict[str, Any]:
    """The receipt as it travels."""
    return {
        "n": receipt.n,
        "id": receipt.id,
        "outcome": receipt.outcome,
        "rev": receipt.rev,
        "code": receipt.code,
        "detail": receipt.detail,
    }


def dump_push_answer(answer: PushAnswer) -> dict[str, Any]:
    """The answer to a push as it travels."""
    return {
        "protocol": answer.protocol,
        "epoch": answer.epoch,
        "server_time": answer.server_time,
        "last": answer.last,
        "receipts": [dump_receipt(receipt) for receipt in answer.receipts],
    }


def fingerprint() -> str:
    """SHA-256 over the names of every message's fields and the limits: it changes when the wire does."""
    messages = {
        kind.__name__: [field.name for field in fields(kind)]
        for kind in (*MESSAGES, CheckRequest, CheckAnswer, RepairRequest, RepairAnswer)
    }
    limits: list[Any] = [MAX_ACTS, MAX_BATCH_BYTES, MAX_ARGS_BYTES, MAX_PAGE_ROWS, MAX_N, list(OUTCOMES)]
    limits += [MAX_CHECK_BYTES, MAX_CHECK_SCOPES, MAX_CHECK_ROWS, MAX_REPAIRS, list(VERDICTS)]
    text = json.dumps([messages, limits], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _parse_act(data: object, where: str) -> Act:
    body = read_object(data, where)
    n = read_integer(body.get("n"), f"{where}.n", low=1)
    act_id = read_id(body.get("id"), f"{where}.id")
    try:
        return Act(
            n=n,
            id=act_id,
            act=read_text(body.get("act"), f"{where}.act", MAX_NAME),
            v=read_integer(body.get("v"), f"{where}.v", low=1, high=1000),
            at=read_instant(body.get("at"), f"{where}.at"),
            args=_shallow(read_object(body.get("args"), f"{where}.args"), f"{where}.args"),
            group=read_optional_text(body.get("group"), f"{where}.group", MAX_NAME),
        )
    except Malformed as fault:
        return Act(n, act_id, "?", 1, "", {"unreadable": _cut(body, MAX_DEPTH // 2)}, None, str(fault))


def _shallow(args: dict[str, Any], where: str) -> dict[str, Any]:
    """The arguments, when they are not nested deeper than MAX_DEPTH; level by level, since a stack has its own end."""
    level: list[Any] = [args]
    for _ in range(MAX_DEPTH):
        inner = [entry for one in level for entry in (one.values() if isinstance(one, dict) else one)]
        level = [entry for entry in inner if isinstance(entry, (dict, list))]
        if not level:
            return args
    raise Malformed("too-deep", where)


def _cut(value: Any, depth: int) -> Any:
    """A copy that can be kept: what lies deeper than any device of ours writes is left out."""
    if not isinstance(value, (dict, list)):
        return value
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {key: _cut(inner, depth - 1) for key, inner in value.items()}
    return [_cut(inner, depth - 1) for inner in value]


__all__ = [
    "APPLIED", "DEFAULT_PAGE_ROWS", "MAX_ACTS", "MAX_ARGS_BYTES", "MAX_BATCH_BYTES", "MAX_DEPTH", "MAX_N", "MAX_NAME",
    "MAX_PAGE_ROWS", "MERGED", "MIN_VERSION", "OUTCOMES", "PARKED", "REJECTED", "VERSION", "Act", "Malformed",
    "PullAnswer", "PullRequest", "PushAnswer", "PushRequest", "Receipt", "dump_push_answer", "dump_receipt",
    "fingerprint", "is_id", "is_instant", "parse_pull", "parse_push", "spoken",
]  # fmt: skip
