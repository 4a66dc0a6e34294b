"""The servers and the browser of the tests are real ones and are gone afterwards."""

import os
import signal
from pathlib import Path

import pytest

from tests.browser import DESKTOP, browser_pid, profile_of
from tests.services import start_postgres, start_redis

# Pages must come from somewhere: a secure context needs localhost, so each test answers for it itself.
PAGE = "http://localhost:9/"
HTML = "<!doctype html><meta name=viewport content=width=device-width><title>巡修</title><p>设备维修服务报告单</p>"


def answer(context):
    context.route(PAGE, lambda route: route.fulfill(body=HTML, content_type="text/html; charset=utf-8"))
    return context


@pytest.mark.postgres
def test_postgresql_keeps_rows_and_copies_databases(postgres):
    url = postgres.create_database("one")
    postgres.execute("CREATE TABLE t AS SELECT '巡修' AS name", "one")
    assert postgres.create_database("two", template="one") == url.replace("one", "two")
    postgres.execute("INSERT INTO t VALUES ('x')", "two")
    postgres.drop_database("one")
    postgres.drop_database("two")


@pytest.mark.postgres
def test_postgresql_is_gone_when_its_block_ends():
    with start_postgres(durable=True) as server:
        os.kill(server.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    assert not server.folder.exists()


@pytest.mark.redis
def test_redis_answers_and_is_gone_when_its_block_ends(redis_server):
    import redis

    assert redis.Redis.from_url(redis_server.url()).ping()
    with start_redis() as other:
        assert other.port != redis_server.port
    with pytest.raises(ProcessLookupError):
        os.kill(other.pid, 0)


@pytest.mark.browser
def test_the_phone_is_390_wide_speaks_chinese_and_has_a_camera(phone):
    page = answer(phone).new_page()
    page.goto(PAGE)
    assert page.evaluate("[innerWidth, navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]") == [
        page.viewport_size["width"],
        "zh-CN",
        "Asia/Shanghai",
    ]
    camera = "navigator.mediaDevices.getUserMedia({video: true}).then(s => s.getVideoTracks()[0].readyState)"
    assert page.evaluate(camera) == "live"


@pytest.mark.browser
def test_a_browser_killed_or_closed_comes_back_with_its_store(persistent, tmp_path: Path):
    def visit(context):
        page = answer(context).new_page()
        page.goto(PAGE)
        return page

    context = persistent("alice", DESKTOP)
    visit(context).evaluate("localStorage.setItem('k', '维修')")
    context.close()
    context = persistent("alice", DESKTOP)
    assert visit(context).evaluate("localStorage.getItem('k')") == "维修"
    os.kill(browser_pid(profile_of(tmp_path, "alice")), signal.SIGKILL)
    context = persistent("alice", DESKTOP)
    assert visit(context).evaluate("localStorage.getItem('k')") == "维修"
