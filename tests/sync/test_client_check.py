"""The reference client checks itself against the real server, on both of its storages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from server.extensions import db
from server.models import Divergence, new_id
from server.models.reference import Part
from sync.check import MAX_CHECK_ROWS, MAX_CHECK_SCOPES, parse_check
from sync.client import Answer, Client, MemoryStorage, SqliteStorage
from sync.client.checking import Listed, held, parts
from sync.client.ports import Row, Storage
from tests.cast import Cast, password_of
from tests.sync.test_client import FlaskTransport

NOW = datetime.now(UTC)


@pytest.fixture(params=["memory", "sqlite"])
def storage(request: pytest.FixtureRequest) -> Storage:
    return MemoryStorage() if request.param == "memory" else SqliteStorage(":memory:")


@pytest.fixture
def phone(app: Flask, cast: Cast, storage: Storage) -> Client:
    """Alice's, at rest."""
    client = Client(storage, FlaskTransport(app), check_every=None)
    client.sign_in("alice", password_of(cast.alice), "phone")
    client.pull()
    return client


@pytest.fixture
def written(app: Flask) -> Callable[[], list[tuple[str, str, int]]]:
    def read() -> list[tuple[str, str, int]]:
        with app.app_context():
            rows = db.session.scalars(select(Divergence).order_by(Divergence.id))
            return [(row.scope, row.cause, row.repaired) for row in rows]

    return read


def rows_of(phone: Client) -> dict[tuple[str, str], Row]:
    return {(row.noun, row.id): row for row in phone.storage.rows()}


def corrupt(phone: Client, fault: str, cast: Cast) -> None:
    """One thing wrong with the rows, written past the journey."""
    row = min((row for row in phone.storage.rows() if row.scope == "ref"), key=lambda row: row.id)
    with phone.storage.transaction():
        if fault == "a row is missing":
            phone.storage.drop_row(row.noun, row.id)
        elif fault == "a row is stale":
            phone.storage.put_row(replace(row, rev=row.rev - 1, body={"name": "old"}))
        elif fault == "a row is too many":
            phone.storage.put_row(replace(row, id=new_id()))
        elif fault == "a scope was not left":
            phone.storage.put_scope(f"user:{cast.bob.id}", None)
            phone.storage.put_row(Row("stock", new_id(), f"user:{cast.bob.id}", 1, {}))
        elif fault == "everything is gone":
            phone.storage.clear_rows()


FAULTS = ["a row is missing", "a row is stale", "a row is too many", "a scope was not left", "everything is gone"]


def test_a_phone_that_holds_what_it_should_hears_so_and_writes_nothing_down(phone: Client, written: Any):
    checked = phone.check()
    assert checked is not None and (checked.verdict, checked.repaired) == ("agree", 0)
    assert written() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_the_rows_is_found_and_repaired(phone: Client, cast: Cast, written: Any, fault: str):
    right, scopes = rows_of(phone), phone.storage.scopes()
    corrupt(phone, fault, cast)
    checked = phone.check()
    assert checked is not None and checked.verdict == "differs" and not checked.started_over
    assert checked.repaired == (len(right) if fault == "everything is gone" else 1)
    assert rows_of(phone) == right
    assert {scope for scope in scopes if any(row.scope == scope for row in right.values())} <= set(
        phone.storage.scopes()
    )
    assert sum(repaired for _, _, repaired in written()) == checked.repaired
    again = phone.check()
    assert again is not None and again.verdict == "agree"


def test_a_scope_that_differs_twice_makes_the_phone_start_over_and_keeps_its_acts(phone: Client, cast: Cast):
    right = rows_of(phone)
    saved = phone.act("note.add", id=new_id(), visit_id=new_id(), text="留着")
    corrupt(phone, "a row is missing", cast)
    first = phone.check()
    corrupt(phone, "a row is stale", cast)
    second = phone.check()
    assert first is not None and second is not None
    assert (first.started_over, second.started_over) == (False, True)
    assert rows_of(phone) == right and phone.storage.get("complete") is True
    assert [entry.id for entry in phone.outbox] == [saved.id]
    corrupt(phone, "a row is missing", cast)
    third = phone.check()
    assert third is not None and not third.started_over, "after starting over nothing is under suspicion"


