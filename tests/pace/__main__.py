"""Measures what a thumb waits for, and prints it as JSON lines with the aims beside."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from server.extensions import db
from server.models import Article, new_id
from tests.bench.figures import neat, percentile
from tests.browser import PHONE, browser_pid, open_profile
from tests.conftest import migrate
from tests.journeys.conftest import Town, dispatch, town_served
from tests.journeys.thumb import Thumb
from tests.killing.moments import renderers_of
from tests.lighthouse.__main__ import LIST, WATCH
from tests.pace.clocks import PACE, SLOW_DOWN, arm, memory, slowed, took
from tests.pace.filling import WORDS, fill

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

#: What is measured, its unit and its aim; a rate aims higher, all others lower.
AIMS: dict[str, tuple[str, float]] = {
    "open_to_list": ("ms", 1_500), "open_visit": ("ms", 150), "answer_to_saved": ("ms", 50),
    "keystroke_to_saved": ("ms", 16), "photo_to_saved_and_shown": ("ms", 2_000), "search": ("ms", 50),
    "scroll_list_fps_p5": ("fps", 55), "scroll_60_photos_fps_p5": ("fps", 55), "memory_after_60_photos": ("MB", 150),
}  # fmt: skip
WAIT_MS = 60_000
Ids = dict[str, Any]


def say(figure: str, value: float, rows: int, **more: Any) -> None:
    unit, aim = AIMS[figure]
    reached = value >= aim if unit == "fps" else value <= aim
    line = {"figure": figure, "value": neat(value), "unit": unit, "aim": aim, "reached": reached, "rows": rows}
    print(json.dumps({**line, **more, "cpu_slow_down": SLOW_DOWN, "load": round(os.getloadavg()[0], 1)}), flush=True)


def photo(folder: Path, name: str, seed: int, size: tuple[int, int] = (4000, 3000)) -> Path:
    """A photo as a phone makes it: 12 megapixels, about 4 MB."""
    path = folder / f"{name}.jpg"
    grain = Image.effect_noise((size[0] // 2, size[1] // 2), 30 + seed % 30).resize(size)
    tint = Image.new("L", size, seed * 37 % 256)
    Image.merge("RGB", (grain, tint, grain.point(lambda x: 255 - x))).save(path, quality=88)
    return path


class Bench:
    """One phone, its store filled, without a network."""

    def __init__(self, context: BrowserContext, address: str, ids: Ids, rounds: int, folder: Path, photos: int):
        self.context, self.address, self.ids, self.rounds, self.folder = context, address, ids, rounds, folder
        self.photos = photos
        context.add_init_script(PACE)
        self.visit, self.rows = ids["visits"][0], int(ids["count"])

    def page(self, path: str, shown: str) -> Page:
        page = slowed(self.context.new_page())
        page.goto(f"{self.address}{path}")
        page.wait_for_selector(shown, timeout=WAIT_MS)
        page.wait_for_timeout(1_500)  # what comes after the first sight
        return page

    def measure(self, only: list[str]) -> None:
        for name in (
            "open_to_list", "open_visit", "answer_to_saved", "keystroke_to_saved", "search", "scroll_list",
            "photo_to_saved_and_shown", "sixty_photos",
        ):  # fmt: skip
            if not only or name in only:
                print(f"{name} …", file=sys.stderr, flush=True)
                getattr(self, name)()

    def open_to_list(self) -> None:
        times = []
        for _ in range(self.rounds):
            page = slowed(self.context.new_page())
            page.add_init_script(f"({WATCH})({json.dumps(LIST)})")
            page.goto(f"{self.address}/visits")
            page.wait_for_selector(LIST, timeout=WAIT_MS)
            times.append(page.evaluate("window.__listAt"))
            page.wait_for_timeout(500)
            page.close()
        say("open_to_list", median(times), self.rows, rounds=self.rounds)

    def open_visit(self) -> None:
        page = self.page("/visits", LIST)
        times = []
        for visit in self.ids["visits"][1 : 1 + self.rounds]:
            arm(page, "click", "pace.shown('main h2.what')")
            page.locator(f'#visit-list a[href="/visits/{visit}"]').click()
            times.append(took(page))
            page.get_by_role("button", name="返回", exact=True).click()
            page.wait_for_selector(LIST)
            page.wait_for_timeout(500)
        say("open_visit", median(times), self.rows, rounds=len(times))
        page.close()

    def answer_to_saved(self) -> None:
        """Until the screen says that the act is on the disk, and the card of the item that it waits on this phone."""
        page = self.page(f"/visits/{self.visit}/checklists/{self.ids['run']}", "article.item")
        times = []
        cards = page.locator("article.item").filter(has=page.locator("input[type=radio][value=ok]"))
        for i in range(min(self.rounds * 2, cards.count())):
            item = cards.nth(i).get_attribute("id")
            arm(page, "click", f"document.querySelector('#{item} .top .badge')")
            cards.nth(i).locator("label.choice").first.click()
            times.append(took(page))
            page.wait_for_timeout(300)
        say("answer_to_saved", median(times), self.rows, rounds=len(times))
        page.close()

    def keystroke_to_saved(self) -> None:
        page = self.page(f"/visits/{self.visit}/diagnosis", "#symptom-text")
        page.locator("#symptom-text").focus()
        for letter in "电源模块输出偏低更换后恢复正常请勿断电观察二十四小时再次测量":
            page.keyboard.insert_text(letter)
            page.wait_for_timeout(120)
        keys = page.evaluate("pace.keys")
        say("keystroke_to_saved", median(keys), self.rows, p95=neat(percentile(keys, 0.95)), keys=len(keys))
        page.close()

    def search(self) -> None:
        page = self.page("/knowledge", "main input[type=search]")
        box = page.locator("main input[type=search]")
        times = []
        for word in WORDS[: self.rounds]:
            box.fill("")
            page.wait_for_timeout(200)
            page.evaluate("pace.before = document.querySelector('main').innerHTML")
            arm(page, "input", "document.querySelector('main').innerHTML !== pace.before")
            box.fill(word)
            times.append(took(page))
        say("search", median(times), self.rows, rounds=len(times))
        page.close()

    def scroll_list(self) -> None:
        page = self.page("/visits?list=week", LIST)
        say("scroll_list_fps_p5", self._fps(page), self.rows)
        page.close()

    def _fps(self, page: Page) -> float:
        """Of the slowest twentieth of all frames while a finger scrolls down and up again."""
        page.evaluate("pace.gaps = pace.frames(4000); 1")
        session = self.context.new_cdp_session(page)
        for way in (-1, 1, -1, 1):
            session.send(
                "Input.synthesizeScrollGesture",
                {"x": 195, "y": 500, "yDistance": way * 1_500, "speed": 1_800, "gestureSourceType": "touch"},
            )
        return 1_000 / percentile(page.evaluate("pace.gaps"), 0.95)

    def photo_to_saved_and_shown(self) -> None:
        page = self.page(f"/visits/{self.ids['visits'][1]}/photos", "[data-test=gallery]")
        times = [self._give(page, photo(self.folder, f"large-{i}", i), i + 1) for i in range(self.rounds)]
        say("photo_to_saved_and_shown", median(times), self.rows, rounds=self.rounds, megapixels=12)
        page.close()

    def _give(self, page: Page, file: Path, count: int) -> float:
        pictures = "[...document.querySelectorAll('.grid .open img')]"
        arm(page, "change", f"{pictures}.filter((img) => img.complete && img.naturalWidth).length >= {count}")
        page.locator("[data-test=gallery]").set_input_files(file)
        return took(page)

    def sixty_photos(self) -> None:
        """Sixty on one visit, of 12 megapixels: scrolled through all of them, and what the page holds afterwards."""
        page = self.page(f"/visits/{self.ids['visits'][2]}/photos", "[data-test=gallery]")
        before = self._resident()
        for i in range(self.photos):
            page.locator("[data-test=gallery]").set_input_files(photo(self.folder, "one", 100 + i))
            expect(page.locator(".grid .open")).to_have_count(i + 1, timeout=WAIT_MS)
        page.wait_for_timeout(2_000)
        say("scroll_60_photos_fps_p5", self._fps(page), self.rows, photos=self.photos)
        told = memory(page)
        held = self._resident()
        say(
            "memory_after_60_photos",
            held,
            self.rows,
            photos=self.photos,
            before=neat(before),
            heap_mb=neat(told["heap_mb"]),
        )
        page.close()

    def _resident(self) -> float:
        """MB of the process that holds the page: its own pages and its share of those it has in common."""
        found = [share_of(pid) for pid in renderers_of(browser_pid(self.folder / "profile"))]
        return max(found, default=0.0)


def share_of(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # gone meanwhile, or no Linux
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pace", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000, help="visits, and as many assets and answers")
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many counts")
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--only", action="append", default=[], help="one figure")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="xx-pace-"))
    try:
        with sync_playwright() as driver:
            with served(folder) as town:
                context = open_profile(driver, folder / "profile", PHONE)
                context.set_default_timeout(WAIT_MS)
                page = context.new_page()
                thumb = Thumb(page, town.url).enter(town.cast.alice)
                thumb.ready_for_no_network()
                page.goto(f"{town.url}/sync")
                page.wait_for_timeout(3_000)  # what the worker keeps
                context.set_offline(True)
            ids = fill(page, chosen.rows)  # the server is gone by now
            page.close()
            Bench(context, town.url, ids, chosen.rounds, folder, chosen.photos).measure(chosen.only)
            context.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(folder: Path) -> Iterator[Town]:
    """A small town with one visit and one article: the models of all that fills the store."""
    template = folder / "template.db"
    migrate(f"sqlite:///{template}", folder)
    with town_served(template, folder) as town:
        dispatch(town.desk(), town.cast, town.cast.alice)
        with town.app.app_context():
            words = "## 处理\n1. 量电源\n2. 看指示灯\n3. 换模块\n" * 12
            db.session.add(
                Article(id=new_id(), number="KB-1", title="离线先量电源", symptom_codes=["offline"], text=words)
            )
            db.session.commit()
        yield town


if __name__ == "__main__":
    main()
