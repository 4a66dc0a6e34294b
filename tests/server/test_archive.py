"""The archive finds every ended work order by any word of it, and shows it only to those it concerns (F7)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from server import clock
from server.archive import index_ended
from server.archive.grams import BLOCK, asked_grams, grams_of, newest_first, pack, unpack
from server.extensions import db
from server.models import ArchiveEntry, WorkOrder, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, register

MakePeer = Callable[..., Peer]


def index(app: Flask) -> None:
    with app.app_context():
        while index_ended(db.session()):
            pass


def asks(peer: Peer, q: str, **more: Any) -> dict[str, Any]:
    answer = peer.client.get("/api/archive", query_string={"q": q, **more}, headers=peer.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def found(peer: Peer, q: str, **more: Any) -> set[str]:
    return {item["id"] for item in asks(peer, q, **more)["items"]}


def ended(desk: Peer, cast: Cast, **more: Any) -> str:
    order_id = register(desk, cast, **more)
    assert desk.do("work_order.cancel", id=order_id, reason="withdrawn", note="")["outcome"] == "applied"
    return order_id


def test_a_word_in_the_middle_of_a_chinese_sentence_is_found_and_pairs_that_stand_apart_are_not(
    app: Flask, cast: Cast, desk: Peer
):
    both = ended(desk, cast, description="电梯厅摄像机无图像,重启后恢复;控制器型号 DDC-4200")
    apart = ended(desk, cast, description="昨天无图,今天图像恢复")
    index(app)
    assert found(desk, "无图像") == {both}
    assert found(desk, "图像") == {both, apart}
    assert found(desk, "像") == {both, apart}
    assert found(desk, "ddc-4200") == found(desk, "DDC-4200") == found(desk, "420") == {both}
    assert found(desk, "摄像机 恢复") == {both}
    assert found(desk, "摄像机 没有这个词") == set() == found(desk, "%") == found(desk, "摄_机")
    assert "无图像" in asks(desk, "无图像")["items"][0]["around"]


def test_what_was_found_and_fitted_on_site_is_found_too(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    order_id = register(desk, cast)
    visit_id = dispatch(desk, order_id, cast.alice)
    phone.pull()
    phone.do("note.add", id=new_id(), visit_id=visit_id, text="管井里有积水,已告知物业")
    phone.do(
        "part.use", id=new_id(), visit_id=visit_id, part_id=cast.part.id, quantity=1, source="own",
        serials=["HW7788-A"],
    )  # fmt: skip
    desk.do("work_order.cancel", id=order_id, reason="withdrawn")
    index(app)
    for word in ("积水", "hw7788", "电源模块", "艾丽", "一号楼控制器"):
        assert found(desk, word) == {order_id}, word


def test_only_those_it_concerns_see_it(app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer):
    order_id = register(desk, cast, description="水泵房进水")
    dispatch(desk, order_id, cast.alice)
    desk.do("work_order.cancel", id=order_id, reason="withdrawn")
    other = ended(desk, cast, description="水泵房漏电")
    index(app)
    strangers = [peer(cast.bob), peer(cast.charlie)]
    assert found(peer(cast.olga), "水泵房") == {order_id, other}
    assert found(phone, "水泵房") == {order_id} == found(phone, "")
    for stranger in strangers:
        assert found(stranger, "水泵房") == set() == found(stranger, "")
        assert stranger.client.get(f"/api/archive/{order_id}", headers=stranger.headers).status_code == 404
    whole = phone.client.get(f"/api/archive/{order_id}", headers=phone.headers).json["rows"]
    assert {row["noun"] for row in whole} >= {"work_order", "visit", "event"}
    assert all(row["scope"] == f"wo:{order_id}" for row in whole)


def test_what_is_said_after_the_end_is_found_and_what_is_open_is_not_in_the_archive(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    order_id = register(desk, cast)
    visit_id = dispatch(desk, order_id, cast.alice)
    phone.pull()
    index(app)
    assert found(desk, "") == set()
    assert desk.client.get(f"/api/archive/{order_id}", headers=desk.headers).status_code == 404
    desk.do("work_order.cancel", id=order_id, reason="withdrawn")
    index(app)
    note_id = new_id()
    assert phone.do("note.add", id=note_id, visit_id=visit_id, text="补充:更换熔断器")["outcome"] == "applied"
    index(app)
    assert found(desk, "熔断器") == {order_id}
    assert phone.do("note.withdraw", id=note_id)["outcome"] == "applied"
    index(app)
    assert found(desk, "熔断器") == set()


def test_it_is_asked_by_day_site_and_level_and_read_by_the_page(app: Flask, cast: Cast, desk: Peer):
    with app.app_context():
        for number in range(60):
            db.session.add(_closed(cast, number, f"第{number}号空调漏水", level=1 + number % 3))
        db.session.commit()
    index(app)
    first = asks(desk, "空调")
    assert (len(first["items"]), first["about"]) == (50, 60)
    rest = asks(desk, "空调", before=first["next"])
    assert (len(rest["items"]), rest["next"]) == (10, None)
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 60
    assert first["items"][0]["title"].startswith("第0号")  # the newest end first
    assert len(asks(desk, "")["items"]) == 50
    assert len(found(desk, "空调", level=1)) == 20
    day = (clock.now() - timedelta(days=3) + timedelta(hours=8)).date().isoformat()
    assert len(found(desk, "空调", since=day, until=day)) == 1
    assert found(desk, "空调", site_id=new_id()) == set()
    assert len(found(desk, "空调", site_id=cast.site.id)) == 50


def _closed(cast: Cast, days_ago: int, title: str, level: int = 3) -> WorkOrder:
    at = clock.now() - timedelta(days=days_ago)
    return WorkOrder(
        id=new_id(), number="".join("EFGHIJKLMN"[int(digit)] for digit in str(days_ago)), state="closed", kind="repair",
        title=title, customer_id=cast.customer.id, site_id=cast.site.id, level=level, reported_at=at,
        ended_at=at, archived=True, follow_up=False,
    )  # fmt: skip


def test_sets_over_many_blocks_give_what_reading_every_text_gives(app: Flask, cast: Cast, desk: Peer):
    chance = random.Random(7)
    letters = "空调机组冷水泵房无图像ddc42"
    texts = {n: "".join(chance.choice(letters) for _ in range(chance.randrange(4, 30))) for n in range(120)}
    with app.app_context():
        before = _closed(cast, 500, "老工单")
        db.session.add(before)
        db.session.commit()
        at = clock.now()
        entry = {"work_order_id": before.id, "site_id": cast.site.id, "ended_at": at, "indexed_at": at}
        db.session.add(ArchiveEntry(id=BLOCK - 40, text="", rev=9, **entry))
        for number, text in texts.items():
            db.session.add(_closed(cast, number, text))
        db.session.commit()
    index(app)
    for word in [chance.choice(list(texts.values()))[:size] for size in (1, 2, 2, 3, 4, 5, 3, 2)]:
        titles, page = set(), asks(desk, word)
        titles |= {item["title"] for item in page["items"]}
        while page["next"]:
            page = asks(desk, word, before=page["next"])
            titles |= {item["title"] for item in page["items"]}
        expected = {text for text in texts.values() if word in text}
        assert {title for title in titles if title != "老工单"} == expected, word


def test_a_question_that_makes_no_sense_is_refused_by_name(desk: Peer):
    wrong = {"since": "gestern", "until": "0001-01-01", "level": "9", "site_id": "x", "before": "0", "q": "长" * 201}
    for name, value in wrong.items():
        answer = desk.client.get("/api/archive", query_string={name: value}, headers=desk.headers)
        assert (answer.status_code, answer.json.get("code")) == (422, "validation"), name


def test_grams_are_packed_and_come_out_again():
    for places in (0, 1, 1 << (BLOCK - 1), (1 << 300) - 1, sum(1 << (7 * i) for i in range(200))):
        assert unpack(pack(places)) == places
    assert newest_first(0b1011) == [3, 1, 0]
    assert asked_grams(["无图像", "ddc-42"]) == {"无图", "图像", "ddc", "42"}
    assert asked_grams(["无图像"]) <= grams_of("摄像机无图像") and not asked_grams(["!"])
