"""Chinese first, English as a whole: switched by a press, remembered, and then no Chinese word is left but data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import ROUND_MS, Thumb

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLE = "三号机位黑屏"
HAN = re.compile(r"[\u4e00-\u9fff]")
#: The switch itself names the other language in that language.
THE_OTHER = "中文"
#: Every word a person can see or hear on a page.
WORDS = """() => {
  const words = [document.title]
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest('script, style, noscript')) words.push(walk.currentNode.data)
  }
  for (const element of document.querySelectorAll('*')) {
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) words.push(element.getAttribute(name) ?? '')
  }
  return words.map((word) => word.trim()).filter(Boolean)
}"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def data_of(thumb: Thumb) -> list[str]:
    """Chinese words that are in the rows and have no English beside them; the longest first."""
    bodies = [row["body"] for row in thumb.held("rows") if row["body"]]
    named = {body["name"] for body in bodies if body.get("name_en")}
    words = {text for text in strings_in(bodies) if HAN.search(text)} - named
    people = {body["name"] for body in bodies if "login" in body}  # a person is called what they are called
    return sorted(words | people, key=len, reverse=True)


def chinese_left(page: Page, data: Iterable[str]) -> list[str]:
    left = []
    for words in page.evaluate(WORDS):
        rest = words.replace(THE_OTHER, "")
        for known in data:
            rest = rest.replace(known, "")
        if HAN.search(rest):
            left.append(words)
    return left


def switch_to_english(thumb: Thumb) -> None:
    thumb.page.goto(f"{thumb.url}/settings")
    thumb.choose("English")
    expect(thumb.page.get_by_role("heading", level=1)).not_to_have_text(HAN)
    assert thumb.page.evaluate("document.documentElement.lang") == "en"


def test_a_phone_in_english_stays_english_and_says_nothing_in_chinese_but_data(
    town: Town, fresh: Callable[..., BrowserContext]
) -> None:
    _, visit_id = dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    thumb = Thumb(fresh("alice", PHONE).new_page(), town.url).enter(town.cast.alice)
    switch_to_english(thumb)
    thumb.page.reload()
    thumb.page.get_by_role("link", name="Visits").click()
    thumb.page.get_by_role("link", name=TITLE).click()
    thumb.page.get_by_role("button", name="Accept", exact=True).click()
    expect(thumb.page.locator("main .badge").filter(has_text="Accepted").first).to_be_visible()
    data = data_of(thumb)
    found: dict[str, list[str]] = {}
    parts = (
        "",
        "/diagnosis",
        "/parts",
        "/photos",
        "/checklists",
        "/notes",
        "/report",
        "/history",
        "/ledger",
        "/timeline",
    )
    for path in ("/visits", "/visits?list=week", "/sync", "/settings", *(f"/visits/{visit_id}{p}" for p in parts)):
        thumb.page.goto(f"{town.url}{path}")
        expect(thumb.page.get_by_role("heading", level=1)).to_be_visible()
        expect(thumb.page.locator(".skeleton")).to_have_count(0)
        if left := chinese_left(thumb.page, data):
            found[path.replace(visit_id, "…")] = left
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def test_the_desk_in_english_says_nothing_in_chinese_but_data(town: Town, fresh: Callable[..., BrowserContext]) -> None:
    order_id, visit_id = dispatch(town.desk(), town.cast, town.cast.alice, TITLE)
    sam = town.cast.sam
    thumb = Thumb(fresh("sam").new_page(), town.url)
    thumb.start()
    thumb.sign_in(sam)
    expect(thumb.page.get_by_role("button", name=re.compile("^实时"))).to_be_visible(timeout=ROUND_MS)
    thumb.page.get_by_role("button", name="English").click()
    thumb.page.reload()
    expect(thumb.page.get_by_role("button", name=re.compile("^Live"))).to_be_visible(timeout=ROUND_MS)
    data = data_of(thumb)
    found: dict[str, list[str]] = {}
    drawer = f"board?wo={order_id}&visit={visit_id}"
    # The import screen is left out: it names the Chinese headers that a file may have.
    places = ("board", drawer, "board?view=kanban", "work-orders", "register", "people")
    for place in places:
        thumb.page.goto(f"{town.url}/office/{place}")
        expect(thumb.page.get_by_role("navigation").first).to_be_visible()
        expect(thumb.page.locator(".skeleton")).to_have_count(0)
        if left := chinese_left(thumb.page, data):
            found[place.split("?wo")[0]] = left
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)
