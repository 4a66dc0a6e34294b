"""The verbs. One file per noun; each verb says its name, version, arguments, who may, and what it does.

A verb is a function `(ctx, **args)`. It returns None when all went as meant, or a `MERGED` outcome; it raises `Parked`
when a person must decide and `Rejected` when it can never be valid. It checks before it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from server import clock
from server.models import Event, Synced, User, WorkOrder, new_id
from sync.protocol import APPLIED, MERGED, PARKED, REJECTED

Noun = TypeVar("Noun", bound=Synced)


class Refusal(Exception):
    """An act that is not applied as meant; it stays in the journal and goes to review."""

    outcome = PARKED

    def __init__(self, code: str, detail: str = ""):
        super().__init__(code)
        self.code = code
        self.detail = detail


class Parked(Refusal):
    """Needs a person."""


class RowUnknown(Parked):
    """Names a row the server does not know: another device may have made it and not pushed yet."""

    def __init__(self, noun: str, row_id: str):
        super().__init__("row-unknown", f"{noun} {row_id}")
        self.noun, self.row_id = noun, row_id


class Rejected(Refusal):
    """Can never be valid."""

    outcome = REJECTED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an act that was applied."""

    outcome: str = APPLIED
    code: str | None = None
    detail: str | None = None


DONE = Outcome()
LATE = Outcome(APPLIED, "late")


def merged(code: str = "merged", detail: str | None = None) -> Outcome:
    """Something else had changed as well; both are kept."""
    return Outcome(MERGED, code, detail)


@dataclass(slots=True)
class Context:
    """Who acts, when, and the transaction it happens in. `at`: device time, corrected and clamped."""

    session: Session
    user: User
    device_id: str
    at: datetime
    received: datetime
    act_id: str = ""
    locked: dict[tuple[type, str], Any] = field(default_factory=dict)
    read: dict[tuple[type, str], Any] = field(default_factory=dict)

    def lock(self, model: type[Noun], row_id: str) -> Noun:
        """The row, locked before it is read: before the wait for its lock it would be stale. Parks when unknown."""
        key = (model, row_id)
        if key not in self.locked:
            held = self.session.identity_map.get(identity_key(model, row_id))
            if held is not None and self.session.is_modified(held):
                self.session.flush()  # reading it anew would undo what the batch did to it
            self.locked[key] = self.session.get(model, row_id, with_for_update=True, populate_existing=True)
        found: Noun | None = self.locked[key]
        if found is None:
            raise RowUnknown(model.NOUN, row_id)
        return found

    def load(self, model: type[Noun], row_id: str) -> Noun:
        """A row that is only read. Parks when unknown. Kept for the batch: the session itself holds rows weakly."""
        row = self.locked.get((model, row_id)) or self.read.get((model, row_id))
        if row is None:
            row = self.session.get(model, row_id)
            if row is None:
                raise RowUnknown(model.NOUN, row_id)
            self.read[model, row_id] = row
        found: Noun = row
        return found

    def add(self, row: Noun) -> Noun:
        """A new row, stamped with who and when."""
        row.created_by, row.device_at, row.server_at = self.user.id, self.at, self.received
        self.session.add(row)
        self.locked[type(row), row.id] = row
        return row

    def require(self, *roles: str) -> None:
        """Rejects unless the user has one of the roles."""
        if not self.user.has_role(*roles):
            raise Rejected("forbidden", "/".join(roles))

    def tell(self, order: WorkOrder, kind: str, visit_id: str | None = None, **data: Any) -> None:
        """A line in the work order's timeline."""
        event = Event(
            id=new_id(),
            work_order_id=order.id,
            visit_id=visit_id,
            kind=kind,
            by_name=self.user.name,
            at=self.at,
            data=data,
        )
        self.add(event)


Verb = Callable[..., Outcome | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered act: its current version, arguments and function."""

    name: str
    version: int
    schema: Schema
    run: Verb


REGISTRY: dict[str, Entry] = {}
UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


def act(name: str, schema: type[Schema], version: int = 1) -> Callable[[Verb], Verb]:
    """Registers a verb under its wire name."""

    def register(verb: Verb) -> Verb:
        REGISTRY[name] = Entry(name, version, schema(), verb)
        return verb

    return register


def perform(ctx: Context, name: str, version: int, args: Mapping[str, Any]) -> Outcome:
    """Validates and runs an act; raises `Refusal`. An old version is lifted to the current one first."""
    entry = REGISTRY.get(name)
    if entry is None:
        raise Rejected("act-unknown", name)
    if version > entry.version:
        raise Parked("act-too-new", f"{name} v{version}")
    lifted = dict(args)
    for old in range(version, entry.version):
        lifted = UPCASTERS[name, old](lifted)
    try:
        loaded = entry.schema.load(lifted)
    except ValidationError as error:
        raise Rejected("args-invalid", _first(error.messages)) from None
    return entry.run(ctx, **loaded) or DONE


def _first(messages: Any, path: str = "") -> str:
    """`field: sentence` of the first fault."""
    while isinstance(messages, dict) and messages:
        key = next(iter(messages))
        path = f"{path}.{key}" if path else str(key)
        messages = messages[key]
    sentence = messages[0] if isinstance(messages, list) and messages else messages
    return f"{path}: {sentence}"[:500].replace("\0", "\ufffd")  # a name may hold what PostgreSQL cannot


def load_verbs() -> None:
    """Imports every file of verbs, which registers them."""
    from server.acts import (  # noqa: F401
        catalogue,
        checklist,
        defect,
        diagnosis,
        dispatch,
        evidence,
        intake,
        link,
        money,
        owner,
        papers,
        part,
        presence,
        rebooking,
        report,
        review,
        ticket,
        visit,
        work_order,
    )


__all__ = [
    "APPLIED", "DONE", "LATE", "MERGED", "REGISTRY", "Context", "Outcome", "Parked", "Refusal", "Rejected",
    "RowUnknown", "act", "clock", "load_verbs", "merged", "perform",
]  # fmt: skip
