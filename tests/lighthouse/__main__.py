"""Lighthouse on the screens of an engineer, and how fast the list opens without a network.

One Chromium with a profile on disk: Playwright signs in, Lighthouse joins by the debugging port and keeps the storage,
so that it sees the screens as the engineer does. Then the server is stopped, for the opening without one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.browser import PHONE, device, find_chromium, flags
from tests.lighthouse.bundle import initial_js_gzip_kb
from tests.lighthouse.product import ROOT, product
from tests.screens import WELCOMED
from tests.services import free_port

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ENGINEER = "wanglei"
CATEGORIES = ("performance", "accessibility", "best-practices")
STORE_ROWS = 5_000
SLOW_DOWN = 4
OPENINGS = 5
LIST = '#visit-list a[href^="/visits/"]'
WAIT_MS = 60_000
TRIES = 3

#: Copies rows of the store under new ids until it holds as many as a phone of a busy region. Visits and work orders
#: stay as they are, so that the list shows what it showed.
GROW = """
async (wanted) => {
  const name = (await indexedDB.databases()).map((d) => d.name).find((n) => /^xunxiu-[0-9a-f-]{36}$/.test(n));
  const db = await new Promise((done, fail) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result); asked.onerror = () => fail(asked.error);
  });
  const step = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error);
  });
  const rows = await step(db.transaction('rows').objectStore('rows').getAll());
  const models = rows.filter((row) => !['visit', 'work_order'].includes(row.noun));
  const writing = db.transaction('rows', 'readwrite');
  for (let i = rows.length; i < wanted; i++) {
    const model = models[i % models.length], id = crypto.randomUUID();
    writing.objectStore('rows').put({ ...model, id, key: `${model.noun}:${id}` });
  }
  await new Promise((done, fail) => { writing.oncomplete = done; writing.onerror = () => fail(writing.error); });
  const count = await step(db.transaction('rows').objectStore('rows').count());
  db.close();
  return count;
}
"""
#: Says when the list was first on the screen, in ms since the navigation began.
WATCH = """
(selector) => {
  const look = () => {
    const row = document.querySelector(selector);
    if (row && row.getBoundingClientRect().height > 0) window.__listAt ??= performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def say(figure: str, value: float, unit: str, **more: Any) -> None:
    print(json.dumps({"figure": figure, "value": round(value, 3), "unit": unit, **more}), flush=True)


def node() -> str:
    """Node from the environment's own wheel, else from the system."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which("node", path=places)
    if found is None:
        sys.exit("Lighthouse needs Node; `make install` brings it")
    return found


def lighthouse(address: str, port: int, folder: Path, categories: Sequence[str]) -> dict[str, float]:
    """The scores of a screen, 0 to 100, on Lighthouse's own phone settings, in the browser at `port`."""
    report = folder / "report.json"
    command = [
        node(), str(ROOT / "pwa" / "node_modules" / "lighthouse" / "cli" / "index.js"), address, f"--port={port}",
        "--disable-storage-reset", "--form-factor=mobile", f"--only-categories={','.join(categories)}",
        "--output=json", f"--output-path={report}", "--quiet", "--no-enable-error-reporting",
    ]  # fmt: skip
    for chance in range(TRIES, 0, -1):
        # Its trace sometimes has no beginning (NO_NAVSTART, "Please run Lighthouse again"): then it is run again.
        ended = subprocess.run(command, check=chance == 1, stdout=sys.stderr, timeout=180)
        if not ended.returncode:
            break
        print(f"  Lighthouse fails with {ended.returncode}; once more", file=sys.stderr, flush=True)
    said = json.loads(report.read_text())
    for name in categories:
        for ref in said["categories"][name]["auditRefs"]:
            audit = said["audits"][ref["id"]]
            if ref["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"  {name}: {audit['id']} {audit['score']} {audit.get('displayValue', '')}", file=sys.stderr)
    return {name: (said["categories"][name]["score"] or 0) * 100 for name in categories}


def sign_in(page: Page, address: str, login: str, password: str) -> str:
    """Signs in through the screen and gives the path of the first visit, once the first sync is complete."""
    page.add_init_script(WELCOMED)
    page.goto(f"{address}/login")
    page.fill("#login-name", login)
    page.fill("#login-password", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/visits", timeout=WAIT_MS)
    page.wait_for_selector(LIST, timeout=WAIT_MS)
    page.evaluate("async () => { await navigator.serviceWorker.ready }")
    page.wait_for_timeout(5_000)  # the rest of the first sync, and what the worker keeps
    return str(page.get_attribute(LIST, "href"))


def scores(address: str, screens: dict[str, str], port: int, folder: Path, chosen: argparse.Namespace) -> None:
    for screen, path in screens.items():
        runs = [lighthouse(address + path, port, folder, chosen.only) for _ in range(chosen.rounds)]
        for name in chosen.only:
            say(
                name.replace("-", "_"), median([run[name] for run in runs]), "of 100", screen=screen, runs=chosen.rounds
            )


def open_offline(context: BrowserContext, address: str, rows: int) -> None:
    """From the navigation to the visible list, with no network, on a slowed-down processor."""
    context.set_offline(True)
    times = []
    for _ in range(OPENINGS):
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW_DOWN})
        page.add_init_script(f"({WATCH})({json.dumps(LIST)})")
        page.goto(f"{address}/visits")
        page.wait_for_selector(LIST, timeout=WAIT_MS)
        times.append(page.evaluate("() => window.__listAt"))
        page.close()
    say("offline_open_to_list_ms", median(times), "ms", rows=rows, cpu_slow_down=SLOW_DOWN, openings=OPENINGS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.lighthouse", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of Lighthouse per screen; the median counts")
    parser.add_argument(
        "--only", nargs="+", choices=CATEGORIES, default=CATEGORIES, help="on a busy machine ask for accessibility"
    )
    parser.add_argument("--login", default=ENGINEER, help="an engineer of the demo company")
    chosen = parser.parse_args()
    from playwright.sync_api import sync_playwright

    folder, port = Path(tempfile.mkdtemp(prefix="xx-light-")), free_port()
    try:
        say("initial_js_gzip_kb", initial_js_gzip_kb(), "kB", route="/visits")
        with sync_playwright() as driver:
            with product(folder, chosen.login) as served:
                context = driver.chromium.launch_persistent_context(
                    folder / "profile",
                    executable_path=find_chromium(),
                    args=[*flags(), f"--remote-debugging-port={port}"],
                    **device(PHONE),
                )
                page = context.new_page()
                scores(served.address, {"login": "/login"}, port, folder, chosen)
                visit = sign_in(page, served.address, served.login, served.password)
                scores(served.address, {"list": "/visits", "visit": visit}, port, folder, chosen)
                rows = page.evaluate(GROW, STORE_ROWS)
                address = served.address
            if "performance" in chosen.only:
                open_offline(context, address, rows)  # the server is gone by now
            context.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
