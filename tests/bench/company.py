"""The company under measurement: written into the database by the models themselves, before the server starts.

Eight engineers each hold eight visits at work, to push to. Two more measure the pull: `small` holds about 500 rows,
`large` about 10,000. `desk` is a dispatcher. Bodies are as long as real ones, in Chinese, and no two are alike, so that
compression has what it will have in the field.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from server import clock
from server.extensions import db
from server.models import (
    Asset,
    ChecklistRun,
    ChecklistVersion,
    Contact,
    Customer,
    Event,
    FeedRow,
    Part,
    Site,
    SlaMilestone,
    Stock,
    Subscription,
    Team,
    User,
    Visit,
    WorkOrder,
    new_id,
)  # fmt: skip
from tests.cast import BLANK_ITEM, ITEMS
from tests.conftest import build_app, close, migrate

PUSHERS = 8
VISITS_EACH = 8
ROWS = {"small": 500, "large": 10_000}
PASSWORD = "一个足够长的密码"
FILLED_SCOPES_OF = 50  # rows of one work order in the filling
#: As long as an event's.
EVENT_BODY = (
    '{"work_order_id":"00000000-0000-7000-8000-000000000000","visit_id":"00000000-0000-7000-8000-000000000000",'
    '"kind":"visit.pause","by_name":"张工","at":"2026-11-21T08:30:00.000Z","data":{"from":"working","to":"paused",'
    '"reason":"parts","note":"等待备件到货"},"created_by":null,"device_at":null,"server_at":"2026-11-21T08:30:00.000Z"}'
)
WORDS = re.findall(
    r"\S+",
    """
    空调机组 冷水机组 送风机 回风阀 温湿度传感器 压差开关 楼宇控制器 网关 配电柜 消防联动 水泵 变频器 通讯中断 读数漂移
    无法启动 报警频繁 更换电源模块 重新下载程序 校准 清洗过滤网 紧固端子 检查接线 恢复正常 待观察 客户确认 夜间 机房
    屋顶 地下二层 东侧 西塔 弱电间 一号 二号 三号 温度 湿度 流量 电流 电压 BACnet Modbus LonWorks DDC-4200 XL-500
    """,
)


@dataclass
class Pusher:
    """An engineer who pushes, and the visits at work with what an act may name."""

    login: str
    visits: list[dict[str, str]] = field(default_factory=list)  # visit, run, part


@dataclass
class Company:
    pushers: list[Pusher] = field(default_factory=list)
    readers: dict[str, str] = field(default_factory=dict)  # small, large, desk → login
    small_visit: str = ""


def found(url: str, folder: Path, rows: dict[str, int]) -> Company:
    """Migrates the database at `url` and writes the company. `rows`: how many small and large shall hold."""
    migrate(url, folder)
    app = build_app(url, folder)
    with app.app_context():
        company = Founder(random.Random(20261121)).write(rows)
        _analyse()
    close(app)
    return company


def _analyse() -> None:
    """What autovacuum does within a minute of such a load, and SQLite's `PRAGMA optimize`."""
    db.session.execute(text("ANALYZE"))
    db.session.commit()


