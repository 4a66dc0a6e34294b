"""A browser is called through its push service: sealed for it alone, and saying no more than a lock screen may (F8)."""

from __future__ import annotations

import time

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import func, select

from server.delivering.webpush import decode, encode, seal
from server.extensions import db
from server.models import Delivery, PushSubscription, ServerSecret, new_id
from tests.cast import sign_in
from tests.server.promised import registered
from tests.server.sinks import ALLOWED, http_sink, work
from tests.server.test_auth import refused

POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


class Browser:
    """The other end: keys of its own, and what opens a message."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | None = None, auth: bytes = b"sixteen bytes ok"):
        self.private, self.auth = private or ec.generate_private_key(ec.SECP256R1()), auth
        self.public = self.private.public_key().public_bytes(*POINT)
        self.keys = {"p256dh": encode(self.public), "auth": encode(auth)}

    def open(self, body: bytes) -> bytes:
        """RFC 8188 and RFC 8291, from the reader's side."""
        salt, length, sealed = body[:16], body[20], body[21:]
        sender, sealed = sealed[:length], sealed[length:]
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\0" + self.public + sender
        ikm = HKDF(hashes.SHA256(), 32, self.auth, info).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(ikm)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(ikm)
        text, _, padding = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\2")
        assert not padding.strip(b"\0")
        return text


def number(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text), "big"), ec.SECP256R1())


