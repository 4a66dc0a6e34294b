"""Records become rows: found by their business key, compared, made or changed. Nothing is written here.

What a record names (a customer, a site, a part) is looked for among the rows of the database and of this import, so
the kinds go in the order of `KINDS`. A record with a fault changes nothing, and who names a row that was to come from
it has a fault as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.imports.checklists import items_of
from server.imports.faults import Fault
from server.imports.kinds import CATALOGUE_NAMES, KINDS, OUTLET_NAMES, WAREHOUSE_NAMES
from server.imports.points import plan_point
from server.imports.records import Record, Table, only, refer
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
    Stock,
    StockMovement,
    Team,
    User,
    new_id,
)
from server.models.stock import WAREHOUSE

MIN_PASSWORD = 8  # characters, as at the sign-in door
IMPORTED = "import"  # the reason of a stock movement
COUNTS = ("new", "changed", "same", "bad")

Rows = dict[Any, Any]


@dataclass
class Plan:
    """What an import would do. `users`: the new ones, who still need a password."""

    session: Session
    by: str | None
    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    new: list[Any] = field(default_factory=list)
    gone: list[Any] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)

    def count(self, kind: str, what: str) -> None:
        self.counts.setdefault(kind, Counter(dict.fromkeys(COUNTS, 0)))[what] += 1

    def known(self, model: Any, *fields: str) -> Rows:
        """Every row of a model by its key, those of this import included."""
        if model.__name__ not in self.rows:
            self.rows[model.__name__] = {_key(row, fields): row for row in self.session.scalars(select(model))}
        return self.rows[model.__name__]

    def make(self, model: Any, /, **values: Any) -> Any:
        row = model(id=new_id(), created_by=self.by, **values)
        self.new.append(row)
        return row

    def put(self, kind: str, model: Any, known: Rows, key: Any, values: dict[str, Any], extra: bool = False) -> Any:
        """Makes the row or changes what differs. `extra`: something beside the row has changed, too."""
        row = known.get(key)
        if row is None:
            row = known[key] = self.make(model, **values)
            self.count(kind, "new")
            return row
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in changes.items():
            setattr(row, name, value)
        self.count(kind, "changed" if changes or extra else "same")
        return row


def _key(row: Any, fields: tuple[str, ...]) -> Any:
    return getattr(row, fields[0]) if len(fields) == 1 else tuple(getattr(row, name) for name in fields)


def plan_import(session: Session, tables: Iterable[Table], by: str | None) -> Plan:
    """The plan of these tables. Rows already in the session are changed; the caller flushes or rolls back."""
    plan = Plan(session, by)
    by_kind: dict[str, list[Table]] = {}
    for table in tables:
        by_kind.setdefault(table.kind.name, []).append(table)
    for name in KINDS:
        if name == "checklist_item":
            continue
        if name == "catalogue_entry":
            _name_catalogues(by_kind.get(name, ()), plan)
        records = [record for table in by_kind.get(name, ()) for record in table.records]
        _find_duplicates(records)
        if name == "checklist_version":
            _plan_checklists(plan, records, by_kind.get("checklist_item", []))
            continue
        for record in records:
            if not record.faults:
                PLANNERS[name](plan, record)
            if record.faults:
                plan.faults.extend(record.faults)
                plan.count(name, "bad")
    return plan


def _find_duplicates(records: list[Record]) -> None:
    first: dict[Any, Record] = {}
    for record in records:
        key = record.key
        if any(part in (None, "") for part in key):
            continue
        other = first.setdefault(key, record)
        if other is not record:
            record.blame(record.kind.key[-1], "duplicate", where=str(other.place))


# --- People ---------------------------------------------------------------------------------------------


def _plan_user(plan: Plan, record: Record) -> None:
    values, known = record.values, plan.known(User, "number")
    existing = known.get(values["number"])
    owner = next((user for user in known.values() if user.login == values["login"]), None)
    if owner is not None and owner is not existing:
        record.blame("login", "login-taken", who=f"{owner.name} {owner.number}")
    password = values.get("password") or ""
    if existing is None and password and len(password) < MIN_PASSWORD:
        record.blame("password", "password-short", limit=MIN_PASSWORD)
    if record.faults:
        return
    row = only(record, "number", "name", "login", "roles", "phone", "skills", "name_en", "active")
    if "team" in values:
        row["team_id"] = _team(plan, values["team"])
    user = plan.put("user", User, known, values["number"], row)
    if existing is None:
        plan.users.append(user)


def _team(plan: Plan, name: str) -> str | None:
    """A team by its name or code. A new name is a new team: it shows in the counts, also of a dry run."""
    if not name:
        return None
    known = plan.known(Team, "code")
    for team in known.values():
        if name in (team.name, team.code):
            return str(team.id)
    number = next(n for n in range(1, len(known) + 2) if f"T{n:02d}" not in known)
    code = f"T{number:02d}"
    team = known[code] = plan.make(Team, code=code, name=name, name_en="")
    plan.count("team", "new")
    return str(team.id)


# --- Customers and what is theirs -----------------------------------------------------------------------


def _plan_customer(plan: Plan, record: Record) -> None:
    row = only(
        record, "number", "name", "kind", "contract_number", "sla_policy", "contract_from", "contract_to", "note"
    )
    start, end = row.get("contract_from"), row.get("contract_to")
    if isinstance(start, date) and isinstance(end, date) and end < start:
        record.blame("contract_to", "date-order")
        return
    known = plan.known(Customer, "number")
    existing = known.get(row["number"])
    if existing is not None and existing.name != row["name"]:  # sites carry their customer's name
        for site in plan.known(Site, "number").values():
            if site.customer_id == existing.id:
                site.customer_name = row["name"]
    customer_id = existing.id if existing else None
    moved = _contact(plan, record, customer_id, None) if existing else False
    customer = plan.put("customer", Customer, known, row["number"], row, moved)
    if existing is None:
        _contact(plan, record, customer.id, None)


def _contact(plan: Plan, record: Record, customer_id: Any, site_id: Any, old_customer_id: Any = None) -> bool:
    """Keeps the contact of a customer or a site as the sheet has it; True when that changed something."""
    if "contact_name" not in record.values and "contact_phone" not in record.values:
        return False
    known = plan.known(Contact, "customer_id", "site_id")
    key = (old_customer_id or customer_id, site_id)
    contact = known.get(key)
    wanted = {
        "name": record.values.get("contact_name", contact.name if contact else ""),
        "phone": record.values.get("contact_phone", contact.phone if contact else ""),
        "customer_id": customer_id,
    }
    if contact is None:
        if wanted["name"] or wanted["phone"]:
            known[customer_id, site_id] = plan.make(Contact, site_id=site_id, **wanted)
            return True
        return False
    if not wanted["name"] and not wanted["phone"]:
        plan.gone.append(known.pop(key))
        return True
    changes = {name: value for name, value in wanted.items() if getattr(contact, name) != value}
    for name, value in changes.items():
        setattr(contact, name, value)
    return bool(changes)


def _plan_site(plan: Plan, record: Record) -> None:
    customer = refer(record, "customer", plan.known(Customer, "number"), "customer")
    if customer is None:
        return
    row = only(
        record, "number", "name", "address", "lat", "lng", "contact_name", "contact_phone", "responsible",
        "accepted_on", "access_notes",
    )  # fmt: skip
    row |= {"customer_id": customer.id, "customer_name": customer.name}
    known = plan.known(Site, "number")
    existing = known.get(row["number"])
    moved = _contact(plan, record, customer.id, existing.id, existing.customer_id) if existing else False
    site = plan.put("site", Site, known, row["number"], row, moved)
    if existing is None:
        _contact(plan, record, customer.id, site.id)


def _plan_asset(plan: Plan, record: Record) -> None:
    sites = plan.known(Site, "number")
    site = refer(record, "site", sites, "site")
    if site is None:
        return
    known = plan.known(Asset, "number")
    existing = known.get(record.values["number"])
    if existing is not None and existing.site_id != site.id:
        home = next((one.number for one in sites.values() if one.id == existing.site_id), "")
        record.blame("site", "asset-moved", site=home)
        return
    row = only(
        record, "number", "name", "asset_class", "brand", "model", "serial", "quantity", "protocol",
        "software_version", "connection", "location", "installed_on", "warranty_until", "keep_box", "note",
    )  # fmt: skip
    plan.put("asset", Asset, known, row["number"], {**row, "site_id": site.id})


# --- Parts and stock ------------------------------------------------------------------------------------


def _plan_part(plan: Plan, record: Record) -> None:
    plan.put("part", Part, plan.known(Part, "number"), record.values["number"], dict(record.values))


def _plan_price_item(plan: Plan, record: Record) -> None:
    plan.put("price_item", PriceItem, plan.known(PriceItem, "code"), record.values["code"], dict(record.values))


def _plan_stock(plan: Plan, record: Record) -> None:
    """The opening stock of a place. It is the sum of what was ever imported: what was used since stays used.

    So the same sheet imported again changes nothing, and a corrected figure moves the difference.
    """
    part = refer(record, "part", plan.known(Part, "number"), "part")
    location = _location(plan, record)
    if part is None or location is None:
        return
    imported, levels = _imported(plan), plan.known(Stock, "user_id", "part_id")
    key = (location, part.id)
    change = record.values["quantity"] - imported.get(key, 0)
    if not change and key in imported:
        plan.count("stock", "same")
        return
    plan.count("stock", "changed" if key in imported else "new")
    imported[key] = record.values["quantity"]
    plan.make(StockMovement, location=location, part_id=part.id, quantity=change, reason=IMPORTED, cause_id=None)
    if location not in (WAREHOUSE, "outlet"):
        level = levels.get(key)
        if level is None:
            level = levels[key] = plan.make(Stock, user_id=location, part_id=part.id, quantity=0)
            level.quantity = change
        else:  # by the database: a part may be used from this shelf at this very moment
            level.quantity = Stock.quantity + change


def _imported(plan: Plan) -> Rows:
    if "imported" not in plan.rows:
        query = (
            select(StockMovement.location, StockMovement.part_id, func.sum(StockMovement.quantity))
            .where(StockMovement.reason == IMPORTED)
            .group_by(StockMovement.location, StockMovement.part_id)
        )
        plan.rows["imported"] = {(row[0], row[1]): int(row[2]) for row in plan.session.execute(query)}
    return plan.rows["imported"]


def _location(plan: Plan, record: Record) -> str | None:
    """Whose shelf: the warehouse, the outlet, or a person by login, number or name."""
    name = record.values["location"]
    if name.casefold() in WAREHOUSE_NAMES:
        return WAREHOUSE
    if name.casefold() in OUTLET_NAMES:
        return "outlet"
    users = plan.known(User, "number").values()
    found = [u for u in users if name in (u.login, u.number)] or [u for u in users if name == u.name]
    if len(found) == 1:
        return str(found[0].id)
    chinese, english = KINDS["user"].label
    record.blame("location", "ambiguous" if found else "unknown-reference", what_zh=chinese, what_en=english)
    return None


# --- Catalogue, knowledge, checklists -------------------------------------------------------------------


def _name_catalogues(tables: Iterable[Table], plan: Plan) -> None:
    """Which catalogue a sheet is, from its column, its title or its file's name."""
    for table in tables:
        named = CATALOGUE_NAMES.get(table.sheet.name.strip().casefold())
        for record in table.records:
            if not record.values.get("kind"):
                record.values["kind"] = named
            if record.values["kind"] is None:
                record.blame("kind", "catalogue-kind")


