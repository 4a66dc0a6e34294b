"""The people and things every test knows, so that a test begins where its story begins.

Alice and Bob are engineers of team north, Charlie of team south, Dora dispatches, Olga is the office's operator, Sam
supervises, Ada administers. There is one customer with one site and one asset, a part, a few catalogue entries and a
checklist.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient

from server.extensions import db
from server.models import Asset, CatalogueEntry, ChecklistVersion, Contact, Customer, Part, Site, Team, User, new_id

Headers = dict[str, str]

#: kind, code, Chinese, English
ENTRIES = (
    ("symptom", "offline", "设备离线", "Device offline"),
    ("cause", "power", "电源故障", "Power fault"),
    ("action", "replace", "更换部件", "Part replaced"),
    ("pause_reason", "waiting_parts", "等待备件", "Waiting for parts"),
    ("cannot_reason", "no_access", "无法进入现场", "No access"),
    ("waive_reason", "absent", "客户不在场", "Customer absent"),
    ("decline_reason", "busy", "时间冲突", "Another visit at that time"),
    ("reassign_reason", "closer", "就近改派", "Somebody is closer"),
    ("cancel_reason", "withdrawn", "客户撤单", "Withdrawn by the customer"),
)
BLANK_ITEM = {
    "group": "", "group_en": "", "label": "", "label_en": "", "mandatory": False, "unit": "", "min": None, "max": None,
    "options": [], "options_en": [], "show_if": None, "on_fail": [], "help": "", "help_en": "",
}  # fmt: skip
ITEMS = (
    {"id": "clean", "label": "机柜清洁", "label_en": "Cabinet clean", "type": "check", "mandatory": True},
    {"id": "temp", "label": "机房温度", "label_en": "Temperature", "type": "number", "unit": "℃", "min": "18",
     "max": "28", "mandatory": True},
    {"id": "mode", "label": "运行模式", "label_en": "Mode", "type": "choice", "options": ["自动", "手动"],
     "options_en": ["Automatic", "Manual"]},
    {"id": "why", "label": "手动原因", "label_en": "Why manual", "type": "text", "mandatory": True,
     "show_if": {"item": "mode", "op": "=", "value": "手动"}},
    {"id": "front", "label": "机柜照片", "label_en": "Photo of the cabinet", "type": "photo"},
)  # fmt: skip


@dataclass
class Cast:
    """Rows as they were made; they belong to no session."""

    north: Team
    south: Team
    alice: User
    bob: User
    charlie: User
    dora: User
    olga: User
    sam: User
    ada: User
    customer: Customer
    contact: Contact
    site: Site
    asset: Asset
    part: Part
    checklist: ChecklistVersion
    entries: dict[str, CatalogueEntry] = field(default_factory=dict)  # by kind

    @property
    def users(self) -> list[User]:
        return [self.alice, self.bob, self.charlie, self.dora, self.olga, self.sam, self.ada]


def password_of(user: User) -> str:
    return f"{user.login} 的密码"


def person(login: str, name: str, role: str, team: Team | None = None) -> User:
    user = User(id=new_id(), number=f"E-{login}", login=login, name=name, name_en=login.title(), roles=[role])
    user.team_id = team.id if team else None
    user.set_password(password_of(user))
    return user


def make_cast(app: Flask) -> Cast:
    """Writes the cast into the app's database, in one transaction."""
    north = Team(id=new_id(), code="north", name="北区一班", name_en="North")
    south = Team(id=new_id(), code="south", name="南区二班", name_en="South")
    customer = Customer(id=new_id(), number="C-1", name="华园大厦物业", kind="物业", contract_number="HT-2026-1")
    site = Site(
        id=new_id(), number="S-1", name="华园大厦", customer_id=customer.id, customer_name=customer.name,
        address="北京市朝阳区建国路 1 号", lat="39.908", lng="116.459", contact_name="张女士",
        contact_phone="13800005678",
    )  # fmt: skip
    cast = Cast(
        north=north,
        south=south,
        alice=person("alice", "艾丽", "engineer", north),
        bob=person("bob", "鲍勃", "engineer", north),
        charlie=person("charlie", "查理", "engineer", south),
        dora=person("dora", "朵拉", "dispatcher"),
        olga=person("olga", "奥佳", "operator"),
        sam=person("sam", "萨姆", "supervisor"),
        ada=person("ada", "艾达", "admin"),
        customer=customer,
        contact=Contact(id=new_id(), customer_id=customer.id, site_id=site.id, name="张女士", phone="13800005678"),
        site=site,
        asset=Asset(id=new_id(), number="A-1", site_id=site.id, name="一号楼控制器", asset_class="ddc", serial="SN-1"),
        part=Part(id=new_id(), number="P-1", name="24V 电源模块", name_en="24 V supply", unit="个", price_cents=12_800),
        checklist=ChecklistVersion(
            id=new_id(), code="monthly-ddc", name="月度巡检", name_en="Monthly patrol", kind="monthly", version=1,
            items=[{**BLANK_ITEM, **item} for item in ITEMS],
        ),
        entries={
            kind: CatalogueEntry(id=new_id(), kind=kind, code=code, name=name, name_en=name_en)
            for kind, code, name, name_en in ENTRIES
        },
    )  # fmt: skip
    rows = [north, south, *cast.users, customer, cast.contact, site, cast.asset, cast.part, cast.checklist]
    with app.app_context():
        db.session.add_all([*rows, *cast.entries.values()])
        db.session.commit()
        db.session.expunge_all()
    return cast


def sign_in(client: FlaskClient, who: User, device_id: str | None = None) -> Headers:
    """Signs `who` in through the door, on a new device unless one is given; gives the headers of later requests."""
    answer = client.post(
        "/api/auth/login",
        json={
            "login": who.login,
            "password": password_of(who),
            "device": {"id": device_id or new_id(), "name": f"{who.login}'s phone", "platform": "test"},
        },
    )
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json['access']}"}
