"""The network between phones and server: it drops, repeats, delays and reorders, and sometimes answers itself."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from sync.client import Answer, Unreachable
from tests.simulation import old_page
from tests.simulation.phone import Phone

if TYPE_CHECKING:
    from tests.simulation.world import World

Request = tuple[str, str, Mapping[str, str], bytes | None]
PORTAL = Answer(200, {"content-type": "text/html"}, b"<html>Welcome to the free WLAN</html>")
EXPIRED = Answer(401, {}, orjson.dumps({"status": 401, "code": "token-expired"}))
BUSY = Answer(503, {}, orjson.dumps({"status": 503, "code": "busy"}))
MAX_DELAYED = 20

#: fault: how often among 1,000 requests of a world with bad weather.
FAULTS = {
    "dropped": 60, "answer_lost": 60, "duplicated": 40, "delayed": 40, "answer_cut": 15, "portal": 15,
    "token_expired": 25, "server_busy": 15,
}  # fmt: skip


@dataclass
class Network:
    """All requests of a world pass here. `weather` 0 is a perfect network, 1 as bad as `FAULTS` says."""

    world: World
    weather: float
    random: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    delayed: list[tuple[Phone, Request]] = field(default_factory=list)

    def transport(self, phone: Phone) -> Link:
        return Link(self, phone)

    def fault(self) -> str | None:
        if not self.weather:
            return None
        draw = self.random.random() * 1000 / self.weather
        for name, share in FAULTS.items():
            if draw < share:
                self.counts[name] += 1
                return name
            draw -= share
        return None

    def deliver_late(self) -> None:
        """Requests that were under way arrive, in any order; nobody waits for their answers any more."""
        self.random.shuffle(self.delayed)
        due = [pair for pair in self.delayed if self.random.random() < 0.5]
        self.delayed = [pair for pair in self.delayed if pair not in due]
        for phone, request in due:
            self.counts["arrived_late"] += 1
            self.world.serve(phone, request)

    def forget(self) -> None:
        """What is still under way never arrives."""
        self.delayed = []


@dataclass
class Link:
    """The transport of one phone's client."""

    network: Network
    phone: Phone

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        network, world = self.network, self.network.world
        if old := self.phone.old:
            body = old_page.asks(path, body)
        self.phone.burn(f"before {path}")
        world.meanwhile(self.phone)
        request = (method, path, headers, body)
        if self.phone.offline:
            self._record(request, None)
            raise Unreachable("no network")
        try:
            answer = self._carry(request, network.fault(), lambda: world.serve(self.phone, request))
        except Unreachable:
            self._record(request, None)
            raise
        world.meanwhile(self.phone)
        self._record(request, answer)
        self.phone.burn(f"after {path}")
        return old_page.understands(path, answer) if old else answer

    def _record(self, request: Request, answer: Answer | None) -> None:
        if self.network.world.recorder:
            self.network.world.recorder.exchange(self.phone, request, answer)

    def _carry(self, request: Request, fault: str | None, serve: Callable[[], Answer]) -> Answer:
        if fault == "portal":
            return PORTAL
        if fault == "server_busy":
            return BUSY
        if fault == "token_expired" and not request[1].startswith("/api/auth/"):
            return EXPIRED
        if fault == "delayed" and len(self.network.delayed) < MAX_DELAYED:
            self.network.delayed.append((self.phone, request))
        if fault in ("dropped", "delayed"):
            raise Unreachable(fault)
        answer = serve()
        if fault == "duplicated":
            answer = serve()
        if fault == "answer_lost":
            raise Unreachable(fault)
        if fault == "answer_cut":
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return answer