def _plan_catalogue(plan: Plan, record: Record) -> None:
    known = plan.known(CatalogueEntry, "kind", "code")
    plan.put("catalogue_entry", CatalogueEntry, known, record.key, dict(record.values))


def _plan_article(plan: Plan, record: Record) -> None:
    codes = {code for kind, code in plan.known(CatalogueEntry, "kind", "code") if kind == "symptom"}
    for code in record.values.get("symptom_codes") or ():
        if code not in codes:
            record.blame("symptom_codes", "unknown-reference", what_zh=f"现象编码 {code}", what_en=f"symptom {code}")
    if not record.faults:
        plan.put("article", Article, plan.known(Article, "number"), record.values["number"], dict(record.values))


def _plan_checklists(plan: Plan, records: list[Record], tables: list[Table]) -> None:
    """Each entry of the list with the sheet of its items, which bears its name or its code."""
    unused = {id(table): table for table in tables}
    for record in records:
        names = {str(record.values.get(name) or "").casefold() for name in ("name", "code")} - {""}
        table = next((one for one in tables if one.sheet.name.strip().casefold() in names), None)
        if table is None:
            record.blame("name", "template-without-items")
        else:
            unused.pop(id(table), None)
            _plan_template(plan, record, table)
        plan.faults.extend(record.faults)
        if record.faults:
            plan.count("checklist_version", "bad")
    for table in unused.values():
        place = table.sheet.place.at(table.header_row)
        plan.faults.append(Fault(place, "template-unlisted", table.sheet.name, {"title": table.sheet.name}))


def _plan_template(plan: Plan, record: Record, table: Table) -> None:
    items, faults = items_of(table)
    plan.faults.extend(faults)
    if faults or not items:
        record.blame("name", "template-bad-items" if faults else "template-without-items")
    if record.faults:
        return
    values = {**record.values, "name_en": record.values.get("name_en") or "", "items": items}
    known = plan.known(ChecklistVersion, "code", "version")
    existing = known.get((values["code"], values["version"]))
    if existing is None:
        plan.put("checklist_version", ChecklistVersion, known, record.key, values)
    elif any(getattr(existing, name) != value for name, value in values.items()):
        newest = max(version for code, version in known if code == values["code"])
        record.blame("version", "template-changed", version=values["version"], next=newest + 1)
    else:
        plan.count("checklist_version", "same")


PLANNERS: dict[str, Callable[[Plan, Record], None]] = {
    "user": _plan_user, "customer": _plan_customer, "site": _plan_site, "asset": _plan_asset, "part": _plan_part,
    "price_item": _plan_price_item, "stock": _plan_stock, "catalogue_entry": _plan_catalogue,
    "article": _plan_article, "point": plan_point,
}  # fmt: skip
