"""Parts asked for, shipped, received and handed back; the levels are the sum of the movements throughout (D6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from runpy import run_path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import delete, func, select

from server.extensions import db
from server.models import Clock, Stock, StockMovement, Subscription, User, new_id
from tests.cast import Cast, person
from tests.peer import Peer
from tests.server.story import dispatched
from tests.server.test_two_peers import assert_subscriptions_are_right

MakePeer = Callable[..., Peer]


@pytest.fixture
def keeper(app: Flask, cast: Cast, peer: MakePeer) -> Peer:
    user = person("store", "库管", "storekeeper")
    with app.app_context():
        db.session.add(user)
        db.session.commit()
        db.session.refresh(user)
        db.session.expunge(user)
    return peer(user)


def levels(app: Flask, part_id: str) -> dict[str, int]:
    """By location; checked against what is kept beside the movements."""
    with app.app_context():
        query = select(StockMovement.location, func.sum(StockMovement.quantity)).where(StockMovement.part_id == part_id)
        found = {place: int(total) for place, total in db.session.execute(query.group_by(StockMovement.location))}
        for row in db.session.scalars(select(Stock).where(Stock.part_id == part_id)):
            assert found.get(row.user_id, 0) == row.quantity
        return {place: total for place, total in found.items() if total}


def ask(phone: Peer, part_id: str, quantity: int = 2, **more: str) -> str:
    request = new_id()
    receipt = phone.do("part_request.make", id=request, part_id=part_id, quantity=quantity, **more)
    assert receipt["outcome"] == "applied", receipt
    return request


def test_a_request_goes_from_the_van_to_the_warehouse_and_back_and_stock_adds_up(
    app: Flask, cast: Cast, peer: MakePeer, keeper: Peer
):
    phone, part = peer(cast.alice), cast.part.id
    keeper.do("stock.adjust", id=new_id(), location="warehouse", part_id=part, quantity=10, reason="received")
    request = ask(phone, part, note="明天用")
    assert keeper.pull().row("part_request", request)["state"] == "requested"  # type: ignore[index]
    assert keeper.do("part_request.approve", id=request)["outcome"] == "applied"
    assert keeper.do("part_request.ship", id=request, note="顺丰 SF1")["outcome"] == "applied"
    assert levels(app, part) == {"warehouse": 8}
    seen = phone.pull().row("part_request", request)
    assert seen is not None and (seen["state"], seen["shipped"], seen["steps"][-1]["text"]) == (
        "shipped",
        2,
        "顺丰 SF1",
    )
    assert phone.do("part_request.receive", id=request)["outcome"] == "applied"
    assert levels(app, part) == {"warehouse": 8, cast.alice.id: 2}
    assert phone.pull().one("stock", part_id=part)["quantity"] == 2


def test_what_came_counts_also_when_it_is_not_what_was_sent(app: Flask, cast: Cast, peer: MakePeer, keeper: Peer):
    phone, part = peer(cast.alice), cast.part.id
    request = ask(phone, part, 3)
    assert keeper.do("part_request.ship", id=request, quantity=2)["code"] == "illegal-transition"
    keeper.do("part_request.approve", id=request)
    keeper.do("part_request.ship", id=request, quantity=2)
    receipt = phone.do("part_request.receive", id=request, quantity=1)
    assert (receipt["outcome"], receipt["code"]) == ("merged", "not-as-shipped")
    assert levels(app, part) == {"warehouse": -2, cast.alice.id: 1}


def test_a_request_is_nobody_elses_to_receive_or_to_approve(cast: Cast, peer: MakePeer, keeper: Peer):
    phone, bob = peer(cast.alice), peer(cast.bob)
    request = ask(phone, cast.part.id)
    assert phone.do("part_request.approve", id=request)["code"] == "forbidden"
    keeper.do("part_request.approve", id=request)
    keeper.do("part_request.ship", id=request)
    assert bob.do("part_request.receive", id=request)["code"] == "forbidden"
    assert phone.do("part_request.cancel", id=request)["code"] == "illegal-transition"
    assert bob.pull().row("part_request", request) is None


def test_a_request_may_be_taken_back_while_nothing_was_sent_and_refused_with_words(
    cast: Cast, peer: MakePeer, keeper: Peer
):
    phone = peer(cast.alice)
    first, second = ask(phone, cast.part.id), ask(phone, cast.part.id)
    assert phone.do("part_request.cancel", id=first)["outcome"] == "applied"
    keeper.do("part_request.refuse", id=second, note="停产，用 P-2")
    body = phone.pull().row("part_request", second)
    assert body is not None and (body["state"], body["steps"][-1]["text"]) == ("refused", "停产，用 P-2")


def test_unused_parts_go_back_on_the_shelf_and_old_ones_beside_it(app: Flask, cast: Cast, peer: MakePeer, keeper: Peer):
    desk, phone, part = peer(cast.dora), peer(cast.alice), cast.part.id
    _, visit_id = dispatched(desk, cast, cast.alice)
    unused, old = new_id(), new_id()
    phone.do("part_return.hand_in", id=unused, part_id=part, quantity=1, kind="unused")
    assert levels(app, part) == {cast.alice.id: -1}  # the shelf was wrong, and nobody is stopped
    phone.do("part_return.hand_in", id=old, part_id=part, quantity=1, kind="old", serials=["SN-OLD"], visit_id=visit_id)
    for returned in (unused, old):
        assert keeper.do("part_return.receive", id=returned)["outcome"] == "applied"
    assert levels(app, part) == {cast.alice.id: -1, "warehouse": 1, "returned": 1}
    assert keeper.do("part_return.receive", id=old)["code"] == "already-settled"
    assert phone.pull().row("part_return", old)["state"] == "received"  # type: ignore[index]


def test_a_new_colleague_and_a_new_storekeeper_hold_what_concerns_them(
    app: Flask, cast: Cast, peer: MakePeer, keeper: Peer
):
    phone = peer(cast.alice)
    ask(phone, cast.part.id)
    assert [body["user_id"] for body in keeper.pull().bodies("part_request")] == [cast.alice.id]
    assert keeper.row("user", cast.alice.id) is not None
    with app.app_context():
        user = db.session.get_one(User, cast.bob.id)
        user.roles = ["storekeeper"]
        db.session.commit()
    assert [body["user_id"] for body in peer(cast.bob).pull().bodies("part_request")] == [cast.alice.id]
    assert_subscriptions_are_right(app)


def test_people_of_before_hold_the_scope_after_the_migration(app: Flask, cast: Cast):
    """Forgets the scope as a database of before has it, and lets the migration's own step put it right."""
    with app.app_context():
        db.session.execute(delete(Subscription).where(Subscription.scope.like("parts:%")))
        rev = db.session.scalar(select(Clock.rev))
        db.session.commit()
        path = Path(app.root_path) / "migrations" / "versions" / "0014_part_requests_and_returns.py"
        step = run_path(str(path))["hold_scopes"]
        with db.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
            step()
        assert db.session.scalar(select(Clock.rev)) == rev + 1
    assert_subscriptions_are_right(app)