def test_what_changed_meanwhile_is_pulled_before_anything_is_compared(app: Flask, phone: Client, written: Any):
    with app.app_context():
        db.session.add(Part(id=new_id(), number="P-NEW", name="新件"))
        db.session.commit()
    checked = phone.check()
    assert checked is not None and checked.verdict == "agree"
    assert any(row.body.get("number") == "P-NEW" for row in phone.storage.rows("part"))
    assert written() == []


def test_an_answer_that_comes_after_the_phone_went_on_changes_nothing(app: Flask, phone: Client, cast: Cast):
    corrupt(phone, "a row is missing", cast)
    wrong = rows_of(phone)
    transport = phone.session.transport
    ask = transport.request

    def late(method: str, path: str, headers: Any, body: bytes | None) -> Answer:
        answer = ask(method, path, headers, body)
        if path.endswith("check") and b'"scopes"' in (body or b""):
            with phone.storage.transaction():
                phone.storage.put("cookie", "another tab's")
        return answer

    transport.request = late  # type: ignore[method-assign]
    phone.checking.run(NOW)
    assert rows_of(phone) == wrong


def test_a_sum_that_is_wrong_at_the_server_costs_the_phone_nothing(app: Flask, phone: Client, written: Any):
    with app.app_context():
        db.session.execute(text("UPDATE scope_digest SET lo = lo + 1 WHERE scope = 'ref'"))
        db.session.commit()
    right = rows_of(phone)
    checked = phone.check()
    assert checked is not None and (checked.verdict, checked.repaired, checked.started_over) == ("differs", 0, False)
    assert written() == [("ref", "sum", 0)]
    again = phone.check()
    assert again is not None and again.verdict == "agree" and rows_of(phone) == right


def test_a_contact_checks_when_the_first_sync_is_complete_and_then_every_hour(app: Flask, cast: Cast):
    moment = [datetime.now(UTC)]
    phone = Client(MemoryStorage(), FlaskTransport(app), now=lambda: moment[0])
    phone.sign_in("alice", password_of(cast.alice), "phone")
    verdicts = []
    for minutes in (0, 1, 58, 2, -600):
        moment[0] += timedelta(minutes=minutes)
        verdicts.append(phone.sync().checked)
    assert [checked and checked.verdict for checked in verdicts] == ["agree", None, None, "agree", "agree"]


def test_a_server_that_knows_no_check_is_no_trouble(app: Flask, phone: Client):
    phone.session.transport.next = [Answer(404, {}, b'{"code": "not-found"}')]  # type: ignore[attr-defined]
    assert phone.check() is None


def test_handed_over_rows_are_not_counted(phone: Client):
    before = held(phone.storage)
    with phone.storage.transaction():
        phone.storage.put_scope("wo:handed-over", "reassigned")
        phone.storage.put_row(Row("note", new_id(), "wo:handed-over", 1, {}))
    assert held(phone.storage) == before


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 3 * MAX_CHECK_ROWS), max_size=3), st.integers(0, 3 * MAX_CHECK_SCOPES))
def test_questions_are_never_too_large_and_leave_no_row_out(sizes: list[int], small: int):
    device, ids = new_id(), [f"{n:08x}-0000-4000-8000-000000000000" for n in range(3 * MAX_CHECK_ROWS)]
    scopes: dict[str, list[Listed]] = {
        f"wo:{n:x}": [("note", ids[i], 1) for i in range(size)] for n, size in enumerate([*sizes, *[1] * small])
    }
    asked: dict[str, list[Listed]] = {}
    behind: dict[str, Any] = {}
    for part in parts(scopes):
        message = {"protocol": 2, "device": device, "cookie": "c", **part}
        parse_check(json.loads(json.dumps(message)))  # within every limit
        for scope, listed in part["scopes"].items():
            assert part.get("after") == behind.get(scope)
            behind[scope] = part.get("upto")
            asked[scope] = asked.get(scope, []) + listed
    assert asked == scopes
    assert not any(behind.values()), "the last piece of a scope goes on to its end"
