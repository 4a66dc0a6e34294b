"""Keys of other systems: told once, opening what they are for and no more, and gone when they are revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from server import clock
from server.api.integration import NOUNS, PER_KEY
from server.extensions import db
from server.models import AccessLog, ApiKey, CustomerReport, Site, new_id
from tests.cast import sign_in
from tests.server.promised import registered
from tests.server.test_auth import refused

FAULT = {"company": "华园大厦物业", "title": "机房温度过高", "equipment": "空调 3 号", "contact_phone": "13800005678"}


@pytest.fixture
def ada(client, cast) -> dict[str, str]:
    return sign_in(client, cast.ada)


def key_for(client, ada, *scopes: str, **more) -> dict[str, str]:
    answer = client.post("/api/keys", json={"name": "监控平台", "scopes": list(scopes), **more}, headers=ada)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json['key']}", "id": answer.json["id"]}


def rows(client, key, noun: str, **asked):
    return client.get(f"/api/v1/rows/{noun}", query_string=asked, headers=key)


def test_a_key_is_told_once_and_only_its_hash_is_kept(app, client, cast, ada):
    made = client.post("/api/keys", json={"name": "ERP", "scopes": ["master:read"]}, headers=ada).json
    (shown,) = client.get("/api/keys", headers=ada).json
    assert "key" not in shown
    assert (shown["prefix"], shown["scopes"], shown["last_used_at"]) == (made["prefix"], ["master:read"], None)
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
        assert made["key"].rpartition("_")[2] not in (row.secret_hash, row.prefix)
        assert [line.act for line in db.session.scalars(select(AccessLog).where(AccessLog.noun == "api_key"))] == [
            "key.create"
        ]
    assert rows(client, {"Authorization": f"Bearer {made['key']}"}, "site").status_code == 200
    (used,) = client.get("/api/keys", headers=ada).json
    assert used["last_used_at"]
    assert used["last_address"] == "127.0.0.1"


def test_a_key_opens_what_its_scopes_name_and_nothing_else(client, cast, ada, peer):
    order_id = registered(peer(cast.dora), cast, 3, contact_name="张女士", contact_phone="13800005678")
    master, orders = key_for(client, ada, "master:read"), key_for(client, ada, "work_orders:read")
    for noun, scope in NOUNS.items():
        for key, held in ((master, "master:read"), (orders, "work_orders:read")):
            answer = rows(client, key, noun)
            assert answer.status_code == (200 if scope == held else 403), (noun, scope, held)
    (order,) = rows(client, orders, "work_order").json["items"]
    assert order["id"] == order_id
    assert "13800005678" not in rows(client, orders, "work_order").text, "contacts are masked for systems too"
    for noun in ("user", "contact_card", "notice_choice", "signature", "x"):
        assert rows(client, orders, noun).status_code == 404
    assert refused(client.get("/api/v1/month?month=2026-11", headers=orders), "forbidden", 403)
    assert client.get("/api/v1/month?month=2026-11", headers=key_for(client, ada, "reports:read")).json["figures"]
    assert refused(client.post("/api/v1/reports", json=FAULT, headers=orders), "forbidden", 403)


def test_a_key_is_no_person_and_a_person_no_key(client, cast, ada):
    key = key_for(client, ada, *ApiKey.SCOPES)
    for address in ("/api/auth/me", "/api/users", "/api/keys", "/api/deliveries", "/api/archive"):
        assert client.get(address, headers=key).status_code == 401, address
    assert rows(client, ada, "site").status_code == 401


def test_who_asks_on_with_next_misses_no_change_and_sees_none_twice(app, client, cast, ada):
    key = key_for(client, ada, "master:read")
    with app.app_context():
        for n in range(5):  # each a transaction of its own
            db.session.add(Site(id=new_id(), number=f"S-{n + 10}", name=f"现场 {n}", customer_id=cast.customer.id))
            db.session.commit()
        together = [
            Site(id=new_id(), number=f"S-{n + 50}", name="导入", customer_id=cast.customer.id) for n in range(7)
        ]
        db.session.add_all(together)
        db.session.commit()
    seen, after, more = [], 0, True
    while more:
        page = rows(client, key, "site", after=after, limit=3).json
        seen += [item["id"] for item in page["items"]]
        after, more = page["next"], page["more"]
    assert (len(seen), len(set(seen))) == (13, 13)
    assert rows(client, key, "site", after=after).json == {"items": [], "next": after, "more": False}
    with app.app_context():
        db.session.get_one(Site, cast.site.id).name = "改名大厦"
        db.session.commit()
    (changed,) = rows(client, key, "site", after=after).json["items"]
    assert changed["body"]["name"] == "改名大厦"


def test_a_fault_another_system_reports_waits_in_the_inbox_once_however_often_it_is_sent(app, client, cast, ada, peer):
    key, other = key_for(client, ada, "intake:write"), key_for(client, ada, "intake:write")
    form = {**FAULT, "id": new_id()}
    first = client.post("/api/v1/reports", json=form, headers=key)
    assert first.status_code == 201, first.text
    assert client.post("/api/v1/reports", json=form, headers=key).json == first.json
    assert refused(client.post("/api/v1/reports", json=form, headers=other), "conflict", 409)
    with app.app_context():
        assert db.session.scalars(select(CustomerReport.state)).all() == ["new"]
    (body,) = peer(cast.dora).pull().bodies("customer_report")
    assert (body["title"], body["state"]) == ("机房温度过高", "new")
    assert client.get(first.json["url"].partition("localhost")[2]).status_code == 200
    for change in ({"title": ""}, {"company": None}, {"id": "x"}, {"level": 1}, {"description": "x" * 4001}):
        assert refused(client.post("/api/v1/reports", json={**FAULT, **change}, headers=key), "validation", 422)


def test_a_key_that_was_revoked_or_is_over_or_was_never_one_opens_nothing(client, cast, ada):
    tomorrow = clock.wire(clock.now() + timedelta(days=1))
    key = key_for(client, ada, "master:read", expires_at=tomorrow)
    assert rows(client, key, "site").status_code == 200
    with clock.standing_at(clock.now() + timedelta(days=2)):
        assert refused(rows(client, key, "site"), "sign-in", 401)
    assert client.post(f"/api/keys/{key['id']}/revoke", headers=ada).json["revoked_at"]
    assert client.post(f"/api/keys/{key['id']}/revoke", headers=ada).status_code == 200
    assert refused(rows(client, key, "site"), "sign-in", 401)
    good = key_for(client, ada, "master:read")["Authorization"]
    for wrong in ("", "Bearer", f"{good}x", good[:-1], good.replace("Bearer ", "Basic "), "Bearer xk_1_2", "Bearer é"):
        assert rows(client, {"Authorization": wrong.encode()}, "site").status_code == 401, wrong
    yesterday = clock.wire(clock.now() - timedelta(days=1))
    for change in ({"scopes": []}, {"scopes": ["all"]}, {"name": ""}, {"expires_at": yesterday}, {"expires_at": "x"}):
        form = {"name": "a", "scopes": ["master:read"], **change}
        assert refused(client.post("/api/keys", json=form, headers=ada), "validation", 422), change


def test_only_an_administrator_makes_sees_or_revokes_keys(client, cast, ada):
    key = key_for(client, ada, "master:read")
    for who in (cast.alice, cast.dora, cast.sam):
        headers = sign_in(client, who)
        for method, address in (("get", ""), ("post", ""), ("post", f"/{key['id']}/revoke")):
            assert refused(getattr(client, method)(f"/api/keys{address}", json={}, headers=headers), "forbidden", 403)


def test_a_key_asks_no_faster_than_it_may_and_another_is_not_held_up(client, cast, ada):
    key, other = key_for(client, ada, "master:read"), key_for(client, ada, "master:read")
    allowed = int(PER_KEY.split()[0])
    answers = [rows(client, key, "team", limit=1).status_code for _ in range(allowed + 1)]
    assert answers[-1] == 429
    assert set(answers[:allowed]) == {200}
    assert rows(client, other, "team").status_code == 200
