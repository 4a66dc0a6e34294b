"""A storage in memory that can die like a real one: for tests, the simulator and load tests.

`hook(operation)` is called before every read and write and around every commit; it may raise to end the process
there. `power_loss` takes back the newest relaxed transactions, each as a whole, as a disk does that was not flushed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sync.client.ports import Entry, FileEntry, Row

RELAXED_KEPT = 50  # transactions that can still be lost; a real disk flushes within seconds

_ABSENT: Any = object()
_Undo = list[tuple[dict[Any, Any], Any, Any]]


class MemoryStorage:
    """Dictionaries with an undo log."""

    def __init__(self) -> None:
        self.meta: dict[str, Any] = {}
        self.acts: dict[str, Entry] = {}
        self.held: dict[tuple[str, str], Row] = {}
        self.held_scopes: dict[str, str | None] = {}
        self.kept_files: dict[str, FileEntry] = {}
        self.contents: dict[str, bytes] = {}
        self.hook: Callable[[str], None] = lambda operation: None
        self._undo: _Undo | None = None
        self._relaxed: list[_Undo] = []

    # --- Transactions -------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self, *, strict: bool = False) -> Iterator[None]:
        assert self._undo is None, "transactions do not nest"
        self.hook("begin")
        self._undo = []
        try:
            yield
            self.hook("commit")
        except BaseException:
            self._take_back(self._undo)
            self._undo = None
            raise
        log, self._undo = self._undo, None
        self._relaxed = [] if strict else [*self._relaxed[-RELAXED_KEPT + 1 :], log]
        self.hook("committed")

    def power_loss(self, transactions: int) -> int:
        """Takes back at most so many of the newest transactions that were not strict; says how many."""
        count = min(transactions, len(self._relaxed))
        for _ in range(count):
            self._take_back(self._relaxed.pop())
        return count

    def clone(self) -> MemoryStorage:
        """The same content on another device: what a phone's backup restores there."""
        other = MemoryStorage()
        for name in ("meta", "acts", "held", "held_scopes", "kept_files", "contents"):
            setattr(other, name, dict(getattr(self, name)))
        return other

    def _take_back(self, log: _Undo) -> None:
        for table, key, old in reversed(log):
            if old is _ABSENT:
                table.pop(key, None)
            else:
                table[key] = old

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        assert self._undo is not None, "writes belong into a transaction"
        self.hook("write")
        self._undo.append((table, key, table.get(key, _ABSENT)))
        if value is _ABSENT:
            table.pop(key, None)
        else:
            table[key] = value

    # --- The device's memory ------------------------------------------------------------------------------

    def get(self, key: str, default: Any = None) -> Any:
        return self.meta.get(key, default)

    def put(self, key: str, value: Any) -> None:
        self._set(self.meta, key, value)

    # --- Acts ---------------------------------------------------------------------------------------------

    def entries(self, *, settled: bool | None = None) -> list[Entry]:
        found = [e for e in self.acts.values() if settled is None or (e.settled_at is not None) == settled]
        return sorted(found, key=lambda e: e.seq)

    def entry(self, act_id: str) -> Entry | None:
        return self.acts.get(act_id)

    def put_entry(self, entry: Entry) -> None:
        self._set(self.acts, entry.id, entry)

    def drop_entry(self, act_id: str) -> None:
        self._set(self.acts, act_id, _ABSENT)

    # --- Rows and scopes ----------------------------------------------------------------------------------

    def rows(self, noun: str | None = None) -> list[Row]:
        return [row for row in self.held.values() if noun is None or row.noun == noun]

    def row(self, noun: str, row_id: str) -> Row | None:
        return self.held.get((noun, row_id))

    def put_row(self, row: Row) -> None:
        self._set(self.held, (row.noun, row.id), row)

    def drop_row(self, noun: str, row_id: str) -> None:
        if (noun, row_id) in self.held:
            self._set(self.held, (noun, row_id), _ABSENT)

    def scope_rows(self, scope: str) -> list[Row]:
        return [row for row in self.held.values() if row.scope == scope]

    def clear_rows(self) -> None:
        for key in list(self.held):
            self._set(self.held, key, _ABSENT)
        for scope in list(self.held_scopes):
            self._set(self.held_scopes, scope, _ABSENT)

    def scopes(self) -> dict[str, str | None]:
        return dict(self.held_scopes)

    def put_scope(self, scope: str, left: str | None) -> None:
        self._set(self.held_scopes, scope, left)

    def drop_scope(self, scope: str) -> None:
        self._set(self.held_scopes, scope, _ABSENT)

    # --- Files --------------------------------------------------------------------------------------------

    def files(self) -> list[FileEntry]:
        return list(self.kept_files.values())

    def put_file(self, file: FileEntry, content: bytes | None = None) -> None:
        if content is not None:
            self._set(self.contents, file.sha256, content)
        self._set(self.kept_files, file.attachment_id, file)

    def content(self, sha256: str) -> bytes | None:
        return self.contents.get(sha256)

    def drop_file(self, attachment_id: str) -> None:
        file = self.kept_files[attachment_id]
        self._set(self.kept_files, attachment_id, _ABSENT)
        if all(other.sha256 != file.sha256 for other in self.kept_files.values()):
            self._set(self.contents, file.sha256, _ABSENT)
