"""What somebody does by a day so that it goes better (F3, F6): given, done, dropped with a reason, moved."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.monthly import A_MONTH
from server.acts.notices import notify_about
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.models import SYNCED, ImprovementAction, User
from server.models.base import NAME_LENGTH
from server.models.quality import Complaint

GIVERS = ("supervisor", "call_back", "specialist", "module_head", "department_head", "deputy_gm")


class AddArgs(ArgsSchema):
    id = Id(required=True)
    source_noun = one_of(ImprovementAction.SOURCES, load_default=None, allow_none=True)
    source_id = Id(load_default=None, allow_none=True)
    text = Text(2000, 1, required=True)
    owner_id = Id(required=True)
    due_on = fields.Date(required=True)
    month = fields.String(load_default="", validate=validate.Regexp(rf"\Z|{A_MONTH}"))
    figure = fields.String(load_default="", validate=validate.Regexp(r"[a-z_0-9]{0,32}\Z"))


class MoveArgs(ArgsSchema):
    id = Id(required=True)
    owner_id = Id(load_default=None, allow_none=True)
    due_on = fields.Date(load_default=None, allow_none=True)
    note = Text(NAME_LENGTH, load_default="")


class EndArgs(ArgsSchema):
    id = Id(required=True)
    result = Text(2000, 1, required=True)


@act("improvement.add", AddArgs)
def add(ctx: Context, id: str, source_noun: str | None, source_id: str | None, **said: Any) -> Outcome:
    """Its owner hears of it at once, on the phone too: who holds no office rows is told what is asked of them."""
    if (source_noun is None) != (source_id is None):
        raise Rejected("args-invalid", "source_id: together with source_noun")
    if bool(said["figure"]) != bool(said["month"]):
        raise Rejected("args-invalid", "month: together with figure")
    source = ctx.load(SYNCED[str(source_noun)], str(source_id)) if source_noun else None
    if not ctx.load(User, said["owner_id"]).active:
        raise Parked("account-ended")
    if isinstance(source, Complaint) and source.state == "closed":
        raise Parked("already-settled", source.number)
    row = ctx.add(ImprovementAction(id=id, source_noun=source_noun, source_id=source_id, state="open", **said))
    _tell(ctx, row)
    return DONE


@act("improvement.move", MoveArgs)
def move(ctx: Context, id: str, owner_id: str | None, due_on: date | None, note: str) -> Outcome:
    """Another owner, another day; what is not given stays."""
    row = _open(ctx, id)
    if owner_id and not ctx.load(User, owner_id).active:
        raise Parked("account-ended")
    given = owner_id is not None and owner_id != row.owner_id
    row.owner_id, row.due_on, row.reminded_on = owner_id or row.owner_id, due_on or row.due_on, None
    if given:
        _tell(ctx, row, note=note)
    return DONE


@act("improvement.done", EndArgs)
def done(ctx: Context, id: str, result: str) -> Outcome:
    """Said by who owns it, or by who may give such actions."""
    row = _open(ctx, id)
    ctx.permit(person=row.owner_id == ctx.user.id)
    row.end("done", result, ctx.user.id, ctx.at)
    return DONE


@act("improvement.drop", EndArgs)
def drop(ctx: Context, id: str, result: str) -> Outcome:
    _open(ctx, id).end("dropped", result, ctx.user.id, ctx.at)
    return DONE


def _open(ctx: Context, action_id: str) -> ImprovementAction:
    row = ctx.lock(ImprovementAction, action_id)
    if row.state != "open":
        raise Parked("already-settled", row.state)
    return row


def _tell(ctx: Context, row: ImprovementAction, **more: Any) -> None:
    if row.owner_id != ctx.user.id:
        data = {"text": row.text, "due_on": row.due_on.isoformat(), "by": ctx.user.name, "action_id": row.id, **more}
        if row.source_noun == "complaint":
            data["complaint_id"] = row.source_id
        notify_about(ctx.session, [row.owner_id], "action_given", ctx.received, "", row.text, **data)
