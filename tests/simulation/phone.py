"""A phone: a storage that can die at any operation, and one or two tabs of the reference client on it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sync.client import Client, MemoryStorage, Report
from tests.simulation.deployment import Ids


class Killed(BaseException):
    """The process ends here: nothing after this point runs, no `except Exception` sees it."""


@dataclass
class Phone:
    """One device of the cast. `skew`: how wrong its clock is."""

    index: int
    login: str
    user_id: str
    roles: tuple[str, ...]
    transport: Any
    server_now: Callable[[], datetime]
    ids: Ids
    chance: random.Random
    skew: timedelta = timedelta()
    tabs: int = 1
    page_rows: int = 1000
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    offline_until: datetime | None = None
    abandoned: bool = False  # revoked, and nobody signs in on it again: it drains and no more
    dead: bool = False  # its network is gone for good
    bundled: bool = False  # some of its acts were carried to the office by hand
    corrupted: bool = False  # rows of its storage were changed behind its back
    old: bool = False  # its page is one of the release before
    copy_of: int | None = None
    forgotten: set[str] = field(default_factory=set)  # acts of a storage that was lost
    fuse: int | None = None  # operations until the process ends

    def __post_init__(self) -> None:
        self.start()

    @property
    def office(self) -> bool:
        return not {"dispatcher", "supervisor", "operator"}.isdisjoint(self.roles)

    @property
    def goes_out(self) -> bool:
        return "engineer" in self.roles

    @property
    def stranded(self) -> bool:
        """What is on it can only be carried by hand: no network, or no session and nobody signs in."""
        return self.dead or (self.abandoned and self.storage.get("needs") is not None)

    def wants_to_sign_in(self, chance: random.Random) -> bool:
        """When the device asks for it; on one that was revoked rather when it has brought in what it had."""
        if self.abandoned:
            return False
        if self.client.draining:
            return self.client.drained or self.storage.get("needs") is not None or chance.random() < 0.2
        return self.storage.get("device") is None or self.client.needs is not None

    @property
    def offline(self) -> bool:
        return self.dead or (self.offline_until is not None and self.offline_until > self.server_now())

    def now(self) -> datetime:
        return self.server_now() + self.skew

    def start(self) -> None:
        """A new process on the storage as it is."""
        self.storage.hook = self.burn
        self.clients = [
            Client(
                self.storage, self.transport(self), now=self.now, new_id=lambda: str(self.ids.uuid7(self.now())),
                chance=self.chance.random, page_rows=self.page_rows,
                version="0.1.0" if self.old else "simulated", check_every=None,
            )
            for _ in range(self.tabs)
        ]  # fmt: skip

    @property
    def client(self) -> Client:
        return self.clients[0]

    def burn(self, operation: str) -> None:
        """Counts down to the end of the process; called before every operation of storage and network."""
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Killed(operation)

    @contextmanager
    def living(self, killed: Callable[[str], None]) -> Iterator[None]:
        """What runs inside may be killed; then the phone is started again and `killed` is told where it ended."""
        try:
            yield
        except Killed as end:
            killed(str(end))
            self.start()
        finally:
            self.fuse = None

    def row(self, noun: str, row_id: str) -> dict[str, Any] | None:
        held = self.storage.row(noun, row_id)
        return held.body if held else None

    def bodies(self, noun: str) -> list[tuple[str, dict[str, Any]]]:
        return sorted((row.id, row.body) for row in self.storage.rows(noun))

    def sync(self, tab: int = 0) -> Report:
        return self.clients[tab].sync()
