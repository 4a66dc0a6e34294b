"""The client's journey: save, push, pull, upload. Each step may be cut off anywhere and is simply begun again.

1. `act` makes an intent durable under its id and number: from here on it is promised.
2. `push` sends the head of the outbox in bounded batches and stores the receipts.
3. `pull` asks for everything past the cookie, page by page; a page, its cookie and the acts whose effect it holds are
   stored in one transaction.
4. `check` asks, at rest, whether what is held is what should be held (`checking.py`).
5. `upload` sends the bytes of declared files, in a lane of their own.

If it dies …                            then
before the act is durable               the last gesture is lost; nobody was told "saved"
between saving and sending              it is sent at the next contact
while the answer is on its way          it is sent again under the same number, id and arguments, and answered again
between receipt and pull                its effect stays visible from the outbox until a pull holds it
while a page is stored                  the page is asked for again: its cookie was not stored either
while a line is registered anew         the server has a device more, that nobody uses

Two tabs may run the same journey on one storage: every answer is applied only if what it answers is still the state
of the storage (the same line of numbers, the same cookie), and repeats are harmless.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import random
from typing import Any

from sync.check import AGREE, DIFFERS, MOVED
from sync.client import outbox, rows
from sync.client.checking import CHECK_EVERY, Checked, Checking
from sync.client.outbox import TooLarge, wire
from sync.client.ports import Entry, FileEntry, Json, Refused, Storage, Transport, Unreachable
from sync.client.session import REVOKED, Session
from sync.client.upload import Lane
from sync.protocol import DEFAULT_PAGE_ROWS, MAX_ACTS, REJECTED, VERSION

FIRST_PAUSE = timedelta(seconds=2)  # after a contact that failed; doubled each time
LONGEST_PAUSE = timedelta(minutes=5)
MAX_ASKED = 3  # times in one check, when something moves between pull and question
MAX_PAGES = 10_000  # of one pull: 10 million rows


class Stuck(Exception):
    """The server answered and nothing moved: no receipt for the head of the queue, or the same cookie again."""


@dataclass(slots=True)
class Report:
    """What one contact came to. `stopped` says why it ended early: a code for a person or a log."""

    pushed: int = 0
    pages: int = 0
    uploaded: int = 0
    checked: Checked | None = None
    stopped: str | None = None


def uuid7(now: datetime) -> str:
    """An id that sorts by birth."""
    value = (int(now.timestamp() * 1000) << 80) | (7 << 76) | (secrets.randbits(12) << 64)
    text = f"{value | (2 << 62) | secrets.randbits(62):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Client:
    """One device of one person. `now`, `new_id` and `chance` are given by tests that want to know them beforehand."""

    def __init__(
        self,
        storage: Storage,
        transport: Transport,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] | None = None,
        chance: Callable[[], float] = random,
        page_rows: int = DEFAULT_PAGE_ROWS,
        version: str = "reference",
        check_every: timedelta | None = CHECK_EVERY,
    ) -> None:
        self.storage = storage
        self.now = now
        self.new_id = new_id or (lambda: uuid7(now()))
        self.chance = chance
        self.page_rows = page_rows
        self.version = version
        self.session = Session(storage, transport, self.new_id, now)
        self.lane = Lane(storage, self.session, now)
        self.checking = Checking(storage, self.session)
        self.check_every = check_every
        self.batch_acts = MAX_ACTS

    def sign_in(self, login: str, password: str, name: str = "") -> Json:
        """See `Session.sign_in`."""
        return self.session.sign_in(login, password, name)

    # --- 1. Saving ----------------------------------------------------------------------------------------

    def act(self, name: str, /, **args: Any) -> Entry:
        """Saves one act: when this returns, a screen may say "saved". Raises `TooLarge` before anything is stored."""
        return self.act_group([(name, args, 1)])[0]

    def act_group(self, acts: list[tuple[str, Json, int]]) -> list[Entry]:
        """Saves acts that belong together (name, args, version): they are applied all or none."""
        group = self.new_id() if len(acts) > 1 else None
        with self.storage.transaction(strict=True):
            return outbox.add(self.storage, acts, [self.new_id() for _ in acts], group, wire(self.now()))

    def attach(self, content: bytes, /, **args: Any) -> Entry:
        """Saves a file and the act that declares it, both or none. `args`: of `attachment.add`, without hash and size.

        The bytes are read back and hashed before this returns: a storage that lies is found while the camera is still
        in the hand (hazards 32, 33).
        """
        digest = sha256(content).hexdigest()
        args = {"id": self.new_id(), **args, "sha256": digest, "size": len(content)}
        with self.storage.transaction(strict=True):
            (entry,) = outbox.add(self.storage, [("attachment.add", args, 1)], [self.new_id()], None, wire(self.now()))
            self.storage.put_file(FileEntry(args["id"], entry.id, digest, len(content), args["purpose"]), content)
        kept = self.storage.content(digest)
        if kept is None or sha256(kept).hexdigest() != digest:
            raise OSError("the file was not kept as it was given")
        return entry

    # --- The whole contact --------------------------------------------------------------------------------

    def sync(self, *, patient: bool = False) -> Report:
        """Push, pull, upload. Never raises for what a network or a server may do; `patient` waits out its pause."""
        report = Report()
        if patient and self.storage.get("pause_until", "") > wire(self.now()):
            report.stopped = "pausing"
            return report
        try:
            report.pushed, report.pages = self.push(), self._pull_while_allowed()
            if self.draining and not report.pushed:
                self.report_status()  # nothing is pulled here, so only this tells of a restored server
            if outbox.unsent(self.storage):  # a restored server has just said what it lost
                report.pushed, report.pages = report.pushed + self.push(), report.pages + self._pull_while_allowed()
            if not self.draining and self.checking.is_due(self.now(), self.check_every):
                report.checked = self.check()
            report.uploaded = self.lane.run()
        except Unreachable:
            report.stopped = "unreachable"
        except Stuck as stuck:
            report.stopped = f"no progress: {stuck}"
        except Refused as refused:
            report.stopped = refused.code
        self._note(report.stopped)
        return report

    def _note(self, stopped: str | None) -> None:
        failures = 0 if stopped is None else self.storage.get("failures", 0) + 1
        if failures == 0 and self.storage.get("failures", 0) == 0:
            return
        pause = min(FIRST_PAUSE * 2 ** min(failures, 16), LONGEST_PAUSE) * (0.5 + self.chance() / 2)
        with self.storage.transaction():
            self.storage.put("failures", failures)
            self.storage.put("pause_until", wire(self.now() + pause) if failures else "")

    # --- 2. Push ------------------------------------------------------------------------------------------

    def push(self) -> int:
        """Sends the outbox until all is answered; gives how many acts were. Raises `Stuck` rather than go in circles.

        A healthy line is registered anew at most once in a contact: more often means something else is wrong.
        """
        answered, healed = 0, False
        if self.storage.get("offer_all"):
            self.session.register_anew()
            healed = True
        while batch := outbox.next_batch(outbox.unsent(self.storage), self.batch_acts):
            try:
                answer = self._send(batch)
            except Refused as refused:
                if refused.status == 413 and len(batch) > 1:
                    self.batch_acts = max(1, len(batch) // 2)
                    continue
                if refused.code != "device-cloned" or healed:
                    raise
                gap = True
            else:
                answered += len(answer["receipts"])
                gap = self._take(batch[0].line, answer)
            head = next(iter(outbox.unsent(self.storage)), None)
            if gap and not healed:
                self.session.register_anew()
                healed = True
            elif gap or head == batch[0]:
                raise Stuck(batch[0].act)
        return answered

    def _send(self, batch: list[Entry]) -> Json:
        return self.session.call(
            "/api/sync/push",
            {
                "protocol": VERSION, "device": batch[0].line, "epoch": self.storage.get("epoch"),
                "sent_at": wire(self.now()), "acts": [entry.wire() for entry in batch], "status": self.status(),
            },
        )  # fmt: skip

    def _take(self, line: str, answer: Json) -> bool:
        """Stores an answer, if this device still has the line it speaks of. True: the server expects a number this
        device no longer has, so only a new line can go on."""
        with self.storage.transaction():
            if self.storage.get("device") != line:
                return False
            outbox.enter_epoch(self.storage, answer["epoch"], answer["last"])
            outbox.take_receipts(self.storage, answer["receipts"], answer["epoch"])
            outbox.return_lost(self.storage, answer["last"])
            if self.draining:
                self._settle_unpulled(answer["epoch"])
            first = min((entry.n for entry in outbox.unsent(self.storage)), default=None)
            return first is not None and first > answer["last"] + 1

    def _settle_unpulled(self, epoch: str) -> None:
        """Receipts are the last word; and there is no pull to tell of a restored server."""
        outbox.settle_answered(self.storage, self.now())
        if self.storage.get("epoch") not in (None, epoch):
            rows.offer_files(self.storage)
        self.storage.put("epoch", epoch)

    def report_status(self) -> None:
        """A heartbeat: the state of the device without acts."""
        line = self.storage.get("device")
        body = {"protocol": VERSION, "device": line, "epoch": self.storage.get("epoch"), "acts": []}
        answer = self.session.call("/api/sync/push", {**body, "sent_at": wire(self.now()), "status": self.status()})
        self._take(line, answer)

    def status(self) -> Json:
        """What the office may know of this device."""
        waiting = outbox.unsent(self.storage)
        files = [file for file in self.storage.files() if file.state in ("waiting", "refused")]
        return {
            "pending": len(waiting), "oldest_at": waiting[0].at if waiting else None, "files_waiting": len(files),
            "failing": next((file.reason for file in files if file.reason), None), "app_version": self.version,
            "persisted": True,
        }  # fmt: skip

    # --- 3. Pull ------------------------------------------------------------------------------------------

    def pull(self) -> int:
        """Pages until there is nothing more; gives how many."""
        for count in range(1, MAX_PAGES + 1):
            asked = self.storage.get("cookie")
            device = self.storage.get("device")
            body = {"protocol": VERSION, "device": device, "cookie": asked, "limit": self.page_rows}
            page = self.session.call("/api/sync/pull", body)
            if page["more"] and page["cookie"] == asked:
                raise Stuck("the same cookie again")  # a cache in between, or a server in a loop (hazard 7)
            self._store(page, asked, device)
            if not page["more"]:
                return count
        raise Stuck("a pull without an end")

    def _pull_while_allowed(self) -> int:
        """A device that was revoked pulls nothing; the contact goes on, because it still has something to bring."""
        try:
            return 0 if self.draining else self.pull()
        except Refused as refused:
            if refused.code != REVOKED:
                raise
            return 0

    def _store(self, page: Json, asked: str | None, device: str) -> None:
        """Everything a page says, at once; nothing when another tab has gone on from this cookie meanwhile."""
        with self.storage.transaction():
            if self.storage.get("cookie") != asked or self.storage.get("device") != device or self.draining:
                return
            rows.apply_page(self.storage, page, self.now())
            if page["complete"]:
                outbox.prune(self.storage, self.now())
                self.lane.tidy()

    # --- 4. Check -----------------------------------------------------------------------------------------

    def check(self) -> Checked | None:
        """Compares what is held with the server and repairs it; None when there is nothing to compare yet.

        When something has moved meanwhile it pulls and asks again; who is never at rest is checked another time.
        """
        for _ in range(MAX_ASKED):
            checked = self.checking.run(self.now())
            if checked is None or checked.verdict == AGREE or (checked.verdict == DIFFERS and not checked.started_over):
                return checked
            self.pull()
            if checked.started_over:
                return checked
        self.checking.remember(self.now(), MOVED)
        return checked

    # --- 5. What a screen shows ---------------------------------------------------------------------------

    def upload(self) -> int:
        """Sends the files whose turn it is; gives how many arrived."""
        return self.lane.run()

    @property
    def outbox(self) -> list[Entry]:
        """Acts whose effect is not yet pulled: they stay visible."""
        return self.storage.entries(settled=False)

    @property
    def draining(self) -> bool:
        """Whether this device was revoked: it only pushes and uploads what it still has."""
        return bool(self.storage.get("draining"))

    @property
    def drained(self) -> bool:
        """Whether a revoked device has brought in everything: now it may be wiped, journal and files too."""
        entries = {entry.id: entry for entry in self.storage.entries()}
        never = {i for i, entry in entries.items() if entry.receipt and entry.receipt["outcome"] == REJECTED}
        files = [f for f in self.storage.files() if f.state == "waiting" and f.act_id not in never]
        return self.draining and not files and all(entry.settled_at for entry in entries.values())

    @property
    def needs(self) -> str | None:
        """Why a person has to sign in, or None; `revoked` while this device drains, and after."""
        if self.draining:
            return "revoked"
        found: str | None = self.storage.get("needs")
        return found


__all__ = ["Client", "Report", "Stuck", "TooLarge", "uuid7"]
