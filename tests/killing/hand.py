"""One hand on the phone: types, presses, photographs and signs until somebody kills what it holds.

Each screen is a loop that ends only with the kill, so that a kill falls into it wherever the clock says. What goes down
is written into `Promises` first, because a kill may come between the key and its answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from playwright.sync_api import Locator, expect

from tests.journeys import proof
from tests.journeys.thumb import Thumb
from tests.killing.promises import Promises

#: Milliseconds between two keys of somebody who types fast: six to sixteen a second.
KEY_MS = (60, 160)
#: Letters of notes and findings.
LETTERS = "电源模块输出偏低更换后正常请勿断电机柜温度偏高风扇积灰已清理接线松动重新紧固测试画面恢复"
TEXTS = ("symptom-text", "cause-text", "action-text", "test-text", "cautions")
CHECKS = {"power": ("合格", "不合格", "不适用"), "mode": ("自动", "手动")}
#: The button of each state, and what it leads to.
STEPS = {"已派单": "接单", "已接单": "出发", "在途": "到达现场", "已到场": "开始作业"}
SCREENS = ("notes", "diagnosis", "checklist", "photos", "signing", "steps")


class Dead(Exception):
    """What the hand held was killed."""


@dataclass
class Day:
    """What there is to do: one visit at work, some to be signed, some to be set out for."""

    at_work: str
    run: str
    to_sign: list[str]
    to_go: list[str]


class Hand:
    """Goes on with a day on one page, until the page is dead."""

    def __init__(
        self, thumb: Thumb, day: Day, promises: Promises, rng: Random, folder: Path, is_dead: Callable[[], bool]
    ):
        self.thumb, self.page, self.day, self.promises, self.rng = thumb, thumb.page, day, promises, rng
        self.folder, self.is_dead = folder, is_dead

    # --- Getting there, and what is there after a kill ------------------------------------------------------

    def path(self, screen: str) -> str:
        at = f"/visits/{self.day.at_work}"
        return {
            "notes": f"{at}/notes", "diagnosis": f"{at}/diagnosis", "photos": f"{at}/photos",
            "checklist": f"{at}/checklists/{self.day.run}",
            "signing": f"/visits/{self.day.to_sign[0]}/report", "steps": f"/visits/{self.day.to_go[0]}",
        }[screen]  # fmt: skip

    def go(self, screen: str) -> None:
        self.page.goto(f"{self.thumb.url}{self.path(screen)}")
        expect(self.page.locator("h1").first).not_to_have_text("…")
        getattr(self, f"find_{screen}")()

    def work(self, screen: str) -> None:
        """Until the kill."""
        while True:
            getattr(self, f"do_{screen}")()

    def pause(self, low: int, high: int) -> None:
        if self.is_dead():
            raise Dead
        self.page.wait_for_timeout(self.rng.randint(low, high))
        if self.is_dead():
            raise Dead

    def field(self, name: str, at_first: Any = "") -> Any:
        return self.promises.of(f"{self.page.url.removeprefix(self.thumb.url)}#{name}", at_first)

    def type(self, name: str, box: Locator, length: int) -> None:
        """A few letters more at the end of what stands there."""
        field = self.field(name)
        box.focus()
        self.page.keyboard.press("End")
        for _ in range(length):
            letter = self.rng.choice(LETTERS)
            field.change(field.now + letter)
            self.promises.keys += 1
            self.page.keyboard.insert_text(letter)
            self.pause(*KEY_MS)

    def found(self, name: str, read: Callable[[], Any], at_first: Any = "") -> None:
        """After a kill: waits until the screen shows what it may show, and takes that as what is there."""
        field = self.field(name, at_first)
        for _ in range(50):
            if read() in field.allowed():
                break
            self.page.wait_for_timeout(40)
        self.promises.lost_keys += field.settle(read(), f"{self.page.url} {name}")

    # --- The screens ----------------------------------------------------------------------------------------

    def box_of_notes(self) -> Locator:
        return self.page.get_by_placeholder("写备注")

    def find_notes(self) -> None:
        expect(self.box_of_notes()).to_be_visible()
        field = self.field("note")
        if field.now in self.promises.kept:  # its press was the last thing done: it is a note, and the field is empty
            field.was = [""]
        self.found("note", lambda: self.box_of_notes().input_value())

    def do_notes(self) -> None:
        self.type("note", self.box_of_notes(), self.rng.randint(4, 9))
        field = self.field("note")
        words = field.now
        self.page.get_by_role("button", name="保存", exact=True).click()
        expect(self.page.locator("li.note").filter(has_text=words).first).to_be_visible()
        expect(self.box_of_notes()).to_have_value("")
        field.was = [""]
        self.pause(0, 60)

    def find_diagnosis(self) -> None:
        for name in TEXTS:
            expect(self.page.locator(f"#{name}")).to_be_visible()
            self.found(name, lambda at=name: self.page.locator(f"#{at}").input_value())

    def do_diagnosis(self) -> None:
        name = self.rng.choice(TEXTS)
        box = self.page.locator(f"#{name}")
        self.type(name, box, self.rng.randint(2, 6))
        if self.rng.random() < 0.7:
            box.blur()
            self.pause(0, 120)

    def find_checklist(self) -> None:
        for item, words in CHECKS.items():
            card = self.thumb.item(item)
            expect(card).to_be_visible()
            self.found(item, lambda at=card, of=words: next((w for w in of if self.chosen(at, w).is_checked()), ""))
        self.found("tag", lambda: self.tag().input_value())

    def do_checklist(self) -> None:
        if self.rng.random() < 0.4:
            self.type("tag", self.tag(), self.rng.randint(1, 4))
            return
        item = self.rng.choice(list(CHECKS))
        field = self.field(item)
        word = self.rng.choice([word for word in CHECKS[item] if word != field.now])
        field.change(word)
        self.chosen(self.thumb.item(item), word).check(force=True)
        self.pause(*KEY_MS)

    def tag(self) -> Locator:
        return self.thumb.item("tag").get_by_role("textbox")

    def chosen(self, card: Locator, word: str) -> Locator:
        return card.get_by_role("radio", name=word, exact=True)

    def find_photos(self) -> None:
        expect(self.page.locator("[data-test=gallery]")).to_be_attached()

    def do_photos(self) -> None:
        seed = len(self.promises.given)
        photo = proof.jpeg(self.folder, f"photo-{seed}", seed, *self.rng.choice(((640, 480), (1600, 1200))))
        tiles = self.page.locator(".grid .open")
        before = tiles.count()
        self.promises.given.add(proof.sha256_of(photo))
        self.page.locator("[data-test=gallery]").set_input_files(photo)
        photo.unlink()
        expect(tiles).to_have_count(before + 1)
        self.pause(0, 100)

    def find_signing(self) -> None:
        """A signature that was confirmed is signed or stands on the pad as it was; the next visit is next."""
        if self.field("confirmed", False).now and self.promises.held_states[self.day.to_sign[0]] == "signed":
            self.day.to_sign.pop(0)
            self.page.goto(f"{self.thumb.url}{self.path('signing')}")
        self.page.get_by_role("button", name="请客户签字").click()
        expect(self.page.get_by_role("dialog").locator("canvas")).to_be_visible()
        self.field("confirmed", False).was = [False]
        self.found("strokes", self.strokes, 0)
        self.found("signer", lambda: self.page.locator("#signer").input_value())

    def strokes(self) -> int:
        drafts = {row["key"]: row["value"] for row in self.thumb.held("drafts")}
        kept = drafts.get(f"sign:{self.day.to_sign[0]}") or {}
        return len((kept.get("strokes") or {"strokes": []})["strokes"])

    def do_signing(self) -> None:
        field = self.field("strokes", 0)
        if field.now < 4:
            self.draw(field.now)
            return
        if not self.field("signer").now:
            self.type("signer", self.page.locator("#signer"), self.rng.randint(2, 3))
            return
        self.field("confirmed", False).change(True)
        self.page.get_by_role("button", name="确认签字").click()
        expect(self.page.get_by_text("客户签字的内容与此一致")).to_be_visible()
        self.promises.signed.add(self.day.to_sign[0])
        self.day.to_sign.pop(0)
        self.go("signing")

    def draw(self, line: int) -> None:
        pad = self.page.get_by_role("dialog").locator("canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        if box is None:
            raise Dead
        mouse, top = self.page.mouse, box["y"] + box["height"] * (0.2 + 0.15 * line)
        mouse.move(box["x"] + box["width"] * 0.1, top)
        mouse.down()
        for step in range(1, 9):
            mouse.move(box["x"] + box["width"] * (0.1 + 0.09 * step), top + (6 if step % 2 else -6))
        field = self.field("strokes", 0)
        field.change(field.now + 1)
        mouse.up()
        self.pause(*KEY_MS)

    def find_steps(self) -> None:
        expect(self.page.locator("main .card .badge").first).to_be_visible()

    def do_steps(self) -> None:
        badge = (
            self.page.locator("main .card .badge").filter(has_text=re.compile("已派单|已接单|在途|已到场|作业中")).first
        )
        state = badge.inner_text().strip()
        if state not in STEPS:
            self.day.to_go.pop(0)
            self.go("steps")
            return
        self.page.get_by_role("button", name=STEPS[state], exact=True).click()
        expect(badge).not_to_have_text(state)
        self.pause(0, 100)
