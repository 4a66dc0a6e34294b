"""The duty roster: putting somebody on it, changing it, taking it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError, validates_schema

from server.acts import DONE, Context, Outcome, Parked, RowUnknown, act
from server.acts.schemas import ArgsSchema, At, Id, Text, one_of
from server.models import DutyShift, User
from server.models.base import NAME_LENGTH

LONGEST = timedelta(days=92)  # a long leave; a duty is a day or two


class AssignArgs(ArgsSchema):
    id = Id(required=True)
    user_id = Id(required=True)
    kind = one_of(DutyShift.KINDS, required=True)
    starts_at = At(required=True)
    ends_at = At(required=True)
    vehicle = Text(32, load_default="")
    note = Text(NAME_LENGTH, load_default="")

    @validates_schema
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        start, end = data.get("starts_at"), data.get("ends_at")
        if start and end and not start < end <= start + LONGEST:
            raise ValidationError("must end after it starts, within 92 days", "ends_at")


class RemoveArgs(ArgsSchema):
    id = Id(required=True)


@act("duty.assign", AssignArgs)
def assign(
    ctx: Context, id: str, user_id: str, kind: str, starts_at: datetime, ends_at: datetime, vehicle: str, note: str
) -> Outcome:
    """A new shift, or the same one as it shall be now: a roster is written whole, the later word stands."""
    if not ctx.load(User, user_id).active:
        raise Parked("account-ended")
    shift = _known(ctx, id) or ctx.add(DutyShift(id=id))
    shift.user_id, shift.kind, shift.starts_at, shift.ends_at = user_id, kind, starts_at, ends_at
    shift.vehicle, shift.note, shift.removed = vehicle, note, False
    return DONE


@act("duty.remove", RemoveArgs)
def remove(ctx: Context, id: str) -> Outcome:
    ctx.lock(DutyShift, id).removed = True
    return DONE


def _known(ctx: Context, shift_id: str) -> DutyShift | None:
    try:
        return ctx.lock(DutyShift, shift_id)
    except RowUnknown:
        ctx.locked.pop((DutyShift, shift_id), None)
        return None
