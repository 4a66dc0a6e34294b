"""Every screen of the app by its address, read from the routers' own sources, so that none can be forgotten.

`faults(page)` is what a designer would send back: too wide, cut off, too small for a thumb.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
PHONE = ("pwa/src/router.ts", "pwa/src/screens/engineer/routes.ts")
OFFICE = "pwa/src/screens/office/routes.ts"
#: Only what shows something: a redirect has no `component`.
_ROUTE = re.compile(r"path: '([^']+)',[^\n{]*component:")
#: What the first `:id` of an address is; the office's own are named by their first part too.
NAMED = {"visits": "visit", "knowledge": "article", "documents": "document", "work-orders": "order", "sites": "site"}
#: One address, another screen.
ASPECTS = ("/welcome?page=2", "/welcome?page=3", "/visits?list=week", "/visits?list=overdue")
#: CSS px of a target on the phone (WCAG 2.5.5), of which the house promises 48.
THUMB = 44
#: A phone whose person has seen the three screens that come after the first sign-in.
WELCOMED = "localStorage.setItem('xunxiu.welcomed', '2026-11-01T00:00:00.000Z')"

#: Wider than its window; text that is cut off; targets too small, each with its text and its size. A link within a
#: sentence, and what lies under a larger label, are none.
LOOK = """
(thumb) => {
  const said = [], wide = document.scrollingElement.scrollWidth - innerWidth;
  const words = (e) => String(e.getAttribute("aria-label") || e.innerText || e.value || "").trim().slice(0, 40);
  const seen = (e) => e.checkVisibility({visibilityProperty: true}) && !e.closest('.visually-hidden, .skip, [inert]');
  for (const e of document.querySelectorAll('body *')) {
    if (!seen(e)) continue;
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (wide > 0 && box.right > innerWidth + 1 && !e.closest('[data-wide]') && !e.children.length)
      said.push(`too wide: ${e.tagName.toLowerCase()}.${e.className} ${words(e)}`);
    const hides = ['hidden', 'clip'].includes(style.overflowX) && style.display !== 'inline' && e.clientWidth > 1;
    if (hides && e.innerText && e.scrollWidth > e.clientWidth + 1)
      said.push(`cut off: ${e.tagName.toLowerCase()}.${e.className} ${words(e)}`);
    if (!thumb || !e.matches('a[href], button, input, select, textarea, summary, [role=tab]')) continue;
    const label = e.closest('label') || (e.id && document.querySelector(`label[for="${CSS.escape(e.id)}"]`));
    const within = style.display === 'inline' && e.closest('p, li, dd, td, span');
    const area = label && /^(radio|checkbox|file)$/.test(e.type) ? label.getBoundingClientRect() : box;
    if (!within && (area.width < thumb - 0.5 || area.height < thumb - 0.5))
      said.push(`small: ${e.tagName.toLowerCase()}.${e.className} ${words(e)} ${area.width | 0}x${area.height | 0}`);
  }
  if (wide > 0) said.unshift(`scrolls sideways by ${wide} px`);
  return [...new Set(said)];
}
"""

#: Goes to an address as a link would, without loading the page anew, and says when another screen stands there.
GO = """
async (path) => {
  const before = document.querySelector('main#content > *');
  if (before) before.dataset.left = '';
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate', {state: null}));
  for (let i = 0; i < 200; i++) {
    const now = document.querySelector('main#content > *');
    if (now && now.dataset.left === undefined && !document.querySelector('.skeleton')) break;
    await new Promise((done) => setTimeout(done, 25));
  }
  delete before?.dataset.left;
  await Promise.all([...document.images].filter((img) => img.complete).map((img) => img.decode().catch(() => {})));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}
"""


def phone_routes() -> list[str]:
    """As the routers have them: `/visits/:id/report`; with what one address shows as several screens."""
    found = [route for name in PHONE for route in _routes(name) if route.startswith("/") and "(" not in route]
    return [*found, *ASPECTS]


def office_routes() -> list[str]:
    return [f"/office/{route}" for route in _routes(OFFICE) if not route.startswith("/")]


def _routes(name: str) -> list[str]:
    return _ROUTE.findall((ROOT / name).read_text("utf-8"))


def address(route: str, ids: Mapping[str, str]) -> str:
    """The route with the ids of what is there; KeyError says which kind of thing is missing."""
    place = next((NAMED[part] for part in route.split("/") if part in NAMED), "visit")
    names = {"/:id?": "", ":runId": "run", ":code": "code", ":id": place}  # the longer first
    for part, name in names.items():
        if part in route:
            route = route.replace(part, ids[name] if name else "")
    return route


def go(page: Page, path: str) -> None:
    page.evaluate(GO, path)


def faults(page: Page, thumb: int = THUMB) -> list[str]:
    found: list[Any] = page.evaluate(LOOK, thumb)
    return [str(line) for line in found]