class Founder:
    """Writes companies. `password` is everybody's; without one nobody can sign in by password, and none is hashed."""

    def __init__(self, chance: random.Random, password: str | None = PASSWORD):
        self.chance, self.password = chance, password
        self.now = clock.now()
        self.company = Company()
        self.serial = 0

    def words(self, count: int) -> str:
        return "".join(self.chance.choice(WORDS) for _ in range(count))

    def number(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}-{self.serial:06d}"

    def write(self, rows: dict[str, int]) -> Company:
        team = Team(id=new_id(), code="north", name="北区一班", name_en="North")
        names = [f"pusher{i}" for i in range(PUSHERS)] + ["small", "large"]
        people = {name: self._person(name, "engineer", team) for name in names}
        people["desk"] = self._person("desk", "dispatcher", None)
        customer = Customer(id=new_id(), number="C-1", name="华园大厦物业管理有限公司", kind="物业")
        self.customer, self.checklist = customer, self._checklist()
        self.parts = [
            Part(id=new_id(), number=self.number("P"), name=self.words(2), name_en="Part", brand="霍尼韦尔",
                 spec=self.words(2), unit="个", price_cents=self.chance.randrange(1000, 900_000))
            for _ in range(60)
        ]  # fmt: skip
        contact = Contact(id=new_id(), customer_id=customer.id, name="张女士", phone="13800005678")
        db.session.add_all([team, *people.values(), customer, contact, self.checklist, *self.parts])
        db.session.commit()
        for name in names[:PUSHERS]:
            self._pusher(people[name])
        for name in ("small", "large"):
            self._reader(people[name], rows[name])
        self.company.readers |= {name: name for name in ("small", "large", "desk")}
        return self.company

    def _person(self, login: str, role: str, team: Team | None) -> User:
        user = User(id=new_id(), number=f"E-{login}", login=login, name=self.words(1), name_en=login, roles=[role])
        user.team_id = team.id if team else None
        if self.password:
            user.set_password(self.password)
        return user

    def _checklist(self) -> ChecklistVersion:
        return ChecklistVersion(
            id=new_id(), code="monthly-ddc", name="月度巡检", name_en="Monthly patrol", kind="monthly", version=1,
            items=[{**BLANK_ITEM, **item} for item in ITEMS],
        )  # fmt: skip

    def _site(self) -> Site:
        return Site(
            id=new_id(), number=self.number("S"), name=self.words(2), customer_id=self.customer.id,
            customer_name=self.customer.name, address=f"北京市朝阳区建国路 {self.serial} 号", lat="39.908",
            lng="116.459", access_notes=self.words(6), contact_name="张女士", contact_phone="13800005678",
        )  # fmt: skip

    def _asset(self, site: Site) -> Asset:
        return Asset(
            id=new_id(), number=self.number("A"), site_id=site.id, name=self.words(2), asset_class="ddc",
            brand="霍尼韦尔", model=self.words(1), serial=f"SN{self.chance.randrange(10**9):09d}", protocol="BACnet",
            software_version="4.2.1", connection=self.words(1), location=self.words(3), note=self.words(4),
        )  # fmt: skip

    def _order(self, site: Site, lead: User, events: int) -> tuple[Visit, list[Any]]:
        """A work order with a visit at work: the rows of one scope."""
        order = WorkOrder(
            id=new_id(), number=self.number("SN"), state="in_progress", kind="repair", title=self.words(3),
            description=self.words(12), customer_id=self.customer.id, customer_name=self.customer.name,
            site_id=site.id, site_name=site.name, level=2, level_reason=self.words(3), channel="phone",
            source="customer", reported_at=self.now - timedelta(hours=self.chance.randrange(1, 90)),
        )  # fmt: skip
        visit = Visit(
            id=new_id(), work_order_id=order.id, site_id=site.id, state="working", lead_id=lead.id,
            slot_start=self.now, slot_end=self.now + timedelta(hours=2), brief=self.words(8),
            times={"accepted": clock.wire(self.now), "working": clock.wire(self.now)},
        )  # fmt: skip
        milestones = [
            SlaMilestone(id=new_id(), work_order_id=order.id, kind=kind, due_at=self.now + timedelta(hours=hours))
            for hours, kind in enumerate(("respond", "plan", "arrive", "resolve"), 1)
        ]
        lines = [
            Event(id=new_id(), work_order_id=order.id, visit_id=visit.id, kind="visit.pause", by_name=lead.name,
                  at=self.now, data={"from": "working", "to": "paused", "reason": "parts", "note": self.words(4)})
            for _ in range(events)
        ]  # fmt: skip
        return visit, [order, visit, *milestones, *lines]

    def _pusher(self, user: User) -> None:
        pusher, site, rows = Pusher(user.login), self._site(), []
        for _ in range(VISITS_EACH):
            visit, made = self._order(site, user, 2)
            run = ChecklistRun(
                id=new_id(), visit_id=visit.id, work_order_id=visit.work_order_id, version_id=self.checklist.id,
                code=self.checklist.code,
            )  # fmt: skip
            part = self.chance.choice(self.parts)
            pusher.visits.append({"visit": visit.id, "run": run.id, "part": part.id})
            rows += [*made, run]
        shelf = [Stock(id=new_id(), user_id=user.id, part_id=part.id, quantity=50) for part in self.parts]
        db.session.add_all([site, *rows, *shelf])
        db.session.commit()
        db.session.expunge_all()
        self.company.pushers.append(pusher)

    def _reader(self, user: User, wanted: int) -> None:
        """Sites with assets and work orders until the user holds `wanted` rows."""
        held = 0
        missing = wanted - _held_rows(user.id)
        for rows in self._sites(user, missing):
            db.session.add_all(rows)
            held += len(rows)
            if held % 1000 < len(rows) or held >= missing:
                db.session.commit()
                db.session.expunge_all()
        db.session.commit()

    def _sites(self, user: User, missing: int) -> Iterator[list[Any]]:
        while missing > 0:
            site = self._site()
            visit, order = self._order(site, user, 14)
            rows = [site, *order, *(self._asset(site) for _ in range(30))][:missing]
            missing -= len(rows)
            if user.login == "small":
                self.company.small_visit = self.company.small_visit or visit.id
            yield rows


