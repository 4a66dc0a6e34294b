"""What is wrong with a sheet is named: file, sheet, row, column, value, code, and a reason in both languages."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from server.imports import sheets
from server.models import ChecklistVersion
from tests.server.test_import import (
    ASSETS,
    CUSTOMERS,
    ITEMS,
    SITES,
    book,
    checklist,
    count,
    named,
    one,
    take,
    text,
)

__all__ = ["take"]  # a fixture

C, S, A = CUSTOMERS[0], SITES[0], ASSETS[0]


def customer(**cells: Any) -> list[Any]:
    return [cells.get(header, default) for header, default in zip(C, ["KH1", "甲", *[""] * 6], strict=True)]


@pytest.mark.parametrize(
    ("row", "column", "value", "code"),
    [
        (customer(客户编号=""), "客户编号", None, "required"),
        (customer(合同起始="2026-02-30"), "合同起始", "2026-02-30", "bad-date"),
        (customer(合同起始="明年"), "合同起始", "明年", "bad-date"),
        (customer(合同起始="2026-02-01", 合同截止="2026-01-01"), "合同截止", "2026-01-01", "date-order"),
        (customer(客户名称="长" * 201), "客户名称", "长" * 199 + "…", "too-long"),
        (customer(客户名称="甲\0乙"), "客户名称", "甲�乙", "bad-character"),
        (customer(**{"SLA 策略": "黄金"}), "SLA 策略", "黄金", "not-allowed"),
        (customer(客户类型="#REF!"), "客户类型", "#REF!", "cell-error"),
        (customer(联系电话="1.39E+10"), "联系电话", "1.39E+10", "digits-lost"),
    ],
)
def test_a_bad_cell_is_named_with_file_row_column_value_and_code(take, row, column, value, code):
    result = take({"客户.csv": text([C, customer(客户编号="KH0"), [], row])})
    assert named(result) == [("客户.csv", None, 4, column, value, code)]
    for locale in ("zh-CN", "en"):
        assert "{" not in result.faults[0].reason(locale)


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("数量", "两台", "bad-number"),
        ("数量", 1.5, "bad-integer"),
        ("数量", 0, "out-of-range"),
        ("保留包装", "也许", "bad-yes-no"),
        ("安装日期", "28/03/2025", "bad-date"),
        ("现场编号", "XC9", "unknown-reference"),
        ("序列号", 210235882322494500000, "digits-lost"),
    ],
)
def test_a_bad_cell_of_excel_is_named_with_its_sheet(take, header, cell, code):
    take({"客户.csv": text(CUSTOMERS), "现场.csv": text(SITES)})
    row = [cell if name == header else value for name, value in zip(A, ASSETS[1], strict=True)]
    result = take({"设备.xlsx": book(台账=[["设备台账"], A, row])})
    assert [(f.place.sheet, f.place.row, f.place.column, f.code) for f in result.faults] == [("台账", 3, header, code)]


def test_a_key_that_comes_twice_names_where_it_came_first(take):
    result = take({"一.csv": text(CUSTOMERS), "二.csv": text([C, customer(客户编号="KH2")])})
    assert named(result) == [("二.csv", None, 2, "客户编号", "KH2", "duplicate")]
    assert "一.csv 3" in result.faults[0].reason("zh-CN")


def test_an_asset_does_not_change_its_site(take):
    take({"客户.csv": text(CUSTOMERS), "现场.csv": text(SITES), "设备.csv": text(ASSETS)})
    other = [S, ["XC2", "另一处", "KH1", *[""] * 5]]
    result = take({"现场.csv": text(other), "设备.csv": text([A, ["SB1", "XC2", *ASSETS[1][2:]]])})
    assert [(f.place.column, f.code) for f in result.faults] == [("现场编号", "asset-moved")] and not result.written


def test_a_login_of_somebody_else_and_a_short_password_are_refused(take, cast):
    rows = [
        ["工号", "姓名", "登录名", "角色", "初始密码"],
        ["G1", "甲", "alice", "工程师", ""],
        ["G2", "乙", "yi", "工程师", "123"],
        ["G3", "丙", "bing", "船长", ""],
    ]
    result = take({"用户.csv": text(rows)})
    assert [(f.place.row, f.place.column, f.code) for f in result.faults] == [
        (2, "登录名", "login-taken"),
        (3, "初始密码", "password-short"),
        (4, "角色", "not-allowed"),
    ]
    assert result.faults[1].value is None, "a password is repeated to nobody"


def test_a_checklist_version_never_changes_and_the_answer_says_which_comes_next(take):
    take({"检查表.xlsx": checklist()})
    changed = [*ITEMS[:1], ["a-1", "监控", "离线数", *ITEMS[1][3:]], *ITEMS[2:]]
    result = take({"检查表.xlsx": checklist(changed)})
    assert [(f.place.sheet, f.place.row, f.place.column, f.code) for f in result.faults] == [
        ("目录", 2, "版本", "template-changed")
    ]
    assert "2" in result.faults[0].reason("zh-CN") and one(ChecklistVersion, code="MON").items[0]["label"] == "无图像数"
    assert take({"检查表.xlsx": checklist(changed, version=2)}).ok and count(ChecklistVersion) == 2


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("显示条件", "a-1 大于 0", "bad-condition"),
        ("显示条件", "a-9=1", "condition-item"),
        ("显示条件", "a-4=1", "condition-item"),
        ("显示条件", "a-1>很多", "condition-value"),
        ("显示条件", "a-3=坏了", "condition-value"),
        ("显示条件", "a-3>1", "condition-order"),
        ("条目编码", "a-1", "duplicate"),
        ("条目编码", "第四", "item-id"),
        ("类型", "猜", "not-allowed"),
        ("下限", "低", "bad-number"),
    ],
)
def test_a_bad_item_of_a_checklist_is_named_in_its_sheet(take, column, cell, code):
    last = [cell if name == column else value for name, value in zip(ITEMS[0], ITEMS[4], strict=True)]
    result = take({"检查表.xlsx": checklist([*ITEMS[:4], last])})
    assert ("月巡查", 5, column, code) in [(f.place.sheet, f.place.row, f.place.column, f.code) for f in result.faults]
    assert count(ChecklistVersion) == 0


def test_a_checklist_without_items_and_items_without_a_checklist_are_named(take):
    result = take({"检查表.xlsx": checklist(name="年度巡查")})
    assert {f.code for f in result.faults} == {"template-without-items", "template-unlisted"}


# --- Files that are none --------------------------------------------------------------------------------


def test_a_missing_column_and_an_unknown_sheet_are_named(take):
    assert named(take({"客户.csv": text([["客户编号", "合同起始", "联系人"], ["1", "", ""]])})) == [
        ("客户.csv", None, 1, None, None, "column-missing")
    ]
    assert [f.code for f in take({"x.csv": text([["甲", "乙"], ["1", "2"]])}).faults] == ["sheet-unknown"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"PK\x03\x04 no zip", "file-broken"),
        ("a.xlsx", b"plain", "file-broken"),
        ("a.xls", b"\xd0\xcf\x11\xe0....", "file-old-excel"),
        ("a.pdf", b"%PDF", "file-type"),
        ("a.csv", b"", "file-empty"),
        ("a.csv", b"\xff\xfe\x00", "file-encoding"),
        ("a.csv", b"\x81\x20\xff,\xff\xff", "file-encoding"),
        ("a.csv", '客户编号,客户名称\nK1,"没有关'.encode(), "csv-broken"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_not_a_fault_of_ours(take, name, content, code):
    assert [f.code for f in take({name: content}).faults] == [code]


def test_large_files_and_zip_bombs_are_refused_before_they_are_unpacked(take):
    assert [f.code for f in take({"a.csv": b"x" * (sheets.MAX_FILE_BYTES + 1)}).faults] == ["file-too-large"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MAX_UNPACKED_BYTES + 1))
    assert [f.code for f in take({"a.xlsx": out.getvalue()}).faults] == ["file-unpacked-too-large"]


def test_a_sheet_with_too_many_rows_is_refused(take, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 2)
    assert [(f.place.row, f.code) for f in take({"客户.csv": text(CUSTOMERS)}).faults] == [(3, "too-many-rows")]
