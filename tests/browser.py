"""A real browser for the tests: the system's Chromium, driven by Playwright.

Nothing is downloaded. Without a Chromium the tests that ask for one are skipped, or fail when CI=true.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.services import absent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Playwright

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
#: Long enough for a slow machine with everything else running, short enough to notice a hang.
TIMEOUT_MS = 15_000

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
#: Quiet: no look-ups at the vendor, and no sandbox because CI is root.
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
CAMERA_FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
#: `background-sync` beside `camera`, or the worker's sync event never fires headless.
PERMISSIONS = ["camera", "background-sync"]


def find_chromium() -> str | None:
    """The path of the browser to drive; CHROMIUM names another one."""
    named = [os.environ.get("CHROMIUM")] if os.environ.get("CHROMIUM") else []
    found = (shutil.which(name) for name in (*named, *CHROMIUM_NAMES))
    places = (place for place in CHROMIUM_PLACES if Path(place).exists())
    return next((path for path in (*found, *places) if path), None)


def flags(camera_file: Path | None = None) -> list[str]:
    """Chromium's flags with the fake camera; `camera_file` is an .mjpeg it shows instead of the test picture."""
    film = [f"--use-file-for-fake-video-capture={camera_file}"] if camera_file else []
    return [*CHROMIUM_FLAGS, *CAMERA_FLAGS, *film]


def device(size: dict[str, int]) -> dict[str, Any]:
    """Context options for a screen of this size; the small one touches, the large one has a mouse."""
    phone = size["width"] < 600
    return {
        "viewport": size,
        "device_scale_factor": 2 if phone else 1,
        "is_mobile": phone,
        "has_touch": phone,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
    }


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    if find_chromium() is None:
        absent("Chromium")
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for the session; every test makes its own contexts."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags())
    yield browser
    browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """`new_context(PHONE, base_url=…)`: an empty profile, gone with the test."""
    with ExitStack() as stack:

        def make(size: dict[str, int] = PHONE, **more: Any) -> BrowserContext:
            context = chromium.new_context(**{**device(size), "permissions": PERMISSIONS, **more})
            context.set_default_timeout(TIMEOUT_MS)
            stack.callback(context.close)
            return context

        yield make


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    return new_context(PHONE)


@pytest.fixture
def desktop(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    return new_context(DESKTOP)


@pytest.fixture
def persistent(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., BrowserContext]]:
    """`persistent("alice", PHONE)`: a browser whose profile is on disk.

    Close the context and ask again with the same name: that is the browser restarted, with its stores,
    worker and caches as they were. SIGKILL to `browser_pid(profile_of(tmp_path, "alice"))` is the crash.
    """
    with ExitStack() as stack:

        def open_(name: str, size: dict[str, int] = PHONE, camera_file: Path | None = None, **more: Any):
            context = open_profile(playwright, profile_of(tmp_path, name), size, camera_file, **more)
            stack.callback(close_quietly, context)
            return context

        yield open_


def open_profile(
    driver: Playwright, profile: Path, size: dict[str, int] = PHONE, camera_file: Path | None = None, **more: Any
) -> BrowserContext:
    """A browser on this profile, whatever became of the one before."""
    for lock in profile.glob("Singleton*"):  # left behind by a kill; Chromium would refuse to start
        lock.unlink()
    context = driver.chromium.launch_persistent_context(
        profile,
        executable_path=find_chromium(),
        args=flags(camera_file),
        **{**device(size), "permissions": PERMISSIONS, **more},
    )
    context.set_default_timeout(TIMEOUT_MS)
    return context


def profile_of(tmp_path: Path, name: str) -> Path:
    """Where `persistent(name)` keeps its profile."""
    return tmp_path / f"profile-{name}"


def close_quietly(context: BrowserContext) -> None:
    """Close a context that the test may have closed or killed already."""
    from playwright.sync_api import Error

    with suppress(Error):
        context.close()


def browser_pid(profile: Path) -> int:
    """The process id of the Chromium that holds this profile, so that a test can SIGKILL exactly that one."""
    return int(str((profile / "SingletonLock").readlink()).rsplit("-", 1)[1])
