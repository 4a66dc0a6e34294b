"""Labels of a site's assets and points, to print and stick on (E8). What a label says is what a phone looks for."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import segno
import typst
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import Asset, Point, Site
from server.reports.service_report import FONTS, available, fonts

KINDS = ("points", "assets")
TITLES = {
    "zh-CN": {"points": "{site} 点位标签", "assets": "{site} 设备标签"},
    "en": {"points": "{site}: labels of points", "assets": "{site}: labels of equipment"},
}


def labels_of(session: Session, site: Site, kind: str, locale: str) -> list[dict[str, str]]:
    """In the order of the round, or of the numbers; what is out of use needs no label."""
    if kind == "points":
        points = select(Point).where(Point.site_id == site.id, Point.active).order_by(Point.sort, Point.code)
        return [
            {"says": one.token or one.code, "code": one.code, "name": _named(one, locale), "place": one.location}
            for one in session.scalars(points)
        ]
    assets = session.scalars(select(Asset).where(Asset.site_id == site.id).order_by(Asset.number))
    return [
        {"says": one.number, "code": one.number, "name": one.name, "place": " · ".join(filter(None, (
            one.location, f"{one.brand} {one.model}".strip(),
        )))}
        for one in assets
    ]  # fmt: skip


def _named(point: Point, locale: str) -> str:
    return (point.name_en if locale == "en" else "") or point.name


def label_sheet(site: str, kind: str, labels: list[dict[str, str]], locale: str) -> bytes:
    """A4, two columns of labels with a QR code each."""
    data: dict[str, Any] = {
        "title": TITLES[locale][kind].format(site=site), "site": site, "fonts": available(FONTS), "lang": locale[:2],
        "labels": [{**one, "qr": _qr(one["says"])} for one in labels],
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="labels-") as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        (folder / "labels.typ").write_bytes((Path(__file__).parent / "labels.typ").read_bytes())
        made = typst.compile(str(folder / "labels.typ"), root=str(folder), font_paths=fonts(), format="pdf")
    assert isinstance(made, bytes)
    return made


def _qr(text: str) -> str:
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=4, border=1, dark="#000000", omitsize=True))
