"""A device as the protocol describes it, small enough to read in a test: an outbox, a cookie, rows.

    phone, desk = peer(cast.alice), peer(cast.dora)
    desk.do("visit.dispatch", id=…, …)          one act, pushed at once; gives its receipt
    phone.pull()                                all pages of a pass
    phone.row("visit", visit_id)["state"]       the body held, None when it is not held
    phone.act("visit.accept", visit_id=…)       durable in the outbox, not yet sent
    phone.push()                                sends the outbox; answered acts leave it

It follows `sync/PROTOCOL.md` and asserts what a device may rely on, so every test of two peers checks the wire too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask.testing import FlaskClient

from server import clock
from server.models import User, new_id
from sync import protocol
from sync.digest import Digest
from tests.cast import Headers, sign_in

Row = dict[str, Any]
Answer = dict[str, Any]


class Peer:
    """One device of one person, signed in."""

    def __init__(self, client: FlaskClient, user: User, device_id: str | None = None):
        self.client = client
        self.user = user
        self.device_id = device_id or new_id()
        self.headers: Headers = sign_in(client, user, self.device_id)
        self.n = 0  # of the last act made here
        self.outbox: list[dict[str, Any]] = []
        self.receipts: dict[str, dict[str, Any]] = {}  # by the act's id
        self.rows: dict[tuple[str, str], Row] = {}
        self.scopes: set[str] = set()
        self.left: list[dict[str, str]] = []  # what the last pass said
        self.cookie: str | None = None
        self.epoch: str | None = None
        self.complete = False

    # --- Acts up ------------------------------------------------------------------------------------------

    def act(
        self,
        act: str,
        *,
        group: str | None = None,
        act_id: str | None = None,
        at: str | None = None,
        v: int = 1,
        **args: Any,
    ):
        """Puts an act into the outbox and gives it as it will travel."""
        self.n += 1
        made = {
            "n": self.n,
            "id": act_id or new_id(),
            "act": act,
            "v": v,
            "at": at or clock.wire(clock.now()),
            "args": args,
            "group": group,
        }
        self.outbox.append(made)
        return made

    def do(self, act: str, **args: Any) -> dict[str, Any]:
        """One act and everything before it, pushed now; gives its receipt."""
        made = self.act(act, **args)
        self.push()
        return self.receipts[made["id"]]

    def push(self, *, lose_answer: bool = False, status: dict[str, Any] | None = None) -> Answer:
        """Sends the outbox as one batch. With `lose_answer` the server answers and the device never hears it."""
        answer = self.send_acts(self.outbox, status)
        if not lose_answer:
            for receipt in answer["receipts"]:
                self.receipts[receipt["id"]] = receipt
            self.outbox = [act for act in self.outbox if act["id"] not in self.receipts]
        return answer

    def send_acts(self, acts: list[dict[str, Any]], status: dict[str, Any] | None = None) -> Answer:
        """Pushes exactly these acts, whatever the outbox holds."""
        body = {
            "protocol": protocol.VERSION,
            "device": self.device_id,
            "epoch": self.epoch,
            "sent_at": clock.wire(clock.now()),
            "acts": acts,
            "status": status,
        }
        answer = self.post("/api/sync/push", body)
        assert all(receipt["outcome"] in protocol.OUTCOMES for receipt in answer["receipts"]), answer
        return answer

    # --- Rows down ----------------------------------------------------------------------------------------

    def pull(self, limit: int = protocol.DEFAULT_PAGE_ROWS) -> Peer:
        """A whole pass: every page until nothing more is there."""
        self.left = []
        while self.pull_page(limit)["more"]:
            pass
        assert self.complete, "a pass ended without its last page"
        return self

    def pull_page(self, limit: int = protocol.DEFAULT_PAGE_ROWS) -> Answer:
        """One page, applied as a device must: reset, scopes left, rows, and the cookie all at once."""
        page = self.post(
            "/api/sync/pull",
            {"protocol": protocol.VERSION, "device": self.device_id, "cookie": self.cookie, "limit": limit},
        )
        assert len(page["rows"]) <= limit
        if page["reset"]:
            self.rows, self.scopes, self.complete = {}, set(), False
        for left in page["left"]:
            self._leave(left["scope"])
        self.left += page["left"]
        self.scopes |= set(page["entered"])
        for row in page["rows"]:
            self._apply(row)
        self.cookie, self.epoch, self.complete = page["cookie"], page["epoch"], page["complete"]
        return page

    def _leave(self, scope: str) -> None:
        self.scopes.discard(scope)
        self.rows = {key: row for key, row in self.rows.items() if row["scope"] != scope}

    def _apply(self, row: Row) -> None:
        key = row["noun"], row["id"]
        held = self.rows.get(key)
        if held is not None and held["rev"] >= row["rev"]:
            return
        if row["body"] is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row

    # --- Checking -----------------------------------------------------------------------------------------

    def digest(self, scope: str | None = None) -> Digest:
        """Of the rows held, in one scope or in all."""
        rows = [(*key, row["rev"]) for key, row in self.rows.items() if scope in (None, row["scope"])]
        return Digest.of_rows(rows)

    def compare(self, **other: Any) -> Answer:
        """The first question of a check, about what is held."""
        held = self.digest()
        asked = {"count": held.count, "digest": held.hex, "cookie": self.cookie}
        return self.post("/api/sync/check", self._named({**asked, **other}))

    def repair(self, *scopes: str, **other: Any) -> Answer:
        """The second question, about these scopes; what it answers is not applied."""
        rows = {
            scope: [[*key, row["rev"]] for key, row in self.rows.items() if row["scope"] == scope] for scope in scopes
        }
        return self.post("/api/sync/check", self._named({"scopes": rows, "cookie": self.cookie, **other}))

    def apply_repair(self, answer: Answer) -> None:
        """Makes the rows as a repair says."""
        for left in answer["left"]:
            self._leave(left["scope"])
        for row in answer["rows"]:
            self.rows.pop((row["noun"], row["id"]), None)
            if row["body"] is not None:
                self.rows[row["noun"], row["id"]] = row

    def _named(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"protocol": protocol.VERSION, "device": self.device_id, **body}

    # --- What is held -------------------------------------------------------------------------------------

    def row(self, noun: str, row_id: str) -> dict[str, Any] | None:
        """The body of a row, None when the device does not hold it."""
        held = self.rows.get((noun, row_id))
        return held["body"] if held else None

    def bodies(self, noun: str, **wanted: Any) -> Iterator[dict[str, Any]]:
        """Bodies of a noun whose fields have the wanted values, each with its id."""
        for (kind, row_id), row in self.rows.items():
            body = row["body"]
            if kind == noun and all(body[field] == value for field, value in wanted.items()):
                yield {"id": row_id, **body}

    def one(self, noun: str, **wanted: Any) -> dict[str, Any]:
        """The only body that fits."""
        (body,) = self.bodies(noun, **wanted)
        return body

    # --- The wire -----------------------------------------------------------------------------------------

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.client.post(path, json=body, headers=self.headers)
        assert answer.status_code == status, f"{path} answered {answer.status_code}: {answer.text[:2000]}"
        return answer.get_json()

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        """The answer itself: it may be bytes."""
        answer = self.client.get(path, headers=self.headers, **more)
        assert answer.status_code == status, f"{path} answered {answer.status_code}: {answer.text[:2000]}"
        return answer
