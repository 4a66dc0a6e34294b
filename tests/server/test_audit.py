"""Who did what: acts and what goes past them in one list, searched by administrators and handed on."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from server import clock
from server.extensions import db
from server.models import AccessLog, new_id
from tests.cast import sign_in
from tests.server.promised import registered
from tests.server.test_auth import login, refused


@pytest.fixture
def ada(client, cast) -> dict[str, str]:
    return sign_in(client, cast.ada)


def audit(client, ada, **asked) -> list[dict]:
    answer = client.get("/api/audit", query_string=asked, headers=ada)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


def test_acts_reveals_sign_ins_and_what_administrators_do_stand_in_one_list(app, client, cast, ada, peer):
    dora = peer(cast.dora)
    order_id = registered(dora, cast, 3, contact_name="张女士", contact_phone="13800005678")
    number = dora.pull().row("work_order", order_id)["number"]
    client.post(f"/api/work-orders/{order_id}/contact/reveal", json={"reason": "客户来电"}, headers=dora.headers)
    assert login(client, cast.bob, password="guessed").status_code == 401
    client.patch(f"/api/users/{cast.bob.id}", json={"skills": ["cctv"]}, headers=ada)
    client.patch(f"/api/users/{cast.bob.id}", json={"password": "a new one"}, headers=ada)
    lines = audit(client, ada)
    assert [line["act"] for line in lines] == [
        "user.change", "user.change", "sign_in.refused", "contact.reveal", "work_order.register", "sign_in", "sign_in",
    ]  # fmt: skip
    told = {line["act"]: line for line in reversed(lines)}
    assert (told["contact.reveal"]["user_name"], told["contact.reveal"]["number"]) == ("朵拉", number)
    assert told["contact.reveal"]["reason"].startswith("客户来电")
    assert (told["work_order.register"]["number"], told["work_order.register"]["outcome"]) == (number, "applied")
    assert (told["sign_in.refused"]["user_id"], told["sign_in.refused"]["reason"]) == (cast.bob.id, "wrong-password")
    assert [line["reason"] for line in lines[:2]] == ["password", "skills"], "which fields, and never what they say"
    assert "13800005678" not in str(lines)
    assert "a new one" not in str(lines)


def test_a_login_nobody_has_is_written_down_too_and_shortened(client, cast, ada):
    form = {"login": "x" * 64, "password": "guess", "device": {"id": new_id()}}
    assert client.post("/api/auth/login", json=form).status_code == 401
    (line,) = audit(client, ada, act="sign_in.refused")
    assert (line["user_id"], "x" * 64 in line["reason"]) == ("", True)


def test_the_list_is_narrowed_by_person_day_act_source_and_work_order(app, client, cast, ada, peer):
    dora, sam = peer(cast.dora), peer(cast.sam)
    first, second = (registered(dora, cast, 3) for _ in range(2))
    number = dora.pull().row("work_order", second)["number"]
    client.post(f"/api/work-orders/{second}/contact/reveal", json={"reason": "核对"}, headers=sam.headers)
    assert {line["user_name"] for line in audit(client, ada, user_id=cast.sam.id)} == {"萨姆"}
    assert [line["act"] for line in audit(client, ada, number=number)] == ["contact.reveal", "work_order.register"]
    assert {line["row_id"] for line in audit(client, ada, act="work_order.")} == {first, second}
    assert {line["act"] for line in audit(client, ada, of="acts")} == {"work_order.register"}
    assert "work_order.register" not in {line["act"] for line in audit(client, ada, of="access")}
    today = (clock.now() + timedelta(hours=8)).date()
    assert audit(client, ada, since=str(today), until=str(today))
    assert audit(client, ada, since=str(today + timedelta(days=1))) == []
    assert audit(client, ada, until=str(today - timedelta(days=1))) == []
    assert audit(client, ada, number="SN1") == []
    assert audit(client, ada, act="%") == []
    for wrong in ({"since": "x"}, {"since": "0001-01-01"}, {"user_id": "x"}, {"of": "all"}, {"before": "x y"}):
        assert refused(client.get("/api/audit", query_string=wrong, headers=ada), "validation", 422), wrong


def test_pages_show_every_line_once(app, client, cast, ada):
    with app.app_context():
        at = clock.now()
        db.session.add_all(
            AccessLog(id=new_id(), user_id=cast.sam.id, at=at, act="test", noun="x", row_id=str(n), reason="")
            for n in range(230)
        )
        db.session.commit()
    seen, before = [], ""
    while before is not None:
        answer = client.get("/api/audit", query_string={"act": "test", "before": before}, headers=ada).json
        seen += [line["row_id"] for line in answer["items"]]
        before = answer["next"]
    assert sorted(map(int, seen)) == list(range(230))


def test_it_is_handed_on_as_a_sheet_in_which_nothing_is_a_formula_and_that_is_written_down(app, client, cast, ada):
    with app.app_context():
        db.session.add(AccessLog(id=new_id(), user_id=cast.sam.id, at=clock.now(), act="test", noun="x", row_id="",
                                 reason="=HYPERLINK(1)\x07"))  # fmt: skip
        db.session.commit()
    csv = client.get("/api/audit/export.csv?lang=zh-CN", headers=ada)
    text = csv.data.decode("utf-8-sig")
    assert text.startswith("时间,人员,设备,操作")
    assert "'=HYPERLINK" in text
    book = load_workbook(io.BytesIO(client.get("/api/audit/export.xlsx?lang=en", headers=ada).data))
    rows = list(book["Audit"].iter_rows(values_only=True))
    assert rows[0][:4] == ("When", "Who", "Device", "What")
    assert all(cell.data_type == "s" for row in book["Audit"].iter_rows() for cell in row if cell.value)
    assert "=HYPERLINK(1)" in {row[6] for row in rows}
    exports = audit(client, ada, act="audit.export")
    assert [line["user_name"] for line in exports] == ["艾达", "艾达"]
    assert client.get("/api/audit/export.pdf", headers=ada).status_code == 404


def test_only_an_administrator_reads_who_did_what(client, cast):
    for who in (cast.alice, cast.dora, cast.sam):
        headers = sign_in(client, who)
        for address in ("/api/audit", "/api/audit/export.csv"):
            assert refused(client.get(address, headers=headers), "forbidden", 403)
