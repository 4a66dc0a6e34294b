"""A cloned storage and a restored server: either alone is told by numbers, both together by proving the line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from server.extensions import db
from server.models import new_id
from sync.client import Client
from tests.sync.test_client import Phones, journal, phones, visit_id

__all__ = ["phones", "visit_id"]
pytestmark = pytest.mark.usefixtures("cast")


@pytest.fixture
def restore(app: Flask) -> Callable[[Client, int], None]:
    """What a restored backup looks like to a phone: acts of its line after `last` were never heard of; a new epoch."""

    def restore(phone: Client, last: int) -> None:
        with app.app_context():
            values = {"device": phone.storage.get("device"), "last": last, "epoch": new_id()}
            db.session.execute(text("DELETE FROM journal WHERE device_id = :device AND n > :last"), values)
            db.session.execute(text("UPDATE device SET last_n = :last WHERE id = :device"), values)
            db.session.execute(text("UPDATE clock SET epoch = :epoch"), values)
            db.session.commit()

    return restore


def noted(phone: Client, visit_id: str, text: str) -> str:
    return phone.act("note.add", id=new_id(), visit_id=visit_id, text=text).id


@pytest.mark.parametrize("more", [0, 1, 2])
@pytest.mark.parametrize("more_of_the_copy", [1, 2, 3])
def test_acts_of_a_clone_and_its_original_all_come_back_after_a_restore(
    phones: Phones, visit_id: str, app: Flask, restore: Callable[[Client, int], None], more: int, more_of_the_copy: int
):
    """Found by seed 659: the copy took the numbers of answered acts before their phone heard of the restore."""
    alice = phones.of("alice")
    made = [alice.act("visit.accept", visit_id=visit_id).id]
    alice.sync()
    copy = phones.of("alice", alice.storage.clone())
    made += [noted(alice, visit_id, "原机一"), noted(alice, visit_id, "原机二")]
    alice.sync()
    assert alice.outbox == []
    restore(alice, 1)
    made += [noted(copy, visit_id, f"副本{i}") for i in range(more_of_the_copy)]
    assert copy.sync().stopped is None and copy.outbox == []
    made += [noted(alice, visit_id, f"原机之后{i}") for i in range(more)]
    assert alice.sync().stopped is None and alice.outbox == []
    assert sorted(journal(app)[-len(made) :]) == sorted(made)
    assert alice.storage.get("device") != copy.storage.get("device")


def test_a_phone_alone_on_its_line_proves_it_with_one_repeat(
    phones: Phones, visit_id: str, app: Flask, restore: Callable[[Client, int], None]
):
    alice = phones.of("alice")
    made = [noted(alice, visit_id, f"第{i}条") for i in range(5)]
    alice.sync()
    device = alice.storage.get("device")
    restore(alice, 3)
    assert alice.sync().pushed == 3  # the third proves the line, the fourth and fifth were lost
    assert alice.storage.get("device") == device and alice.outbox == []
    assert sorted(journal(app)[-5:]) == sorted(made)
