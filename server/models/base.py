"""What every noun shares: ids, instants, the wire body and the scope it travels in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, ClassVar

import orjson
import uuid_utils.compat as uuids
from sqlalchemy import JSON, Boolean, DateTime, Index, String, inspect
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

from server import clock

ID_LENGTH = 36
NAME_LENGTH = 200


def new_id() -> str:
    """A UUIDv7: ordered by birth, so that indexes stay compact."""
    return str(uuids.uuid7())


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps no zone, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive instant has no meaning here")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_column(**options: Any) -> Any:
    return mapped_column(String(ID_LENGTH), **options)


def json_list() -> Any:
    return mapped_column(JSON, nullable=False, default=list)


def _wire_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.wire(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


@cache
def _defaults(model: type[Synced]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """The columns of a model, each with what gives its default."""
    found = []
    for column in inspect(model).columns:
        default: Any = column.default
        arg = None if default is None else default.arg
        found.append((column.key, arg if callable(arg) else lambda _, value=arg: value))
    return tuple(found)


class Synced:
    """A noun that travels. `NOUN` names it on the wire, `WIRE` its fields in the order of `docs/contract.md`.

    A row keeps its scope for life: `scope()` may use only columns that never change.
    """

    NOUN: ClassVar[str]
    WIRE: ClassVar[tuple[str, ...]]
    COMMON: ClassVar[tuple[str, ...]] = ("created_by", "device_at", "server_at")

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    created_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    device_at: Mapped[datetime | None] = mapped_column(Instant)
    server_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    def scope(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} names no scope")

    def body(self) -> dict[str, Any]:
        """The wire body, as `docs/contract.md` lists it."""
        return {name: _wire_value(value) for name, value in self.values().items()}

    def values(self) -> dict[str, Any]:
        """The body's fields as the row has them: instants and dates are not text yet."""
        own = self.__dict__  # looked into directly: each row is asked for twenty fields, and mostly has them at hand
        return {name: own[name] if name in own else getattr(self, name) for name in (*self.WIRE, *self.COMMON)}

    def columns(self) -> dict[str, Any]:
        """Every column with its value, for a new row that is written past the unit of work; defaults are filled in."""
        own, model = self.__dict__, type(self)
        for name, default in _defaults(model):  # type: ignore[arg-type]  # a class is hashable, whatever mypy thinks
            if name not in own:
                own[name] = default(None)
        return {name: own[name] for name, _ in _defaults(model)}  # type: ignore[arg-type]

    def body_text(self) -> str:
        """The body as JSON text; orjson asks only for what is not JSON by itself."""
        return orjson.dumps(self.values(), default=_wire_value, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()

    def touched_scopes(self, old: Callable[[str], Any] | None) -> Iterable[str]:
        """Scopes whose holders may have changed with this row. `old(field)` is the value before; None: a new row."""
        return ()


class Edited:
    """A noun whose fields people edit: who wrote it last, for the day two of them wrote the same field."""

    updated_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class Fact(Synced):
    """An add-only fact from the field. It is never refused because the office changed its mind: it becomes late."""

    COMMON = (*Synced.COMMON, "visit_id", "work_order_id", "late", "late_state", "withdrawn")

    visit_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    work_order_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    late: Mapped[bool] = mapped_column(Boolean, default=False)
    late_state: Mapped[str | None] = mapped_column(String(16))
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (Index(f"ix_{cls.__tablename__}_visit_id", "visit_id"),)  # type: ignore[attr-defined]

    def scope(self) -> str:
        return f"wo:{self.work_order_id}"

    @property
    def counts(self) -> bool:
        """Whether totals and reports hold it: not withdrawn, and not late unless the dispatcher adopted it."""
        return not self.withdrawn and (not self.late or self.late_state == "adopted")

    def mark_late(self) -> None:
        self.late, self.late_state = True, "open"

    def settle(self, decision: str) -> None:
        self.late_state = {"adopt": "adopted", "discard": "discarded"}[decision]
