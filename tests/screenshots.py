"""`python -m tests.screenshots`: the README's pictures, taken from a running demo (`make run`) in a real browser.

    python -m tests.screenshots --url http://localhost:8000 --dispatcher chenjing --password demo2026

It reads and never acts, so the demo is afterwards as it was before, but for two devices that signed in.
"""

from __future__ import annotations

import argparse
import io
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import DESKTOP, PHONE, device, find_chromium, flags
from tests.journeys.thumb import READ_TABLE, ROUND_MS
from tests.screens import WELCOMED

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
#: Bytes of one picture: a README is read on phones too.
MOST_BYTES = 200_000
#: Fewer and fewer until it fits; screens have large areas of one colour, so nobody sees the difference.
COLOURS = (256, 192, 128, 96, 64)
LOCALES = {"zh-CN": "", "en": "-en"}
#: The liveliest first.
STATES = ("working", "arrived", "travelling", "paused", "accepted", "dispatched", "work_done", "submitted")
SETTLE_MS = 500
OPEN = frozenset(STATES[:6])
ENDED = ("closed", "cancelled", "merged")

Rows = list[dict[str, Any]]


@dataclass
class Studio:
    """One browser page, signed in, in one language."""

    page: Page
    url: str
    suffix: str

    def take(self, name: str, path: str) -> None:
        self.page.goto(f"{self.url}{path}")
        expect(self.page.get_by_role("heading", level=1).first).to_be_attached()
        for _ in range(2):  # the rows come first, and with them the frames of pictures still to come
            expect(self.page.locator(".skeleton")).to_have_count(0, timeout=ROUND_MS)
            self.page.wait_for_timeout(SETTLE_MS)
        self.page.evaluate("Promise.all([...document.images].map((img) => img.decode().catch(() => {})))")
        save(self.page.screenshot(animations="disabled"), FOLDER / f"{name}{self.suffix}.png")

    @cached_property
    def held(self) -> dict[str, Rows]:
        """All rows by noun, read once: a desk holds ten thousand."""
        held = defaultdict(list)
        for row in self.page.evaluate(READ_TABLE, ["rows", None]):
            if row["body"]:
                held[row["noun"]].append(row)
        return held

    def rows(self, noun: str) -> Rows:
        return self.held[noun]


def save(png: bytes, path: Path) -> None:
    """The picture with as many colours as its size allows."""
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in COLOURS:
        out = io.BytesIO()
        reduced = whole.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        reduced.save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
    print(f"{path.name}: {whole.width} x {whole.height}, {colours} colours, {out.tell() // 1000} kB")


def sign_in(browser: Browser, url: str, size: dict[str, int], locale: str, login: str, password: str) -> Studio:
    context = browser.new_context(**{**device(size), "locale": locale})
    page = context.new_page()
    page.add_init_script(WELCOMED)
    page.goto(url)
    page.fill("#login-name", login)
    page.fill("#login-password", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/visits" if size is PHONE else "**/office/**", timeout=ROUND_MS)
    while not any(
        entry["key"] == "firstSyncComplete" and entry["value"] for entry in page.evaluate(READ_TABLE, ["meta", None])
    ):
        page.wait_for_timeout(200)
    return Studio(page, url, LOCALES[locale])


def liveliest(visits: Rows, user_id: str | None = None) -> str:
    """The visit that shows most: one that is being worked on, else the next best."""
    own = [v for v in visits if user_id in (None, v["body"]["lead_id"])]
    return min(own, key=lambda v: (order_of(v["body"]["state"]), v["body"]["slot_start"]))["id"]


def order_of(state: str) -> int:
    return STATES.index(state) if state in STATES else len(STATES)


def running(studio: Studio) -> Rows:
    """Visits whose work order has not ended, so that they are on their lead's phone."""
    ended = {row["id"] for row in studio.rows("work_order") if row["body"]["state"] in ENDED}
    return [row for row in studio.rows("visit") if row["body"]["work_order_id"] not in ended]


def login_of(studio: Studio, leads: list[str], worth: Callable[[str], object] | None = None) -> str:
    """Whoever is worth most to a picture; without another measure, who is named most often."""
    best = max(sorted(set(leads)), key=worth or leads.count)
    return next(row["body"]["login"] for row in studio.rows("user") if row["id"] == best)


def who_is_busiest(studio: Studio) -> str:
    """With something under way, and more to come."""
    states: dict[str, list[str]] = defaultdict(list)
    for row in running(studio):
        states[row["body"]["lead_id"]].append(row["body"]["state"])
    return login_of(
        studio,
        list(states),
        lambda lead: (
            "working" in states[lead],
            len(OPEN & set(states[lead])),
            sum(state in OPEN for state in states[lead]),
        ),
    )


def who_recorded_most(studio: Studio) -> str:
    held = {row["id"]: row["body"]["lead_id"] for row in running(studio)}
    facts = [row for noun in ("checklist_run", "diagnosis", "signature", "attachment") for row in studio.rows(noun)]
    return login_of(studio, [held[row["body"]["visit_id"]] for row in facts if row["body"]["visit_id"] in held])


def day(studio: Studio, login: str) -> None:
    user = next(row["id"] for row in studio.rows("user") if row["body"]["login"] == login)
    studio.take("phone-today", "/visits")
    studio.take("phone-visit", f"/visits/{liveliest(studio.rows('visit'), user)}")
    studio.take("phone-sync", "/sync")


def record(studio: Studio) -> None:
    if runs := studio.rows("checklist_run"):
        run = max(runs, key=lambda row: row["id"])
        studio.take("phone-checklist", f"/visits/{run['body']['visit_id']}/checklists/{run['id']}")
    for name, noun in (("diagnosis", "diagnosis"), ("report", "signature")):
        if rows := studio.rows(noun):
            visit = max(rows, key=lambda row: row["id"])["body"]["visit_id"]
            studio.take(f"phone-{name}", f"/visits/{visit}/{name}")


def desk(studio: Studio) -> None:
    studio.take("office-board", "/office/board")
    photographed = [row["body"]["visit_id"] for row in studio.rows("attachment") if row["body"]["state"] == "verified"]
    signed = {row["body"]["visit_id"] for row in studio.rows("signature")}
    full = [row for row in studio.rows("visit") if row["id"] in signed.intersection(photographed)]
    if full:
        best = max(full, key=lambda row: (photographed.count(row["id"]), row["id"]))
        studio.take("office-order", f"/office/work-orders/{best['body']['work_order_id']}?visit={best['id']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--engineer", help="whose phone; not said: those that show most")
    parser.add_argument("--dispatcher", default="chenjing")
    parser.add_argument("--password", default="demo2026")
    given = parser.parse_args()
    url = given.url.rstrip("/")
    with sync_playwright() as driver:
        for locale in LOCALES:
            tongue = {**os.environ, "LANGUAGE": locale.replace("-", "_")}  # of the browser's own date fields
            browser = driver.chromium.launch(executable_path=find_chromium(), args=flags(), env=tongue)
            office = sign_in(browser, url, DESKTOP, locale, given.dispatcher, given.password)
            desk(office)
            busiest = given.engineer or who_is_busiest(office)
            day(sign_in(browser, url, PHONE, locale, busiest, given.password), busiest)
            writer = given.engineer or who_recorded_most(office)
            record(sign_in(browser, url, PHONE, locale, writer, given.password))
            browser.close()


if __name__ == "__main__":
    main()
