"""One contract for every storage of the reference client: what holds in memory holds on the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sync.client import Entry, FileEntry, MemoryStorage, Row, SqliteStorage, Storage


@pytest.fixture(params=["memory", "sqlite"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return MemoryStorage() if request.param == "memory" else SqliteStorage(str(tmp_path / "client.db"))


def entry(seq: int, **more) -> Entry:
    return replace(
        Entry(seq, "line", seq, f"act-{seq}", "note.add", 1, "2026-11-21T08:00:00.000Z", {"文": seq}), **more
    )


def row(row_id: str, scope: str = "wo:1", rev: int = 1) -> Row:
    return Row("note", row_id, scope, rev, {"text": "记一笔"})


def file(attachment_id: str, sha256: str = "aa") -> FileEntry:
    return FileEntry(attachment_id, "act-1", sha256, 3, "before")


def test_what_a_transaction_wrote_is_read_back(storage: Storage):
    with storage.transaction(strict=True):
        storage.put("cookie", {"a": [1, "二"]})
        storage.put_entry(entry(2))
        storage.put_entry(entry(1, receipt={"rev": 3}, settled_at="2026-11-21T08:00:00.000Z"))
        storage.put_row(row("n1"))
        storage.put_scope("wo:1", None)
        storage.put_file(file("a1"), b"abc")
    assert storage.get("cookie") == {"a": [1, "二"]} and storage.get("nothing", 7) == 7
    assert [e.seq for e in storage.entries()] == [1, 2]
    assert storage.entries(settled=False) == [entry(2)] and storage.entry("act-2") == entry(2)
    assert [e.seq for e in storage.entries(settled=True)] == [1]
    assert storage.row("note", "n1") == row("n1") and list(storage.rows("note")) == [row("n1")]
    assert list(storage.rows("visit")) == [] and storage.scope_rows("wo:1") == [row("n1")]
    assert storage.scopes() == {"wo:1": None}
    assert storage.files() == [file("a1")] and storage.content("aa") == b"abc"


@pytest.mark.parametrize("how", [ValueError, KeyboardInterrupt])
def test_a_transaction_that_does_not_end_leaves_nothing(storage: Storage, how: type[BaseException]):
    with storage.transaction():
        storage.put("cookie", "old")
        storage.put_row(row("n1"))
    with pytest.raises(how), storage.transaction():
        storage.put("cookie", "new")
        storage.drop_row("note", "n1")
        storage.put_entry(entry(1))
        storage.put_file(file("a1"), b"abc")
        raise how
    assert storage.get("cookie") == "old" and storage.row("note", "n1") == row("n1")
    assert storage.entries() == [] and storage.files() == [] and storage.content("aa") is None


def test_clearing_rows_touches_neither_acts_nor_files(storage: Storage):
    with storage.transaction():
        storage.put_entry(entry(1))
        storage.put_file(file("a1"), b"abc")
        storage.put_row(row("n1"))
        storage.put_scope("wo:1", "reassigned")
    with storage.transaction():
        storage.clear_rows()
    assert list(storage.rows()) == [] and storage.scopes() == {}
    assert storage.entries() == [entry(1)] and storage.content("aa") == b"abc"


def test_bytes_stay_while_another_file_has_the_same(storage: Storage):
    with storage.transaction():
        storage.put_file(file("a1"), b"abc")
        storage.put_file(file("a2"), b"abc")
        storage.drop_file("a1")
    assert storage.content("aa") == b"abc"
    with storage.transaction():
        storage.drop_file("a2")
    assert storage.content("aa") is None and storage.files() == []


def test_a_change_replaces_and_a_missing_row_may_be_dropped(storage: Storage):
    with storage.transaction():
        storage.put_entry(entry(1))
        storage.put_entry(entry(1, n=5))
        storage.put_file(file("a1"), b"abc")
        storage.put_file(replace(file("a1"), state="sent"))
        storage.drop_row("note", "never")
        storage.put_row(row("n1", rev=1))
        storage.put_row(row("n1", rev=2))
    assert storage.entries() == [entry(1, n=5)] and storage.files() == [replace(file("a1"), state="sent")]
    assert storage.row("note", "n1") == row("n1", rev=2)


def test_a_write_outside_a_transaction_is_a_mistake(storage: Storage):
    with pytest.raises(AssertionError):
        storage.put("cookie", "new")


def test_sqlite_keeps_everything_over_a_restart(tmp_path: Path):
    first = SqliteStorage(str(tmp_path / "client.db"))
    with first.transaction(strict=True):
        first.put_entry(entry(1))
        first.put_file(file("a1"), b"abc")
    first.close()
    again = SqliteStorage(str(tmp_path / "client.db"))
    assert again.entries() == [entry(1)] and again.content("aa") == b"abc"


def test_memory_loses_only_the_newest_relaxed_transactions():
    storage = MemoryStorage()

    def put(value: int, strict: bool) -> None:
        with storage.transaction(strict=strict):
            storage.put("value", value)

    put(1, False)
    put(2, True)
    put(3, False)
    put(4, False)
    assert storage.power_loss(1) == 1 and storage.get("value") == 3
    assert storage.power_loss(9) == 1 and storage.get("value") == 2, "a strict one flushes all before it"


def test_memory_can_die_at_any_operation_without_tearing():
    """The hook ends the process at each operation in turn; either all of the transaction is there or nothing."""

    class Dead(BaseException):
        pass

    def die_at(count: int) -> Callable[[str], None]:
        left = iter(range(count))

        def hook(operation: str) -> None:
            if next(left, None) is None:
                raise Dead(operation)

        return hook

    seen = set()
    for count in range(6):
        storage = MemoryStorage()
        storage.hook = die_at(count)
        try:
            with storage.transaction(strict=True):
                storage.put_entry(entry(1))
                storage.put("next_n", 2)
        except Dead:
            pass
        seen.add((len(storage.entries()), storage.get("next_n")))
    assert seen == {(0, None), (1, 2)}
