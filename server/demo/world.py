"""What the stories need to know of the company, read once, in an order that does not depend on ids."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import Asset, ChecklistVersion, Customer, Part, Site, Stock, User
from server.scopes import ZONE

COMPANY = Path(__file__).parent / "company"
CASES = COMPANY / "故障案例.json"
SEED = "xunxiu"
# How the case file names channels and sources, and how the office's form does.
CHANNELS = {"phone": "hotline", "box": "suggestion"}
SOURCES = {"proactive": "sweep"}


@dataclass
class World:
    """The company as rows that belong to no session, the word lists, and one source of chance."""

    now: datetime
    rng: Random
    users: dict[str, User]
    sites: dict[str, Site]
    customers: dict[str, Customer]
    assets: dict[str, list[Asset]]
    parts: dict[str, Part]
    checklists: dict[str, ChecklistVersion]
    carried: set[tuple[str, str]]
    words: dict[str, Any]
    busy: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def engineers(self) -> list[User]:
        return [user for user in self.users.values() if user.has_role("engineer")]

    def one_with(self, role: str) -> str:
        """The login of the first person with a role."""
        return next(user.login for user in self.users.values() if user.has_role(role))

    def id(self, at: datetime) -> str:
        """A UUIDv7 of that instant, its chance from the seed."""
        milliseconds = int(at.timestamp() * 1000)
        value = milliseconds << 80 | 7 << 76 | self.rng.getrandbits(12) << 64 | 2 << 62 | self.rng.getrandbits(62)
        return str(UUID(int=value))

    def local(self, day: int, hour: int, minute: int = 0) -> datetime:
        """A time on the wall clock, `day` days after today."""
        midnight = (self.now + ZONE).replace(hour=0, minute=0, second=0, microsecond=0) - ZONE
        return midnight + timedelta(days=day, hours=hour, minutes=minute)

    def is_workday(self, day: int) -> bool:
        return (self.local(day, 12) + ZONE).weekday() < 5

    def pick(self, words: str) -> Any:
        return self.rng.choice(self.words[words])

    def weighted(self, words: str) -> str:
        entries = self.words[words]
        code = self.rng.choices([e["code"] for e in entries], [e["weight"] for e in entries])[0]
        return str({**CHANNELS, **SOURCES}.get(code, code))

    def free(self, engineers: list[User], start: datetime, end: datetime) -> User:
        """One of the engineers who has nothing else then; booked. The least busy one, when all have."""
        order = self.rng.sample(engineers, len(engineers))
        for user in order:
            if all(end <= begins or ends <= start for begins, ends in self.busy[user.login]):
                break
        else:
            user = min(order, key=lambda one: len(self.busy[one.login]))
        self.busy[user.login].append((start, end))
        return user

    def skilled(self, asset_class: str, among: list[User]) -> list[User]:
        return [user for user in among if asset_class in user.skills] or among

    def asset_for(self, case: dict[str, Any]) -> Asset:
        """A piece of equipment of the case's class, one whose place fits the customer's words if there is one."""
        assets = self.rng.sample(self.assets[case["asset_class"]], min(60, len(self.assets[case["asset_class"]])))
        return max(assets, key=lambda asset: _likeness(case["title_zh"], asset.location + asset.name))


def _likeness(a: str, b: str) -> int:
    return len({a[i : i + 2] for i in range(len(a) - 1)} & {b[i : i + 2] for i in range(len(b) - 1)})


def load_world(session: Session, now: datetime) -> World:
    """Everything the stories need, as it is after the import."""
    assets: dict[str, list[Asset]] = defaultdict(list)
    for asset in session.scalars(select(Asset).order_by(Asset.number)):
        assets[asset.asset_class].append(asset)
    users = {user.login: user for user in session.scalars(select(User).order_by(User.number))}
    versions = session.scalars(select(ChecklistVersion).order_by(ChecklistVersion.version))
    world = World(
        now=now,
        rng=Random(SEED),
        users=users,
        sites={site.id: site for site in session.scalars(select(Site).order_by(Site.number))},
        customers={customer.id: customer for customer in session.scalars(select(Customer))},
        assets=dict(assets),
        parts={part.number: part for part in session.scalars(select(Part))},
        checklists={version.kind: version for version in versions},
        carried={(row.user_id, row.part_id) for row in session.scalars(select(Stock))},
        words=json.loads(CASES.read_text(encoding="utf-8")),
    )
    session.expunge_all()
    session.rollback()
    return world
