"""A new version of the app comes while work waits: it takes over when nobody is disturbed, and loses nothing.

Two real builds that differ in the version they call themselves, and so in the names of their parts.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import ROOT, Town, dispatch, town_served
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire, wire_to

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLE = "三号机位黑屏"
OLD, NEW = "1.0.0-old", "1.0.1-new"
#: The worker has fetched all of the new version: `update()` itself ends as soon as it has begun to.
WAITING = """async () => {
  const found = await (await navigator.serviceWorker.getRegistration()).update()
  while (found.installing) await new Promise((done) => setTimeout(done, 50))
  return true
}"""
IS_WAITING = "navigator.serviceWorker.getRegistration().then((it) => !!it.waiting)"
#: As another tab or a crashed browser does it, whatever this page thinks of the moment.
TAKE_OVER = """async () => {
  const { waiting } = await navigator.serviceWorker.getRegistration()
  waiting?.postMessage({ type: 'SKIP_WAITING' })
  return !waiting
}"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def builds(built_pwa: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both versions, built by the same tool as the one that is served."""
    folder = tmp_path_factory.mktemp("builds")
    made = {version: folder / version for version in (OLD, NEW)}
    for version, out in made.items():
        subprocess.run(
            ["npx", "vite", "build", "--outDir", str(out), "--logLevel", "error"],
            cwd=ROOT / "pwa", env={**os.environ, "APP_VERSION": version, "PATH": path_with_node()},
            check=True, capture_output=True,
        )  # fmt: skip
    return made


def path_with_node() -> str:
    ask = [sys.executable, "deploy/bootstrap.py", "node-bin"]
    found = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True)
    return os.pathsep.join([found.stdout.strip().splitlines()[-1], os.environ["PATH"]])


@pytest.fixture
def served(builds: dict[str, Path], tmp_path: Path) -> Callable[[str], None]:
    """`served(NEW)`: from now on the server gives that version and has no part of the other."""

    def put(version: str) -> None:
        fresh = tmp_path / "dist-next"
        fresh.symlink_to(builds[version])
        fresh.replace(tmp_path / "dist")

    put(OLD)
    return put


@pytest.fixture
def town(served: Callable[[str], None], sqlite_template: Path, tmp_path: Path) -> Iterator[Town]:
    with town_served(sqlite_template, tmp_path, PWA_DIST=str(tmp_path / "dist")) as town:
        yield town


@pytest.fixture
def wire(town: Town) -> Iterator[Wire]:
    with wire_to(town.server.port) as line:
        yield line


def is_another_page(page: Page) -> bool:
    with suppress(Error):  # between the two there is none
        return page.evaluate("!window.stillTheSamePage")
    return False


def no_version_waits(page: Page) -> bool:
    with suppress(Error):  # it may be starting anew at this very moment
        return not page.evaluate(IS_WAITING)
    return False


def is_new(thumb: Thumb) -> bool:
    with suppress(Error):  # it may be starting anew at this very moment
        return version_of(thumb) == NEW
    return False


def version_of(thumb: Thumb) -> str:
    thumb.sync_screen()
    shown = thumb.page.get_by_role("region", name="这台手机").get_by_text(re.compile(f"^({OLD}|{NEW})$"))
    return shown.inner_text()


def test_an_update_waits_for_the_outbox_and_the_visit_and_the_old_page_goes_on(
    town: Town, wire: Wire, served: Callable[[str], None], fresh: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, TITLE)
    # No Background Sync: a worker that is asked to send every few seconds does not hand over in the time of a test.
    context = fresh("alice", PHONE, permissions=["camera"])
    thumb = Thumb(context.new_page(), wire.url).enter(alice)
    page = thumb.page
    thumb.ready_for_no_network()
    assert version_of(thumb) == OLD
    wire.refused.add("push")
    thumb.open(TITLE)
    thumb.step("接单", "已接单")

    served(NEW)
    page.evaluate(WAITING)
    proof.wait_for(lambda: page.evaluate(IS_WAITING))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    thumb.step("出发", "在途")
    assert page.evaluate(IS_WAITING), "the new version took over while a visit was open"
    thumb.visits()  # no visit is open any more, and work still waits
    assert page.evaluate(IS_WAITING), "the new version took over while work waited"

    # It takes over all the same: the page of the version before loads parts that no server has any more.
    thumb.open(TITLE)
    page.evaluate("window.stillTheSamePage = true")
    # The worker before finishes what it was at; asked now and then, not fifty times a second.
    proof.wait_for(lambda: page.evaluate(TAKE_OVER) or page.wait_for_timeout(1000), seconds=120)
    thumb.note("旧页面写的")
    thumb.tile("照片")
    thumb.back()
    assert page.evaluate("window.stillTheSamePage"), "the page started anew under somebody's hands"
    acts = thumb.held("outbox")
    assert [act["act"] for act in acts] == ["visit.accept", "visit.travel", "note.add"]

    page.get_by_role("button", name="返回", exact=True).click()  # done with the visit: now it may start anew
    proof.wait_for(lambda: is_another_page(page))
    wire.refused.clear()
    thumb.everything_arrives()
    expect(page.get_by_text(NEW)).to_be_visible()
    proof.arrived_once(town, alice.id, acts)


def test_an_update_takes_over_by_itself_when_nothing_is_under_way(
    town: Town, wire: Wire, served: Callable[[str], None], fresh: Callable[..., BrowserContext]
) -> None:
    context = fresh("alice", PHONE)
    thumb = Thumb(context.new_page(), wire.url).enter(town.cast.alice)
    thumb.ready_for_no_network()
    thumb.page.keyboard.press("Shift")  # somebody is at it: this page takes nothing over by itself any more
    served(NEW)
    thumb.page.evaluate(WAITING)
    assert thumb.page.evaluate(IS_WAITING), "the new version took over under somebody's hands"
    # Opened again, as from the home screen: nobody is asked, whatever it sends and fetches meanwhile. The page that is
    # left may be quicker: out of sight it takes the version over and starts anew, and ours is not needed any more.
    with suppress(Error):
        thumb.start()
    proof.wait_for(lambda: no_version_waits(thumb.page), seconds=60)
    proof.wait_for(lambda: is_new(thumb))
