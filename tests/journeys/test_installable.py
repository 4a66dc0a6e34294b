"""The app can be put on the home screen, and then needs nobody: it opens with the server switched off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def installability_errors(context: BrowserContext, thumb: Thumb) -> list[str]:
    """The browser's own opinion of why the app could not be installed."""
    tools = context.new_cdp_session(thumb.page)
    found: list[dict[str, Any]] = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    return [error["errorId"] for error in found]


def test_the_app_can_be_installed_and_opens_with_the_server_switched_off(
    town: Town, browser_of: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, TITLE)
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], town.url).enter(alice)
    place = thumb.page.locator("link[rel=manifest]").get_attribute("href")
    manifest = thumb.page.request.get(f"{town.url}{place}").json()
    assert (manifest["display"], manifest["start_url"], manifest["id"]) == ("standalone", "/", "/")
    assert {"any", "maskable"} <= {icon["purpose"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        answer = thumb.page.request.get(f"{town.url}{icon['src']}")
        assert answer.ok, icon["src"]
        if icon["type"] == "image/png":
            with Image.open(BytesIO(answer.body())) as picture:
                assert f"{picture.width}x{picture.height}" == icon["sizes"]
    thumb.ready_for_no_network()
    assert installability_errors(context, thumb) == []

    town.server.stop()
    thumb.page.reload()
    thumb.open(TITLE)
    thumb.step("接单", "已接单")
    context.close()
    context = browser_of("alice")
    thumb = Thumb(context.pages[0], town.url).start()
    thumb.open(TITLE)
    thumb.state("已接单")
    for name in ("诊断", "备件", "照片", "检查表", "备注", "报告签字"):  # each screen is a file of its own
        thumb.page.get_by_role("link", name=re.compile(rf"^{name}")).click()
        expect(thumb.page.get_by_role("heading", name=name, level=1)).to_be_visible()
        thumb.back()
    acts = thumb.held("outbox")

    town.server.start()
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, acts)


SHOWN = """navigator.serviceWorker.ready.then((it) => it.getNotifications()).then((all) =>
  all.map(({ title, body, tag, data }) => ({ title, body, tag, path: data.path })))"""


def test_what_the_server_calls_the_phone_for_is_shown_by_the_worker(
    town: Town, fresh: Callable[..., BrowserContext]
) -> None:
    """Sealing and sending have tests of their own; here the browser's own push reaches the worker we built."""
    context = fresh("alice", PHONE, permissions=["notifications"])
    thumb = Thumb(context.new_page(), town.url).enter(town.cast.alice)
    thumb.ready_for_no_network()
    tools, registrations = context.new_cdp_session(thumb.page), []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda said: registrations.extend(said["registrations"]))
    tools.send("ServiceWorker.enable")
    proof.wait_for(lambda: thumb.page.evaluate("true") and registrations)
    call = {"title": "紧急工单", "body": "SN20261127001", "tag": "n1", "path": "/notices"}
    for data in (json.dumps(call), "not what we send"):  # for every call something is shown, or the right to it is lost
        message = {"origin": town.url, "registrationId": registrations[0]["registrationId"], "data": data}
        tools.send("ServiceWorker.deliverPushMessage", message)
    proof.wait_for(lambda: len(thumb.page.evaluate(SHOWN)) == 2)
    assert call in thumb.page.evaluate(SHOWN)