def test_what_is_sealed_is_byte_for_byte_the_example_of_rfc_8291():
    browser = Browser(number("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), decode("BTBZMqHH6r4Tts7J_aSIgg"))
    sealed = seal(
        b"When I grow up, I want to be a watermelon", **browser.keys,
        ours=number("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), salt=decode("DGv6ra1nlYgDCS1FRnbzlw"),
    )  # fmt: skip
    assert encode(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.fixture
def app(make_app):
    return make_app(OUTGOING_ALLOW=ALLOWED, PUBLIC_URL="https://fix.example")


@pytest.fixture
def service():
    with http_sink() as made:
        yield made


def subscribed(client, headers, browser: Browser, endpoint: str, **more):
    answer = client.put(
        "/api/channels/push", json={"endpoint": endpoint, "keys": browser.keys, **more}, headers=headers
    )
    assert answer.status_code == 204, answer.text


def test_the_head_hears_of_an_urgent_matter_on_the_lock_screen_without_a_name_on_it(
    app, client, cast, heads, peer, service
):
    hera, browser = peer(heads["hera"]), Browser()
    subscribed(client, hera.headers, browser, f"{service.url}/push/abc", lang="en")
    assert client.get("/api/channels", headers=hera.headers).json["push_here"] is True
    order_id = registered(peer(cast.dora), cast, 1, contact_name="张女士", contact_phone="13800005678")
    work(app)
    (call,) = service.calls
    said = orjson.loads(browser.open(call.body))
    number = hera.pull().row("work_order", order_id)["number"]
    assert said == {
        "title": "Level Ⅰ, urgent", "body": number, "tag": next(row["id"] for row in hera.rows.values()
        if row["noun"] == "notice"), "path": f"/office/work-orders/{order_id}", "lang": "en",
    }  # fmt: skip
    assert (call.path, call.headers["content-encoding"]) == ("/push/abc", "aes128gcm")
    assert (call.headers["urgency"], int(call.headers["ttl"]) > 3600) == ("high", True)
    token, _, key = call.headers["authorization"].removeprefix("vapid t=").partition(", k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=service.url)
    assert claims["sub"] == "https://fix.example"
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    assert key == client.get("/api/channels", headers=hera.headers).json["push_key"]


def test_all_processes_call_under_one_key_that_lives_in_the_database(make_app, app, client, cast):
    headers = sign_in(client, cast.alice)
    first = client.get("/api/channels", headers=headers).json["push_key"]
    second = make_app().test_client().get("/api/channels", headers=headers).json["push_key"]
    assert first == second
    assert len(decode(first)) == 65
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ServerSecret)) == 1


def test_only_what_one_chose_rings_and_what_was_read_meanwhile_does_not(app, client, cast, heads, peer, service):
    hera, dora = peer(heads["hera"]), peer(cast.dora)
    subscribed(client, hera.headers, Browser(), service.url)
    assert hera.do("channels.choose", id=new_id(), push=["asks"], mail=[], lang="zh-CN")["outcome"] == "applied"
    registered(dora, cast, 1)
    work(app)
    assert service.calls == []
    again = {"id": new_id(), "push": ["urgent", "asks"], "mail": [], "lang": "zh-CN"}
    assert hera.do("channels.choose", **again)["outcome"] == "applied"
    (choice,) = hera.pull().bodies("notice_choice")
    assert (choice["push"], choice["user_id"]) == (["urgent", "asks"], heads["hera"].id)
    registered(dora, cast, 1)
    hera.pull()
    hera.do("notice.read", ids=[row["id"] for row in hera.rows.values() if row["noun"] == "notice"])
    work(app)
    assert service.calls == []
    with app.app_context():
        assert db.session.scalars(select(Delivery.state)).all() == ["dropped"]


def test_a_browser_that_is_gone_is_forgotten_and_a_service_that_is_busy_is_asked_again(
    app, client, cast, heads, peer, service
):
    hera, dora = peer(heads["hera"]), peer(cast.dora)
    subscribed(client, hera.headers, Browser(), service.url)
    service.answers += [(429, "slow down"), (201, ""), (410, "unsubscribed")]
    registered(dora, cast, 1)
    work(app)
    from tests.server.test_webhooks import MINUTE

    work(app, MINUTE)
    with app.app_context():
        assert db.session.scalars(select(Delivery.state)).all() == ["sent"]
    registered(dora, cast, 1)
    work(app)
    with app.app_context():
        assert db.session.scalars(select(PushSubscription)).all() == []
    assert len(service.calls) == 3


def test_a_browser_is_of_whoever_turned_it_on_last_and_of_nobody_after_signing_out(app, client, cast, service):
    browser, alice, bob = Browser(), sign_in(client, cast.alice), sign_in(client, cast.bob)
    subscribed(client, alice, browser, service.url)
    subscribed(client, bob, browser, service.url)  # the same phone, another person
    assert client.get("/api/channels", headers=alice).json["push_here"] is False
    with app.app_context():
        assert [row.user_id for row in db.session.scalars(select(PushSubscription))] == [cast.bob.id]
    assert client.post("/api/auth/logout", headers=bob).status_code == 204
    with app.app_context():
        assert db.session.scalars(select(PushSubscription)).all() == []
    subscribed(client, alice, browser, service.url)
    assert client.delete("/api/channels/push", headers=alice).status_code == 204
    assert client.get("/api/channels", headers=alice).json["push_here"] is False


def test_a_locked_device_is_called_no_more(app, client, cast, peer, service):
    phone = peer(cast.alice)
    subscribed(client, phone.headers, Browser(), service.url)
    ada = sign_in(client, cast.ada)
    assert (
        client.post(f"/api/devices/{phone.device_id}/revoke", json={"reason": "丢失"}, headers=ada).status_code == 200
    )
    with app.app_context():
        assert db.session.scalars(select(PushSubscription)).all() == []


NO_BROWSERS = [
    ({"keys": {"p256dh": encode(b"\4" + b"\1" * 64), "auth": encode(b"a" * 16)}}, "push-address"),
    ({"keys": {"p256dh": "x", "auth": encode(b"a" * 16)}}, "validation"),
    ({"keys": {"p256dh": encode(b"\4" * 65), "auth": ""}}, "validation"), ({"keys": None}, "validation"),
    ({"endpoint": "https://10.0.0.1/x"}, "push-address"), ({"endpoint": "javascript:alert"}, "push-address"),
    ({"endpoint": ""}, "validation"), ({"lang": "fr"}, "validation"), ({"more": 1}, "validation"),
]  # fmt: skip


def test_what_is_no_browser_is_refused(client, cast):
    alice = sign_in(client, cast.alice)
    for change, code in NO_BROWSERS:
        form = {"endpoint": "https://127.0.0.1/x", "keys": Browser().keys, **change}
        assert refused(client.put("/api/channels/push", json=form, headers=alice), code, 422), change
