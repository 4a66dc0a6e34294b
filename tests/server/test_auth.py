"""Signing in and out, tokens and their chains, and what a guesser meets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from server import clock
from server.api import auth
from server.extensions import db
from server.models import Device, RefreshToken, User, new_id
from tests.cast import password_of, sign_in

WRONG = "不是这个密码"


def form(who: User, device_id: str | None = None, password: str | None = None) -> dict[str, Any]:
    device = {"id": device_id or new_id(), "name": "phone", "platform": "Android"}
    return {"login": who.login, "password": password or password_of(who), "device": device}


def login(client: FlaskClient, who: User, device_id: str | None = None, password: str | None = None, **more: Any):
    return client.post("/api/auth/login", json=form(who, device_id, password), **more)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refresh(client: FlaskClient, token: str):
    return client.post("/api/auth/refresh", headers=bearer(token))


def refused(answer: Any, code: str, status: int) -> bool:
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    return answer.mimetype == "application/problem+json"


def test_who_signs_in_gets_tokens_and_learns_the_epoch(client, cast):
    device_id = new_id()
    answer = login(client, cast.alice, device_id)
    assert answer.status_code == 200
    assert answer.json["user"]["id"] == cast.alice.id
    assert answer.json["user"]["roles"] == ["engineer"]
    assert answer.json["device_id"] == device_id
    assert answer.json["epoch"]
    life = clock.parse(answer.json["access_expires_at"]) - clock.parse(answer.json["server_time"])
    assert timedelta(minutes=15) <= life < timedelta(minutes=15, seconds=5)
    assert "password" not in answer.text
    me = client.get("/api/auth/me", headers=bearer(answer.json["access"])).json
    assert me["user"] == answer.json["user"]
    assert me["epoch"] == answer.json["epoch"]


def test_a_wrong_password_and_an_unknown_login_are_told_apart_by_nobody(client, cast):
    nobody = User(login="nobody", password_hash="")
    wrong, unknown = login(client, cast.alice, password=WRONG), login(client, nobody, password=WRONG)
    assert refused(wrong, "wrong-password", 401)
    assert wrong.data == unknown.data


def test_an_unknown_login_costs_as_many_hashes_as_a_known_one(client, cast, monkeypatch):
    checks = []
    real = User.check_password
    monkeypatch.setattr(User, "check_password", lambda self, word: checks.append(self.login) or real(self, word))
    login(client, cast.alice, password=WRONG)
    login(client, User(login="nobody"), password=WRONG)
    assert len(checks) == 2


def test_an_account_without_a_password_lets_nobody_in(app, client, cast):
    with app.app_context():
        db.session.get_one(User, cast.bob.id).password_hash = ""
        db.session.commit()
    assert refused(login(client, cast.bob, password="nobody"), "wrong-password", 401)


def test_an_ended_account_is_told_so_only_with_the_right_password(app, client, cast):
    headers = sign_in(client, cast.bob)
    with app.app_context():
        db.session.get_one(User, cast.bob.id).active = False
        db.session.commit()
    assert refused(login(client, cast.bob, password=WRONG), "wrong-password", 401)
    assert refused(login(client, cast.bob), "user-inactive", 403)
    assert refused(client.get("/api/auth/me", headers=headers), "device-revoked", 403)


def test_a_device_belongs_to_one_person(client, cast):
    device_id = new_id()
    login(client, cast.alice, device_id)
    assert refused(login(client, cast.bob, device_id), "device-foreign", 403)
    assert login(client, cast.alice, device_id).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        None, [], "text", 7, {}, {"login": "alice"}, {"login": None, "password": None, "device": None},
        {"login": "alice", "password": "x", "device": []},
        {"login": {"$gt": ""}, "password": "x", "device": {"id": "1"}},
        {"login": "a\0b", "password": "x", "device": {"id": "0190a000-0000-7000-8000-000000000000"}},
        {"login": "a\ud800", "password": "\udfff", "device": {"id": "0190a000-0000-7000-8000-000000000000"}},
        {"login": "a" * 65, "password": "x", "device": {"id": "0190a000-0000-7000-8000-000000000000"}},
        {"login": "alice", "password": "x" * 100_000, "device": {"id": "0190a000-0000-7000-8000-000000000000"}},
        {"login": "alice", "password": "x", "device": {"id": "0190A000-0000-7000-8000-000000000000"}},
        {"login": "alice", "password": "x", "device": {"id": "' OR 1=1 --\0"}},
        {"login": "alice", "password": "x", "device": {"id": "0190a000-0000-7000-8000-000000000000", "name": "\0"}},
    ],
)  # fmt: skip
def test_a_sign_in_that_makes_no_sense_is_refused_with_a_reason(app, client, cast, body):
    answer = client.post("/api/auth/login", json=body)
    assert answer.status_code in (400, 413, 422), answer.text
    assert answer.mimetype == "application/problem+json"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Device)) == 0


def test_signing_in_again_ends_the_earlier_session_of_that_device(client, cast):
    device_id = new_id()
    first = login(client, cast.alice, device_id).json
    second = login(client, cast.alice, device_id).json
    assert refresh(client, first["refresh"]).status_code == 401
    other = login(client, cast.bob).json
    assert refresh(client, other["refresh"]).status_code == 200
    assert second["refresh"] != first["refresh"]


# --- Tokens -----------------------------------------------------------------------------------------------


def test_a_refresh_gives_new_tokens_and_the_new_one_works(client, cast):
    first = login(client, cast.alice).json["refresh"]
    answer = refresh(client, first)
    assert answer.status_code == 200
    assert client.get("/api/auth/me", headers=bearer(answer.json["access"])).status_code == 200
    assert refresh(client, answer.json["refresh"]).status_code == 200


def test_a_refresh_whose_answer_was_lost_may_be_asked_for_again(client, cast):
    first = login(client, cast.alice).json["refresh"]
    for _ in range(3):  # every answer but the last is lost
        last = refresh(client, first)
    assert last.status_code == 200
    again = refresh(client, last.json["refresh"])
    assert again.status_code == 200


def test_a_token_whose_successor_was_used_is_in_two_hands_and_ends_the_chain(client, cast):
    first = login(client, cast.alice).json["refresh"]
    second = refresh(client, first).json["refresh"]
    third = refresh(client, second).json["refresh"]
    assert refused(refresh(client, first), "token-reused", 401)
    assert refused(refresh(client, third), "token-invalid", 401)


def test_a_successor_that_was_replaced_and_turns_up_after_all_ends_the_chain(client, cast):
    first = login(client, cast.alice).json["refresh"]
    held_by_the_person = refresh(client, first).json["refresh"]
    held_by_the_thief = refresh(client, first).json["refresh"]
    assert refused(refresh(client, held_by_the_person), "token-reused", 401)
    assert refused(refresh(client, held_by_the_thief), "token-invalid", 401)


def test_a_broken_chain_leaves_other_devices_alone(client, cast):
    other = login(client, cast.alice).json["refresh"]
    first = login(client, cast.alice).json["refresh"]
    refresh(client, refresh(client, first).json["refresh"])
    refresh(client, first)
    assert refresh(client, other).status_code == 200


def test_refreshes_at_the_same_moment_leave_one_living_successor(app, cast):
    token = login(app.test_client(), cast.alice).json["refresh"]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: refresh(app.test_client(), token), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    with app.app_context():
        children = select(func.count()).where(RefreshToken.parent_id.is_not(None), RefreshToken.revoked_at.is_(None))
        assert db.session.scalar(children) == 1


def test_signing_out_ends_the_session_and_keeps_the_device(app, client, cast):
    tokens = login(client, cast.alice).json
    assert client.post("/api/auth/logout", headers=bearer(tokens["access"])).status_code == 204
    assert refused(refresh(client, tokens["refresh"]), "token-invalid", 401)
    with app.app_context():
        assert db.session.get_one(Device, tokens["device_id"]).revoked_at is None


@pytest.mark.parametrize("kind", ["ACCESS", "REFRESH"])
def test_tokens_end_when_their_time_is_over(make_app, client, cast, kind):
    earlier = make_app(**{f"JWT_{kind}_TOKEN_EXPIRES": timedelta(seconds=-5)}).test_client()
    tokens = login(earlier, cast.alice).json
    answers = {
        "ACCESS": client.get("/api/auth/me", headers=bearer(tokens["access"])),
        "REFRESH": refresh(client, tokens["refresh"]),
    }
    assert refused(answers.pop(kind), "token-expired", 401)
    (other,) = answers.values()
    assert other.status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_a_token_we_did_not_make_is_refused(client, cast, token):
    assert client.get("/api/auth/me", headers=bearer(token)).status_code == 401
    assert refresh(client, token).status_code == 401


def test_each_kind_of_token_opens_only_its_own_doors(client, cast):
    tokens = login(client, cast.alice).json
    assert refused(client.get("/api/auth/me", headers=bearer(tokens["refresh"])), "token-invalid", 401)
    assert refused(refresh(client, tokens["access"]), "token-invalid", 401)
    assert refused(client.get("/api/auth/me"), "sign-in", 401)


# --- Guessing ---------------------------------------------------------------------------------------------


def fail(client: FlaskClient, who: User, times: int, device_id: str | None = None, address: str = "10.0.0.1"):
    for _ in range(times):
        answer = login(client, who, device_id, WRONG, environ_base={"REMOTE_ADDR": address})
    return answer


def test_guessing_at_an_account_is_stopped_and_told_when_to_come_back(client, cast):
    assert fail(client, cast.alice, 10).status_code == 401
    answer = fail(client, cast.alice, 1)
    assert refused(answer, "too-many-requests", 429)
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert refused(login(client, cast.alice), "too-many-requests", 429)
    assert refused(fail(client, cast.alice, 1, address="10.9.9.9"), "too-many-requests", 429)


def test_her_own_device_gets_alice_in_while_somebody_guesses_at_her_account(client, cast):
    device_id = new_id()
    login(client, cast.alice, device_id)
    assert fail(client, cast.alice, 11).status_code == 429
    assert login(client, cast.alice, device_id).status_code == 200


def test_a_guesser_behind_the_offices_address_locks_nobodys_own_device_out(client, cast):
    office = {"REMOTE_ADDR": "10.0.0.1"}
    known = new_id()
    assert login(client, cast.olga, known, environ_base=office).status_code == 200
    for number in range(100):
        fail(client, User(login=f"guess-{number}"), 1)
    assert refused(login(client, cast.dora, environ_base=office), "too-many-requests", 429)  # on a new device
    assert login(client, cast.olga, known, environ_base=office).status_code == 200
    assert login(client, cast.dora, environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 200


def test_right_passwords_are_never_counted(client, cast):
    for _ in range(3):
        for user in cast.users * 2:
            assert login(client, user).status_code == 200
    assert int(auth.PER_ACCOUNT.split()[0]) < 3 * 2 * len(cast.users)


def test_guessing_on_a_known_device_is_stopped_too(client, cast):
    device_id = new_id()
    login(client, cast.alice, device_id)
    assert refused(fail(client, cast.alice, 11, device_id), "too-many-requests", 429)


# --- The password -----------------------------------------------------------------------------------------


def test_changing_the_password_signs_the_other_devices_out_and_not_this_one(client, cast):
    here, there = login(client, cast.alice).json, login(client, cast.alice).json
    change = {"old": password_of(cast.alice), "new": "一个新的长密码"}
    assert client.post("/api/auth/password", json=change, headers=bearer(here["access"])).status_code == 422  # short
    change["new"] = "一个更长的新密码"
    assert client.post("/api/auth/password", json=change, headers=bearer(here["access"])).status_code == 204
    assert refresh(client, here["refresh"]).status_code == 200
    assert refused(refresh(client, there["refresh"]), "token-invalid", 401)
    assert login(client, cast.alice).status_code == 401
    assert login(client, cast.alice, password=change["new"]).status_code == 200


def test_the_old_password_must_be_right_and_cannot_be_guessed_at(client, cast):
    headers = sign_in(client, cast.alice)
    change = {"old": WRONG, "new": "another password"}
    for _ in range(10):
        assert client.post("/api/auth/password", json=change, headers=headers).status_code == 401
    change["old"] = password_of(cast.alice)
    assert client.post("/api/auth/password", json=change, headers=headers).status_code == 429
