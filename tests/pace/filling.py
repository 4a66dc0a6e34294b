"""A store as full as that of a busy region: thousands of visits, assets and answers beside the little it had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Of the visits: today's and this week's; all others were handed in long ago.
TODAY, WEEK = 12, 40
ARTICLES = 500
#: What somebody looks for in the knowledge.
WORDS = ("离线", "电源", "摄像头", "道闸", "门禁")

FILL = Path(__file__).with_name("filling.js").read_text()


def fill(page: Page, rows: int) -> dict[str, object]:
    """Puts `rows` visits (with their work orders), assets and answers each into the store of whoever is signed in.

    Gives the ids of today's `visits` (the first is being worked on), the `run` of its checklist, and the `count` of
    all rows afterwards.
    """
    wanted = {"rows": rows, "today": TODAY, "week": WEEK, "articles": ARTICLES, "words": WORDS}
    return page.evaluate(FILL, wanted)
