"""Sheets become rows: every way people write them, every bad cell named, all or none, twice is once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from server.extensions import db
from server.imports import Result, Source, import_files
from server.models import (
    Article,
    Asset,
    CatalogueEntry,
    ChecklistVersion,
    Clock,
    Contact,
    Customer,
    FeedRow,
    Part,
    PriceItem,
    Site,
    Stock,
    StockMovement,
    Subscription,
    Team,
    User,
)
from server.scopes import desired

Rows = list[list[Any]]

CUSTOMERS: Rows = [
    ["客户编号", "客户名称", "客户类型", "SLA 策略", "合同起始", "合同截止", "联系人", "联系电话"],
    ["KH1", "华园物业", "写字楼", "vip", "2026-01-01", "2027/1/31", "张女士", "13800005678"],
    ["KH2", "云栖医院", "医院", "标准", "2026年2月1日", "", "", ""],
]
SITES: Rows = [
    ["现场编号", "现场名称", "客户编号", "地址", "纬度", "经度", "联系人", "联系电话"],
    ["XC1", "华园大厦", "KH1", "建国路 1 号", "30.328112", "120.1660814", "李师傅", "13900001111"],
]
ASSETS: Rows = [
    ["设备编号", "现场编号", "名称", "类别", "品牌", "型号", "序列号", "数量", "安装日期", "保留包装"],
    ["SB1", "XC1", "枪机 01", "视频监控", "宇视", "IPC-1", "=cmd|' /C calc'!A0", 2, "2025-03-28", "是"],
]
USERS: Rows = [
    ["工号", "姓名", "登录名", "角色", "初始密码"],
    ["G1", "王磊", "wanglei", "工程师", "abcd-2026"],
]
ITEMS: Rows = [
    ["条目编码", "分组", "项目", "英文", "类型", "必填", "单位", "下限", "上限", "选项", "显示条件", "不合格处理"],
    ["a-1", "监控", "无图像数", "Cameras lost", "数值", "是", "台", 0, 2000, None, None, "缺陷、备注"],
    ["a-2", "监控", "点位", "Points", "文本", "是", None, None, None, None, "a-1>0", None],
    ["a-3", "监控", "硬盘", "Disks", "选择", "否", None, None, None, "正常|有告警", None, None],
    ["a-4", "监控", "照片", "Photo", "照片", "是", None, None, None, None, "a-3=有告警", None],
]


def text(rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def book(hidden: tuple[str, ...] = (), **titled: Rows) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in titled.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def checklist(items: Rows = ITEMS, version: Any = 1, name: str = "月巡查") -> bytes:
    listed = [["编码", "名称", "英文名", "类型", "版本"], ["MON", name, "Monthly patrol", "月巡查", version]]
    return book(目录=listed, 月巡查=items)


@pytest.fixture
def take(app: Flask) -> Iterator[Callable[..., Result]]:
    """`take({"客户.csv": bytes}, partial=True)`: imports files inside the app."""
    with app.app_context():

        def run(files: dict[str, bytes], **wishes: Any) -> Result:
            return import_files(db.session(), [Source(name, content) for name, content in files.items()], **wishes)

        yield run


def rev() -> int:
    found = db.session.scalar(select(Clock.rev)) or 0
    db.session.rollback()
    return found


def one(model: Any, **wanted: Any) -> Any:
    db.session.expire_all()
    return db.session.scalars(select(model).filter_by(**wanted)).one()


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def named(result: Result) -> list[tuple[str, str | None, int | None, str | None, str | None, str]]:
    return [(f.place.file, f.place.sheet, f.place.row, f.place.column, f.value, f.code) for f in result.faults]


# --- What is read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_every_usual_encoding_and_with_every_usual_delimiter(take, encoding, delimiter):
    result = take({"导出.csv": text(CUSTOMERS, encoding, delimiter)})
    assert result.ok and result.counts["customer"] == {"new": 2, "changed": 0, "same": 0, "bad": 0}
    assert one(Customer, number="KH2").name == "云栖医院"


def test_customers_sites_and_assets_come_together_whatever_the_order_of_the_files(take):
    assert take({"a.csv": text(ASSETS), "b.csv": text(SITES), "c.csv": text(CUSTOMERS, "gb18030")}).ok
    customer, site, asset = one(Customer, number="KH1"), one(Site, number="XC1"), one(Asset, number="SB1")
    assert (site.customer_id, site.customer_name, asset.site_id) == (customer.id, "华园物业", site.id)
    assert (site.lat, site.lng) == ("30.328112", "120.166081")
    assert (customer.sla_policy, customer.contract_to) == ("vip", date(2027, 1, 31))
    assert one(Customer, number="KH2").contract_from == date(2026, 2, 1)
    assert (asset.quantity, asset.keep_box, asset.installed_on) == (2, True, date(2025, 3, 28))
    assert asset.serial == "=cmd|' /C calc'!A0", "what looks like a formula is only text"
    assert {(c.name, c.phone, c.site_id) for c in db.session.scalars(select(Contact))} == {
        ("张女士", "13800005678", None),
        ("李师傅", "13900001111", site.id),
    }
    fed = {tuple(row) for row in db.session.execute(select(FeedRow.noun, FeedRow.row_id))}
    assert {("customer", customer.id), ("site", site.id), ("asset", asset.id)} <= fed


def test_excel_with_a_title_merged_headers_empty_rows_and_a_hidden_sheet_is_read(take):
    rows = [["客户一览表"], [], *CUSTOMERS[:1], CUSTOMERS[1], [None, "  "], CUSTOMERS[2]]
    made = openpyxl.load_workbook(io.BytesIO(book(("草稿",), 客户=rows, 草稿=[["随便写的"], ["x"]])))
    made["客户"].merge_cells("A1:H1")
    made["客户"]["E4"] = date(2026, 1, 1)
    out = io.BytesIO()
    made.save(out)
    result = take({"资料.xlsx": out.getvalue()})
    assert result.ok and result.counts == {"customer": {"new": 2, "changed": 0, "same": 0, "bad": 0}}
    assert one(Customer, number="KH1").contract_from == date(2026, 1, 1)


def test_english_headers_are_read_in_any_case_and_spacing_and_unknown_columns_are_told(take):
    rows = [["CUSTOMER NO.", "customer  name", "Contract_End", "Shoe size (cm)"], ["C9", "Acme", "2027-01-31", "44"]]
    result = take({"customers.csv": text(rows)})
    assert result.ok and one(Customer, number="C9").contract_to == date(2027, 1, 31)
    assert [(place.row, place.column) for place in result.ignored] == [(1, "Shoe size (cm)")]


def test_parts_prices_stock_catalogue_and_knowledge_are_told_apart_by_their_headers(take, cast):
    files = {
        "备件.xlsx": book(
            备件=[["备件编号", "名称", "单位", "是否序列号管理", "单价(元)"], ["BJ1", "硬盘", "块", "是", "¥1,180.50"]],
            价目表=[["编号", "项目", "单位", "单价（元）"], ["L1", "人工费", "小时", 180]],
            库存=[["库位", "备件编号", "数量"], ["总库", "BJ1", 15], ["alice", "BJ1", 2], ["鲍勃", "BJ1", 1]],
        ),
        "目录.xlsx": book(
            现象=[["编码", "名称", "英文名", "适用类别", "排序"], ["S1", "无图像", "No picture", "通用", 10]]
        ),
        "知识.csv": text([["编号", "标题", "相关现象", "正文"], ["KB1", "排查", "S1、offline", "## 步骤\n1. 看"]]),
    }
    result = take(files)
    assert result.ok, named(result)
    assert one(Part, number="BJ1").price_cents == 118_050 and one(Part, number="BJ1").serialised is True
    assert one(PriceItem, code="L1").price_cents == 18_000
    entry = one(CatalogueEntry, code="S1")
    assert (entry.kind, entry.asset_class, entry.sort, entry.active) == ("symptom", "", 10, True)
    assert one(Article, number="KB1").symptom_codes == ["S1", "offline"]
    assert one(Stock, user_id=cast.alice.id).quantity == 2 and one(StockMovement, location="warehouse").quantity == 15


def test_users_come_with_roles_team_and_a_password_that_works(take, cast):
    rows = [
        ["工号", "姓名", "登录名", "角色", "班组", "技能", "初始密码"],
        ["G1", "王磊", "wanglei", "工程师、班长", "北区一班", "视频监控、登高证", "abcd-2026"],
        ["G2", "马俊", "majun", "engineer", "新班组", "", ""],
    ]
    result = take({"用户.xlsx": book(用户=rows)})
    assert result.ok and result.counts["team"]["new"] == 1
    wang, ma = one(User, number="G1"), one(User, number="G2")
    assert (wang.roles, wang.team_id, wang.skills) == (["engineer", "crew_lead"], cast.north.id, ["视频监控", "登高证"])
    assert wang.check_password("abcd-2026") and ma.team_id == one(Team, name="新班组").id
    assert [login for login, _ in result.passwords] == ["majun"]
    assert ma.check_password(result.passwords[0][1])
    for user in (wang, ma):
        held = db.session.scalars(select(Subscription.scope).filter_by(user_id=user.id, left_rev=None))
        assert set(held) == set(desired(db.session(), user))


def test_a_checklist_comes_with_its_items_limits_options_and_conditions(take):
    assert take({"检查表.xlsx": checklist(version="2.0")}).ok
    version = one(ChecklistVersion, code="MON")
    assert (version.version, version.kind, [item["id"] for item in version.items]) == (
        2,
        "monthly",
        ["a-1", "a-2", "a-3", "a-4"],
    )
    first, second, third, fourth = version.items
    assert (first["min"], first["max"], first["mandatory"], first["on_fail"]) == ("0", "2000", True, ["defect", "note"])
    assert second["show_if"] == {"item": "a-1", "op": ">", "value": "0"} and third["options"] == ["正常", "有告警"]
    assert fourth["show_if"]["value"] == "有告警" and fourth["type"] == "photo"


# --- Again ----------------------------------------------------------------------------------------------


def everything() -> dict[str, bytes]:
    return {
        "客户.csv": text(CUSTOMERS),
        "现场.csv": text(SITES),
        "设备.csv": text(ASSETS),
        "检查表.xlsx": checklist(),
        "备件.xlsx": book(
            备件=[["备件编号", "名称", "单价"], ["BJ1", "硬盘", 620]],
            库存=[["库位", "备件编号", "数量"], ["总库", "BJ1", 5], ["alice", "BJ1", 2]],
        ),
        "用户.csv": text(
            [["工号", "姓名", "登录名", "角色", "初始密码"], ["G1", "王磊", "wanglei", "工程师", "abcd-2026"]]
        ),
    }


def test_the_same_files_again_change_nothing_and_publish_nothing(take, cast):
    assert take(everything()).ok
    before, feed = rev(), db.session.execute(select(FeedRow.row_id, FeedRow.rev)).all()
    again = take(everything())
    assert again.ok and all(c["new"] == c["changed"] == c["bad"] == 0 for c in again.counts.values())
    assert rev() == before and db.session.execute(select(FeedRow.row_id, FeedRow.rev)).all() == feed


def test_a_changed_cell_updates_only_its_row(take, cast):
    take(everything())
    before = rev()
    changed = [ASSETS[0], [*ASSETS[1][:4], "海康", *ASSETS[1][5:]], ["SB2", "XC1", "新设备", *[""] * 7]]
    result = take({"设备.csv": text(changed)})
    assert result.counts["asset"] == {"new": 1, "changed": 1, "same": 0, "bad": 0}
    changes = db.session.execute(select(FeedRow.noun, FeedRow.row_id).where(FeedRow.rev > before))
    moved = {tuple(row) for row in changes}
    assert moved == {("asset", one(Asset, number="SB1").id), ("asset", one(Asset, number="SB2").id)}


def test_a_column_that_is_not_there_leaves_what_was_and_an_empty_cell_empties_it(take):
    take({"客户.csv": text(CUSTOMERS)})
    take({"客户.csv": text([["客户编号", "客户名称", "客户类型"], ["KH1", "华园物业", ""]])})
    customer = one(Customer, number="KH1")
    assert (customer.kind, customer.sla_policy, customer.contract_to) == ("", "vip", date(2027, 1, 31))


def test_a_customer_s_new_name_reaches_its_sites(take):
    take({"客户.csv": text(CUSTOMERS), "现场.csv": text(SITES)})
    take({"客户.csv": text([["客户编号", "客户名称"], ["KH1", "华园新物业"]])})
    assert one(Site, number="XC1").customer_name == "华园新物业"


def test_what_was_used_stays_used_when_the_stock_sheet_comes_again(take, cast):
    take(everything())
    level = one(Stock, user_id=cast.alice.id)
    level.quantity -= 1
    db.session.commit()
    take(everything())
    assert one(Stock, user_id=cast.alice.id).quantity == 1
    take({"库存.csv": text([["库位", "备件编号", "数量"], ["alice", "BJ1", 5]])})
    assert one(Stock, user_id=cast.alice.id).quantity == 4


def test_a_user_keeps_the_password_chosen_since(take, cast):
    take(everything())
    one(User, number="G1").set_password("eigenes-2026")
    db.session.commit()
    take(everything())
    assert one(User, number="G1").check_password("eigenes-2026")


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(take, cast):
    before = rev()
    result = take(everything(), dry_run=True)
    assert result.ok and not result.written and result.counts["asset"]["new"] == 1
    assert rev() == before and count(User) == len(cast.users) and count(ChecklistVersion) == 1


def test_one_bad_row_refuses_all_unless_the_good_ones_are_wanted(take):
    rows = [*CUSTOMERS, ["KH3", "", *[""] * 6]]
    files = {"客户.csv": text(rows), "现场.csv": text([*SITES, ["XC2", "别处", "KH3", *[""] * 5]])}
    refused = take(files)
    assert not refused.ok and not refused.written and count(Customer) == 0
    partial = take(files, partial=True)
    assert partial.written and count(Customer) == 2 and count(Site) == 1
    assert named(partial) == [
        ("客户.csv", None, 4, "客户名称", None, "required"),
        ("现场.csv", None, 3, "客户编号", "KH3", "unknown-reference"),
    ]
