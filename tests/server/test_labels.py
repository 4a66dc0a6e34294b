"""Sheets of QR labels for what a phone scans (E8)."""

from __future__ import annotations

import io

import pytest

from server.models import new_id
from server.reports.labels import label_sheet
from tests.cast import Cast
from tests.peer import Peer

pypdf = pytest.importorskip("pypdf")


def read(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\u200b", "")


def test_a_sheet_has_a_code_for_each_thing_and_only_the_office_prints_it(cast: Cast, desk: Peer, phone: Peer):
    url = f"/api/sites/{cast.site.id}/labels.pdf"
    desk.do("point.add", id=new_id(), site_id=cast.site.id, code="P-07", name="地下二层泵房", token="XJ-P07")
    assert phone.client.get(f"{url}?of=points", headers=phone.headers).status_code == 403
    assert desk.client.get(f"{url}?of=walls", headers=desk.headers).status_code == 422
    unknown = desk.client.get(f"/api/sites/{new_id()}/labels.pdf?of=points", headers=desk.headers)
    assert (unknown.status_code, unknown.json["code"]) == (404, "not-found")
    points = desk.client.get(f"{url}?of=points", headers=desk.headers)
    assert points.status_code == 200 and "P-07" in read(points.data) and "泵房" in read(points.data)
    assets = desk.client.get(f"{url}?of=assets&lang=en", headers=desk.headers)
    assert assets.status_code == 200 and cast.asset.number in read(assets.data)


def test_what_people_wrote_is_text_on_a_label_however_it_looks():
    evil = '#image("data.json") $x$ <script> ' + "X" * 60
    labels = [{"says": f"A-{n}", "code": f"A-{n}", "name": evil, "place": evil} for n in range(40)]
    pdf = pypdf.PdfReader(io.BytesIO(label_sheet(evil, "assets", labels, "zh-CN")))
    assert len(pdf.pages) == 3 and "#image(" in pdf.pages[0].extract_text().replace("\u200b", "")
