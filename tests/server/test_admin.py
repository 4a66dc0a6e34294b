"""Devices, users and masked contacts: who may, and what it changes at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import AccessLog, Device, User, WorkOrder, new_id
from tests.cast import password_of, sign_in
from tests.server.test_auth import bearer, login, refresh, refused

NEW_USER = {"number": "E-900", "login": "erin", "name": "艾琳", "roles": ["engineer"], "password": "long enough"}


@pytest.fixture
def ada(client, cast) -> dict[str, str]:
    return sign_in(client, cast.ada)


# --- Devices ----------------------------------------------------------------------------------------------


def test_everybody_sees_the_own_devices_and_a_supervisor_all(client, cast):
    alice, sam = sign_in(client, cast.alice), sign_in(client, cast.sam)
    own = client.get("/api/devices", headers=alice).json
    assert [(device["user_id"], device["current"]) for device in own] == [(cast.alice.id, True)]
    every = client.get("/api/devices", headers=sam).json
    assert {device["user_id"] for device in every} == {cast.alice.id, cast.sam.id}


def test_a_revoked_device_reads_nothing_from_that_moment_on(app, client, cast, ada):
    phone = login(client, cast.alice).json
    tablet = login(client, cast.alice).json
    answer = client.post(f"/api/devices/{phone['device_id']}/revoke", json={"reason": "手机丢失"}, headers=ada)
    assert answer.status_code == 200
    assert answer.json["revoked_at"]
    assert refused(client.get("/api/auth/me", headers=bearer(phone["access"])), "device-revoked", 403)
    assert refused(login(client, cast.alice, phone["device_id"]), "device-revoked", 403)
    assert client.get("/api/auth/me", headers=bearer(tablet["access"])).status_code == 200
    with app.app_context():
        device = db.session.get_one(Device, phone["device_id"])
        assert device.revoked_by == cast.ada.id
        assert written("device.revoke").reason == "手机丢失"


def test_nobody_revokes_the_device_of_somebody_else_without_the_role(client, cast):
    phone = login(client, cast.alice).json
    for who, status in ((cast.bob, 404), (cast.dora, 404), (cast.alice, 200)):
        answer = client.post(
            f"/api/devices/{phone['device_id']}/revoke", json={"reason": "x"}, headers=sign_in(client, who)
        )
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("device_id", ["x", "%00", "0190a000-0000-7000-8000-000000000000", "..%2f.."])
def test_revoking_what_does_not_exist_says_so(client, cast, ada, device_id):
    assert client.post(f"/api/devices/{device_id}/revoke", json={"reason": "x"}, headers=ada).status_code == 404


def test_a_cloned_device_gets_a_number_line_of_its_own_without_the_password(client, cast):
    old = login(client, cast.alice).json
    form = {"id": new_id(), "name": "phone", "platform": "Android"}
    answer = client.post("/api/devices", json=form, headers=bearer(old["refresh"]))
    assert answer.status_code == 201
    assert answer.json["device_id"] == form["id"]
    assert client.get("/api/auth/me", headers=bearer(answer.json["access"])).json["device_id"] == form["id"]
    assert refresh(client, answer.json["refresh"]).status_code == 200
    assert refused(client.post("/api/devices", json=form, headers=bearer(old["access"])), "token-invalid", 401)


# --- Users ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post", "patch"])
def test_only_an_administrator_manages_accounts(client, cast, method):
    address = f"/api/users/{cast.bob.id}" if method == "patch" else "/api/users"
    for who in (cast.alice, cast.dora, cast.sam):
        answer = getattr(client, method)(address, json=NEW_USER, headers=sign_in(client, who))
        assert refused(answer, "forbidden", 403)


def test_a_new_account_can_sign_in_and_reaches_the_phones_of_the_others(client, cast, ada, peer):
    made = client.post("/api/users", json={**NEW_USER, "team_id": cast.north.id}, headers=ada)
    assert made.status_code == 201, made.text
    assert "password" not in made.json
    device = {"id": new_id()}
    answer = client.post("/api/auth/login", json={"login": "erin", "password": "long enough", "device": device})
    assert answer.status_code == 200
    assert peer(cast.alice).pull().row("user", made.json["id"])["name"] == "艾琳"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"roles": []}, "roles"), ({"roles": ["king"]}, "roles"), ({"roles": "admin"}, "roles"),
        ({"team_id": "0190a000-0000-7000-8000-000000000000"}, "team_id"), ({"team_id": 7}, "team_id"),
        ({"password": "short"}, "password"), ({"login": ""}, "login"), ({"login": "\0"}, "login"),
        ({"name": "x" * 201}, "name"), ({"active": "maybe"}, "active"), ({"colour": "red"}, "colour"),
        ({"skills": [1]}, "skills"), ({"number": None}, "number"), ({"phone": "1" * 33}, "phone"),
    ],
)  # fmt: skip
def test_what_an_account_cannot_be_is_named_by_field(client, cast, ada, change, place):
    for answer in (
        client.post("/api/users", json={**NEW_USER, **change}, headers=ada),
        client.patch(f"/api/users/{cast.bob.id}", json=change, headers=ada),
    ):
        assert refused(answer, "validation", 422)
        assert place in answer.json["errors"]["json"]


@pytest.mark.parametrize(("field", "taken"), [("login", "bob"), ("number", "E-bob")])
def test_a_login_and_a_number_belong_to_one_person(client, cast, ada, field, taken):
    answer = client.post("/api/users", json={**NEW_USER, field: taken}, headers=ada)
    assert refused(answer, "conflict", 409)
    assert list(answer.json["errors"]["json"]) == [field]
    again = client.patch(f"/api/users/{cast.alice.id}", json={field: taken}, headers=ada)
    assert refused(again, "conflict", 409)


def test_a_password_reset_signs_the_person_out_everywhere(client, cast, ada):
    phone = login(client, cast.bob).json
    assert client.patch(f"/api/users/{cast.bob.id}", json={"password": "a new one"}, headers=ada).status_code == 200
    assert refresh(client, phone["refresh"]).status_code == 401
    assert login(client, cast.bob).status_code == 401
    assert login(client, cast.bob, password="a new one").status_code == 200


def test_an_ended_account_is_out_and_a_revived_one_in_again(client, cast, ada):
    headers = sign_in(client, cast.bob)
    client.patch(f"/api/users/{cast.bob.id}", json={"active": False}, headers=ada)
    assert refused(client.get("/api/auth/me", headers=headers), "device-revoked", 403)
    client.patch(f"/api/users/{cast.bob.id}", json={"active": True}, headers=ada)
    assert login(client, cast.bob, password=password_of(cast.bob)).status_code == 200


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["engineer"]}])
def test_an_administrator_cannot_lock_himself_out(app, client, cast, ada, change):
    assert refused(client.patch(f"/api/users/{cast.ada.id}", json=change, headers=ada), "conflict", 409)
    with app.app_context():
        assert db.session.get_one(User, cast.ada.id).active


def test_a_change_of_role_reaches_the_scopes(client, cast, ada, peer):
    bob = peer(cast.bob).pull()
    assert not list(bob.bodies("customer"))
    client.patch(f"/api/users/{cast.bob.id}", json={"roles": ["engineer", "dispatcher"]}, headers=ada)
    assert bob.pull().one("customer")["name"] == cast.customer.name


# --- Masked contacts --------------------------------------------------------------------------------------


@pytest.fixture
def order_id(app, cast) -> str:
    order = WorkOrder(
        id=new_id(), number="SN20261121001", title="空调不制冷", level=2, customer_id=cast.customer.id,
        site_id=cast.site.id, reported_at=clock.now(), contact_name="张女士", contact_phone="13800005678",
    )  # fmt: skip
    with app.app_context():
        db.session.add(order)
        db.session.commit()
    return order.id


def written(act: str) -> AccessLog | None:
    """The one line of the access log that tells of this."""
    return db.session.scalars(select(AccessLog).where(AccessLog.act == act)).one_or_none()


def reveal(client: Any, order_id: str, headers: dict[str, str], body: Any = None):
    address = f"/api/work-orders/{order_id}/contact/reveal"
    return client.post(address, json={"reason": "客户来电"} if body is None else body, headers=headers)


def test_a_contact_is_shown_for_a_reason_that_is_written_down(app, client, cast, order_id):
    assert reveal(client, order_id, sign_in(client, cast.dora)).json == {"name": "张女士", "phone": "13800005678"}
    with app.app_context():
        line = written("contact.reveal")
        assert (line.user_id, line.row_id, line.reason) == (cast.dora.id, order_id, "客户来电")


def test_without_the_role_or_the_reason_nothing_is_shown_and_nothing_written(app, client, cast, order_id):
    assert refused(reveal(client, order_id, sign_in(client, cast.alice)), "forbidden", 403)
    olga = sign_in(client, cast.olga)
    for body in ({}, {"reason": ""}, {"reason": "   "}, {"reason": None}, {"reason": 5}):
        answer = reveal(client, order_id, olga, body)
        assert refused(answer, "validation", 422)
    assert refused(reveal(client, new_id(), olga), "not-found", 404)
    with app.app_context():
        assert written("contact.reveal") is None
