"""Three tabs of one browser hold one live stream: a browser opens only six connections to a server (hazard 36)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import ROUND_MS, Thumb

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SETTLED_MS = 3000  # a tab that wanted a stream of its own would have asked long before
HEARD_MS = 10_000  # sooner than any polling (30 s at the least), so it was the stream
TITLES = "三号机位黑屏", "门禁读卡无反应"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def count_streams(page: Page) -> list[float]:
    """When this tab asked for a stream."""
    asked: list[float] = []

    def note(request: object) -> None:
        if str(getattr(request, "url", "")).endswith("/api/sync/live"):
            asked.append(time.monotonic())

    page.on("request", note)
    return asked


def test_of_three_tabs_one_listens_for_all_and_another_takes_over_when_it_is_closed(
    town: Town, browser_of: Callable[..., BrowserContext]
) -> None:
    context = browser_of("tabs")
    first = context.pages[0]
    streams = {first: count_streams(first)}
    Thumb(first, town.url).enter(town.cast.alice)
    for _ in range(2):
        page = context.new_page()
        streams[page] = count_streams(page)
        Thumb(page, town.url).visits()
        expect(page.get_by_role("link", name="已同步")).to_be_visible(timeout=ROUND_MS)
    first.wait_for_timeout(SETTLED_MS)
    assert [len(asked) for asked in streams.values()] == [1, 0, 0]

    Thumb(first, town.url).visits()
    first.wait_for_timeout(SETTLED_MS)  # its page was left for another, so any tab may lead now
    before = {page: len(asked) for page, asked in streams.items()}
    assert sum(before.values()) == 2

    dispatch(town.desk(), town.cast, town.cast.alice, TITLES[0])
    for page in streams:
        expect(page.get_by_role("link", name=TITLES[0])).to_be_visible(timeout=HEARD_MS)

    leader = max(streams, key=lambda page: max(streams[page], default=0.0))
    leader.close()
    others = [page for page in streams if page is not leader]
    deadline = time.monotonic() + HEARD_MS / 1000
    while sum(len(streams[page]) - before[page] for page in others) == 0 and time.monotonic() < deadline:
        others[0].wait_for_timeout(100)
    others[0].wait_for_timeout(SETTLED_MS)
    assert sum(len(streams[page]) - before[page] for page in others) == 1, "one of the two, and only one"

    dispatch(town.desk(), town.cast, town.cast.alice, TITLES[1])
    for page in others:
        expect(page.get_by_role("link", name=TITLES[1])).to_be_visible(timeout=HEARD_MS)
