"""What axe finds on every screen of the phone and of the desk: nothing. And what a thumb and large letters find."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from server.extensions import db
from server.models import Article, new_id
from tests import screens
from tests.browser import PHONE
from tests.journeys.conftest import ROOT, Town, dispatch
from tests.journeys.desk import Desk
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.server.pictures import photo

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLE = "三号机位黑屏"
AXE = ROOT / "pwa" / "node_modules" / "axe-core" / "axe.min.js"
#: WCAG 2.2, levels A and AA, and what axe's authors recommend beside it.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Tall enough that nothing lies under the bar at its end, which axe would take for too small a target.
TALL = 3000
NARROW = {"width": 360, "height": 800}
DARK = ("dark", "sunlight")

#: All rules in the light, then the colours once more in the other two.
RUN = """
async ([tags, themes]) => {
  const root = document.documentElement, was = root.dataset.theme, found = [];
  const still = root.appendChild(document.createElement('style'));
  still.textContent = '* { transition: none !important; animation: none !important }';
  const note = (result, theme) => { for (const fault of result.violations) for (const node of fault.nodes)
    found.push(`${theme}${fault.id} (${fault.impact}): ${node.target[0]}: ${node.html.slice(0, 120)}`) };
  note(await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}), '');
  for (const theme of themes) {
    root.dataset.theme = theme;
    note(await axe.run(document, {runOnly: ['color-contrast'], resultTypes: ['violations']}), `${theme}: `);
  }
  root.dataset.theme = was;
  still.remove();
  return found;
}
"""
LETTERS = "(scale) => document.documentElement.style.setProperty('--font-scale', scale)"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not among the installed packages"),
]


def faults(page: Page, themes: tuple[str, ...] = ()) -> list[str]:
    """One line per element that breaks a rule."""
    before = page.viewport_size or PHONE
    page.set_viewport_size({"width": before["width"], "height": TALL})
    expect(page.locator(".skeleton")).to_have_count(0)  # pictures far from the screen are not read
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = page.evaluate(RUN, [RULES, list(themes)])
    page.set_viewport_size(before)
    return [str(line) for line in found]


def told(found: dict[str, list[str]]) -> str:
    return "\n".join(f"{screen}: {line}" for screen, lines in found.items() for line in lines)


def in_the_hand(page: Page) -> list[str]:
    """On the narrowest phone: targets of a thumb, and nothing lost with letters of twice the size."""
    page.set_viewport_size(NARROW)
    found = screens.faults(page)
    page.evaluate(LETTERS, "2")
    found += [f"letters of 200 %: {line}" for line in screens.faults(page, thumb=0)]
    page.evaluate(LETTERS, "1")
    page.set_viewport_size(PHONE)
    return found


def lived_in(town: Town) -> dict[str, str]:
    """A visit with something in every part of it, a drawing, an article, and a patrol's checklist; by their kind."""
    desk, cast = town.desk(), town.cast
    order_id, visit_id = dispatch(desk, cast, cast.alice, TITLE, brief="请先联系门卫", bring=["万用表"])
    alice = town.peer(cast.alice).pull()
    for name in ("accept", "travel", "arrive", "work"):
        alice.act(f"visit.{name}", visit_id=visit_id)
    version = next(alice.bodies("checklist_version", code="every"))
    run_id, picture = new_id(), photo()
    alice.act("checklist.start", id=run_id, visit_id=visit_id, version_id=version["id"])
    alice.act("checklist.answer", id=new_id(), run_id=run_id, item_id="power", value="fail", note="指示灯不亮")
    alice.act("note.add", id=new_id(), visit_id=visit_id, text="配电箱无标识")
    alice.act(
        "part.use", id=new_id(), visit_id=visit_id, part_id=cast.part.id, quantity=1, source="own", note="原件老化"
    )
    alice.act("help.ask", id=new_id(), work_order_id=order_id, visit_id=visit_id, text="换了电源仍然黑屏")
    alice.push()
    headers = {**desk.headers, "Content-Type": "application/octet-stream"}
    pages = desk.client.post("/api/documents/pages", data=picture, headers=headers).get_json()["pages"]
    document_id, article_id = new_id(), new_id()
    desk.do(
        "document.add", id=document_id, site_id=cast.site.id, kind="layout", title="地下二层点位图",
        pages=[{"sha256": page["sha256"]} for page in pages],
    )  # fmt: skip
    desk.do(
        "point.add", id=new_id(), site_id=cast.site.id, code="P1", name="监控中心", item_ids=["power"], token="XD-1"
    )
    with town.app.app_context():
        db.session.add(Article(id=article_id, number="KB-1", title="离线先量电源", text="## 处理\n1. 量电源"))
        db.session.commit()
    return {
        "order": order_id, "visit": visit_id, "run": run_id, "document": document_id, "article": article_id,
        "site": cast.site.id, "code": "every",
    }  # fmt: skip


def test_every_screen_of_the_phone_is_accessible(town: Town, fresh: Callable[..., BrowserContext]) -> None:
    ids = lived_in(town)
    page = fresh("alice", PHONE, reduced_motion="reduce").new_page()
    page.goto(town.url, timeout=2 * ROUND_MS)
    expect(page.locator("#login-name")).to_be_visible()
    found = {"login": faults(page, DARK) + in_the_hand(page)}
    Thumb(page, town.url).enter(town.cast.alice)
    for route in screens.phone_routes():
        screens.go(page, screens.address(route, ids))
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        found[route] = faults(page, DARK) + in_the_hand(page)
    found |= dialogs(page, f"/visits/{ids['visit']}")
    if lines := told(found):
        pytest.fail(lines, pytrace=False)


def dialogs(page: Page, visit: str) -> dict[str, list[str]]:
    """What comes from below on the way through a visit: steps, a reason, a part."""
    found = {}

    def look(name: str, button: str | re.Pattern[str]) -> None:
        # A browser whose window was just measured at three sizes no longer knows where the bar below is to be hit.
        page.get_by_role("button", name=button).first.dispatch_event("click")
        expect(page.locator("dialog[open]")).to_be_visible()
        found[name] = faults(page, DARK) + in_the_hand(page)

    screens.go(page, visit)
    look("steps", "其他操作")
    look("reason", re.compile("^未能完成"))
    page.keyboard.press("Escape")
    screens.go(page, f"{visit}/parts")
    look("parts", "添加备件")
    page.keyboard.press("Escape")
    return found


def test_every_screen_of_the_desk_is_accessible(town: Town, fresh: Callable[..., BrowserContext]) -> None:
    ids = lived_in(town)
    desk = Desk(fresh("ada", reduced_motion="reduce").new_page(), town.url).enter(town.cast.ada)
    found = {}
    drawer = f"/office/board?wo={ids['order']}&visit={ids['visit']}"
    boards = [f"/office/board?view={view}" for view in ("kanban", "timeline", "list", "map")]
    for route in (*screens.office_routes(), drawer, *boards):
        screens.go(desk.page, screens.address(route, ids))
        expect(desk.page.get_by_role("navigation").first).to_be_visible()
        found[route.split("?wo")[0]] = faults(desk.page)  # its colours are those the phone was looked at in
    if lines := told(found):
        pytest.fail(lines, pytrace=False)
