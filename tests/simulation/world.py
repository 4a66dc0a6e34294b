"""A world: its plan follows from the seed, its steps from the plan, and at the end everything must agree.

`plan(seed)` gives settings and steps as data, each step with a random source of its own, so that a step can be left
out (`shrink.py`) without changing what the others draw. `World.run` takes the steps and then lets the network heal.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from server import clock, pull
from server.held import HOLD
from sync.client import Answer, Refused, Report, Unreachable
from sync.client.journey import Stuck
from sync.client.ports import Json
from tests.cast import password_of
from tests.simulation import invariants, steps
from tests.simulation.deployment import BEGIN, WATCHERS, Backup, Crash, Deployment, Ids
from tests.simulation.invariants import Broken
from tests.simulation.network import Network, Request
from tests.simulation.people import Person, pick
from tests.simulation.phone import Killed, Phone
from tests.simulation.recording import Recorder

DAYS = 14
STEPS = 32  # beside the first morning: worlds of this size find more in an hour than fewer large ones
ROUNDS_TO_DRAIN = 12  # contacts of every phone after the network healed (I14)
FUSE = 250  # operations; where a kill strikes is drawn up to here
MINUTES = timedelta(minutes=1)

#: What happens after the first morning, by weight; to the office's devices as to the engineers'.
KINDS = {
    "work": 46, "sync": 34, "offline": 4, "tasks": 3, "late": 4, "power_loss": 2, "lose_storage": 0.5, "clone": 0.6,
    "revoke": 0.5, "backup": 3, "restore": 1.6, "team": 0.8, "sign_out": 0.6,
}  # fmt: skip
#: What happens once in this share of all worlds. Drawn apart, so that a new kind leaves every world as it was.
EXTRAS = {"rescue": 0.2, "corrupt": 0.2, "check": 0.3, "tidy": 0.25, "overtaken": 0.15, "twins": 0.1, "roles": 0.2}
WATCHED = 0.4  # of all worlds have one more phone, of a role that does nothing here but reads
OLD_PAGES = 0.2  # of all worlds have phones whose page is of the release before, until an update in their midst


@dataclass(frozen=True)
class Step:
    """At this minute this happens to this phone; `seed` is all the chance it has."""

    minute: int
    kind: str
    phone: int
    seed: int


@dataclass(frozen=True)
class Plan:
    """A world before it begins."""

    seed: int
    phones: tuple[tuple[str, int, int, int, bool], ...]  # login, minutes of skew, tabs, rows in a page, signed in
    weather: float
    kills: float  # how often a step of a phone ends in a kill
    wsgi: bool
    near: int  # changes up to which a pull goes by changes, so that small worlds go both ways
    steps: tuple[Step, ...]
    old: frozenset[int] = frozenset()  # phones that begin with a page of the release before


def plan(seed: int) -> Plan:
    """Everything that is drawn beforehand."""
    rng = random.Random(seed)
    logins = [rng.choice(["dora", "sam"]), "alice"]
    logins += rng.choices(["alice", "bob", "charlie", "sam", "dora", "olga"], k=rng.randint(1, 4))
    phones = tuple((
        login, rng.choice([0, 0, 0, rng.randint(-10, 10) * 1440, rng.randint(-600, 600)]),
        2 if rng.random() < 0.15 else 1, rng.choice([1000, 1000, 50, 7]), rng.random() < 0.8,
    ) for login in logins)  # fmt: skip
    kinds, weights = list(KINDS), list(KINDS.values())
    morning = [Step(30 + i, "morning", i % len(phones), rng.getrandbits(48)) for i in range(len(phones) + 1)]
    taken = morning + sorted(
        (
            Step(rng.randint(60, DAYS * 1440), rng.choices(kinds, weights)[0], rng.randrange(len(phones)),
                 rng.getrandbits(48))
            for _ in range(STEPS)
        ),
        key=lambda step: (step.minute, step.seed),
    )  # fmt: skip
    taken, old = _with_old_pages(seed, _with_extras(seed, taken, len(phones)), len(phones))
    phones += _watching(seed)
    weather, kills, near = rng.choice([0, 0.5, 1, 2]), rng.choice([0, 0.05, 0.15]), rng.choice([500, 3])
    return Plan(seed, phones, weather, kills, seed % 20 == 0, near, tuple(taken), old)


def _watching(seed: int) -> tuple[tuple[str, int, int, int, bool], ...]:
    """Behind the others, so that every step is still of the phone it was drawn for."""
    rng = random.Random(f"watched {seed}")
    return ((rng.choice(sorted(WATCHERS)), 0, 1, rng.choice([1000, 50]), True),) if rng.random() < WATCHED else ()


def _with_extras(seed: int, steps: list[Step], phones: int) -> list[Step]:
    for kind, share in EXTRAS.items():
        rng = random.Random(f"{kind} {seed}")
        if rng.random() < share:
            extra = Step(rng.randint(60, DAYS * 1440), kind, rng.randrange(phones), rng.getrandbits(48))
            steps = _between(steps, extra)
    return steps


def _with_old_pages(seed: int, steps: list[Step], phones: int) -> tuple[list[Step], frozenset[int]]:
    rng = random.Random(f"old pages {seed}")
    if rng.random() >= OLD_PAGES:
        return steps, frozenset()
    old = frozenset(index for index in range(phones) if rng.random() < 0.6)
    for index in sorted(old):
        steps = _between(steps, Step(rng.randint(60, DAYS * 1440), "update", index, rng.getrandbits(48)))
    return steps, old


def _between(steps: list[Step], extra: Step) -> list[Step]:
    return [s for s in steps if s.minute <= extra.minute] + [extra] + [s for s in steps if s.minute > extra.minute]


@dataclass
class Saved:
    """An act somebody was told is saved."""

    phone: int
    user_id: str
    order: int
    name: str
    args: Json
    group: str | None


class World:
    """One seed at work."""

    def __init__(self, server: Deployment, plan: Plan, recorder: Recorder | None = None) -> None:
        self.server, self.plan, self.recorder = server, plan, recorder
        server.fresh(plan.seed)
        server.wsgi, pull.NEAR_CHANGES = plan.wsgi, plan.near
        self.random = random.Random(plan.seed)
        self.ids = Ids(f"world {plan.seed}")
        self.faults: Counter[str] = Counter()
        self.acts = self.files = 0
        self.saved: dict[str, Saved] = {}
        self.undefended: set[str] = set()  # acts whose only copy a fault took: allowed to be lost, and counted
        self.backups: list[tuple[Backup, set[str]]] = []  # each with the acts its journal held
        self.bundles: list[tuple[bytes, frozenset[str]]] = []  # rescue files under way to the office, and their acts
        self.trace: list[str] = []
        self.calm = False  # the network has healed
        self.nested = False
        self.network = Network(self, plan.weather, self.random)
        self.now = BEGIN
        self.phones: list[Phone] = []
        for login, skew, tabs, rows, signed_in in plan.phones:
            self.add_phone(login, skew * MINUTES, tabs, rows, signed_in)

    # --- Phones -------------------------------------------------------------------------------------------

    def add_phone(self, login: str, skew: timedelta, tabs: int, rows: int, signed_in: bool) -> Phone:
        user = self.server.people[login]
        index = len(self.phones)
        phone = Phone(
            index, login, user.id, tuple(user.roles), self.network.transport, lambda: self.now,
            Ids(f"phone {self.plan.seed} {index}"), self.random, skew, tabs, rows,
        )  # fmt: skip
        if phone.index in self.plan.old:
            phone.old = True
            phone.start()
            self.faults["old_page"] += 1
        used = sum(1 for other in self.phones if other.login == login)
        prepared = self.server.prepared[login]
        if signed_in and used < len(prepared):
            device = prepared[used]
            with phone.storage.transaction(strict=True):
                memory = {
                    "user": device.user_id,
                    "rescue_key": None if phone.old else device.rescue_key,
                    "login": login,
                    "device": device.device_id,
                    **device.tokens,
                }
                for key, value in {**memory, "heard_epoch": device.epoch}.items():
                    phone.storage.put(key, value)
        self.phones.append(phone)
        if self.recorder:
            self.recorder.begin(phone)
        return phone

    def set_time(self, now: datetime) -> None:
        self.now = now
        clock._standing.set(now)

    def note(self, text: str) -> None:
        self.trace.append(f"{self.now:%d %H:%M} {text}")

    def digest(self) -> str:
        """A hash of everything that happened: the same seed gives the same."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    # --- Saving -------------------------------------------------------------------------------------------

    def save(self, phone: Phone, acts: list[tuple[str, Json, int]]) -> None:
        """A person does something; when this returns they have read "saved"."""
        made = phone.client.act_group(acts)
        self.promise(phone)
        self.note(f"{phone.index} {phone.login} saves {' + '.join(e.act for e in made)} as {made[0].n}")

    def save_file(self, phone: Phone, content: bytes, args: Json) -> None:
        phone.client.attach(content, **args)
        self.files += 1
        self.promise(phone)
        self.note(f"{phone.index} {phone.login} takes a {args['purpose']} photo")

    def promise(self, phone: Phone) -> None:
        """What is durable on a phone is shown there, so it is promised, also when the process died on the way."""
        for act_id, entry in phone.storage.acts.items():
            if act_id not in self.saved:
                self.acts += 1
                if self.recorder:
                    self.recorder.act(phone, entry)
                self.saved[act_id] = Saved(
                    phone.index, phone.user_id, len(self.saved), entry.act, entry.args, entry.group
                )

    # --- The server ---------------------------------------------------------------------------------------

    def serve(self, phone: Phone, request: Request) -> Answer:
        """The server answers; what it says is checked on its way out."""
        self.set_time(self.now + timedelta(milliseconds=40))
        try:
            answer = self.server.answer(*request)
        except Crash as crash:
            raise Broken("500", str(crash)) from crash
        invariants.check_answer(self, phone, request, answer)
        return answer

    def meanwhile(self, phone: Phone) -> None:
        """While a request is under way the other tab may do something, and so may the person."""
        if self.nested or self.calm or (phone.tabs == 1 and self.random.random() > 0.04):
            return
        if self.random.random() < 0.35:
            self.nested = True
            fuse, phone.fuse = phone.fuse, None
            try:
                if phone.tabs > 1 and self.random.random() < 0.6:
                    self.faults["two_tabs"] += 1
                    phone.sync(tab=1)
                else:
                    self.faults["act_while_syncing"] += 1
                    self.person_acts(phone, self.random)
            finally:
                self.nested, phone.fuse = False, fuse

    # --- Steps --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """The plan, then the healing, then every invariant; raises `Broken`."""
        try:
            for step in self.plan.steps:
                self.set_time(max(self.now, BEGIN + step.minute * MINUTES))
                self.take(step)
            self.heal()
            invariants.check_at_rest(self)
        finally:
            self.faults.update(self.network.counts)

    def take(self, step: Step) -> None:
        """One step. The phone in it may be killed at any operation."""
        rng = self.random = random.Random(step.seed)
        self.network.random = rng
        phone = self.phones[step.phone % len(self.phones)]
        phone.chance = rng
        if rng.random() < self.plan.kills:
            phone.fuse = int(FUSE ** rng.random())
        self.note(f"{step.kind} {phone.index} {phone.login}")
        with phone.living(partial(self._killed, phone)):
            if step.kind in steps.STEPS:
                steps.STEPS[step.kind](self, phone, rng)
            else:
                getattr(self, f"do_{step.kind}")(phone, rng)
        self.promise(phone)
        invariants.check_phone(self, phone)

    def _killed(self, phone: Phone, where: str) -> None:
        self.faults["killed"] += 1
        self.nested = False
        self.spoil(phone)
        self.note(f"{phone.index} is killed at {where}")

    def spoil(self, phone: Phone) -> None:
        """Something happened to this phone that a trace does not tell."""
        if self.recorder:
            self.recorder.spoiled.add(phone.index)

    def person_acts(self, phone: Phone, rng: random.Random) -> None:
        person = Person(self, phone, rng)
        if phone.storage.get("device") is None:
            return
        if phone.office:
            person.decide()
        else:
            person.work()

    def do_morning(self, phone: Phone, rng: random.Random) -> None:
        """Everyone comes online; the dispatcher sends somebody out."""
        self.contact(phone)
        if phone.office and phone.storage.get("device"):
            Person(self, phone, rng).dispatch()
            self.contact(phone)

    def do_work(self, phone: Phone, rng: random.Random) -> None:
        for _ in range(rng.choice([1, 1, 2])):
            self.person_acts(phone, rng)
        if rng.random() < 0.4:
            self.contact(phone)

    def do_check(self, phone: Phone, rng: random.Random) -> None:
        """The check of a phone in the middle of things, where it may be cut off like everything else."""
        self.contact(phone)
        if phone.storage.get("device") and not (phone.client.draining or phone.old):
            with suppress(Unreachable, Refused, Stuck):
                self.note(f"{phone.index} {phone.login} checks: {phone.client.check()}")
        self.spoil(phone)

    def do_sync(self, phone: Phone, rng: random.Random) -> None:
        self.contact(phone)

    def contact(self, phone: Phone) -> Report:
        """Signs in when that is needed, and syncs."""
        if phone.wants_to_sign_in(self.random):
            with suppress(Unreachable, Refused):
                self.sign_in(phone)
        if self.recorder:
            self.recorder.sync(phone)
        report = phone.sync()
        if self.recorder:
            self.recorder.state(phone)
        self.note(f"{phone.index} {phone.login} syncs: {report} rev {phone.storage.get('rev')}")
        return report

    def sign_in(self, phone: Phone) -> None:
        try:
            phone.client.sign_in(phone.login, password_of(self.server.people[phone.login]))
        except Refused as refused:
            if refused.code != "device-revoked":
                raise
            with phone.storage.transaction(strict=True):
                phone.storage.put("line_closed", True)
            phone.client.sign_in(phone.login, password_of(self.server.people[phone.login]))
        self.note(f"{phone.index} {phone.login} signs in")

    # --- The end ------------------------------------------------------------------------------------------

    def heal(self) -> None:
        """The weather clears, everyone comes online and contacts the server until nothing waits any more."""
        self.calm, self.network.weather = True, 0
        if self.random.random() < 0.5:
            self.network.deliver_late()
        self.network.forget()
        for phone in self.phones:
            phone.offline_until = None
        for phone in [p for p in self.phones if p.stranded]:
            steps.make_bundle(self, phone)
        steps.bring_bundles(self)
        for phone in [p for p in self.phones if p.corrupted]:
            steps.update(self, phone, self.random)  # only a page that checks can put its rows right
        self.drain()
        invariants.check_held(self)
        if self.server.held():  # for a row that nobody brings: a person decides, once it has waited long enough
            self.set_time(self.now + HOLD)
            self.drain()
        invariants.check_digests(self)

    def work(self) -> int:
        """The server's tasks that are due; gives how many."""
        self.faults.update({"hold_ended": ended} if (ended := self.server.held(until=self.now)) else {})
        return self.server.work()

    def drain(self) -> None:
        """Everyone contacts the server until nothing waits any more."""
        for round_ in range(ROUNDS_TO_DRAIN):
            self.set_time(self.now + timedelta(hours=2))
            for phone in self.phones:
                if round_ == 0 or invariants.waiting(phone) or not invariants.agrees(self, phone):
                    self.contact(phone)
            worked = self.work()
            active = [phone for phone in self.phones if not phone.stranded]
            if not worked and all(invariants.waiting(p) == 0 and invariants.agrees(self, p) for p in active):
                return
        stuck = {phone.index: invariants.waiting(phone) for phone in self.phones if not phone.stranded}
        raise Broken("I14", f"still waiting after {ROUNDS_TO_DRAIN} contacts: {stuck}")


__all__ = ["Killed", "Plan", "Step", "World", "pick", "plan"]
