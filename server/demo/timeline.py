"""Acts in the order of their times. Each person has a phone (or a desk) with an outbox; contact empties it.

A phone without contact keeps its acts, as in life: what the office did meanwhile meets them later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from server import clock
from server.demo.world import World
from server.models import Device
from server.push import push
from sync.protocol import MAX_ACTS, PARKED, REJECTED, VERSION, Act, PushRequest

TELL_EVERY = 500  # acts: the first start should not look as if it had stopped

Args = dict[str, Any]
Maker = Callable[[Session], Args]


@dataclass(slots=True)
class Moment:
    """Something at a time. `args` may be made when the time comes; everything before has been pushed then."""

    at: datetime
    login: str
    act: str | None
    args: Args | Maker
    id: str
    contact: bool
    status: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Phone:
    device_id: str
    n: int = 0
    outbox: list[Act] = field(default_factory=list)


@dataclass
class Timeline:
    world: World
    moments: list[Moment] = field(default_factory=list)
    phones: dict[str, Phone] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, at: datetime, login: str, act: str, args: Args | Maker, contact: bool = False) -> None:
        """What a person does at a time; with `contact` the phone is online at that moment."""
        self.moments.append(Moment(at, login, act, args, self.world.id(at), contact))

    def contact(self, at: datetime, login: str, status: Mapping[str, Any] | None = None) -> None:
        """The phone is online for a moment and says how it is."""
        self.moments.append(Moment(at, login, None, {}, "", True, status))

    def run(self, session: Session, say: Callable[[int, int], None]) -> None:
        """Lives through everything that is past by now; `say(done, all)` from time to time."""
        due = sorted((m for m in self.moments if m.at <= self.world.now), key=lambda moment: moment.at)
        self._register_phones(session, sorted({moment.login for moment in due}), due[0].at)
        for number, moment in enumerate(due):
            phone = self.phones[moment.login]
            if moment.act is not None:
                args = moment.args
                if callable(args):
                    self._push(session, moment.login, moment.at)
                    args = args(session)
                phone.n += 1
                phone.outbox.append(Act(phone.n, moment.id, moment.act, 1, clock.wire(moment.at), args))
            if moment.contact:
                self._push(session, moment.login, moment.at, moment.status)
            if number and number % TELL_EVERY == 0:
                say(number, len(due))
        for login in self.phones:
            self._push(session, login, self.world.now)
        say(len(due), len(due))

    def act_now(self, session: Session, login: str, act: str, args: Args) -> None:
        """One act more, after all that was written has been lived through."""
        phone = self.phones[login]
        phone.n += 1
        phone.outbox.append(Act(phone.n, self.world.id(self.world.now), act, 1, clock.wire(self.world.now), args))
        self._push(session, login, self.world.now)

    def _register_phones(self, session: Session, logins: list[str], first: datetime) -> None:
        created = first - timedelta(days=1)
        for login in logins:
            user = self.world.users[login]
            self.phones[login] = Phone(self.world.id(created))
            if session.get(Device, self.phones[login].device_id) is None:
                name = f"{user.name}的{'电脑' if user.is_office else '手机'}"
                device = Device(
                    id=self.phones[login].device_id, user_id=user.id, name=name, platform="demo",
                    last_n=0, clock_offset_ms=0, created_at=created,
                )  # fmt: skip
                session.add(device)
        session.commit()

    def _push(self, session: Session, login: str, at: datetime, status: Mapping[str, Any] | None = None) -> None:
        phone, user = self.phones[login], self.world.users[login]
        while phone.outbox or status is not None:
            batch, phone.outbox = tuple(phone.outbox[:MAX_ACTS]), phone.outbox[MAX_ACTS:]
            request = PushRequest(VERSION, phone.device_id, None, clock.wire(at), batch, status)
            with clock.standing_at(at):
                answer = push(session, user, phone.device_id, request)
            status = None
            names = {act.n: act.act for act in batch}
            for receipt in answer.receipts:
                self.outcomes[receipt.outcome] += 1
                if receipt.outcome in (PARKED, REJECTED):
                    self.refused.append((login, names[receipt.n], f"{receipt.code}: {receipt.detail}"))
