"""The checklist editor's act: a draft becomes a version, a round stays on its own (E2)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server.extensions import db
from server.imports import Source, import_files
from server.models import User, new_id
from sync.template import faults_of
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, register
from tests.server.test_import import CUSTOMERS, text

ITEM_ROWS = [["条目编码", "分组", "项目", "类型", "必填", "下限", "上限", "选项", "显示条件"]]
MakePeer = Callable[..., Peer]
ITEMS = [
    {"id": "door", "group": "机房", "group_en": "Plant room", "label": "门锁", "label_en": "Lock", "type": "check",
     "mandatory": True, "on_fail": ["defect", "photo"]},
    {"id": "volt", "group": "机房", "label": "电压", "type": "number", "unit": "V", "min": "198", "max": "242"},
    {"id": "mode", "label": "模式", "type": "choice", "options": ["自动", "手动"], "fail_options": ["手动"]},
    {"id": "why", "label": "为什么", "type": "text", "show_if": {"item": "mode", "op": "=", "value": "手动"}},
    {"id": "pair", "label": "清洁前后", "type": "photo_pair"},
    {"id": "sign", "label": "值班签字", "type": "signature", "help": "值班人员本人"},
]  # fmt: skip


@pytest.fixture
def sam(peer: MakePeer, cast: Cast) -> Peer:
    return peer(cast.sam)


def publish(by: Peer, **more: Any) -> tuple[str, dict[str, Any]]:
    args = {"id": new_id(), "code": "guard", "name": "值守检查", "kind": "monthly", "items": ITEMS, **more}
    return str(args["id"]), by.do("checklist.publish", **args)


def outcome(receipt: dict[str, Any]) -> tuple[str, str | None]:
    return receipt["outcome"], receipt["code"]


def test_a_draft_becomes_a_version_that_every_phone_has_and_nobody_changes(cast: Cast, sam: Peer, phone: Peer):
    first, receipt = publish(sam)
    assert outcome(receipt) == ("applied", None)
    held = phone.pull().row("checklist_version", first)
    assert (held["code"], held["version"], held["created_by"]) == ("guard", 1, cast.sam.id)
    assert [item["id"] for item in held["items"]] == ["door", "volt", "mode", "why", "pair", "sign"]
    assert held["items"][1] == {
        "id": "volt", "group": "机房", "group_en": "", "label": "电压", "label_en": "", "type": "number",
        "mandatory": False, "unit": "V", "min": "198", "max": "242", "options": [], "options_en": [], "show_if": None,
        "on_fail": [], "help": "", "help_en": "",
    }  # fmt: skip
    second, receipt = publish(sam, over=first, name="值守检查（新）", items=ITEMS[:-1])
    assert outcome(receipt) == ("applied", None)
    phone.pull()
    assert phone.row("checklist_version", first) == held
    assert phone.row("checklist_version", second)["version"] == 2


def test_a_round_that_has_begun_stays_on_its_version_until_somebody_takes_the_newer(
    cast: Cast, desk: Peer, sam: Peer, phone: Peer
):
    visit_id, run_id = dispatch(desk, register(desk, cast), cast.alice), new_id()
    for act in ("accept", "arrive", "work"):
        phone.act(f"visit.{act}", visit_id=visit_id)
    phone.act("checklist.start", id=run_id, visit_id=visit_id, version_id=cast.checklist.id)
    phone.push()
    fewer = [{"id": "temp", "label": "机房温度", "type": "number", "mandatory": True, "min": "20", "max": "24"}]
    newer, receipt = publish(sam, code=cast.checklist.code, name="月度巡检", over=cast.checklist.id, items=fewer)
    assert outcome(receipt) == ("applied", None)
    said = {"run_id": run_id, "item_id": "clean", "value": "ok"}
    assert phone.do("checklist.answer", id=new_id(), **said)["outcome"] == "applied"  # the newer does not ask it
    assert phone.do("checklist.complete", run_id=run_id)["code"] == "checklist-incomplete"  # the older asks a second
    assert phone.pull().row("checklist_run", run_id)["version_id"] == cast.checklist.id
    assert phone.do("checklist.upgrade", run_id=run_id, version_id=newer)["outcome"] == "applied"
    assert phone.do("checklist.answer", id=new_id(), **said)["code"] == "item-unknown"
    phone.do("checklist.answer", id=new_id(), run_id=run_id, item_id="temp", value="22")
    assert phone.do("checklist.complete", run_id=run_id)["outcome"] == "applied"


def test_two_who_edit_at_once_both_hear_of_it(cast: Cast, sam: Peer, peer: MakePeer):
    ada = peer(cast.ada)
    first, _ = publish(sam)
    assert outcome(publish(ada)[1]) == ("parked", "code-taken")
    second, _ = publish(sam, over=first, items=ITEMS[:2])
    assert outcome(publish(ada, over=first)[1]) == ("parked", "checklist-moved")
    assert ada.pull().row("checklist_version", second)["version"] == 2
    assert len(list(ada.bodies("checklist_version", code="guard"))) == 2
    assert outcome(publish(ada, over=second)[1]) == ("applied", None)
    assert outcome(publish(ada, code="other", over=second)[1]) == ("parked", "checklist-moved")


def test_only_who_answers_for_the_work_publishes(
    cast: Cast, desk: Peer, sam: Peer, phone: Peer, peer: MakePeer, heads: dict[str, User]
):
    for nobody in (desk, phone, peer(cast.olga), peer(heads["dino"])):
        assert outcome(publish(nobody)[1]) == ("rejected", "forbidden")
    over = None
    for somebody in (sam, peer(cast.ada), peer(heads["mona"]), peer(heads["hera"])):
        over, receipt = publish(somebody, over=over)
        assert outcome(receipt) == ("applied", None)


def test_what_no_phone_could_fill_is_never_published(cast: Cast, sam: Peer):
    first, _ = publish(sam)
    door, volt, mode, why, *_ = ITEMS
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"items": []}, "items"),
        ({"items": "门锁"}, "items"),
        ({"items": [{**door, "label": " "}]}, "label-missing"),
        ({"items": [door, door]}, "id-twice"),
        ({"items": [{**volt, "min": "300"}]}, "limits-crossed"),
        ({"items": [{**volt, "min": 198}]}, "min"),
        ({"items": [why]}, "show-if-unknown"),
        ({"items": [why, mode]}, "show-if-later"),
        ({"items": [mode, {**why, "show_if": {"item": "mode", "op": "~", "value": "手动"}}]}, "op"),
        ({"items": [{**mode, "options": []}]}, "options-missing"),
        ({"items": [{**door, "type": "video"}]}, "type"),
        ({"items": [{**door, "on_fail": ["sack"]}]}, "on_fail"),
        ({"items": [{**door, "colour": "red"}]}, "colour"),
        ({"items": [{**door, "type": "text", "on_fail": []}]}, "id-reused"),
        ({"items": [door] * 301}, "items"),
        ({"kind": "weekly"}, "kind"),
        ({"kind": "quarterly"}, "kind"),
        ({"name": ""}, "name"),
    ]
    for more, named in wrong:
        receipt = publish(sam, over=first, **more)[1]
        assert outcome(receipt) == ("rejected", "args-invalid"), more
        assert named in receipt["detail"], (named, receipt["detail"])
    assert outcome(publish(sam, code="值守")[1]) == ("rejected", "args-invalid")
    assert len(list(sam.pull().bodies("checklist_version", code="guard"))) == 1


def test_what_was_imported_can_be_edited_and_published_again(app: Flask, cast: Cast, sam: Peer):
    path = next((Path(__file__).parents[2] / "server/demo/company").glob("检查表.xlsx"))
    with app.app_context():
        assert import_files(db.session(), [Source(path.name, path.read_bytes())]).ok
    versions = [one for one in sam.pull().bodies("checklist_version") if one["code"] != cast.checklist.code]
    assert len(versions) >= 5
    for one in versions:
        said = {name: one[name] for name in ("code", "name", "name_en", "kind", "items")}
        newer, receipt = publish(sam, over=one["id"], **said)
        assert outcome(receipt) == ("applied", None), receipt
        assert sam.pull().row("checklist_version", newer)["items"] == one["items"]


def test_a_workbook_is_read_for_the_editor_and_written_nowhere(cast: Cast, sam: Peer, desk: Peer):
    path = next((Path(__file__).parents[2] / "server/demo/company").glob("检查表.xlsx"))
    sheets = read(sam, path.name, path.read_bytes())["sheets"]
    assert {sheet["name"] for sheet in sheets} >= {"出发清单", "月巡查"}
    monthly = next(sheet for sheet in sheets if sheet["name"] == "月巡查")
    assert faults_of(monthly["items"]) == [] and any(item["show_if"] for item in monthly["items"])
    assert len(list(sam.pull().bodies("checklist_version"))) == 1  # the cast's own
    assert outcome(publish(sam, items=monthly["items"])[1]) == ("applied", None)


def test_what_cannot_be_read_is_named_by_its_cell(cast: Cast, sam: Peer, desk: Peer):
    first, second = ["a", "看", "看门", "判定", "", "", "", "", "z=合格"], ["b", "看", "", "数值", "", "9", "1", "", ""]
    rows = [*ITEM_ROWS[:1], first, second]
    answer = read(sam, "自拟.csv", text(rows))
    assert [(one["row"], one["column"], one["code"]) for one in answer["errors"]] == [
        (2, "显示条件", "condition-item"), (3, "项目", "required"),
    ]  # fmt: skip
    assert [one["code"] for one in read(sam, "空.csv", b"")["errors"]] == ["file-empty"]
    assert [one["code"] for one in read(sam, "照片.xlsx", b"PK\x03\x04")["errors"]] == ["file-broken"]
    assert read(sam, "客户.csv", text(CUSTOMERS))["errors"]
    assert read(desk, "自拟.csv", text(rows), 403)["code"] == "forbidden"


def read(by: Peer, name: str, content: bytes, status: int = 200) -> dict[str, Any]:
    form = {"files": [(io.BytesIO(content), name)]}
    answer = by.client.post("/api/import/checklists/read", data=form, headers=by.headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json)
