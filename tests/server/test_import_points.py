"""Points of a site from a sheet: tried, read, read again, and every bad row named (E8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.extensions import db
from server.models import Point
from tests.cast import Cast
from tests.peer import Peer
from tests.server.test_import import take, text  # noqa: F401  # a fixture

HEAD = ["现场编号", "点位编码", "点位名称", "英文名", "位置", "二维码", "检查项", "顺序", "启用"]
ROWS = [
    HEAD,
    ["S-1", "P01", "监控中心", "Control room", "1F", "", "clean、temp", 10, "是"],
    ["S-1", "P02", "配电间", "", "B1", "XD-PEI", "mode", "", ""],
]


def points() -> dict[str, Point]:
    db.session.expire_all()
    return {row.code: row for row in db.session.query(Point)}


def test_points_come_from_a_sheet_with_labels_of_their_own(cast: Cast, take: Callable[..., Any]):  # noqa: F811
    tried = take({"点位.csv": text(ROWS)}, dry_run=True)
    assert tried.ok and tried.counts == {"point": {"new": 2, "changed": 0, "same": 0, "bad": 0}} and not points()
    assert take({"点位.csv": text(ROWS)}).ok
    made = points()
    assert (made["P01"].site_id, made["P01"].item_ids, made["P01"].sort) == (cast.site.id, ["clean", "temp"], 10)
    assert made["P01"].token == Point.token_of(made["P01"].id)
    assert (made["P02"].token, made["P02"].sort, made["P02"].active) == ("XD-PEI", 20, True)
    label = made["P01"].token
    again = take({"点位.csv": text(ROWS)})
    assert again.counts["point"] == {"new": 0, "changed": 0, "same": 2, "bad": 0}
    retired = [HEAD, [*ROWS[1][:8], "否"]]
    assert take({"点位.csv": text(retired)}).counts["point"]["changed"] == 1
    made = points()
    assert (made["P01"].active, made["P01"].token) == (False, label)  # the label on the wall goes on being the point's


def test_every_bad_row_of_points_is_named_and_none_is_written(cast: Cast, take: Callable[..., Any]):  # noqa: F811
    bad = [
        *ROWS,
        ["S-9", "P01", "门厅", "", "", "", "", "", ""],
        ["S-1", "P03", "", "", "", "", "", "", ""],
        ["S-1", "P04", "屋顶", "", "", "XD-PEI", "", "", ""],
        ["S-1", "P05", "车库", "", "", "", "gone", "", ""],
        ["S-1", "P06", "车库", "", "", "", "", "很多", ""],
        ["S-1", "P01", "又一个", "", "", "", "", "", ""],
    ]
    result = take({"点位.csv": text(bad)})
    assert not result.written and not points()
    assert {(fault.place.row, fault.code) for fault in result.faults} >= {
        (4, "unknown-reference"), (5, "required"), (6, "token-taken"), (7, "item-of-none"), (8, "bad-number"),
        (9, "duplicate"),
    }  # fmt: skip


def test_a_supervisor_imports_points_and_the_crew_has_them(cast: Cast, peer: Callable[..., Peer]):
    from tests.server.test_import_door import send

    assert send(peer(cast.sam).client, cast.dora, {"点位.csv": text(ROWS)}, "/points").status_code == 403
    answer = send(peer(cast.sam).client, cast.sam, {"点位.csv": text(ROWS)}, "/points")
    assert answer.status_code == 200 and answer.json["written"]
    assert peer(cast.dora).pull().one("point", code="P02")["name"] == "配电间"
