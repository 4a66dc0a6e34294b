"""The import from files to commit.

Files are read and passwords hashed before the transaction begins, because SQLite has one writer and it waits for us.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from secrets import token_urlsafe

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit import write_down
from server.extensions import reading
from server.imports.faults import Fault, Place
from server.imports.kinds import KINDS
from server.imports.plan import Plan, plan_import
from server.imports.records import Table, Unrecognised, table_of
from server.imports.sheets import Sheet, Source, Unreadable, read
from server.models import User

GENERATED_BYTES = 9  # of a password made here: 12 characters


@dataclass(slots=True)
class Result:
    """What an import did, or would do. `written`: whether anything reached the database."""

    dry_run: bool
    written: bool = False
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    ignored: list[Place] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults


def import_files(
    session: Session,
    sources: Iterable[Source],
    *,
    by: str | None = None,
    kinds: Sequence[str] = tuple(KINDS),
    may_users: bool = True,
    dry_run: bool = False,
    partial: bool = False,
    password: str | None = None,
) -> Result:
    """Imports the files: all rows or none, with `partial` the good ones.

    `by`: the user who imports. `kinds`: what the sheets may hold. `password`: of every new user that has none in the
    sheet, otherwise one is made for each and told once in `passwords`.
    """
    result, sources = Result(dry_run), list(sources)
    tables = _tables(sources, kinds, result)
    if not may_users:
        tables = _without_users(tables, result)
    if dry_run:
        token = reading.set(True)  # a look must not take SQLite's one write lock
        try:
            _plan(session, tables, by, result)
        finally:
            session.rollback()
            reading.reset(token)
        return result
    secrets_of = _hash_passwords(session, tables, password)
    try:
        plan = _plan(session, tables, by, result)
        if result.faults and not partial:
            return result
        for user in plan.users:
            secret = secrets_of[user.number]
            user.password_hash = secret.hash
            if secret.generated:
                result.passwords.append((user.login, secret.plain))
        session.add_all(plan.new)
        for row in plan.gone:
            session.delete(row)
        if by is not None and (done := _done(result)):  # in the transaction of the rows: it is told if they are there
            names = ", ".join(source.name for source in sources)
            write_down(session, by, "import.run", "import", "", names, {"files": names, "rows": done})
        session.commit()
        result.written = True
        return result
    finally:
        session.rollback()


def _done(result: Result) -> dict[str, dict[str, int]]:
    """How many rows of each kind are new or changed, as far as any are."""
    told = {
        kind: {how: counts[how] for how in ("new", "changed") if counts[how]} for kind, counts in result.counts.items()
    }
    return {kind: counts for kind, counts in told.items() if counts}


def _plan(session: Session, tables: list[Table], by: str | None, result: Result) -> Plan:
    with session.no_autoflush:
        plan = plan_import(session, tables, by)
    result.counts = {kind: dict(counts) for kind, counts in plan.counts.items()}
    result.faults.extend(plan.faults)
    return plan


def _tables(sources: Iterable[Source], kinds: Sequence[str], result: Result) -> list[Table]:
    tables = []
    for source in sources:
        try:
            sheets = read(source)
        except Unreadable as unreadable:
            result.faults.append(unreadable.fault)
            continue
        found = [table for ways in sheets if (table := _table(ways, kinds, result)) is not None]
        if not any(sheet.rows for ways in sheets for sheet in ways):
            result.faults.append(Fault(Place(source.name), "file-empty"))
        tables += found
    return tables


def _table(ways: list[Sheet], kinds: Sequence[str], result: Result) -> Table | None:
    try:
        table = table_of(ways, kinds)
    except Unrecognised as unrecognised:
        result.faults.extend(unrecognised.faults)
        return None
    if table is not None:
        place = table.sheet.place.at(table.header_row)
        result.ignored.extend(place.at(column=header) for header in table.ignored)
    return table


def _without_users(tables: list[Table], result: Result) -> list[Table]:
    """Who may not make accounts must not make them by a sheet: each such sheet is a fault."""
    for table in tables:
        if table.kind.name == "user":
            result.faults.append(Fault(table.sheet.place, "need-admin"))
    return [table for table in tables if table.kind.name != "user"]


# --- Passwords ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Secret:
    plain: str
    generated: bool
    hash: str = ""


def _hash_passwords(session: Session, tables: list[Table], password: str | None) -> dict[str, _Secret]:
    """Passwords of users the database does not know, by their number.

    Argon2 takes 150 ms on purpose, and it lets other threads run meanwhile. A password given for all of them is
    hashed once: equal hashes say that the passwords are equal, which is then no secret.
    """
    records = [record for table in tables if table.kind.name == "user" for record in table.records]
    if not records:
        return {}
    token = reading.set(True)
    try:
        known = set(session.scalars(select(User.number)))
    finally:
        session.rollback()
        reading.reset(token)
    found: dict[str, _Secret] = {}
    for record in records:
        number = str(record.values.get("number"))
        if not record.faults and number not in known:
            given = record.values.get("password") or password
            found[number] = _Secret(given or token_urlsafe(GENERATED_BYTES), not given)
    plains = list({secret.plain for secret in found.values() if secret.plain == password})
    shared = {plain: _hash(plain) for plain in plains}
    own = [secret for secret in found.values() if secret.plain not in shared]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for secret, hashed in zip(own, pool.map(_hash, [one.plain for one in own]), strict=True):
            secret.hash = hashed
    for secret in found.values():
        secret.hash = secret.hash or shared[secret.plain]
    return found


def _hash(plain: str) -> str:
    user = User()
    user.set_password(plain)
    return user.password_hash
