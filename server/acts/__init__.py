"""The verbs. One file per noun; each verb says its name, version, arguments, who may, and what it does.

A verb is a function `(ctx, **args)`. It returns None when all went as meant, or a `MERGED` outcome; it raises `Parked`
when a person must decide and `Rejected` when it can never be valid. It checks before it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError, missing
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from server import clock
from server.models import Event, Synced, User, Visit, WorkOrder, new_id
from server.models.channel import EVENTS
from server.outbox import announce, hooks_of
from server.publishing import adopt, keep
from sync.permissions import Ground, allowed, decided, grounds_of
from sync.protocol import APPLIED, MERGED, PARKED, REJECTED

Noun = TypeVar("Noun", bound=Synced)

_VISITS_OF = select(Visit).where(Visit.work_order_id == bindparam("order"))


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
    locked: dict[Any, Any] = field(default_factory=dict)  # by (model, id); verbs keep rows under keys of their own too
    read: dict[Any, Any] = field(default_factory=dict)
    grounds: tuple[Ground, ...] = ()  # of the act that runs, with its arguments; none: nothing is permitted
    args: Mapping[str, Any] = field(default_factory=dict)
    permitted: bool = False

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
        adopt(self.session, found)
        return found

    def load(self, model: type[Noun], row_id: str) -> Noun:
        """A row that is only read. Parks when unknown. Kept for the batch: the session itself holds rows weakly."""
        row = self.locked.get((model, row_id)) or self.find(model, row_id)
        if row is None:
            raise RowUnknown(model.NOUN, row_id)
        found: Noun = row
        return found

    def find(self, model: type[Any], row_id: str) -> Any | None:
        """A row that is only read, or None. Push has read most of them already, for the whole batch (`reads`)."""
        key = (model, row_id)
        if key not in self.read:
            self.read[key] = self.session.get(model, row_id)
        return self.read[key]

    def visits_of(self, order: WorkOrder) -> list[Visit]:
        """The visits of a work order that is locked, and so keeps the visits it has, with those of this very batch."""
        key = ("visits of", order.id)
        if key not in self.read:
            self.read[key] = list(self.session.scalars(_VISITS_OF, {"order": order.id}))
        # Without a flush, which would send the batch to the database in small pieces: what is new here is locked.
        held = [row for row in self.locked.values() if isinstance(row, Visit) and row.work_order_id == order.id]
        return sorted({visit.id: visit for visit in self.read[key] + held}.values(), key=lambda visit: visit.sequence)

    def add(self, row: Noun) -> Noun:
        """A new row, stamped with who and when."""
        self.session.add(self._stamp(row))
        return row

    def keep(self, row: Noun) -> Noun:
        """The same for a row that nobody changes again in this batch without locking it: far cheaper."""
        keep(self.session, self._stamp(row))
        return row

    def _stamp(self, row: Noun) -> Noun:
        row.created_by, row.device_at, row.server_at = self.user.id, self.at, self.received
        self.locked[type(row), row.id] = row
        return row

    def permit(
        self, refusal: Refusal | None = None, ladder: tuple[str, int | None] | None = None, **relations: bool
    ) -> None:
        """Refuses unless a ground of the act fits who the user is to the row (`sync/rules/permissions.json`).

        A verb says it as soon as it has the row, and before anything else of the row is looked at.
        """
        if not allowed(self.grounds, self.user.roles, self.args, relations, ladder):
            raise refusal or Rejected("forbidden")
        self.grant()

    def grant(self) -> None:
        """The user may do this act."""
        self.permitted = True

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
        self.keep(event)
        if kind in EVENTS:  # the batch asks once whether another system wants to know
            if "hooks" not in self.read:
                self.read["hooks"] = hooks_of(self.session)
            announce(self.session, self.read["hooks"], kind, self.at, order, {"by": self.user.name, **data}, visit_id)


Verb = Callable[..., Outcome | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered act: its current version, arguments and function. `reads`: arguments that name rows it reads."""

    name: str
    version: int
    schema: Schema
    load: Callable[[dict[str, Any]], dict[str, Any]]
    run: Verb
    reads: Mapping[str, type[Any]]
    grounds: tuple[Ground, ...]


REGISTRY: dict[str, Entry] = {}
UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


def act(
    name: str, schema: type[Schema], version: int = 1, reads: Mapping[str, type[Any]] | None = None
) -> Callable[[Verb], Verb]:
    """Registers a verb under its wire name; who may do it is data (`sync/rules/permissions.json`)."""

    def register(verb: Verb) -> Verb:
        args = schema()
        try:
            grounds = grounds_of(name)
        except KeyError:
            raise LookupError(f"say in sync/rules/permissions.json (acts) who may do {name}") from None
        REGISTRY[name] = Entry(name, version, args, _loader(args), verb, reads or {}, grounds)
        return verb

    return register


def _loader(schema: Schema) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """`schema.load` by the straight way: each field reads its own value. Anything unusual goes to the schema itself,
    which finds the same fault again and says it in its words."""
    fields = {name: (field.deserialize, field.load_default, field.required) for name, field in schema.fields.items()}
    names = frozenset(fields)
    plain = not any(schema._hooks.values()) and all(
        field.attribute is None and field.data_key is None and not field.dump_only for field in schema.fields.values()
    )

    def load(args: dict[str, Any]) -> dict[str, Any]:
        if not plain or not names.issuperset(args):
            return schema.load(args)
        loaded = {}
        try:
            for name, (read, default, required) in fields.items():
                if name in args:
                    loaded[name] = read(args[name], name, args)
                elif required:
                    return schema.load(args)
                elif default is not missing:
                    loaded[name] = default() if callable(default) else default
        except ValidationError:
            return schema.load(args)
        return loaded

    return load


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
        loaded = entry.load(lifted)
    except ValidationError as error:
        raise Rejected("args-invalid", _first(error.messages)) from None
    ctx.grounds, ctx.args = entry.grounds, loaded
    _ask(ctx)
    outcome = entry.run(ctx, **loaded) or DONE
    if not ctx.permitted:  # a fault of ours, and nothing of it is kept
        raise RuntimeError(f"{name} asked nobody whether {ctx.user.id} may")
    return outcome


def _ask(ctx: Context) -> None:
    """Grants or forbids what roles and arguments decide; what depends on a row is left to the verb."""
    verdict = decided(ctx.grounds, ctx.user.roles, ctx.args)
    if verdict is False:
        roles = sorted({role for ground in ctx.grounds for role in ground.roles or ()})
        raise Rejected("forbidden", "/".join(roles))
    if verdict:
        ctx.grant()


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
        assessment,
        catalogue,
        channel,
        checklist,
        complaint,
        defect,
        delay,
        diagnosis,
        dispatch,
        dossier,
        drill,
        emergency,
        escalation,
        evidence,
        feedback,
        handover,
        hold,
        improvement,
        intake,
        knowledge,
        learning,
        legal_hold,
        link,
        maintenance,
        money,
        monthly,
        notices,
        owner,
        papers,
        part,
        part_flow,
        plan,
        policy,
        preparing,
        presence,
        rebooking,
        report,
        review,
        roster,
        survey,
        template,
        ticket,
        visit,
        work_order,
    )


__all__ = [
    "APPLIED", "DONE", "LATE", "MERGED", "REGISTRY", "Context", "Outcome", "Parked", "Refusal", "Rejected",
    "RowUnknown", "act", "clock", "load_verbs", "merged", "perform",
]  # fmt: skip
