"""Other systems are told: signed, in time, again when they were away, and never into one's own house (F8)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from sqlalchemy import select

from server import clock
from server.delivering import outgoing
from server.extensions import db
from server.models import AccessLog, Delivery, Notice, Webhook
from server.tasks.deliveries import PAUSES, STOPPED_AFTER
from tests.cast import sign_in
from tests.server.promised import registered
from tests.server.sinks import ALLOWED, closed_port, http_sink, work
from tests.server.test_auth import refused

MINUTE = timedelta(minutes=1)


@pytest.fixture
def app(make_app):
    return make_app(OUTGOING_ALLOW=ALLOWED, PUBLIC_URL="https://fix.example")


@pytest.fixture
def ada(client, cast) -> dict[str, str]:
    return sign_in(client, cast.ada)


@pytest.fixture
def sink():
    with http_sink() as made:
        yield made


def made(client, ada, url: str, **more) -> dict:
    answer = client.post("/api/webhooks", json={"name": "工单中心", "url": url, **more}, headers=ada)
    assert answer.status_code == 201, answer.text
    return answer.json


def log(client, ada, **asked) -> list[dict]:
    return client.get("/api/deliveries", query_string=asked, headers=ada).json["items"]


def test_a_new_work_order_is_told_once_and_signed_so_that_its_reader_can_check_it(app, client, cast, ada, peer, sink):
    hook = made(client, ada, f"{sink.url}/hook?room=1", kinds=["work_order.register"])
    order_id = registered(peer(cast.dora), cast, 3)
    assert sink.calls == [], "nothing leaves before the worker has its turn"
    work(app)
    work(app)
    (call,) = sink.calls
    assert call.path == "/hook?room=1"
    said = orjson.loads(call.body)
    assert (said["type"], said["data"]["work_order_id"], said["data"]["by"]) == (
        "work_order.register",
        order_id,
        "朵拉",
    )
    assert said["data"]["number"].startswith("SN")
    assert "138" not in call.body.decode(), "no contact leaves the house"
    id_, at = call.headers["webhook-id"], call.headers["webhook-timestamp"]
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    signed = base64.b64encode(hmac.new(key, f"{id_}.{at}.".encode() + call.body, hashlib.sha256).digest()).decode()
    assert call.headers["webhook-signature"] == f"v1,{signed}"
    (line,) = log(client, ada)
    assert (line["id"], line["state"], line["status"], line["to"]) == (id_, "sent", 200, "工单中心")
    assert line["number"] == said["data"]["number"]


def test_what_was_not_asked_for_is_not_told_and_a_notice_for_many_is_told_once(
    app, client, cast, ada, heads, peer, sink
):
    made(client, ada, sink.url, kinds=["level_one"])
    registered(peer(cast.dora), cast, 1)  # the head of the department hears of it, and this address
    registered(peer(cast.dora), cast, 3)
    work(app)
    assert [orjson.loads(call.body)["type"] for call in sink.calls] == ["level_one"]


def test_who_was_away_is_told_again_later_with_the_same_id_and_once_it_was_told_no_more(
    app, client, cast, ada, peer, sink
):
    made(client, ada, sink.url, kinds=["work_order.register"])
    sink.answers += [(500, "oh"), (503, "no")]
    registered(peer(cast.dora), cast, 3)
    work(app)
    (line,) = log(client, ada)
    assert (line["state"], line["attempts"], line["status"], line["error"]) == ("waiting", 1, 500, "HTTP 500")
    work(app, timedelta(seconds=5))
    assert len(sink.calls) == 1, "not before its pause is over"
    work(app, PAUSES[0] + timedelta(seconds=1))
    work(app, 3 * MINUTE)
    work(app, 90 * MINUTE)
    assert [call.headers["webhook-id"] for call in sink.calls] == [line["id"]] * 3
    assert [one["state"] for one in log(client, ada)] == ["sent"]


def test_who_never_answers_is_given_up_for_one_thing_and_may_be_told_again_by_hand(app, client, cast, ada, peer):
    with http_sink() as gone:
        hook = made(client, ada, f"http://127.0.0.1:{closed_port()}/", kinds=["work_order.register"])
        registered(peer(cast.dora), cast, 3)
        for hours in range(40):
            work(app, timedelta(hours=hours))
        (line,) = log(client, ada, state="failed")
        assert (line["attempts"], line["status"]) == (len(PAUSES) + 1, None)
        assert "ConnectionRefused" in line["error"]
        assert client.post(f"/api/deliveries/{line['id']}/again", headers=ada).status_code == 202
        assert client.patch(f"/api/webhooks/{hook['id']}", json={"url": gone.url}, headers=ada).status_code == 200
        work(app)
        assert len(gone.calls) == 1
        assert refused(client.post(f"/api/deliveries/{line['id']}/again", headers=ada), "conflict", 409)


def test_a_webhook_that_fails_again_and_again_is_stopped_and_the_administrator_hears_of_it(
    app, client, cast, ada, peer, sink
):
    hook = made(client, ada, sink.url, kinds=["work_order.register"])
    sink.answers += [(500, "")] * 1000
    dora = peer(cast.dora)
    for _ in range(5):
        registered(dora, cast, 3)
    for hours in range(60):
        work(app, timedelta(minutes=31 * hours))
    assert len(sink.calls) == STOPPED_AFTER, "and many that wait do not beat on it"
    (shown,) = client.get("/api/webhooks", headers=ada).json
    assert (shown["active"], shown["failures"]) == (False, STOPPED_AFTER)
    with app.app_context():
        (notice,) = db.session.scalars(select(Notice).where(Notice.kind == "webhook_stopped"))
        assert (notice.user_id, notice.data["name"]) == (cast.ada.id, "工单中心")
    registered(dora, cast, 3)
    work(app, timedelta(days=3))
    assert len(sink.calls) == STOPPED_AFTER
    sink.answers.clear()
    assert client.patch(f"/api/webhooks/{hook['id']}", json={"active": True}, headers=ada).json["failures"] == 0
    registered(dora, cast, 3)
    work(app)
    assert len(sink.calls) == STOPPED_AFTER + 1


def test_one_that_says_gone_is_not_called_again(app, client, cast, ada, peer, sink):
    made(client, ada, sink.url)
    sink.answers += [(410, "")]
    registered(peer(cast.dora), cast, 3)
    work(app)
    assert client.get("/api/webhooks", headers=ada).json[0]["active"] is False
    assert log(client, ada)[0]["state"] == "failed"


def test_a_robot_of_wecom_gets_its_markdown_and_its_refusal_counts_though_it_says_200(
    app, client, cast, ada, peer, sink
):
    hook = made(client, ada, f"{sink.url}/cgi-bin/webhook/send?key=k", format="wecom", kinds=["work_order.register"])
    assert "secret" not in hook
    sink.answers += [(200, '{"errcode":45009,"errmsg":"api freq out of limit"}'), (200, '{"errcode":0,"errmsg":"ok"}')]
    order_id = registered(peer(cast.dora), cast, 2)
    work(app)
    text = orjson.loads(sink.calls[0].body)["markdown"]["content"]
    assert text.startswith("**新工单** SN")
    assert f"> Ⅱ · 门禁不开 · {cast.site.name}" in text
    assert f"https://fix.example/office/work-orders/{order_id}" in text
    assert log(client, ada)[0]["error"] == "errcode 45009: api freq out of limit"
    work(app, MINUTE)
    assert log(client, ada)[0]["state"] == "sent"


def test_a_robot_of_dingtalk_is_called_with_its_own_signature_and_in_the_language_it_is_given(
    app, client, cast, ada, peer, sink
):
    secret = "SEC000"
    made(client, ada, f"{sink.url}/robot/send?access_token=t", format="dingtalk", lang="en", secret=secret)
    sink.answers += [(200, '{"errcode":0}')] * 9
    registered(peer(cast.dora), cast, 3)
    work(app)
    call = sink.calls[0]
    asked = parse_qs(urlsplit(call.path).query)
    signed = hmac.new(secret.encode(), f"{asked['timestamp'][0]}\n{secret}".encode(), hashlib.sha256).digest()
    assert (asked["access_token"], asked["sign"]) == (["t"], [base64.b64encode(signed).decode()])
    said = orjson.loads(call.body)
    assert (said["msgtype"], said["markdown"]["title"]) == ("markdown", "New work order")


def test_words_of_a_customer_become_no_link_in_a_chat(app, client, cast, ada, peer, sink):
    made(client, ada, sink.url, format="wecom", kinds=["help_asked", "work_order.register"])
    dora = peer(cast.dora)
    order_id = registered(dora, cast, 3)
    from server.models import new_id

    dora.do("help.ask", id=new_id(), work_order_id=order_id, text="点 [这里](https://evil.example)<a href=x>\n# 大")
    work(app)
    texts = [orjson.loads(call.body)["markdown"]["content"] for call in sink.calls]
    assert all("](" not in text and "<a" not in text and "\n# " not in text for text in texts)


# --- Who may, and where to ------------------------------------------------------------------------------


def test_only_an_administrator_sees_or_changes_what_is_told_outside(client, cast, ada, sink):
    hook = made(client, ada, sink.url)
    for who in (cast.alice, cast.dora, cast.sam, cast.olga):
        headers = sign_in(client, who)
        for method, address in (
            ("get", "/api/webhooks"), ("post", "/api/webhooks"), ("patch", f"/api/webhooks/{hook['id']}"),
            ("delete", f"/api/webhooks/{hook['id']}"), ("post", f"/api/webhooks/{hook['id']}/test"),
            ("get", "/api/deliveries"), ("post", f"/api/deliveries/{hook['id']}/again"),
        ):  # fmt: skip
            assert refused(getattr(client, method)(address, json={}, headers=headers), "forbidden", 403), address


def test_the_secret_is_told_once_can_be_renewed_and_what_was_changed_is_written_down_without_it(
    app, client, cast, ada, sink
):
    hook = made(client, ada, f"{sink.url}/?key=hidden")
    (shown,) = client.get("/api/webhooks", headers=ada).json
    assert "secret" not in shown
    assert "secret" not in client.patch(f"/api/webhooks/{hook['id']}", json={"name": "新名"}, headers=ada).json
    renewed = client.patch(f"/api/webhooks/{hook['id']}", json={"new_secret": True}, headers=ada).json
    assert renewed["secret"] != hook["secret"]
    assert client.delete(f"/api/webhooks/{hook['id']}", headers=ada).status_code == 204
    assert client.get("/api/webhooks", headers=ada).json == []
    assert refused(client.patch(f"/api/webhooks/{hook['id']}", json={}, headers=ada), "not-found", 404)
    with app.app_context():
        lines = db.session.scalars(select(AccessLog).where(AccessLog.noun == "webhook").order_by(AccessLog.id)).all()
        acts = [line.act for line in lines]
        assert acts == ["webhook.create", "webhook.change", "webhook.change", "webhook.remove"]
        assert "hidden" not in orjson.dumps([line.extra for line in lines]).decode()
        assert db.session.scalars(select(Webhook)).one().removed


NO_HOOKS = [
    ({"name": ""}, "name"), ({"kinds": ["everything"]}, "kinds"), ({"kinds": "level_one"}, "kinds"),
    ({"format": "slack"}, "format"), ({"lang": "fr"}, "lang"), ({"url": "x"}, "url"), ({"url": None}, "url"),
    ({"secret": "mine"}, "secret"), ({"active": "maybe"}, "active"), ({"id": "x"}, "id"),
]  # fmt: skip


def test_what_a_webhook_cannot_be_is_named_by_field(client, cast, ada):
    for form, place in NO_HOOKS:
        answer = client.post("/api/webhooks", json={"name": "a", "url": "https://example.com/", **form}, headers=ada)
        assert refused(answer, "validation", 422), form
        assert place in answer.json["errors"]["json"]


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "::1", "::", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_a_private_network_is_called_under_whatever_name(address, monkeypatch):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    outside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))
    found = [outside, (family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(outgoing.Forbidden):
        outgoing.place_of("https://looks-harmless.example/", [])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [outside])
    assert outgoing.place_of("https://looks-harmless.example/", []).address == "93.184.215.14"
    with pytest.raises(outgoing.Forbidden, match="https"):
        outgoing.place_of("http://looks-harmless.example/", [])


def test_an_inner_address_is_refused_when_it_is_set_and_again_when_it_is_called(make_app, client, cast, ada, app, sink):
    closed = make_app(OUTGOING_ALLOW="")
    strict = closed.test_client()
    for url in ("http://localhost/", "https://127.0.0.1:8443/x", "https://user:pw@example.com/", "ftp://example.com/x"):
        answer = strict.post("/api/webhooks", json={"name": "a", "url": url}, headers=ada)
        assert refused(answer, "url-forbidden", 422), url
    hook = made(client, ada, sink.url)  # allowed by the setting of the other
    client.post(f"/api/webhooks/{hook['id']}/test", headers=ada)
    work(closed)
    assert sink.calls == []
    (line,) = log(client, ada)
    assert (line["state"], line["error"]) == ("failed", "leads into a private network")


def test_a_redirect_is_not_followed(app, client, cast, ada, sink):
    hook = made(client, ada, sink.url)
    sink.headers["Location"] = f"{sink.url}/elsewhere"
    sink.answers += [(302, "")]
    client.post(f"/api/webhooks/{hook['id']}/test", headers=ada)
    work(app)
    assert [call.path for call in sink.calls] == ["/"]
    assert log(client, ada)[0]["error"] == "HTTP 302"


def test_the_log_is_read_by_the_page_and_by_what_one_looks_for(app, client, cast, ada):
    with app.app_context():
        db.session.add_all(
            Delivery(channel="hook" if n % 2 else "mail", kind="test", state="sent", address="a@b.c", body={})
            for n in range(150)
        )
        db.session.commit()
    first = client.get("/api/deliveries", headers=ada).json
    second = client.get("/api/deliveries", query_string={"before": first["next"]}, headers=ada).json
    assert (len(first["items"]), len(second["items"]), second["next"]) == (100, 50, None)
    assert len({one["id"] for one in first["items"] + second["items"]}) == 150
    assert {one["channel"] for one in log(client, ada, channel="mail")} == {"mail"}
    assert clock.parse(first["items"][0]["created_at"])
