"""The moments: a phone is opened, looked through, worked on, and killed at the millisecond the seed gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error, expect

from tests.browser import browser_pid, close_quietly, open_profile
from tests.journeys import proof
from tests.journeys.conftest import Town, dispatch
from tests.journeys.thumb import Thumb
from tests.journeys.wire import Wire
from tests.killing.hand import SCREENS, Day, Dead, Hand
from tests.killing.promises import HELD, LISTEN, Lost, Promises

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Playwright

#: A kill comes this many milliseconds after the hand began, at most.
WITHIN_MS = 1_800
#: Of the moments: the whole browser dies, else the tab's process; and there is a network, so that sync is at work too.
WHOLE_BROWSER, ONLINE = 0.25, 0.3
#: For a machine that does much else: a screen that is slow is no loss.
PATIENCE_MS = 45_000
TITLE = "三号机位黑屏"


@dataclass(frozen=True)
class Moment:
    """What the seed says of one kill. The same seed plans the same day; what the clock makes of it differs."""

    screen: str
    whole_browser: bool
    online: bool
    after_ms: int


def plan(moments: int, rng: Random) -> list[Moment]:
    """Every screen as often as any other, in a shuffled order."""
    screens = [SCREENS[i % len(SCREENS)] for i in range(moments)]
    rng.shuffle(screens)
    return [
        Moment(screen, rng.random() < WHOLE_BROWSER, rng.random() < ONLINE, rng.randint(0, WITHIN_MS))
        for screen in screens
    ]


@dataclass
class Result:
    """What a run found."""

    moments: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    acts: int = 0
    promises: Promises = field(default_factory=Promises)


def prepare(town: Town, moments: int) -> Day:
    """Visits of the day in the states they are needed in, brought there by a phone of hers that lies at home."""
    desk, home = town.desk(), town.peer(town.cast.alice)
    each = moments // len(SCREENS) + 4

    def visit(*steps: str) -> str:
        _, visit_id = dispatch(desk, town.cast, town.cast.alice, TITLE)
        for step in steps:
            receipt = home.do(f"visit.{step}", visit_id=visit_id)
            assert receipt["outcome"] == "applied", receipt
        return visit_id

    way = ("accept", "travel", "arrive", "work")
    to_go, to_sign = [visit() for _ in range(2 * each)], [visit(*way, "finish") for _ in range(each)]
    return Day(visit(*way), "", to_sign, to_go)


class Phone:
    """Alice's phone, as often opened as it is killed."""

    def __init__(self, driver: Playwright, profile: Path, wire: Wire, promises: Promises):
        self.driver, self.profile, self.wire, self.promises = driver, profile, wire, promises
        self.context: BrowserContext | None = None
        self.dead = False

    def open(self) -> Thumb:
        """A new tab; of a new browser, when the last one was killed."""
        if self.context is None:
            self.context = open_profile(self.driver, self.profile)
            self.context.set_default_timeout(PATIENCE_MS)
            self.context.expose_binding("promised", lambda _, line: self.promises.hear(line))
            self.context.add_init_script(LISTEN)
        page = self.context.new_page()  # the first one stays empty: a browser without pages would end
        self.dead = False
        page.on("crash", lambda _: setattr(self, "dead", True))
        page.on("close", lambda _: setattr(self, "dead", True))
        return Thumb(page, self.wire.url)

    def aim(self, whole_browser: bool) -> list[int]:
        """The processes to be killed, looked up before the clock runs: looking takes longer than a keystroke."""
        browser = browser_pid(self.profile)
        return [browser] if whole_browser else renderers_of(browser)

    def bury(self, thumb: Thumb, whole_browser: bool) -> None:
        if whole_browser:
            close_quietly(self.context)
            self.context = None
        else:
            with suppress(Error):
                thumb.page.close()

    def close(self) -> None:
        if self.context is not None:
            close_quietly(self.context)


