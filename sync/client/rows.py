"""Applying a page: rows, cookie, scopes and what leaves the outbox, all in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync.client import outbox
from sync.client.ports import Entry, Json, Row, Storage


def apply_page(storage: Storage, page: Json, now: datetime) -> None:
    """Stores a page of a pull. The order matters: a reset first, scopes left, scopes entered, rows, then the cookie."""
    epoch = page["epoch"]
    if page["reset"] or storage.get("epoch") not in (None, epoch):
        _reset(storage, epoch)
    outbox.enter_epoch(storage, epoch, page["last"])
    entered = set(page["entered"])
    pending = outbox_ids(storage) if page["left"] else set()
    for left in page["left"]:
        _leave(storage, left["scope"], left["reason"], pending, left["scope"] in entered)
    for scope in page["entered"]:
        storage.put_scope(scope, None)
    for row in page["rows"]:
        _apply(storage, row)
    storage.put("cookie", page["cookie"])
    storage.put("epoch", epoch)
    storage.put("rev", page["rev"])
    if page["complete"]:
        storage.put("complete", True)
    outbox.return_lost(storage, page["last"])
    staying = outbox.settle(storage, epoch, page["rev"], now)
    _release(storage, staying)
    _follow_files(storage, page["rows"], now)


def apply_repair(storage: Storage, answer: Json) -> int:
    """Makes rows what a check says they are, whatever rev they have here; gives how many changed."""
    changed = 0
    pending = outbox_ids(storage) if answer["left"] else set()
    for left in answer["left"]:
        changed += len(storage.scope_rows(left["scope"]))
        _leave(storage, left["scope"], left["reason"], pending, False)
    for row in answer["rows"]:
        changed += 1
        if row["body"] is None:
            storage.drop_row(row["noun"], row["id"])
        else:
            storage.put_row(Row(row["noun"], row["id"], row["scope"], row["rev"], row["body"]))
            storage.put_scope(row["scope"], None)
    return changed


def start_over(storage: Storage) -> None:
    """Pulled rows and the cookie go, and nothing else: the next pull is a first sync."""
    storage.clear_rows()
    storage.put("cookie", None)
    storage.put("complete", False)
    storage.put("rev", 0)


def outbox_ids(storage: Storage) -> set[str]:
    """Every id that acts in the outbox speak of."""
    return set().union(*(_texts(entry.args) for entry in storage.entries(settled=False)))


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*(_texts(one) for one in inner))


def _reset(storage: Storage, epoch: str) -> None:
    """Pulled rows go, and nothing else: never the outbox, never files. What was sent is offered again."""
    start_over(storage)
    if storage.get("epoch") != epoch:
        offer_files(storage)


def offer_files(storage: Storage) -> None:
    """Files that were sent are offered again: a restored server may have lost its copies."""
    for file in storage.files():
        if file.state in ("sent", "verified"):
            storage.put_file(replace(file, state="waiting", url=None, failures=0, not_before="", verified_at=None))


def wipe(storage: Storage) -> None:
    """A device that may read nothing any more keeps nothing it was given."""
    storage.clear_rows()
    storage.put("cookie", None)
    storage.put("complete", False)
    storage.put("rev", 0)


def _leave(storage: Storage, scope: str, reason: str, pending: set[str], comes_back: bool) -> None:
    """Removes the rows of a scope, unless acts still to be answered speak of them: then it is handed over."""
    rows = storage.scope_rows(scope)
    if not comes_back and any(row.id in pending for row in rows):
        storage.put_scope(scope, reason)
        return
    for row in rows:
        storage.drop_row(row.noun, row.id)
    storage.drop_scope(scope)


def _release(storage: Storage, staying: list[Entry]) -> None:
    """Handed-over scopes go when the last act that needs them has been answered."""
    handed_over = [scope for scope, left in storage.scopes().items() if left is not None]
    if not handed_over:
        return
    pending = set().union(*(_texts(entry.args) for entry in staying))
    for scope in handed_over:
        rows = storage.scope_rows(scope)
        if not any(row.id in pending for row in rows):
            for row in rows:
                storage.drop_row(row.noun, row.id)
            storage.drop_scope(scope)


def _apply(storage: Storage, row: Json) -> None:
    held = storage.row(row["noun"], row["id"])
    if held is not None and held.rev >= row["rev"]:
        return
    if row["body"] is None:
        storage.drop_row(row["noun"], row["id"])
    else:
        storage.put_row(Row(row["noun"], row["id"], row["scope"], row["rev"], row["body"]))


def _follow_files(storage: Storage, rows: list[Json], now: datetime) -> None:
    """What the server says of our files: only its word makes one `verified`."""
    said = {row["id"]: row["body"] for row in rows if row["noun"] == "attachment" and row["body"] is not None}
    if not said:
        return
    for file in storage.files():
        body = said.get(file.attachment_id)
        if body is None:
            continue
        if body["state"] == "verified":
            storage.put_file(replace(file, state="verified", reason=None, verified_at=outbox.wire(now)))
        elif body["state"] == "refused" and file.state != "waiting":
            storage.put_file(replace(file, state="refused", reason=body["refusal"]))
        elif body["state"] == "declared" and file.state in ("sent", "verified"):
            storage.put_file(replace(file, state="waiting", url=None, reason=None, verified_at=None))
