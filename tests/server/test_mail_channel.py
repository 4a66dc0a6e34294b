"""Notices by mail: to who wants them, in their language, and again when the mail server was away (F8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from server import clock
from server.delivering.mail import Server, compose
from server.extensions import db
from server.models import Delivery, new_id
from tests.cast import sign_in
from tests.server.promised import refused, registered
from tests.server.sinks import closed_port, mail_sink, work
from tests.server.test_auth import refused as problem

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sink():
    with mail_sink() as made:
        yield made


@pytest.fixture
def app(make_app, sink):
    return make_app(
        SMTP_HOST="127.0.0.1", SMTP_PORT=sink.port, SMTP_SECURITY="none", MAIL_FROM="service@fix.example",
        PUBLIC_URL="https://fix.example/",
    )  # fmt: skip


def wants(who, *groups: str, address: str = "hera@example.com", lang: str = "zh-CN"):
    chosen = {"id": new_id(), "push": [], "mail": list(groups), "address": address, "lang": lang}
    assert who.do("channels.choose", **chosen)["outcome"] == "applied"


def states(app) -> list[tuple[str, int]]:
    with app.app_context():
        return [(row.state, row.attempts) for row in db.session.scalars(select(Delivery).order_by(Delivery.id))]


@pytest.mark.parametrize(
    ("lang", "subject", "said"),
    [
        ("zh-CN", "Ⅰ级紧急 华园大厦", ["朵拉 定为Ⅰ级紧急：影响使用", "现场：华园大厦", "打开：https://fix.example/office/work-orders/"]),
        ("en", "Level Ⅰ, urgent 华园大厦", ["朵拉 made it level Ⅰ, urgent: 影响使用", "Site: 华园大厦", "Settings"]),
    ],
)  # fmt: skip
def test_an_urgent_matter_is_mailed_in_the_readers_language(app, cast, heads, peer, sink, lang, subject, said):
    wants(peer(heads["hera"]), "urgent", lang=lang)
    registered(peer(cast.dora), cast, 1)
    work(app)
    ((to, mail),) = sink.mails
    assert to == "hera@example.com"
    assert mail["Subject"].startswith("[SN")
    assert mail["Subject"].endswith(subject)
    assert mail["From"].addresses[0].addr_spec == "service@fix.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert all(words in text for words in said), text
    assert mail.get_content_type() == "text/plain"
    assert "13800005678" not in text
    assert states(app) == [("sent", 1)]


def test_nobody_is_mailed_who_did_not_choose_so_or_gave_no_address(app, cast, heads, peer, sink):
    wants(peer(heads["hera"]), "asks")
    registered(peer(cast.dora), cast, 1)
    wants(peer(heads["hera"]), "urgent", address="")
    registered(peer(cast.dora), cast, 1)
    work(app)
    assert sink.mails == []


def test_a_mail_server_that_is_away_is_asked_again_and_one_that_knows_nobody_of_that_name_is_not(
    app, cast, heads, peer, sink
):
    wants(peer(heads["hera"]), "urgent")
    sink.refusals.append("451 try later")
    registered(peer(cast.dora), cast, 1)
    work(app)
    assert states(app) == [("waiting", 1)]
    work(app, MINUTE)
    assert states(app) == [("sent", 2)]
    sink.refusals.append("550 no such user")
    registered(peer(cast.dora), cast, 1)
    work(app)
    work(app, 60 * MINUTE)
    assert states(app)[1:] == [("failed", 1)]
    assert len(sink.mails) == 1


def test_without_a_mail_server_nothing_is_recorded_and_the_settings_can_say_so(make_app, cast, heads, peer):
    bare = make_app(SMTP_HOST=None)
    client = bare.test_client()
    from tests.peer import Peer

    hera, dora = Peer(client, heads["hera"]), Peer(client, cast.dora)
    wants(hera, "urgent")
    registered(dora, cast, 1)
    assert states(bare) == []
    assert client.get("/api/channels", headers=hera.headers).json["mail"] is False


def test_nobody_listening_is_no_loss(make_app, cast, heads, peer, sink, app):
    away = make_app(SMTP_HOST="127.0.0.1", SMTP_PORT=closed_port(), SMTP_SECURITY="none", MAIL_FROM="a@fix.example")
    wants(peer(heads["hera"]), "urgent")
    registered(peer(cast.dora), cast, 1)
    work(away)
    assert states(app) == [("waiting", 1)]
    work(app, MINUTE)
    assert [to for to, _ in sink.mails] == ["hera@example.com"]


def test_a_test_notice_goes_the_way_of_the_urgent_ones(app, client, cast, peer, sink):
    alice = peer(cast.alice)
    wants(alice, "urgent", address="alice@example.com")
    assert client.post("/api/channels/test", headers=alice.headers).status_code == 204
    work(app)
    assert [(to, mail["Subject"]) for to, mail in sink.mails] == [("alice@example.com", "测试通知")]
    assert [body["kind"] for body in alice.pull().bodies("notice")] == ["test"]
    assert problem(client.post("/api/channels/test"), "sign-in", 401)


def test_words_of_others_write_no_headers():
    server = Server("h", 25, "", "", "none", "a@fix.example", "巡修")
    mail = compose(server, "b@example.com", "门禁\r\nBcc: all@example.com", "x", "id", clock.now())
    assert mail["Bcc"] is None
    assert mail["Subject"] == "门禁 Bcc: all@example.com"


NO_CHOICES = [
    {"address": "nobody"}, {"address": "a@b"}, {"address": "a@b.c\nBcc: x@y.z"}, {"address": "a..b@example.com"},
    {"address": "甲@example.com"}, {"address": f"{'a' * 250}@example.com"}, {"push": ["all"]}, {"mail": "urgent"},
    {"lang": "fr"}, {"id": "x"},
]  # fmt: skip


def test_what_is_no_choice_is_refused(peer, cast):
    alice = peer(cast.alice)
    for change in NO_CHOICES:
        chosen = {"id": new_id(), "push": [], "mail": [], "address": "", "lang": "en", **change}
        assert refused(alice.do("channels.choose", **chosen)) == ("rejected", "args-invalid"), change


def test_a_choice_is_seen_by_its_owner_only_and_nobody_writes_anothers(peer, cast, client):
    alice, bob, ada = peer(cast.alice), peer(cast.bob), peer(cast.ada)
    chosen = {"id": new_id(), "push": [], "mail": ["urgent"], "address": "alice@example.com", "lang": "en"}
    alice.do("channels.choose", **chosen)
    assert refused(bob.do("channels.choose", **{**chosen, "address": "bob@example.com"})) == (
        "rejected",
        "args-invalid",
    )
    assert [body["address"] for body in alice.pull().bodies("notice_choice")] == ["alice@example.com"]
    for other in (bob, ada):
        assert list(other.pull().bodies("notice_choice")) == []
    assert sign_in(client, cast.alice)
