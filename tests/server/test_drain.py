"""A device that may read nothing any more still brings in what it has: work done is never lost to a revocation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server import clock
from server.extensions import db
from server.models import Attachment, Device, JournalEntry, RefreshToken, User, new_id
from tests.cast import Cast, password_of
from tests.peer import Peer
from tests.server.camera import Camera
from tests.server.pictures import photo
from tests.server.story import dispatched
from tests.server.test_auth import bearer, form, refresh, refused

MakePeer = Callable[..., Peer]


@pytest.fixture
def tokens(client: FlaskClient, cast: Cast) -> dict[str, Any]:
    return client.post("/api/auth/login", json=form(cast.alice)).json


@pytest.fixture
def alice(client: FlaskClient, cast: Cast, tokens: dict[str, Any]) -> Peer:
    device = Peer(client, cast.alice, tokens["device_id"])
    device.headers = bearer(tokens["access"])
    answer = client.post("/api/auth/login", json=form(cast.alice, tokens["device_id"])).json
    tokens.update(answer)
    device.headers = bearer(answer["access"])
    return device


@pytest.fixture(params=["revoked", "account ended"])
def shut_out(app: Flask, cast: Cast, alice: Peer, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Shuts Alice's device out, either way."""

    def end() -> None:
        sam, ada = Peer(alice.client, cast.sam), Peer(alice.client, cast.ada)
        if request.param == "revoked":
            sam.post(f"/api/devices/{alice.device_id}/revoke", {"reason": "手机遗失"})
        else:
            changed = alice.client.patch(f"/api/users/{cast.alice.id}", json={"active": False}, headers=ada.headers)
            assert changed.status_code == 200

    return end


def test_acts_and_photos_of_a_device_that_was_shut_out_come_in(
    app: Flask, cast: Cast, desk: Peer, alice: Peer, shut_out: Callable[[], None], tokens: dict[str, Any]
):
    _, visit_id = dispatched(desk, cast, cast.alice)
    camera, data = Camera(app, alice, visit_id), photo()
    shut_out()
    renewed = refresh(alice.client, tokens["refresh"])
    assert renewed.status_code == 200
    alice.headers = bearer(renewed.json["access"])
    assert alice.do("visit.accept", visit_id=visit_id)["outcome"] == "applied"
    args = camera.declare(data)
    assert camera.send(args, data).status_code == 204
    with app.app_context():
        assert db.session.get_one(Attachment, args["id"]).state in ("stored", "verified")
    assert refresh(alice.client, renewed.json["refresh"]).status_code == 200
    assert desk.pull().row("visit", visit_id)["state"] == "accepted"


def test_an_access_token_of_before_drains_as_well(cast: Cast, desk: Peer, alice: Peer, shut_out: Callable[[], None]):
    _, visit_id = dispatched(desk, cast, cast.alice)
    shut_out()
    assert alice.do("visit.accept", visit_id=visit_id)["outcome"] == "applied"


def test_every_other_door_is_shut_to_a_device_that_drains(
    client: FlaskClient, alice: Peer, shut_out: Callable[[], None], tokens: dict[str, Any]
):
    shut_out()
    for access in (tokens["access"], refresh(client, tokens["refresh"]).json["access"]):
        headers = bearer(access)
        asked = {"protocol": 1, "device": alice.device_id, "cookie": None}
        assert refused(client.post("/api/sync/pull", json=asked, headers=headers), "device-revoked", 403)
        for path in ("/api/auth/me", "/api/sync/live", "/api/devices", f"/api/files/{'0' * 64}"):
            assert refused(client.get(path, headers=headers), "device-revoked", 403)
        assert refused(client.post("/api/auth/logout", headers=headers), "device-revoked", 403)


def test_every_door_but_the_named_ones_is_shut(app: Flask, alice: Peer, shut_out: Callable[[], None]):
    """The list of open doors is the list: a door added tomorrow is shut until somebody writes it there."""
    from server.api.identity import DRAIN_DOORS

    shut_out()
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= DRAIN_DOORS
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.endpoint in DRAIN_DOORS:
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(next(part for part in path.split("/") if name in part and "<" in part), new_id())
        for method in (rule.methods or set()) & {"GET", "POST", "PATCH", "PUT", "DELETE"}:
            answer = alice.client.open(path, method=method, headers=alice.headers)
            public = alice.client.open(path, method=method).status_code != 401
            shut = ("sign-in",) if path.startswith("/api/v1/") else ("device-revoked", "token-invalid")  # a key's door
            assert public or answer.json["code"] in shut, (method, path, answer.text)


def test_signing_in_on_a_revoked_device_and_to_an_ended_account_stays_refused(
    client: FlaskClient, cast: Cast, alice: Peer, shut_out: Callable[[], None], request: pytest.FixtureRequest
):
    shut_out()
    answer = client.post("/api/auth/login", json=form(cast.alice, alice.device_id, password_of(cast.alice)))
    assert answer.status_code == 403 and answer.json["code"] in ("device-revoked", "user-inactive")


def test_a_device_drains_no_longer_than_its_session_would_have_lasted(
    app: Flask, client: FlaskClient, alice: Peer, shut_out: Callable[[], None], tokens: dict[str, Any]
):
    shut_out()
    with app.app_context():
        before = max(row.expires_at for row in db.session.query(RefreshToken).filter_by(device_id=alice.device_id))
    with clock.standing_at(clock.now() + timedelta(days=30)):
        token = refresh(client, tokens["refresh"]).json["refresh"]
        assert refresh(client, token).status_code == 200
    with app.app_context():
        rows = db.session.query(RefreshToken).filter_by(device_id=alice.device_id, revoked_at=None)
        assert {row.expires_at for row in rows} == {before}


def test_a_revoked_clone_gets_a_line_of_numbers_that_drains_and_no_more(
    app: Flask, client: FlaskClient, cast: Cast, desk: Peer, alice: Peer, shut_out: Callable[[], None],
    tokens: dict[str, Any],
):  # fmt: skip
    _, visit_id = dispatched(desk, cast, cast.alice)
    shut_out()
    token = refresh(client, tokens["refresh"]).json["refresh"]
    made = client.post("/api/devices", json={"id": new_id()}, headers=bearer(token))
    assert made.status_code == 201
    alice.device_id, alice.headers = made.json["device_id"], bearer(made.json["access"])
    act = alice.act("visit.accept", visit_id=visit_id)
    alice.push()
    asked = {"protocol": 1, "device": alice.device_id, "cookie": None}
    assert refused(client.post("/api/sync/pull", json=asked, headers=alice.headers), "device-revoked", 403)
    with app.app_context():
        assert db.session.get_one(JournalEntry, act["id"]).device_id == alice.device_id
        device, user = db.session.get_one(Device, alice.device_id), db.session.get_one(User, cast.alice.id)
        assert device.revoked_at is not None or not user.active
