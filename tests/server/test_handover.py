"""The archive of a site: how complete it is, and what came with the project (E7)."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from pypdf import PdfReader

from server.models import new_id
from tests.cast import Cast
from tests.peer import Peer

MakePeer = Callable[..., Peer]


def say(by: Peer, cast: Cast, code: str, state: str, **more: Any) -> dict[str, Any]:
    args = {"id": new_id(), "site_id": cast.site.id, "code": code, "state": state, **more}
    return by.do("handover.set", **args)


def test_what_came_with_a_site_is_one_row_a_line_and_held_by_whoever_holds_the_site(
    cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    olga = peer(cast.olga)
    assert (
        say(desk, cast, "acceptance", "received", received_on="2024-05-01", note="原件在档案柜")["outcome"] == "applied"
    )
    assert say(olga, cast, "acceptance", "received", received_on="2024-05-02")["outcome"] == "applied"
    row = desk.pull().one("handover_item", code="acceptance")
    assert (row["received_on"], row["note"], row["site_id"]) == ("2024-05-02", "", cast.site.id)
    assert say(desk, cast, "acceptance", "open", received_on="2024-05-02")["outcome"] == "applied"
    row = olga.pull().one("handover_item", code="acceptance")
    assert (row["state"], row["received_on"]) == ("open", None)
    assert say(phone, cast, "keys", "received")["code"] == "forbidden"
    assert not list(phone.pull().bodies("handover_item"))


def test_what_is_counted_is_not_ticked_and_what_is_waived_says_why(cast: Cast, desk: Peer):
    assert say(desk, cast, "wiring", "received")["code"] == "args-invalid"
    assert say(desk, cast, "fibre", "waived")["code"] == "args-invalid"
    assert say(desk, cast, "fibre", "waived", note="现场没有光纤")["outcome"] == "applied"
    for wrong in ({"code": "fax"}, {"state": "lost"}, {"received_on": "soon"}, {"note": "x" * 201}):
        args = {"id": new_id(), "site_id": cast.site.id, "code": "keys", "state": "received", **wrong}
        assert desk.do("handover.set", **args)["code"] == "args-invalid", wrong
    assert desk.do("handover.set", id=new_id(), site_id=new_id(), code="keys", state="open")["outcome"] != "applied"


def test_the_list_is_a_sheet_and_a_paper_that_say_what_is_missing(cast: Cast, desk: Peer, phone: Peer):
    say(desk, cast, "keys", "received", received_on="2024-05-01", note="=cmd|' /C calc'!A0")
    say(desk, cast, "fibre", "waived", note="现场没有光纤")
    book = load_workbook(BytesIO(desk.get(f"/api/sites/{cast.site.id}/handover.xlsx?lang=zh-CN").data))
    assert book.sheetnames == ["工程资料移交清单", "设备清单"]
    lines = {row[0].value: [cell.value for cell in row[1:]] for row in book.worksheets[0].iter_rows()}
    assert lines["现场"][0] == cast.site.name
    assert lines["机房与机柜钥匙"][0] == "齐全" and "2024-05-01" in lines["机房与机柜钥匙"][2]
    assert lines["光纤熔接图"][:1] == ["不适用"] and lines["接线图"][0] == "缺"
    assert all(cell.data_type == "s" for row in book.worksheets[0].iter_rows() for cell in row if cell.value)
    assert cast.asset.number in [row[0].value for row in book.worksheets[1].iter_rows()]
    for lang, words in (("zh-CN", ("工程资料移交清单", "接线图", cast.site.name)), ("en", ("Handover list", "Wiring"))):
        pdf = desk.get(f"/api/sites/{cast.site.id}/handover.pdf?lang={lang}").data
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
        assert all(word in text for word in words), text[:500]
    desk.get(f"/api/sites/{new_id()}/handover.pdf", 404)
    for kind in ("pdf", "xlsx"):
        assert phone.get(f"/api/sites/{cast.site.id}/handover.{kind}", 403).json["code"] == "forbidden"
