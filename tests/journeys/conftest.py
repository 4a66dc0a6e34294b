"""A served house and the people who use it: the real server as `make run` starts it, and real browsers before it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from tests.cast import Cast, make_cast, password_of
from tests.conftest import build_app, close
from tests.journeys.items import every_item
from tests.peer import Peer
from tests.tus_client.live import Live, live_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from server.models import User

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Town:
    """The served product with the cast in it. `app` looks into the same database from the test's own process."""

    app: Flask
    cast: Cast
    server: Live

    @property
    def url(self) -> str:
        return self.server.url("").rstrip("/")

    def desk(self) -> Peer:
        """Dora's own device, for what a test prepares."""
        return Peer(self.app.test_client(), self.cast.dora)

    def peer(self, user: User) -> Peer:
        return Peer(self.app.test_client(), user)


@pytest.fixture(scope="session")
def built_pwa() -> Path:
    """The PWA as it is served. `make test` builds it; here it is only made sure of."""
    dist = ROOT / "pwa" / "dist"
    if not (dist / "index.html").exists():
        subprocess.run(["make", "build"], cwd=ROOT, check=True)
    return dist


@pytest.fixture
def town(built_pwa: Path, sqlite_template: Path, tmp_path: Path) -> Iterator[Town]:
    """A new town for each journey: SQLite, as a newcomer has it."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "service.db")
    app = build_app(f"sqlite:///{folder / 'service.db'}", folder)
    cast = make_cast(app)
    furnish(app, cast)
    with live_server(app, tmp_path, WORKER_THREAD="1") as server:
        yield Town(app, cast, server)
    close(app)


def furnish(app: Flask, cast: Cast) -> None:
    """A checklist with every type of item, some parts on the shelf, and reasons to choose from."""
    from server.extensions import db
    from server.models import ChecklistVersion, Part, Stock, new_id

    with app.app_context():
        valve = Part(id=new_id(), number="P-2", name="电磁阀", name_en="Valve", unit="个", serialised=True)
        every = ChecklistVersion(
            id=new_id(),
            code="every",
            name="全项检查",
            name_en="Every item",
            kind="repair",
            version=1,
            items=every_item(),
        )
        db.session.add_all([valve, every])
        db.session.add(Stock(id=new_id(), user_id=cast.alice.id, part_id=cast.part.id, quantity=5))
        db.session.commit()


def dispatch(desk: Peer, cast: Cast, lead: User, title: str = "三号机位黑屏", **more: object) -> tuple[str, str]:
    """A work order and a visit of it for `lead`, now; gives both ids."""
    from server import clock
    from server.models import new_id

    order_id, visit_id, start = new_id(), new_id(), clock.now()
    desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, asset_id=cast.asset.id,
        kind="repair", title=title, level=2, level_reason="影响使用", channel="phone", source="customer",
        reported_at=clock.wire(start),
    )  # fmt: skip
    receipt = desk.do(
        "visit.dispatch", id=visit_id, work_order_id=order_id, mode="on_site", lead_id=lead.id,
        slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=2)), checklist_codes=["every"], **more,
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    return order_id, visit_id


def enter(page: Page, town: Town, who: User) -> None:
    """Signs in through the screen and waits until the first sync is complete."""
    page.goto(town.url + "/")
    page.fill("#login-name", who.login)
    page.fill("#login-password", password_of(who))
    page.click("button[type=submit]")
