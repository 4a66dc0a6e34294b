"""What pages say to themselves. An error that nobody expected fails the journey; on failure all of it is printed."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

#: The browser's own lines about requests that found no network or no server: that is what the journeys are about.
OF_THE_LINE = re.compile(r"Failed to load resource|net::ERR_")
#: Characters of a screen shown with a failure.
SHOWN = 1500

#: Why the phone could not sync, and how much waits, from its own database.
SYNC_STATE = """async () => {
  const done = (request) => new Promise((good) => { request.onsuccess = () => good(request.result) })
  const told = []
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('xunxiu-') || name === 'xunxiu-device') continue
    const db = await done(indexedDB.open(name))
    const meta = await done(db.transaction('meta').objectStore('meta').getAll())
    const outbox = await done(db.transaction('outbox').objectStore('outbox').count())
    told.push([meta.find((entry) => entry.key === 'problem')?.value, `${outbox} acts in the outbox`])
    db.close()
  }
  return JSON.stringify(told)
}"""


class Watch:
    """Listens to every page of every browser of one journey."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.pages: list[tuple[str, Page]] = []

    def follow(self, context: BrowserContext, who: str) -> BrowserContext:
        for page in context.pages:
            self._listen(page, who)
        context.on("page", lambda page: self._listen(page, who))
        return context

    def _listen(self, page: Page, who: str) -> None:
        self.pages.append((who, page))
        page.on("pageerror", lambda error: self._note(who, "page error", str(error), bad=True))
        page.on("console", lambda line: self._console(who, line.type, line.text))

    def _console(self, who: str, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self._note(who, kind, text, bad=kind == "error" and not OF_THE_LINE.search(text))

    def _note(self, who: str, kind: str, text: str, bad: bool) -> None:
        line = f"{who}: {kind}: {text}"
        self.lines.append(line)
        if bad:
            self.errors.append(line)

    def said(self) -> str:
        return "\n".join(self.lines) or "nothing"

    def screens(self) -> list[tuple[str, str]]:
        """Where each open page is and what stands on it."""
        found = []
        for who, page in self.pages:
            with suppress(Exception):
                if not page.is_closed():
                    with suppress(Exception):
                        found.append((f"sync of {who}", str(page.evaluate(SYNC_STATE))))
                    found.append((f"{who} at {page.url}", page.locator("body").inner_text(timeout=2000)[:SHOWN]))
        return found
