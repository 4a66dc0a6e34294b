"""A session that ended stops sending, never working: what is recorded meanwhile goes when its author signs in again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from server.extensions import db
from server.models import RefreshToken
from tests.browser import PHONE
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import ROUND_MS, Thumb
from tests.journeys.wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

TITLE = "三号机位黑屏"
#: The access token as if its hour had passed.
RUN_OUT = """async (userId) => {
  const ask = (request) => new Promise((good) => { request.onsuccess = () => good(request.result) })
  const db = await ask(indexedDB.open('xunxiu-' + userId))
  const meta = db.transaction('meta', 'readwrite').objectStore('meta')
  const tokens = await ask(meta.get('tokens'))
  const old = { access: 'x', accessExpiresAt: '2020-01-01T00:00:00.000Z' }
  await ask(meta.put({ ...tokens, value: { ...tokens.value, ...old } }))
  db.close()
}"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def test_work_goes_on_after_the_login_expired_and_is_sent_after_signing_in_again(
    town: Town, wire: Wire, fresh: Callable[..., BrowserContext]
) -> None:
    alice = town.cast.alice
    dispatch(town.desk(), town.cast, alice, TITLE)
    thumb = Thumb(fresh("alice", PHONE).new_page(), wire.url).enter(alice)
    page = thumb.page
    thumb.open(TITLE)
    with town.app.app_context():
        db.session.execute(delete(RefreshToken))
        db.session.commit()
    page.evaluate(RUN_OUT, alice.id)
    thumb.step("接单", "已接单")
    expect(page.get_by_role("link", name="登录后发送 1 条")).to_be_visible(timeout=ROUND_MS)
    thumb.step("出发", "在途")
    thumb.note("在路上")
    page.reload()
    thumb.state("在途")
    acts = thumb.held("outbox")
    assert len(acts) == 3 and proof.journal(town, alice.id) == []

    page.get_by_role("link", name="登录后发送 3 条").click()
    page.get_by_role("link", name="重新登录").click()
    thumb.sees("登录已过期", "艾丽 在这台手机上还有 3 条记录未送达")
    thumb.sign_in(alice)
    expect(page).to_have_url(re.compile("/visits$"))
    thumb.everything_arrives()
    proof.arrived_once(town, alice.id, acts)
