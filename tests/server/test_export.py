"""What goes out comes in again: into the same system it changes nothing, into an empty one it is all there."""

from __future__ import annotations

import io

import orjson
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from server.extensions import db
from server.imports import Source, import_files
from server.imports.export import data_book, stock_book
from server.models import AccessLog, Article, Asset, CatalogueEntry, PriceItem, Stock, User, new_id
from tests.cast import sign_in
from tests.conftest import build_app, close, migrate
from tests.server.test_auth import refused


def cells(data: bytes) -> dict[str, list[tuple]]:
    book = load_workbook(io.BytesIO(data))
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def more(cast) -> list:
    """What is hard about sheets: lists, days, money, numbers that are texts, and what looks like a formula."""
    return [
        Article(id=new_id(), number="KB-1", title="=1+1", text="第一行\n第二行", symptom_codes=["offline", "noise"]),
        CatalogueEntry(id=new_id(), kind="symptom", code="noise", name="异响", name_en="Noise"),
        PriceItem(id=new_id(), code="P-1", name="上门费", unit="次", price_cents=8050),
        CatalogueEntry(id=new_id(), kind="hold_reason", code="h1", name="等客户", sort=3, active=False),
        Asset(
            id=new_id(), number="A-2", site_id=cast.site.id, name="摄像机", serial="00123", quantity=4, keep_box=True
        ),
    ]


@pytest.fixture
def filled(app, cast):
    with app.app_context():
        db.session.add_all(more(cast))
        alice = db.session.get_one(User, cast.alice.id)
        alice.roles, alice.skills, alice.phone = ["engineer", "crew_lead"], ["cctv", "门禁"], "13900001111"
        db.session.commit()
    return app


def imported(data: bytes, dry_run: bool = True):
    result = import_files(db.session(), [Source("data.xlsx", data)], dry_run=dry_run)
    assert not result.faults, [(fault.place, fault.code) for fault in result.faults]
    return result.counts


def test_imported_again_it_changes_nothing(filled):
    with filled.app_context():
        counts = imported(data_book(db.session()))
    assert counts
    assert all(count.get(name, 0) == 0 for count in counts.values() for name in ("new", "changed", "bad")), counts
    assert counts["user"]["same"] == 7


def test_an_empty_system_that_reads_it_gives_the_same_out_again(filled, tmp_path):
    with filled.app_context():
        first = data_book(db.session())
    folder = tmp_path / "other"
    folder.mkdir()
    url = f"sqlite:///{folder}/other.db"
    migrate(url, folder)
    other = build_app(url, folder)
    with other.app_context():
        imported(first, dry_run=False)
        second = data_book(db.session())
        assert cells(second) == cells(first)
    close(other)
    names = cells(first)
    assert {"用户", "客户", "现场", "设备", "备件", "价目", "目录", "检查表", "monthly-ddc", "知识库"} <= set(names)
    assert names["知识库"][1][:2] == ("KB-1", "=1+1"), "a text that looks like a formula is one in no sheet"


def test_everything_is_taken_out_by_an_administrator_only_and_that_is_written_down(filled, client, cast):
    ada = sign_in(client, cast.ada)
    with filled.app_context():
        db.session.add(Stock(id=new_id(), user_id=cast.alice.id, part_id=cast.part.id, quantity=2))
        db.session.commit()
        assert cells(stock_book(db.session()))
    assert client.get("/api/export/data.xlsx", headers=ada).data[:2] == b"PK"
    lines = client.get("/api/export/rows/site.jsonl", headers=ada).data.splitlines()
    assert [orjson.loads(line)["body"]["number"] for line in lines] == ["S-1"]
    for wrong in ("/api/export/x.xlsx", "/api/export/rows/x.jsonl"):
        assert client.get(wrong, headers=ada).status_code == 404
    for who in (cast.alice, cast.dora, cast.sam):
        for address in ("/api/export/data.xlsx", "/api/export/stock.xlsx", "/api/export/rows/user.jsonl"):
            assert refused(client.get(address, headers=sign_in(client, who)), "forbidden", 403)
    with filled.app_context():
        told = db.session.scalars(select(AccessLog.reason).where(AccessLog.act == "export.all")).all()
        assert sorted(told) == ["data", "site"]
