"""An engineer's thumb: what a person does on the phone, in the words that stand on the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.cast import password_of
from tests.screens import WELCOMED

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from server.models import User

#: Milliseconds for what waits on a whole round of sync.
ROUND_MS = 30_000


def exactly(words: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(words)}\s*$")


class Thumb:
    """On one page of the phone's browser."""

    def __init__(self, page: Page, url: str):
        self.page, self.url = page, url
        page.add_init_script(WELCOMED)

    # --- Getting about ------------------------------------------------------------------------------------

    def enter(self, who: User) -> Thumb:
        """Signs in and waits until the first sync is complete."""
        self.page.goto(f"{self.url}/", timeout=2 * ROUND_MS)  # a server that only just listens imports itself first
        self.sign_in(who)
        expect(self.page.get_by_role("link", name="已同步")).to_be_visible(timeout=ROUND_MS)
        return self

    def sign_in(self, who: User) -> None:
        self.page.fill("#login-name", who.login)
        self.page.fill("#login-password", password_of(who))
        self.page.click("button[type=submit]")

    def ready_for_no_network(self) -> None:
        """The worker has the whole app: what a person may rely on when the list has been seen once."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.reload()
        assert self.page.evaluate("navigator.serviceWorker.controller !== null"), "the worker is not in control"

    def start(self) -> Thumb:
        """Opens the app as from the home screen."""
        self.page.goto(f"{self.url}/")
        return self

    def visits(self) -> Thumb:
        self.page.goto(f"{self.url}/visits")
        return self

    def open(self, title: str) -> None:
        """Presses the visit in the list."""
        self.visits()
        self.page.get_by_role("link", name=title).click()
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    def tile(self, name: str) -> None:
        """Opens one of the six parts of the record, from the visit."""
        tiles = self.page.get_by_role("navigation", name="现场记录")
        tiles.get_by_role("link", name=re.compile(rf"^{name}")).click()
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()

    def back(self) -> None:
        self.page.get_by_role("button", name="返回", exact=True).click()

    def sees(self, *words: str) -> None:
        for text in words:
            expect(self.page.get_by_text(text).first).to_be_visible()

    # --- Steps --------------------------------------------------------------------------------------------

    def step(self, name: str, then: str) -> None:
        """The big button, and the state it leads to."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.state(then)

    def state(self, name: str) -> None:
        expect(self.page.locator("main .badge").filter(has_text=exactly(name)).first).to_be_visible()

    def step_with_reason(self, name: str, reason: str, note: str, then: str) -> None:
        self.page.get_by_role("button", name="其他操作").click()
        self.page.get_by_role("dialog", name="其他操作").get_by_role("button", name=name, exact=True).click()
        sheet = self.page.get_by_role("dialog", name=name, exact=True)
        self.give_reason(sheet, reason, note, name)
        self.state(then)

    def give_reason(self, sheet: Locator, reason: str, note: str, confirm: str) -> None:
        self.choose(reason, sheet)
        sheet.get_by_label("备注").fill(note)
        sheet.get_by_role("button", name=confirm, exact=True).click()

    def choose(self, name: str, within: Locator | None = None) -> None:
        """A radio button by the words on it."""
        place = within or self.page.locator("main")
        place.locator("label").filter(has_text=exactly(name)).click()

    def choose_way(self, sheet: Locator, name: str) -> None:
        """A radio button whose label goes on with a hint."""
        sheet.locator("label").filter(has_text=re.compile(rf"^\s*{re.escape(name)}")).click()

    # --- The record ---------------------------------------------------------------------------------------

    def pick(self, field: str, word: str) -> None:
        """A word of the catalogue, from the sheet."""
        box = self.page.locator(".field").filter(has=self.page.get_by_text(field, exact=True))
        box.get_by_role("button").first.click()
        sheet = self.page.get_by_role("dialog", name=field)
        sheet.get_by_role("button", name=word).click()
        expect(box.get_by_role("button").first).to_contain_text(word)

    def saved(self) -> None:
        """The screen's own promise that what was typed is an act on this phone."""
        expect(self.page.get_by_text("已存在这台手机")).to_be_visible()

    def pick_part(self, name: str) -> Locator:
        self.page.get_by_role("button", name="添加备件").click()
        self.page.get_by_role("dialog", name="选择备件").get_by_role("button", name=name).click()
        return self.page.get_by_role("dialog", name=name)

    def save_part(self, form: Locator, name: str) -> None:
        form.get_by_role("button", name="存下这件备件").click()
        expect(self.page.locator("li.card").filter(has_text=name)).to_be_visible()

    def photos(self, purpose: str, files: Sequence[Path], by: str = "gallery") -> None:
        """Some at once, from the gallery or by the button that opens the camera."""
        tiles = self.page.locator(".grid .open")
        before = tiles.count()
        self.choose(purpose, self.page.locator("footer"))
        button = self.page.locator("label").filter(has=self.page.locator(f"[data-test={by}]"))
        with self.page.expect_file_chooser() as chooser:
            button.click()
        chooser.value.set_files(list(files))
        expect(tiles).to_have_count(before + len(files), timeout=ROUND_MS)

    def item(self, item_id: str) -> Locator:
        return self.page.locator(f"#item-{item_id}")

    def sign_on(self, pad: Locator) -> None:
        """Three strokes of a mouse, as somebody writes a name."""
        pad.hover()  # a sheet on its way up would carry the pad away from under the hand
        box = pad.bounding_box()
        assert box, "the pad is not on the screen"
        mouse = self.page.mouse
        for line in range(3):
            left, top = box["x"] + box["width"] * 0.15, box["y"] + box["height"] * (0.25 + 0.2 * line)
            mouse.move(left, top)
            mouse.down()
            for step in range(1, 9):
                wave = box["height"] * (0.12 if step % 2 else -0.08)
                mouse.move(left + box["width"] * 0.08 * step, top + wave)
            mouse.up()

    def note(self, text: str) -> None:
        """From the visit, and back to it."""
        self.tile("备注")
        self.page.get_by_placeholder("写备注").fill(text)
        self.page.get_by_role("button", name="保存", exact=True).click()
        expect(self.page.locator("li.note").filter(has_text=text)).to_be_visible()
        self.back()
        expect(self.page.get_by_role("navigation", name="现场记录")).to_be_visible()

    # --- What the phone says of sync ----------------------------------------------------------------------

    def sync_screen(self) -> None:
        self.page.goto(f"{self.url}/sync")
        expect(self.page.get_by_role("heading", name="同步", level=1)).to_be_visible()

    def everything_arrives(self) -> None:
        """Until the sync screen says that nothing waits on this phone."""
        self.sync_screen()
        expect(self.page.get_by_role("heading", name="全部送达")).to_be_visible(timeout=ROUND_MS)

    def ledger_is_verified(self, title: str) -> int:
        """Until every line of the visit's ledger says "verified"; gives how many there are."""
        self.open(title)
        self.page.get_by_role("link", name=re.compile("已核对")).click()
        whole = re.compile(r"^(\d+) / \1 已核对$")
        expect(self.page.locator("p").filter(has_text=whole)).to_be_visible(timeout=ROUND_MS)
        pills = self.page.locator("ul.list .badge")
        assert set(pills.all_inner_texts()) == {"已核对"}
        return pills.count()

    # --- What it holds ------------------------------------------------------------------------------------

    def held(self, table: str) -> list[dict[str, Any]]:
        """A table of this person's database, as the browser keeps it."""
        return self.page.evaluate(READ_TABLE, [table, None])

    def held_of(self, user_id: str, table: str) -> list[dict[str, Any]]:
        """The same of anybody who was here, signed in or not."""
        return self.page.evaluate(READ_TABLE, [table, user_id])


READ_TABLE = """async ([table, userId]) => {
  const ask = (request) => new Promise((good, bad) => {
    request.onsuccess = () => good(request.result)
    request.onerror = () => bad(request.error)
  })
  const device = await ask(indexedDB.open('xunxiu-device'))
  const last = await ask(device.transaction('settings').objectStore('settings').get('lastUser'))
  device.close()
  const db = await ask(indexedDB.open('xunxiu-' + (userId ?? last.value)))
  const rows = await ask(db.transaction(table).objectStore(table).getAll())
  db.close()
  return JSON.parse(JSON.stringify(rows))
}"""
