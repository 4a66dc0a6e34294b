"""What the client needs of the world: a storage with atomic transactions, and something that carries requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """An act on this device. Without a receipt, or with one whose effect is not yet pulled, it is in the outbox;
    once settled it is in the journal, and comes back from there when the server lost it.

    `seq` is its place among all acts ever made here; `line` the device id under which it has its number `n`.
    """

    seq: int
    line: str
    n: int
    id: str
    act: str
    v: int
    at: str
    args: Json
    group: str | None = None
    receipt: Json | None = None  # outcome, rev, code, detail and the epoch it belongs to
    settled_at: str | None = None

    def wire(self) -> Json:
        """The act as it travels: a retry is the same to the letter."""
        return {
            "n": self.n, "id": self.id, "act": self.act, "v": self.v, "at": self.at, "args": self.args,
            "group": self.group,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A pulled row as the server serialised it; `body` is never None here."""

    noun: str
    id: str
    scope: str
    rev: int
    body: Json


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file on its way: `waiting` on this device, `sent` to the server, `verified` by it, or `refused` with a reason.

    `url`: where its upload goes on. `not_before`: a file that fails steps aside until then.
    """

    attachment_id: str
    act_id: str
    sha256: str
    size: int
    purpose: str
    state: str = "waiting"
    url: str | None = None
    failures: int = 0
    not_before: str = ""
    reason: str | None = None
    verified_at: str | None = None


class Storage(Protocol):
    """Tables with atomic transactions. Reads are allowed anywhere, writes only inside `transaction()`.

    `strict`: on leaving, the transaction is on the disk, together with all before it. Acts, files and who the device
    is are written so. Pulled rows and receipts need not be: losing the newest of them as a whole only means asking
    again, as long as rows and cookie are lost together.
    """

    def transaction(self, *, strict: bool = False) -> AbstractContextManager[None]:
        """All writes inside take effect together or not at all."""
        ...

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the device's memory (cookie, epoch, tokens …)."""
        ...

    def put(self, key: str, value: Any) -> None:
        """Keeps a JSON value."""
        ...

    def entries(self, *, settled: bool | None = None) -> list[Entry]:
        """Acts by `seq`: the outbox (False), the journal (True), or both."""
        ...

    def entry(self, act_id: str) -> Entry | None:
        """The act with this id."""
        ...

    def put_entry(self, entry: Entry) -> None:
        """Adds or replaces the act with this id."""
        ...

    def drop_entry(self, act_id: str) -> None:
        """Forgets an act: only the clean-up of the journal does this."""
        ...

    def rows(self, noun: str | None = None) -> Iterable[Row]:
        """All pulled rows, or those of a noun."""
        ...

    def row(self, noun: str, row_id: str) -> Row | None:
        """A pulled row."""
        ...

    def put_row(self, row: Row) -> None:
        """Adds or replaces a pulled row."""
        ...

    def drop_row(self, noun: str, row_id: str) -> None:
        """Removes a pulled row; absent is fine."""
        ...

    def scope_rows(self, scope: str) -> list[Row]:
        """The pulled rows of a scope."""
        ...

    def clear_rows(self) -> None:
        """Removes all pulled rows and scopes, and nothing else."""
        ...

    def scopes(self) -> dict[str, str | None]:
        """Scopes with rows here: None when held, else why it was left (handed over, acts still to send)."""
        ...

    def put_scope(self, scope: str, left: str | None) -> None:
        """Notes that a scope is held, or handed over for the reason `left`."""
        ...

    def drop_scope(self, scope: str) -> None:
        """Forgets a scope; its rows are removed apart."""
        ...

    def files(self) -> list[FileEntry]:
        """All files of this device, in the order they were added."""
        ...

    def put_file(self, file: FileEntry, content: bytes | None = None) -> None:
        """Adds (with its bytes) or changes a file."""
        ...

    def content(self, sha256: str) -> bytes | None:
        """The bytes with this hash."""
        ...

    def drop_file(self, attachment_id: str) -> None:
        """Forgets a file, and its bytes when no other file has the same."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Transport(Protocol):
    """Carries one request to the server; raises `Unreachable` when no answer came."""

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Sends and waits."""
        ...


class Unreachable(Exception):
    """No answer of ours: no network, a time-out, a captive portal. Nothing is known of what the server did."""


class Refused(Exception):
    """A problem about the whole request. `code` is the stable code of the server's catalogue."""

    def __init__(self, status: int, code: str, detail: str = ""):
        super().__init__(f"{status} {code}: {detail}" if detail else f"{status} {code}")
        self.status = status
        self.code = code
        self.detail = detail
