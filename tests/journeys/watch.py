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
                    found.append((f"{who} at {page.url}", page.locator("body").inner_text(timeout=2000)[:SHOWN]))
        return found
