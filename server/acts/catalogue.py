"""The catalogue: what people pick instead of typing. Entries are added, renamed and retired, never deleted (A4)."""

from __future__ import annotations

from marshmallow import fields, validate
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, act
from server.acts.schemas import ArgsSchema, Id, Name, Text, one_of
from server.models import CatalogueEntry
from server.models.base import NAME_LENGTH


class PutArgs(ArgsSchema):
    id = Id(required=True)
    kind = one_of(CatalogueEntry.KINDS, required=True)
    code = Text(64, 1, required=True)
    name = Name(required=True)
    name_en = Text(NAME_LENGTH, load_default="")
    asset_class = Text(64, load_default="")
    sort = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 10_000))
    active = fields.Boolean(load_default=True, truthy={True}, falsy={False})


@act("catalogue.put", PutArgs)
def put(ctx: Context, id: str, kind: str, code: str, **args: str | int | bool) -> Outcome:
    """A new entry, or what an entry says now. Kind and code stay: rows name them."""
    entry = ctx.session.get(CatalogueEntry, id, with_for_update=True)
    if entry is None:
        taken = select(CatalogueEntry.id).where(CatalogueEntry.kind == kind, CatalogueEntry.code == code)
        if ctx.session.scalar(taken) is not None:
            raise Parked("code-taken", code)
        ctx.add(CatalogueEntry(id=id, kind=kind, code=code, **args))
        return DONE
    if (entry.kind, entry.code) != (kind, code):
        raise Parked("code-stays", f"{entry.kind} {entry.code}")
    for name, value in args.items():
        setattr(entry, name, value)
    return DONE
