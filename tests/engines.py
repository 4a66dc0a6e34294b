"""Firefox and WebKit for the tests: the system's own, driven by the words of WebDriver and nothing else.

Firefox speaks them over its own socket (Marionette), WebKit through `WebKitWebDriver`; neither needs a library or a
download. An engine that is not installed skips its tests, or fails them when CI=true.
"""

from __future__ import annotations

import base64
import contextlib
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from tests.services import absent, free_port, running

Json = dict[str, Any]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 20
SCRIPT_MS = 30_000
SIZE = {"width": 420, "height": 900}
STANDS_AT = """const [one] = arguments
one.scrollIntoView({ block: 'center' })
const { left, top } = one.getBoundingClientRect()
return [left, top, scrollY]"""

#: Quiet, in Chinese, and without questions.
FIREFOX_PREFS: dict[str, Any] = {
    "intl.accept_languages": "zh-CN",
    "intl.locale.requested": "zh-CN",
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.update.disabledForTesting": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "browser.startup.page": 0,
    "dom.webnotifications.enabled": False,
    "geo.enabled": False,
}


class Failed(Exception):
    """The engine's own words for what it could not do."""


class Wire(Protocol):
    """A command by its WebDriver path and, for Marionette, its name."""

    def ask(self, name: str, method: str, path: str, body: Json) -> Any: ...


class Marionette:
    """Firefox's socket: `length:[0, id, name, parameters]` there, `length:[1, id, error, result]` back."""

    def __init__(self, port: int):
        self.link = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.n = 0
        self._read()  # it says who it is

    def _read(self) -> Any:
        head = b""
        while not head.endswith(b":"):
            head += self.link.recv(1)
        left, body = int(head[:-1]), b""
        while len(body) < left:
            body += self.link.recv(left - len(body))
        return json.loads(body)

    def ask(self, name: str, method: str, path: str, body: Json) -> Any:
        self.n += 1
        message = json.dumps([0, self.n, name, body]).encode()
        self.link.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self._read()
        if error:
            raise Failed(f"{name}: {error['error']}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result


class Http:
    """A driver's address; everything but the first question goes to its session."""

    def __init__(self, port: int):
        self.port, self.session = port, ""

    def ask(self, name: str, method: str, path: str, body: Json) -> Any:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            address = f"/session/{self.session}{path}" if self.session else "/session"
            data = json.dumps(body) if method == "POST" else None
            link.request(method, address, data, {"Content-Type": "application/json"})
            answer = link.getresponse()
            value = json.loads(answer.read())["value"]
        finally:
            link.close()
        if answer.status != 200:
            raise Failed(f"{name}: {value['error']}: {value['message']}")
        return value


class Engine:
    """One browser with one page: what a person sees and does, by XPath."""

    def __init__(self, name: str, wire: Wire):
        self.name, self.wire = name, wire
        self.wire.ask("WebDriver:SetTimeouts", "POST", "/timeouts", {"script": SCRIPT_MS, "pageLoad": SCRIPT_MS})
        with contextlib.suppress(Failed):
            self.wire.ask("WebDriver:SetWindowRect", "POST", "/window/rect", SIZE)

    def go(self, url: str) -> None:
        self.wire.ask("WebDriver:Navigate", "POST", "/url", {"url": url})

    def reload(self) -> None:
        """As a person opens the app again; the driver's own refresh goes past the worker in Firefox."""
        self.go(str(self.run("return location.href")))

    def path(self) -> str:
        return str(self.run("return location.pathname"))

    def run(self, script: str, *args: Any) -> Any:
        body = {"script": script, "args": list(args)}
        return self.wire.ask("WebDriver:ExecuteScript", "POST", "/execute/sync", body)

    def wait_for(self, promise: str, *args: Any) -> Any:
        """What a promise of the page becomes; `promise` is a function of `args`."""
        script = f"""const tell = arguments[arguments.length - 1], given = [...arguments].slice(0, -1)
        const [good, bad] = [(value) => tell([true, value]), (error) => tell([false, String(error)])]
        Promise.resolve(({promise})(...given)).then(good, bad)"""
        body = {"script": script, "args": list(args)}
        fine, value = self.wire.ask("WebDriver:ExecuteAsyncScript", "POST", "/execute/async", body)
        if not fine:
            raise Failed(value)
        return value

    def seen(self, xpath: str) -> list[str]:
        """The ids of what is there and visible."""
        found = self.run(
            """const all = document.evaluate(arguments[0], document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null)
            return Array.from({ length: all.snapshotLength }, (_, i) => all.snapshotItem(i))
              .filter((one) => one.type === 'file' || one.getClientRects().length)""",
            xpath,
        )
        return [one[ELEMENT] for one in found]

    def find(self, xpath: str, seconds: float = PATIENCE) -> str:
        until = time.monotonic() + seconds
        while not (found := self.seen(xpath)):
            if time.monotonic() > until:
                raise AssertionError(f"{self.name}: {xpath} is not on the screen, but: {self.words()[:800]}")
            time.sleep(0.05)
        return found[0]

    def gone(self, xpath: str) -> None:
        until = time.monotonic() + PATIENCE
        while self.seen(xpath):
            assert time.monotonic() < until, f"{self.name}: {xpath} does not go"
            time.sleep(0.05)

    def words(self) -> str:
        return str(self.run("return document.body.innerText"))

    def press(self, xpath: str) -> None:
        """When it stands still: a page that is scrolled back to its place carries a button away from a thumb."""
        one, place = self.find(xpath), None
        while place != (place := self.run(STANDS_AT, {ELEMENT: one})):
            time.sleep(0.1)
        self.wire.ask("WebDriver:ElementClick", "POST", f"/element/{one}/click", {"id": one})

    def type(self, xpath: str, text: str) -> None:
        one = self.find(xpath)
        self.wire.ask("WebDriver:ElementSendKeys", "POST", f"/element/{one}/value", {"id": one, "text": text})

    def draw(self, xpath: str, lines: int = 3) -> None:
        """Strokes of a mouse over an element, as somebody writes a name."""
        box = self.run(
            "const box = arguments[0].getBoundingClientRect(); return [box.left, box.top, box.width, box.height]",
            {ELEMENT: self.find(xpath)},
        )
        left, top, width, height = box
        moves: list[Json] = []
        for line in range(lines):
            y = top + height * (0.25 + 0.2 * line)
            moves += [_move(left + width * 0.15, y), {"type": "pointerDown", "button": 0}]
            moves += [_move(left + width * (0.15 + 0.08 * i), y + (8 if i % 2 else -8)) for i in range(1, 9)]
            moves.append({"type": "pointerUp", "button": 0})
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}
        self.wire.ask("WebDriver:PerformActions", "POST", "/actions", {"actions": [mouse]})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.wire.ask("WebDriver:TakeScreenshot", "GET", "/screenshot", {})))