def _held_rows(user_id: str) -> int:
    query = (
        select(func.count())
        .select_from(FeedRow)
        .join(Subscription, Subscription.scope == FeedRow.scope)
        .where(Subscription.user_id == user_id, Subscription.left_rev.is_(None))
    )
    return int(db.session.scalar(query) or 0)


def fill(url: str, folder: Path, total: int) -> int:
    """Other people's work orders, straight into the feed, until it holds `total` rows; the desk holds their scopes.

    Only the feed and the subscriptions are read by a pull, so only they are filled. Gives the rows then there.
    """
    app = build_app(url, folder)
    with app.app_context():
        have = int(db.session.scalar(select(func.count()).select_from(FeedRow)) or 0)
        if total > have:
            _fill(total - have, int(db.session.scalar(select(func.count()).select_from(Subscription)) or 0))
            have = int(db.session.scalar(select(func.count()).select_from(FeedRow)) or 0)
            _analyse()
    close(app)
    return have


def _fill(count: int, salt: int) -> None:
    """`count` rows in scopes of fifty. `salt` keeps the names of a second filling apart from the first."""
    sqlite = db.engine.dialect.name == "sqlite"
    numbers = (
        "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :count)"
        if sqlite
        else "WITH numbers AS (SELECT generate_series(1, :count) AS i)"
    )
    # printf and lpad give ids of the length of real ones, scattered like nobody's business of the order of writing.
    name = "printf('%08x-0000-7000-8000-%012x', {0} * 2654435761 % 4294967296, {1})" if sqlite else (
        "lpad(to_hex({0}::bigint * 2654435761 % 4294967296), 8, '0') || '-0000-7000-8000-' ||"
        " lpad(to_hex({1}::bigint), 12, '0')"
    )  # fmt: skip
    row_id = name.format("i", f"{salt * 10_000_000} + i")
    scope = "'wo:' || " + name.format(f"(i / {FILLED_SCOPES_OF})", f"{salt * 10_000_000} + i / {FILLED_SCOPES_OF}")
    insert = "INSERT INTO feed (noun, row_id, scope, rev, body)"
    values = f"SELECT 'event', {row_id}, {scope}, 1 + i % 50, :body FROM numbers"
    # SQLite wants the WITH inside an INSERT … SELECT, PostgreSQL takes it there as well.
    db.session.execute(text(f"{insert} {numbers} {values}"), {"count": count, "body": EVENT_BODY})
    desk = db.session.scalar(select(User.id).where(User.login == "desk"))
    db.session.execute(
        text(
            "INSERT INTO subscription (user_id, scope, entered_rev) SELECT DISTINCT :desk, f.scope, 1 FROM feed f"
            " WHERE NOT EXISTS (SELECT 1 FROM subscription s WHERE s.user_id = :desk AND s.scope = f.scope)"
            " AND f.scope LIKE 'wo:%'"
        ),
        {"desk": desk},
    )
    # Stamps below the clock: the desk has pulled all of it before it is measured.
    db.session.execute(text("UPDATE clock SET rev = rev + 100"))
    db.session.commit()
