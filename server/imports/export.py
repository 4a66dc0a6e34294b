"""Everything an import reads, written as it reads it: what goes out of one system comes into another, or back (E8).

Each sheet has the columns of `kinds.py` under the names a company knows; imported again it changes nothing. Of a
checklist the newest version goes out: older ones belong to the runs that are pinned to them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.imports.kinds import CATALOGUE_NAMES, CHECKLIST_NAMES, ITEM_TYPE_NAMES, KINDS, ROLE_NAMES
from server.models import (
    Article,
    Asset,
    CatalogueEntry,
    ChecklistVersion,
    Contact,
    Customer,
    Part,
    PriceItem,
    Site,
    StockMovement,
    Team,
    User,
)
from server.models.stock import WAREHOUSE

Row = dict[str, Any]
LIST = "、"
OPTIONS = "|"
LONGEST_TITLE = 31  # characters of a sheet's name
NOT_IN_TITLES = set("[]:*?/\\")
PLACES = {WAREHOUSE: "总库", "outlet": "网点"}


def data_book(session: Session) -> bytes:
    """People, customers, sites, equipment, parts, prices, lists, checklists and articles."""
    checklists = _checklists(session)
    sheets: list[tuple[str, str, Iterable[Row]]] = [
        ("user", "用户", _users(session)),
        ("customer", "客户", _customers(session)),
        ("site", "现场", _sites(session)),
        ("asset", "设备", _assets(session)),
        ("part", "备件", _plain(session, Part, Part.number)),
        ("price_item", "价目", _plain(session, PriceItem, PriceItem.code)),
        ("catalogue_entry", "目录", _catalogue(session)),
        (
            "checklist_version",
            "检查表",
            [{**_fields(one), "kind": _name(CHECKLIST_NAMES, one.kind)} for one in checklists],
        ),
        *(("checklist_item", _title(one) or "", _items(one)) for one in checklists),
        ("article", "知识库", _articles(session)),
    ]
    return _book(sheets)


def stock_book(session: Session) -> bytes:
    """What lies where now, as the opening stock of another system. Into this one it is not to be imported: here it
    is the sum of movements, and those are known."""
    numbers = {part.id: part.number for part in session.scalars(select(Part))}
    logins = {user.id: user.login for user in session.scalars(select(User))}
    levels = (
        select(StockMovement.location, StockMovement.part_id, func.sum(StockMovement.quantity))
        .group_by(StockMovement.location, StockMovement.part_id)
        .order_by(StockMovement.location, StockMovement.part_id)
    )
    rows = [
        {"location": PLACES.get(place) or logins.get(place), "part": numbers[part_id], "quantity": int(n)}
        for place, part_id, n in session.execute(levels)
        if n and part_id in numbers and (place in PLACES or place in logins)
    ]
    return _book([("stock", "库存", rows)])


def _book(sheets: Iterable[tuple[str, str, Iterable[Row]]]) -> bytes:
    book = Workbook(write_only=True)
    for kind, title, rows in sheets:
        columns, listed = KINDS[kind].columns, list(rows)
        if not title or not listed:
            continue
        sheet = book.create_sheet(title)
        head = [column.headers[0] for column in columns]
        for cells in [head, *([_cell(row.get(column.field)) for column in columns] for row in listed)]:
            made = [WriteOnlyCell(sheet, value=cell) for cell in cells]
            for cell in made:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # what begins with = is a text here, and stays one
            sheet.append(made)
    if not book.worksheets:
        book.create_sheet("空")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: Any) -> Any:
    """As a reader of `values.py` takes it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return LIST.join(str(one) for one in value)
    if isinstance(value, str):
        return "".join(c for c in value if c >= " " or c in "\t\n") or None
    return value


def _fields(row: Any) -> Row:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _money(row: Row) -> Row:
    return {**row, "price_cents": f"{row['price_cents'] / 100:.2f}"} if "price_cents" in row else row


def _plain(session: Session, model: Any, order: Any) -> list[Row]:
    return [_money(_fields(one)) for one in session.scalars(select(model).order_by(order))]


def _name(names: Mapping[str, str], code: str) -> str:
    """What people call a code: its first name."""
    return next((name for name, one in names.items() if one == code), code)


def _users(session: Session) -> list[Row]:
    teams = {team.id: team.name for team in session.scalars(select(Team))}
    return [
        {**_fields(one), "roles": [_name(ROLE_NAMES, role) for role in one.roles], "team": teams.get(one.team_id or "")}
        for one in session.scalars(select(User).order_by(User.number))
    ]


def _contacts(session: Session) -> dict[tuple[str, str | None], Contact]:
    return {(one.customer_id, one.site_id): one for one in session.scalars(select(Contact))}


def _customers(session: Session) -> list[Row]:
    contacts = _contacts(session)
    rows = []
    for one in session.scalars(select(Customer).order_by(Customer.number)):
        contact = contacts.get((one.id, None))
        known = {"contact_name": contact.name, "contact_phone": contact.phone} if contact else {}
        rows.append({**_fields(one), **known})
    return rows


def _sites(session: Session) -> list[Row]:
    numbers = {one.id: one.number for one in session.scalars(select(Customer))}
    return [
        {**_fields(one), "customer": numbers.get(one.customer_id)}
        for one in session.scalars(select(Site).order_by(Site.number))
    ]


def _assets(session: Session) -> list[Row]:
    numbers = {one.id: one.number for one in session.scalars(select(Site))}
    return [
        {**_fields(one), "site": numbers.get(one.site_id)}
        for one in session.scalars(select(Asset).order_by(Asset.number))
    ]


def _catalogue(session: Session) -> list[Row]:
    """Those kinds a sheet may bring; what registration offers is chosen on its own screen."""
    kinds = set(CATALOGUE_NAMES.values())
    entries = select(CatalogueEntry).where(CatalogueEntry.kind.in_(kinds))
    return [
        {**_fields(one), "kind": _name(CATALOGUE_NAMES, one.kind)}
        for one in session.scalars(entries.order_by(CatalogueEntry.kind, CatalogueEntry.sort, CatalogueEntry.code))
    ]


def _articles(session: Session) -> list[Row]:
    published = or_(Article.state.is_(None), Article.state == "published")
    return [_fields(one) for one in session.scalars(select(Article).where(published).order_by(Article.number))]


def _checklists(session: Session) -> list[ChecklistVersion]:
    """The newest of each code whose items can have a sheet of their name."""
    newest: dict[str, ChecklistVersion] = {}
    for one in session.scalars(select(ChecklistVersion).order_by(ChecklistVersion.code, ChecklistVersion.version)):
        newest[one.code] = one
    return [one for one in newest.values() if _title(one)]


def _title(version: ChecklistVersion) -> str | None:
    fits = (
        name for name in (version.code, version.name) if len(name) <= LONGEST_TITLE and not set(name) & NOT_IN_TITLES
    )
    return next(fits, None)


def _items(version: ChecklistVersion) -> list[Row]:
    rows = []
    for place, item in enumerate(version.items, 1):
        shown = item.get("show_if")
        rows.append({
            **item, "sort": str(place), "type": _name(ITEM_TYPE_NAMES, item["type"]),
            **{name: OPTIONS.join(item.get(name) or []) for name in ("options", "options_en", "fail_options")},
            "show_if": f"{shown['item']}{shown['op']}{shown['value']}" if shown else "",
        })  # fmt: skip
    return rows
