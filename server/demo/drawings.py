"""What lies in the archive of the demo's sites: drawings with pins, manuals, and what the field proposed lately."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.demo.pictures import Picture, _font, _keep
from server.demo.world import World
from server.files import FileStore
from server.models import ArchiveChange, Article, Asset, Document, DocumentPage, Site, StoredFile, Visit

PAPER = (2000, 1400)  # px, an A3 sheet a phone can zoom into
INK, FAINT, BRAND = "#123642", "#9fb4bb", "#0f4c5c"
SITES = 12  # drawings for that many of the heroes' sites: each costs a picture and two thumbnails
MARGIN, ROOM_W, ROOM_H = 120, 420, 300
MANUALS = ("视频监控", "门禁", "消防联动", "楼宇自控")  # classes of equipment with a manual everybody reads


def hang_up(session: Session, world: World, store: FileStore, heroes: tuple[str, ...]) -> int:
    """Adds drawings, manuals and proposals once; gives how many documents there are new."""
    if session.scalar(select(Document.id).limit(1)) is not None:
        return 0
    logins = [world.users[login].id for login in heroes]
    since = world.now - timedelta(days=2)
    visits = session.scalars(select(Visit).where(Visit.lead_id.in_(logins), Visit.slot_start > since))
    ordered = sorted(visits, key=lambda visit: (visit.slot_start, visit.id))
    site_ids = list(dict.fromkeys(visit.site_id for visit in ordered))[:SITES]
    made = 0
    for site_id in site_ids:
        site = world.sites[site_id]
        assets = sorted(world.assets.get(site_id) or _assets(session, site_id), key=lambda asset: asset.number)[:12]
        for kind, title, title_en in (("layout", "弱电点位布置图", "Layout"), ("wiring", "系统接线图", "Wiring")):
            picture, spots = _sheet(kind, title, site, assets)
            _keep_once(session, store, picture)
            pins = [
                {
                    "id": world.id(world.now), "page": 0, "x": x, "y": y, "label": asset.name, "asset_id": asset.id,
                    "by": None,
                }
                for asset, (x, y) in zip(assets, spots, strict=True)
            ]  # fmt: skip
            _add(
                session, world, picture, site_id=site.id, kind=kind, title=f"{site.name}{title}",
                title_en=f"{title_en} of {site.number}", revision="B", pins=pins if kind == "layout" else [],
            )  # fmt: skip
            made += 1
    for name in MANUALS:
        picture, _ = _sheet("manual", f"{name}维护手册", None, [])
        _keep_once(session, store, picture)
        _add(session, world, picture, site_id=None, kind="manual", title=f"{name}系统维护手册",
             title_en=f"Maintenance manual: {name}", asset_class=name, revision="2026", pins=[])  # fmt: skip
        made += 1
    _proposals(session, world, [visit for visit in ordered if visit.state != "planned"])
    session.commit()
    return made


def _assets(session: Session, site_id: str) -> list[Asset]:
    return list(session.scalars(select(Asset).where(Asset.site_id == site_id).order_by(Asset.number)))


def _keep_once(session: Session, store: FileStore, picture: Picture) -> None:
    if session.get(StoredFile, picture.sha256) is None:
        _keep(session, store, picture)
        session.flush()


def _add(session: Session, world: World, picture: Picture, **said: object) -> None:
    page = {
        "sha256": picture.sha256, "size": len(picture.content), "mime": picture.mime,
        "width": picture.width, "height": picture.height,
    }  # fmt: skip
    document = Document(id=world.id(world.now), pages=[page], state="active", **said)
    session.add(document)
    session.add(DocumentPage(document_id=document.id, sha256=picture.sha256, site_id=document.site_id))


def _sheet(kind: str, title: str, site: Site | None, assets: list[Asset]) -> tuple[Picture, list[tuple[float, float]]]:
    """A sheet with its frame and title block; gives where on it each asset stands, as shares of the page."""
    image = Image.new("RGB", PAPER, "white")
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((40, 40, PAPER[0] - 40, PAPER[1] - 40), outline=INK, width=5)
    canvas.rectangle((PAPER[0] - 720, PAPER[1] - 200, PAPER[0] - 40, PAPER[1] - 40), outline=INK, width=3)
    canvas.text((PAPER[0] - 690, PAPER[1] - 185), site.name if site else "通用", fill=INK, font=_font(34))
    canvas.text((PAPER[0] - 690, PAPER[1] - 125), title, fill=INK, font=_font(44))
    spots = []
    for number in range(max(len(assets), 6 if kind == "manual" else 0)):
        column, row = number % 4, number // 4
        left, top = MARGIN + column * (ROOM_W + 20), MARGIN + row * (ROOM_H + 40)
        canvas.rectangle((left, top, left + ROOM_W, top + ROOM_H), outline=FAINT if kind == "layout" else INK, width=3)
        if kind == "manual":
            canvas.text((left + 20, top + 20), f"第 {number + 1} 步", fill=BRAND, font=_font(36))
            canvas.text((left + 20, top + 90), "断电 → 检查 → 复位 → 试运行", fill=INK, font=_font(26))
            continue
        asset = assets[number]
        spots.append(((left + ROOM_W / 2) / PAPER[0], (top + ROOM_H / 2) / PAPER[1]))
        canvas.text((left + 16, top + 12), asset.location or f"区域 {number + 1}", fill=FAINT, font=_font(28))
        canvas.text((left + 16, top + ROOM_H - 50), asset.number, fill=INK, font=_font(28))
        if kind == "wiring":
            canvas.line((left + ROOM_W / 2, top + ROOM_H, left + ROOM_W / 2, top + ROOM_H + 30), fill=BRAND, width=5)
            canvas.text(
                (left + 16, top + 90), f"{asset.connection or '—'}  {asset.protocol}", fill=BRAND, font=_font(30)
            )
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    content = out.getvalue()
    return Picture(hashlib.sha256(content).hexdigest(), content, "image/png", *PAPER, scene="drawing"), spots


def _proposals(session: Session, world: World, visits: list[Visit]) -> None:
    """Two corrections and an article that wait for the office."""
    for number, visit in enumerate(visits[:2]):
        asset = next(iter(_assets(session, visit.site_id)), None)
        if asset is None:
            continue
        changes = (
            {"serial": [asset.serial, f"{asset.serial[:-3]}A{number}7"], "location": [asset.location, "弱电间 2"]}
            if number == 0
            else {"software_version": [asset.software_version, "V5.7.18"]}
        )
        fact = {"visit_id": visit.id, "work_order_id": visit.work_order_id, "created_by": visit.lead_id}
        at = world.now - timedelta(minutes=90 * (number + 1))
        session.add(
            ArchiveChange(
                id=world.id(at),
                site_id=visit.site_id,
                asset_id=asset.id,
                changes=changes,
                photos=[],
                note="铭牌与档案不一致,已现场核对。",
                state="proposed",
                late=False,
                withdrawn=False,
                device_at=at,
                server_at=at,
                **fact,
            )
        )
        if number == 0:
            session.add(
                Article(
                    id=world.id(at),
                    number=f"KB-{at:%Y%m%d}-001",
                    title=f"{asset.brand} {asset.name} 掉线的排查顺序",
                    asset_class=asset.asset_class,
                    brand=asset.brand,
                    keywords=asset.model,
                    symptom_codes=[],
                    text="## 现象\n设备离线,平台报警。\n\n## 处理\n1. 量供电电压\n2. 换网口再试\n3. 升级后观察半小时",
                    state="proposed",
                    visit_id=visit.id,
                    created_by=visit.lead_id,
                    device_at=at,
                    server_at=at,
                )
            )
