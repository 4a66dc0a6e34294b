"""The outbox and the journal: one table of acts, from "saved" until 30 days after their effect was pulled.

An act is in the outbox while it has no receipt, or while the effect its receipt speaks of is not yet pulled. Then it
settles: it is in the journal, from where it returns when a restored server says it never heard of it. Functions
here expect to be called inside a transaction when they write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync.client.ports import Entry, Json, Storage
from sync.protocol import MAX_ACTS, MAX_ARGS_BYTES, MAX_BATCH_BYTES

JOURNAL_LIFE = timedelta(days=30)
ENVELOPE_BYTES = 4096  # of a batch: everything beside its acts


class TooLarge(ValueError):
    """An act or a group that no batch could carry. Said before it is saved: later would be too late."""


def wire(instant: datetime) -> str:
    """`2026-11-21T08:30:00.000Z`."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def size_of(value: Any) -> int:
    """Bytes of a value as JSON on the wire."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def add(
    storage: Storage, acts: Sequence[tuple[str, Json, int]], ids: Sequence[str], group: str | None, at: str
) -> list[Entry]:
    """Numbers the acts (name, args, version) and puts them into the outbox; raises `TooLarge`."""
    line, n, seq = storage.get("device"), storage.get("next_n", 1), storage.get("next_seq", 1)
    made = [
        Entry(seq + i, line, n + i, act_id, name, version, at, args, group)
        for i, (act_id, (name, args, version)) in enumerate(zip(ids, acts, strict=True))
    ]
    too_large = any(size_of(entry.args) > MAX_ARGS_BYTES for entry in made)
    if too_large or len(made) > MAX_ACTS or sum(_cost(entry) for entry in made) > MAX_BATCH_BYTES - ENVELOPE_BYTES:
        raise TooLarge(f"{[entry.act for entry in made]} does not fit into a batch")
    for entry in made:
        storage.put_entry(entry)
    storage.put("next_n", n + len(made))
    storage.put("next_seq", seq + len(made))
    return made


def _cost(entry: Entry) -> int:
    return size_of(entry.wire()) + 1


def unsent(storage: Storage) -> list[Entry]:
    """Acts without a receipt, in the order they were made. Settled ones have receipts, so only the outbox is read."""
    return [entry for entry in storage.entries(settled=False) if entry.receipt is None]


def next_batch(entries: Sequence[Entry], most: int = MAX_ACTS) -> list[Entry]:
    """The head of the queue: at most `most` acts and `MAX_BATCH_BYTES`. A group goes whole or not yet."""
    batch: list[Entry] = []
    room = MAX_BATCH_BYTES - ENVELOPE_BYTES
    for group in _groups(entries):
        cost = sum(_cost(entry) for entry in group)
        if batch and (cost > room or len(batch) + len(group) > most):
            break
        batch += group
        room -= cost
    return batch


def _groups(entries: Iterable[Entry]) -> list[list[Entry]]:
    groups: list[list[Entry]] = []
    for entry in entries:
        if groups and entry.group is not None and groups[-1][-1].group == entry.group:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


def take_receipts(storage: Storage, receipts: Sequence[Mapping[str, Any]], epoch: str) -> bool:
    """Writes receipts to their acts; True when at least one act was answered by it."""
    progress = False
    if any(told["n"] == storage.get("proving") for told in receipts):
        storage.put("proving", None)
    for told in receipts:
        entry = storage.entry(told["id"])
        if entry is not None and entry.receipt is None:
            receipt = {name: told[name] for name in ("outcome", "rev", "code", "detail")} | {"epoch": epoch}
            storage.put_entry(replace(entry, receipt=receipt))
            progress = True
    return progress


def return_lost(storage: Storage, last: int) -> int:
    """The server knows this line up to `last` only: what it answered beyond that, it has lost, and gets again."""
    line = storage.get("device")
    lost = [e for e in storage.entries() if e.receipt is not None and e.line == line and e.n > last]
    for entry in lost:
        storage.put_entry(replace(entry, receipt=None, settled_at=None))
    return len(lost)


def spans_lines(storage: Storage) -> bool:
    """Whether the journal holds answered acts of more than this line of numbers.

    A restored server that no longer knows this line may have lost acts of the earlier ones too, and its `last` says
    nothing of those. Then the whole journal is offered again under a new line; what it still knows, it knows by id.
    (A server that knows this line knows all that was answered before it was registered.)
    """
    line = storage.get("device")
    return any(entry.line != line for entry in storage.entries())


def enter_epoch(storage: Storage, epoch: str, last: int) -> None:
    """What an answer of another epoch means: the server was restored since it was heard of.

    Its answers of before to acts not yet settled may be void; the repeat is harmless.
    """
    former = storage.get("heard_epoch")
    if former == epoch:
        return
    storage.put("heard_epoch", epoch)
    if former is None:
        return
    prove_line(storage, last)
    for entry in storage.entries(settled=False):
        if entry.receipt is not None:
            storage.put_entry(replace(entry, receipt=None))


def prove_line(storage: Storage, last: int) -> None:
    """After a restore the newest answered act that the server still counts is asked about again (`proving`).

    Had a clone of this storage taken its number since, then all that was answered here might be lost, and nothing else
    would tell. If it is this device's own, so is all before it.
    """
    line = storage.get("device")
    answered = (entry for entry in storage.entries() if entry.receipt is not None and entry.line == line)
    newest = max((entry for entry in answered if entry.n <= last), key=lambda entry: entry.n, default=None)
    storage.put("proving", newest and newest.n)
    if newest is not None:
        storage.put_entry(replace(newest, receipt=None, settled_at=None))


def renumber(storage: Storage, line: str, *, everything: bool = False) -> None:
    """Gives unsent acts (or the whole journal) the numbers 1, 2, 3 … of `line`. Ids stay: they say what an act is."""
    n = 0
    for entry in storage.entries():
        if everything or entry.receipt is None:
            n += 1
            storage.put_entry(replace(entry, line=line, n=n, receipt=None, settled_at=None))
    storage.put("next_n", n + 1)


def settle(storage: Storage, epoch: str, rev: int, now: datetime) -> list[Entry]:
    """Lets go of acts whose effect is on the device: every change up to `rev` is. Gives what stays in the outbox."""
    staying = []
    for entry in storage.entries(settled=False):
        receipt = entry.receipt
        if receipt is not None and receipt["epoch"] == epoch and receipt["rev"] <= rev:
            storage.put_entry(replace(entry, settled_at=wire(now)))
        else:
            staying.append(entry)
    return staying


def settle_answered(storage: Storage, now: datetime) -> None:
    """On a device that drains nothing will be pulled: an act settles with its receipt."""
    for entry in storage.entries(settled=False):
        if entry.receipt is not None:
            storage.put_entry(replace(entry, settled_at=wire(now)))


def prune(storage: Storage, now: datetime) -> None:
    """Forgets acts that settled long ago: no backup that old is ever restored."""
    oldest = wire(now - JOURNAL_LIFE)
    for entry in storage.entries(settled=True):
        if entry.settled_at is not None and entry.settled_at < oldest:
            storage.drop_entry(entry.id)
