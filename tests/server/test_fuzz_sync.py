"""Whatever a client sends to the doors of the protocol: never a 5xx, and what is refused changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from server import clock
from server.acts import REGISTRY
from server.extensions import db
from server.models import SYNCED, JournalEntry, new_id
from tests.cast import Cast
from tests.peer import Peer

EXAMPLES = 120

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20), st.sampled_from(["", "\0", "\ud800", "2026-02-30T00:00:00Z", "9" * 400, "fail", "ok"]),
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def fields_of(name: str) -> list[str]:
    return list(REGISTRY[name].schema.fields)


@st.composite
def likely_args(draw: st.DrawFn, known: dict[str, list[str]]) -> tuple[str, Any]:
    """The name of an act, mostly ours, with its own fields filled with ids that exist and with nonsense."""
    name = draw(st.sampled_from([*sorted(REGISTRY), "visit.teleport", ""]))
    if name not in REGISTRY or draw(st.integers(0, 9)) == 0:
        return name, draw(anything)
    args = {}
    for field in fields_of(name):
        if draw(st.integers(0, 5)) == 0:
            continue
        ids = known.get(field, known["id"])
        sensible = st.sampled_from([*ids, clock.wire(clock.now()), "repair", "own", "apply", "adopt", "on_site"])
        numbers = st.sampled_from([1, 2, 3, -1, 0, 2**40])
        args[field] = draw(st.one_of(sensible, numbers, anything, st.lists(sensible, max_size=3)))
    return name, args


def dumped(body: Any) -> bytes:
    """JSON as a careless client writes it: lone surrogates as escapes."""
    return json.dumps(body, ensure_ascii=True).encode()


@pytest.fixture
def known(app: Flask, cast: Cast, peer: Callable[..., Peer]) -> dict[str, list[str]]:
    """Ids of a small world, by the argument that would name them."""
    desk, order_id, visit_id = peer(cast.dora), new_id(), new_id()
    now = clock.wire(clock.now())
    desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, kind="repair",
        title="黑屏", level=1, level_reason="安全", channel="phone", source="customer", reported_at=now,
    )  # fmt: skip
    until = clock.wire(clock.now() + timedelta(hours=2))
    desk.do(
        "visit.dispatch", id=visit_id, work_order_id=order_id, lead_id=cast.alice.id, slot_start=now, slot_end=until
    )  # fmt: skip
    assert {receipt["outcome"] for receipt in desk.receipts.values()} == {"applied"}
    return {
        "id": [order_id, visit_id, cast.part.id], "visit_id": [visit_id], "work_order_id": [order_id],
        "part_id": [cast.part.id], "lead_id": [cast.alice.id, cast.dora.id], "site_id": [cast.site.id],
        "customer_id": [cast.customer.id], "asset_id": [cast.asset.id], "version_id": [cast.checklist.id],
    }  # fmt: skip


quiet = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_no_batch_of_acts_makes_the_server_fail(client: FlaskClient, cast: Cast, peer: Callable[..., Peer], known: Any):
    devices = {user.login: peer(user) for user in (cast.alice, cast.dora)}

    @quiet
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        device = devices[data.draw(st.sampled_from(sorted(devices)))]
        device.n = device.send_acts([])["last"]  # an example that failed before may have left numbers unanswered
        acts = []
        for _ in range(data.draw(st.integers(1, 3))):
            name, args = data.draw(likely_args(known))
            device.n += 1
            at = data.draw(st.sampled_from([clock.wire(clock.now()), "2026-02-30T00:00:00Z", "soon", 7]))
            acts.append({"n": device.n, "id": new_id(), "act": name, "v": 1, "at": at, "args": args})
        body = {"protocol": 1, "device": device.device_id, "acts": acts}
        answer = client.post(
            "/api/sync/push", data=dumped(body), content_type="application/json", headers=device.headers
        )
        assert answer.status_code == 200, answer.text
        assert [r["n"] for r in answer.json["receipts"]] == [act["n"] for act in acts]
        assert not [r for r in answer.json["receipts"] if r["code"] == "server-fault"], (acts, answer.json)

    run()


def test_no_envelope_makes_the_server_fail_and_a_refused_one_changes_nothing(
    app: Flask, client: FlaskClient, cast: Cast, peer: Callable[..., Peer]
):
    device = peer(cast.alice)

    def counted() -> list[int]:
        with app.app_context():
            tables = [*SYNCED.values(), JournalEntry]
            return [db.session.scalar(select(func.count()).select_from(table)) for table in tables]

    before = counted()

    @quiet
    @given(
        path=st.sampled_from(["push", "pull", "check"]),
        body=anything,
        envelope=st.booleans(),
        raw=st.binary(max_size=40),
    )
    def run(path: str, body: Any, envelope: bool, raw: bytes) -> None:
        named = {"protocol": 1, "device": device.device_id, "acts": body, "cookie": body, "count": body, "digest": body}
        whole = named if envelope else body
        for data in (dumped(whole), raw):
            answer = client.post(
                f"/api/sync/{path}", data=data, content_type="application/json", headers=device.headers
            )
            assert answer.status_code < 500, answer.text
            if answer.status_code >= 400:
                assert answer.mimetype == "application/problem+json" and answer.json["code"]

    run()
    assert counted() == before


keys = st.tuples(st.sampled_from(["part", "visit", "x"]), st.uuids().map(str), st.integers(-1, 2**54)).map(list)


def test_no_check_makes_the_server_fail(client: FlaskClient, cast: Cast, peer: Callable[..., Peer], known: Any):
    device = peer(cast.alice).pull()
    scopes = [*device.scopes, f"user:{cast.bob.id}", f"wo:{known['work_order_id'][0]}", "ref", "", "wo:", "x" * 60]

    @quiet
    @given(
        listed=st.dictionaries(st.sampled_from(scopes), st.lists(keys | anything, max_size=3), max_size=4) | anything,
        after=st.none() | st.just(["part", known["id"][0]]) | anything,
        cookie=st.sampled_from([device.cookie, "e30="]) | anything,
    )
    def run(listed: Any, after: Any, cookie: Any) -> None:
        body = {"protocol": 2, "device": device.device_id, "cookie": cookie, "scopes": listed, "after": after}
        answer = client.post(
            "/api/sync/check", data=dumped(body), content_type="application/json", headers=device.headers
        )
        assert answer.status_code in (200, 400, 413), answer.text
        if answer.status_code == 200:
            assert {row["scope"] for row in answer.json["rows"]} <= device.scopes

    run()
    assert device.compare()["verdict"] == "agree"


@pytest.mark.parametrize("status", [[], "x", 7, {"pending": []}, {"oldest_at": "9999-99-99"}, {"failing": "\0"}])
def test_a_strange_status_is_never_a_fault(client: FlaskClient, cast: Cast, peer: Callable[..., Peer], status: Any):
    device = peer(cast.alice)
    body = {"protocol": 1, "device": device.device_id, "acts": [], "status": status}
    answer = client.post("/api/sync/push", json=body, headers=device.headers)
    assert answer.status_code in (200, 400)


def test_a_batch_larger_than_the_limits_is_refused_whole(client: FlaskClient, cast: Cast, peer: Callable[..., Peer]):
    device = peer(cast.alice)
    act = {"id": new_id(), "act": "note.add", "v": 1, "at": clock.wire(clock.now()), "args": {}}
    many = {"protocol": 1, "device": device.device_id, "acts": [{**act, "n": n} for n in range(1, 102)]}
    answer = client.post("/api/sync/push", json=many, headers=device.headers)
    assert answer.status_code == 400 and answer.json["fault"] == "too-many-acts"
    big = {"protocol": 1, "device": device.device_id, "acts": [{**act, "n": 1, "args": {"text": "长" * 300_000}}]}
    answer = client.post("/api/sync/push", json=big, headers=device.headers)
    assert answer.status_code == 413 and answer.json["code"] == "too-large"