def renderers_of(browser: int) -> list[int]:
    """Processes that hold pages and workers, of this browser alone."""
    lines = subprocess.run(["ps", "-axo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    parents, renderers = {}, []
    for line in lines.splitlines():
        pid, parent, *args = line.split(None, 2)
        parents[int(pid)] = int(parent)
        if args and "--type=renderer" in args[0]:
            renderers.append(int(pid))

    def is_ours(pid: int | None) -> bool:
        while pid is not None and pid != browser:
            pid = parents.get(pid)
        return pid is not None

    return [pid for pid in renderers if is_ours(pid)]


@contextmanager
def killing(pids: list[int], after_ms: int) -> Iterator[threading.Event]:
    """SIGKILL to all of them after so many milliseconds, from a thread of its own: the hand knows nothing of it."""
    done = threading.Event()

    def kill() -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        done.set()

    clock = threading.Timer(after_ms / 1000, kill)
    clock.start()
    try:
        yield done
    finally:
        clock.join()


class Run:
    """All moments of one seed."""

    def __init__(self, driver: Playwright, town: Town, wire: Wire, folder: Path, seed: int, moments: int):
        self.town, self.wire, self.folder = town, wire, folder
        self.rng = Random(seed)
        self.moments = plan(moments, self.rng)
        self.day = prepare(town, moments)
        self.result = Result()
        expect.set_options(timeout=PATIENCE_MS)
        self.phone = Phone(driver, folder / "profile", wire, self.result.promises)

    def go(self) -> Result:
        try:
            self._first_morning()
            for moment in self.moments:
                self._live_through(moment)
            self._evening()
        finally:
            self.phone.close()
        return self.result

    def _first_morning(self) -> None:
        thumb = self.phone.open().enter(self.town.cast.alice)
        thumb.ready_for_no_network()
        thumb.page.goto(f"{self.wire.url}/visits/{self.day.at_work}/checklists")
        thumb.page.get_by_role("button", name="全项检查").first.click()
        expect(thumb.item("power")).to_be_visible()
        self.day.run = thumb.page.url.rsplit("/", 1)[1]
        thumb.everything_arrives()
        thumb.page.close()

    def _live_through(self, moment: Moment) -> None:
        if moment.online:
            self.wire.plug_in()
        else:
            self.wire.unplug()
        thumb = self.phone.open()
        hand = Hand(thumb, self.day, self.result.promises, self.rng, self.folder, lambda: self.phone.dead)
        self._look(thumb, hand, moment)
        with killing(self.phone.aim(moment.whole_browser), moment.after_ms) as killed, suppress(Dead):
            try:
                hand.work(moment.screen)
            except (Error, AssertionError):
                if not killed.wait(0.1):  # an error of ours, not of the kill
                    raise
        self.result.moments += 1
        self.result.killed["browser" if moment.whole_browser else "tab"] += 1
        self.phone.bury(thumb, moment.whole_browser)
        if self.result.moments % 20 == 0:
            print(f"{self.result.moments} moments", file=sys.stderr, flush=True)

    def _look(self, thumb: Thumb, hand: Hand, moment: Moment) -> None:
        """What the last kill left: first what the phone holds, then what the screen shows."""
        thumb.visits()
        try:
            self.result.promises.compare(thumb.page.evaluate(HELD, list(self.result.promises.whole)))
            hand.go(moment.screen)
        except Lost as lost:
            self.result.lost.append(str(lost))
            raise

    def _evening(self) -> None:
        """All of it reaches the server, once and in order, and the phone holds what the server has."""
        self.wire.plug_in()
        thumb = self.phone.open()
        thumb.everything_arrives()
        held = thumb.page.evaluate(HELD, list(self.result.promises.whole))
        self.result.promises.compare(held)
        alice, device = self.town.cast.alice, held["device"]
        entries = [entry for entry in proof.journal(self.town, alice.id) if entry.device_id == device]
        mine = sorted(held["acts"], key=lambda act: act["n"])
        if [(e.n, e.id, e.act, e.args) for e in entries] != [(a["n"], a["id"], a["act"], a["args"]) for a in mine]:
            raise Lost("the server's journal is not what the phone recorded")
        photos = len([file for file in held["files"] if file["visitId"] == self.day.at_work])
        proof.verified(self.town, self.day.at_work, photos)
        proof.wait_for(lambda: not any(row["dirty"] for row in thumb.held("rows")))
        proof.phone_holds_what_the_server_has(self.town, alice.id, thumb.held("rows"))
        self.result.acts = len(mine)


def figures(result: Result, seed: int, began: float) -> dict[str, Any]:
    """The line that sums up a run."""
    told = result.promises
    return {
        "figure": "kills", "seed": seed, "moments": result.moments, **{f"of_{k}": n for k, n in result.killed.items()},
        "lost": len(result.lost), "acts": result.acts, "promises_heard": told.heard, "keystrokes": told.keys,
        "last_keystroke_lost": told.lost_keys, "notes": len(told.kept), "photos": len(told.whole),
        "signed": len(told.signed), "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip
