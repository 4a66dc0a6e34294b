"""A served house and the people who use it: the real server as `make run` starts it, and real browsers before it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from tests.browser import DESKTOP, PHONE
from tests.cast import Cast, make_cast
from tests.conftest import build_app, close
from tests.journeys.items import every_item
from tests.journeys.watch import Watch
from tests.journeys.wire import Wire, wire_to
from tests.peer import Peer
from tests.tus_client.live import Live, live_server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from server.models import User

ROOT = Path(__file__).resolve().parent.parent.parent
#: What the served app is made of; a change in any of these makes the built one old.
SOURCES = ("pwa/src", "pwa/public", "pwa/index.html", "pwa/vite.config.ts", "pwa/package.json", "sync/rules")


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


def newest(paths: list[Path]) -> float:
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return max((file.stat().st_mtime for file in files), default=0.0)


@pytest.fixture(scope="session")
def built_pwa() -> Path:
    """The PWA as it is served, built again when its sources are newer, so that a journey never walks an old house."""
    dist = ROOT / "pwa" / "dist"
    built = dist / "sw.js"
    if not built.exists() or built.stat().st_mtime < newest([ROOT / path for path in SOURCES]):
        subprocess.run(["make", "build"], cwd=ROOT, check=True, capture_output=True)
        os.utime(built)
    return dist


@pytest.fixture
def town(built_pwa: Path, sqlite_template: Path, tmp_path: Path) -> Iterator[Town]:
    """A new town for each journey: SQLite, as a newcomer has it."""
    with town_served(sqlite_template, tmp_path) as town:
        yield town


@contextmanager
def town_served(sqlite_template: Path, tmp_path: Path, **settings: str) -> Iterator[Town]:
    """As `town`, with settings of the environment for its server."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "service.db")
    app = build_app(f"sqlite:///{folder / 'service.db'}", folder)
    cast = make_cast(app)
    furnish(app, cast)
    with live_server(app, tmp_path, WORKER_THREAD="1", **settings) as server:
        yield Town(app, cast, server)
    close(app)


@pytest.fixture
def wire(town: Town) -> Iterator[Wire]:
    """A line to the town's server that the test can hold and cut."""
    with wire_to(town.server.port) as line:
        yield line


def furnish(app: Flask, cast: Cast) -> None:
    """A checklist with every type of item, some parts on the shelf, and a repair of last month."""
    from server import clock
    from server.extensions import db
    from server.models import ChecklistVersion, Part, ServiceRecord, Stock, new_id

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
        record = ServiceRecord(
            id=new_id(), site_id=cast.site.id, asset_id=cast.asset.id, work_order_id=new_id(), visit_id=new_id(),
            number="SN20261001007", title="控制器死机", finished_at=clock.now() - timedelta(days=30),
            engineer_name="鲍勃", symptom="无响应", cause="程序跑飞", action="重启", test_result="passed",
        )  # fmt: skip
        db.session.add_all([valve, every, record])
        db.session.add(Stock(id=new_id(), user_id=cast.alice.id, part_id=cast.part.id, quantity=5))
        db.session.commit()


def dispatch(desk: Peer, cast: Cast, lead: User, title: str = "三号机位黑屏", **more: object) -> tuple[str, str]:
    """A work order and a visit of it for `lead`, now; gives both ids."""
    from server import clock
    from server.models import new_id

    order_id, visit_id, start = new_id(), new_id(), clock.now()
    desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, asset_id=cast.asset.id,
        kind="repair", title=title, level=2, level_reason="影响使用", channel="hotline", source="customer",
        reported_at=clock.wire(start),
    )  # fmt: skip
    receipt = desk.do(
        "visit.dispatch", id=visit_id, work_order_id=order_id, mode="on_site", lead_id=lead.id,
        slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=2)),
        checklist_codes=["every"], **more,
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    return order_id, visit_id


# --- Browsers ---------------------------------------------------------------------------------------------


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """Hears every page of the journey, and fails it when one of them met an error of ours."""
    request.node.watch = watch = Watch()
    yield watch
    assert not watch.errors, "errors on the pages:\n" + "\n".join(watch.errors)


@pytest.fixture
def browser_of(persistent: Callable[..., BrowserContext], watch: Watch) -> Callable[..., BrowserContext]:
    """`browser_of("alice")`: her own phone with a profile on disk; asked again, the same one started anew."""

    def open_(who: str, **more: Any) -> BrowserContext:
        return watch.follow(persistent(who, PHONE, **more), who)

    return open_


@pytest.fixture
def fresh(new_context: Callable[..., BrowserContext], watch: Watch) -> Callable[..., BrowserContext]:
    """`fresh("dora", DESKTOP)`: a browser that forgets everything with the test."""

    def open_(who: str, size: dict[str, int] = DESKTOP, **more: Any) -> BrowserContext:
        return watch.follow(new_context(size, **more), who)

    return open_


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """While the pages are still open, what stood on them and what they said goes into the report of a failure."""
    outcome = yield
    report = outcome.get_result()
    watch: Watch | None = getattr(item, "watch", None)
    if watch and report.when == "call" and report.failed:
        report.sections.append(("what the pages said", watch.said()))
        report.sections += watch.screens()