def _move(x: float, y: float) -> Json:
    return {"type": "pointerMove", "duration": 12, "x": round(x), "y": round(y), "origin": "viewport"}


# --- Starting them ----------------------------------------------------------------------------------------


def binary(names: Sequence[str], places: Sequence[str] = ()) -> str | None:
    found = (shutil.which(name) for name in names)
    hits = (hit for place in places for hit in sorted(glob.glob(place)))
    return next((path for path in (*found, *hits) if path), None)


@contextlib.contextmanager
def firefox() -> Iterator[Engine]:
    """A Firefox with a profile of its own, headless."""
    program = binary(("firefox-esr", "firefox"), ("/Applications/Firefox.app/Contents/MacOS/firefox",))
    if program is None:
        absent("Firefox")
    with tempfile.TemporaryDirectory(prefix="xx-firefox-", ignore_cleanup_errors=True) as name:
        profile, port = Path(name), free_port()
        prefs = {**FIREFOX_PREFS, "marionette.port": port}
        lines = [f'user_pref("{key}", {json.dumps(value)});' for key, value in prefs.items()]
        (profile / "user.js").write_text("\n".join(lines))
        command = [program, "--headless", "--marionette", "--no-remote", "--profile", name]
        env = {**os.environ, "MOZ_DISABLE_CONTENT_SANDBOX": "1", "HOME": name, "LANG": "zh_CN.UTF-8"}
        with running(command, port, profile / "log", signal.SIGTERM, env=env):
            wire = Marionette(port)
            wire.ask("WebDriver:NewSession", "POST", "", {})
            yield Engine("firefox", wire)


@contextlib.contextmanager
def webkit() -> Iterator[Engine]:
    """WebKitGTK's small browser on a screen that nobody sees."""
    driver, screen = binary(("WebKitWebDriver",)), binary(("Xvfb",))
    browser = binary((), ("/usr/lib/*/webkit2gtk-4.*/MiniBrowser", "/usr/libexec/webkit2gtk-4.*/MiniBrowser"))
    if not (driver and screen and browser):
        absent("WebKitGTK with its driver, and Xvfb,")
    with tempfile.TemporaryDirectory(prefix="xx-webkit-", ignore_cleanup_errors=True) as name, xvfb(screen) as display:
        folder, port = Path(name), free_port()
        env = {**os.environ, "DISPLAY": display, "HOME": name, "XDG_RUNTIME_DIR": name, "LANG": "zh_CN.UTF-8"}
        env |= {"WEBKIT_DISABLE_COMPOSITING_MODE": "1", "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}
        env.pop("WAYLAND_DISPLAY", None)
        with running([driver, f"--port={port}"], port, folder / "log", signal.SIGTERM, env=env):
            wire = Http(port)
            options = {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}}
            wire.session = wire.ask("", "POST", "", {"capabilities": {"alwaysMatch": options}})["sessionId"]
            try:
                yield Engine("webkit", wire)
            finally:
                with contextlib.suppress(Failed, OSError):
                    wire.ask("", "DELETE", "", {})


@contextlib.contextmanager
def xvfb(program: str) -> Iterator[str]:
    """A screen of its own; it says itself which number it took."""
    read, write = os.pipe()
    command = [program, "-displayfd", str(write), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


ENGINES = {"firefox": firefox, "webkit": webkit}
