"""A browser loses a row and keeps one too many: the phone finds out, puts it right, and says so to its person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from server.extensions import db
from server.models import Divergence
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

TITLE = "三号机位黑屏"

# Past everything the app does: the first part is gone, and a note of nobody's work order is there.
CORRUPT = """async (userId) => {
  const ask = (request) => new Promise((good, bad) => {
    request.onsuccess = () => good(request.result)
    request.onerror = () => bad(request.error)
  })
  const db = await ask(indexedDB.open('xunxiu-' + userId))
  const rows = db.transaction('rows', 'readwrite').objectStore('rows')
  const part = (await ask(rows.getAll())).find((row) => row.noun === 'part')
  await ask(rows.delete(part.key))
  const id = '0193aaaa-0000-7000-8000-000000000001', scope = 'wo:0193aaaa-0000-7000-8000-000000000002'
  await ask(rows.put({ key: 'note:' + id, noun: 'note', id, scope, rev: 1, base: {}, body: {}, dirty: 0, refs: [] }))
  db.close()
}"""


def pulled(thumb: Thumb) -> set[tuple[str, int]]:
    return {(row["key"], row["rev"]) for row in thumb.held("rows")}


def at_rest(thumb: Thumb) -> set[tuple[str, int]]:
    """What is pulled once nothing comes any more: that the visit was seen is told, and comes back as a change of it."""
    before, now = None, pulled(thumb)
    while before != now:
        thumb.page.wait_for_timeout(2_000)
        before, now = now, pulled(thumb)
    return now


def test_a_row_the_browser_lost_comes_back_and_the_sync_screen_says_so(
    town: Town, wire: Wire, browser_of: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, TITLE)
    context = browser_of("compared")
    thumb = Thumb(context.pages[0], wire.url).enter(alice)
    thumb.open(TITLE)
    thumb.page.goto(f"{wire.url}/sync")
    thumb.sees("一致（截至")
    right = at_rest(thumb)
    thumb.page.evaluate(CORRUPT, alice.id)
    assert pulled(thumb) != right
    thumb.page.get_by_role("button", name="立即同步").click()
    thumb.sees("发现 2 条不一致，已修复")
    assert pulled(thumb) == right
    thumb.page.get_by_role("button", name="立即同步").click()
    thumb.sees("一致（截至")
    with town.app.app_context():
        found = {(row.cause, row.repaired) for row in db.session.query(Divergence)}
    assert found == {("rows", 1), ("scope", 1)}
