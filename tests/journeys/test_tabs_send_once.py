"""One person, three tabs: what each records all of them see, and each act goes once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def test_three_tabs_see_each_others_work_and_send_each_act_once(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, TITLE)
    context = fresh("alice", PHONE)
    first = Thumb(context.new_page(), wire.url).enter(alice)
    first.open(TITLE)
    others = [Thumb(context.new_page(), wire.url) for _ in range(2)]
    for tab in others:
        tab.open(TITLE)
    wire.refused.add("push")  # so that what all three record waits together
    first.step("接单", "已接单")
    for i, tab in enumerate([first, *others]):
        tab.state("已接单")  # each tab shows what another recorded, before the server has heard of it
        tab.note(f"第 {i + 1} 个标签页")
    acts = first.held("outbox")
    assert [act["n"] for act in acts] == [1, 2, 3, 4]

    wire.refused.clear()
    for tab in (first, *others):  # all are asked at once, and one does it
        tab.page.evaluate("window.dispatchEvent(new Event('online'))")
    proof.wait_for(lambda: len(proof.journal(town, alice.id)) == 4)
    proof.arrived_once(town, alice.id, acts)
    for tab in others:
        tab.page.goto(f"{wire.url}/sync")
        expect(tab.page.get_by_role("heading", name="全部送达")).to_be_visible()
    assert sorted(proof.pushed_numbers(wire)) == [1, 2, 3, 4], "an act left this browser more than once"
