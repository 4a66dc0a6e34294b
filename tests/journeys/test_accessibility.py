"""What axe finds on the main screens, on a phone and on a desk: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE
from tests.journeys.conftest import ROOT, Town, dispatch
from tests.journeys.desk import Desk
from tests.journeys.thumb import Thumb

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLE = "三号机位黑屏"
AXE = ROOT / "pwa" / "node_modules" / "axe-core" / "axe.min.js"
#: WCAG 2.2, levels A and AA, and what axe's authors recommend beside it.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TALL = 3000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not among the installed packages"),
]


def faults(page: Page) -> list[str]:
    """One line per element that breaks a rule."""
    before = page.viewport_size
    if before:  # tall enough that nothing lies under the bar at its end, which axe would take for too small a target
        page.set_viewport_size({"width": before["width"], "height": TALL})
    expect(page.locator(".skeleton")).to_have_count(0)  # pictures far from the screen are not read
    page.evaluate(AXE.read_text("utf-8"))
    result: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", RULES
    )
    if before:
        page.set_viewport_size(before)
    return [
        f"{fault['id']} ({fault['impact']}): {node['target'][0]}: {node['html'][:120]}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]


def test_every_screen_of_the_phone_is_accessible(town: Town, fresh: Callable[..., BrowserContext]) -> None:
    _, visit_id = dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    page = fresh("alice", PHONE).new_page()
    page.goto(town.url)
    expect(page.locator("#login-name")).to_be_visible()
    found = {"login": faults(page)}
    thumb = Thumb(page, town.url).enter(town.cast.alice)
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    visit = f"/visits/{visit_id}"
    parts = ("diagnosis", "parts", "photos", "checklists", "notes", "report", "ledger", "timeline")
    for path in ("/visits", "/sync", "/settings", visit, *(f"{visit}/{part}" for part in parts)):
        page.goto(f"{town.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found[path.replace(visit_id, "…")] = faults(page)
    page.goto(f"{town.url}{visit}/checklists")
    page.get_by_role("button", name=re.compile("^全项检查")).click()
    expect(thumb.item("power")).to_be_visible()
    found["checklist"] = faults(page)
    assert {screen: lines for screen, lines in found.items() if lines} == {}


def test_every_screen_of_the_desk_is_accessible(town: Town, fresh: Callable[..., BrowserContext]) -> None:
    order_id, visit_id = dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    desk = Desk(fresh("dora").new_page(), town.url).enter(town.cast.dora)
    found = {}
    drawer = f"board?wo={order_id}&visit={visit_id}"
    for place in ("board", drawer, "board?view=kanban", "work-orders", "register", "people"):
        desk.page.goto(f"{town.url}/office/{place}")
        expect(desk.page.get_by_role("navigation").first).to_be_visible()
        found[place.split("?wo")[0]] = faults(desk.page)
    assert {screen: lines for screen, lines in found.items() if lines} == {}
