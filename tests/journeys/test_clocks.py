"""A phone whose clock is wrong by days, and one that met no network for a day: the same results, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from server import clock
from server.models import Event, PhoneStatus, Visit
from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from server.models import User

HERS, HIS = "三号机位黑屏", "门禁读卡无反应"
TEN_DAYS, HOUR = timedelta(days=10), timedelta(hours=1)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def phone_with_clock(context: BrowserContext, wire: Wire, who: User, off: timedelta) -> Thumb:
    """Its pages believe that it is now plus `off`, and the seconds pass as they do."""
    context.clock.install(time=datetime.now(UTC) + off)
    return Thumb(context.new_page(), wire.url).enter(who)


def test_a_clock_ten_days_wrong_changes_no_result_and_is_shown(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    cast = town.cast
    dispatch(town.desk(), cast, cast.alice, HERS)
    dispatch(town.desk(), cast, cast.bob, HIS)
    began = clock.now()
    for who, title, off, words in (
        (cast.alice, HERS, TEN_DAYS + HOUR, "快了10天"),
        (cast.bob, HIS, -TEN_DAYS - HOUR, "慢了10天"),
    ):
        # No Background Sync: the worker's clock is the machine's, and what it sends says so.
        thumb = phone_with_clock(fresh(who.login, PHONE, permissions=["camera"]), wire, who, off)
        page = thumb.page
        page.goto(f"{wire.url}/visits/{proof.rows(town, Visit, lead_id=who.id)[0].id}")
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        wire.refused.add("push")
        thumb.step("接单", "已接单")
        thumb.step("出发", "在途")
        acts = thumb.held("outbox")
        believed = clock.parse(acts[0]["at"]) - clock.now()
        assert abs(believed - off) < timedelta(minutes=2), "the page's clock is right: this proves nothing"
        wire.refused.clear()
        thumb.everything_arrives()
        thumb.sees(words)
        proof.arrived_once(town, who.id, acts)
        assert proof.rows(town, Visit, lead_id=who.id)[0].state == "travelling"
    events = [event for event in proof.rows(town, Event) if event.kind in ("visit.accept", "visit.travel")]
    assert len(events) == 4
    for event in events:
        assert began - timedelta(seconds=5) <= event.at <= clock.now(), "a wrong clock got into the record"
    flagged = {row.user_id: timedelta(milliseconds=row.clock_offset_ms) for row in proof.rows(town, PhoneStatus)}
    assert abs(flagged[cast.alice.id] + TEN_DAYS + HOUR) < timedelta(minutes=2)
    assert abs(flagged[cast.bob.id] - TEN_DAYS - HOUR) < timedelta(minutes=2)


def test_a_day_without_a_network_is_said_aloud_and_ends_with_everything_delivered(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, HERS)
    day = timedelta(hours=25)
    context = fresh("alice", PHONE)
    thumb = phone_with_clock(context, wire, alice, -day)
    page = thumb.page
    thumb.ready_for_no_network()
    wire.unplug()
    page.goto(f"{wire.url}/visits/{proof.visit_ids(town)[0]}")
    thumb.step("接单", "已接单")
    thumb.note("门锁着，明天再来")
    thumb.sync_screen()
    assert page.get_by_text("有内容很久没有送达").count() == 0
    context.clock.fast_forward(int(day.total_seconds() * 1000))
    thumb.sees("有内容很久没有送达", "已经1天1小时没有送出")
    expect(page.get_by_role("link", name="2 条久未送达")).to_be_visible()
    page.reload()  # the phone was put away for the night, and nobody signs in again
    thumb.sees("有内容很久没有送达")
    page.goto(f"{wire.url}/visits/{proof.visit_ids(town)[0]}")
    thumb.step("出发", "在途")
    acts = thumb.held("outbox")

    wire.plug_in()  # the access token ran out long ago; it is renewed without a word
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, acts)
    assert page.get_by_text("有内容很久没有送达").count() == 0
