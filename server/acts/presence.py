"""Points of a site, and being there."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from server import clock
from server.acts import DONE, LATE, Context, Outcome, Rejected, act
from server.acts.schemas import MAX_LIST, ArgsSchema, Changes, Id, JsonObject, Name, Text, one_of, texts
from server.acts.visit import fact_visit
from server.models import ChecklistRun, Device, Point, PresenceProof, Site
from server.models.base import NAME_LENGTH
from sync.presence import flags_of

MAX_SORT = 100_000
EDITABLE: dict[str, tuple[type, int]] = {
    "code": (str, 64), "name": (str, NAME_LENGTH), "name_en": (str, NAME_LENGTH), "location": (str, NAME_LENGTH),
    "token": (str, 64), "item_ids": (list, MAX_LIST), "sort": (int, MAX_SORT), "active": (bool, 1),
}  # fmt: skip


class AddArgs(ArgsSchema):
    id = Id(required=True)
    site_id = Id(required=True)
    code = Text(64, 1, required=True)
    name = Name(required=True)
    name_en = Text(NAME_LENGTH, load_default="")
    location = Text(NAME_LENGTH, load_default="")
    token = Text(64, load_default="")
    item_ids = texts(64, load_default=list)
    sort = fields.Integer(strict=True, validate=validate.Range(0, MAX_SORT), load_default=0)


class EditArgs(ArgsSchema):
    id = Id(required=True)
    changes = Changes(depth=4, required=True)


class ProveArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    point_id = Id(required=True)
    run_id = Id(load_default=None, allow_none=True)
    how = one_of(PresenceProof.HOWS, required=True)
    token = Text(200, load_default="")
    place = JsonObject(depth=2, load_default=None, allow_none=True)


@act("point.add", AddArgs)
def add(ctx: Context, id: str, site_id: str, token: str, **said: Any) -> Outcome:
    ctx.load(Site, site_id)
    ctx.add(Point(id=id, site_id=site_id, token=token or Point.token_of(id), active=True, **said))
    return DONE


@act("point.edit", EditArgs)
def edit(ctx: Context, id: str, changes: dict[str, list[Any]]) -> Outcome:
    """A label that is lost gets a new code; a point that is gone is no longer asked for. Nothing is deleted."""
    point = ctx.lock(Point, id)
    for name, (_, now) in changes.items():
        if name not in EDITABLE or not _fits(now, *EDITABLE[name]):
            raise Rejected("args-invalid", f"changes.{name}")
        setattr(point, name, now)
    return DONE


@act("presence.prove", ProveArgs)
def prove(
    ctx: Context, id: str, visit_id: str, point_id: str, run_id: str | None, how: str, token: str,
    place: dict[str, Any] | None,
) -> Outcome:  # fmt: skip
    visit, late = fact_visit(ctx, visit_id)
    point = ctx.load(Point, point_id)
    if point.site_id != visit.site_id:
        raise Rejected("args-invalid", "point_id: at another site")
    if run_id and ctx.load(ChecklistRun, run_id).visit_id != visit_id:
        raise Rejected("args-invalid", "run_id: of another visit")
    device = ctx.session.get(Device, ctx.device_id)
    said = {
        "how": how, "token": token, "at": clock.wire(ctx.at), "place": place,
        "skew_ms": device.clock_offset_ms if device else None,
    }  # fmt: skip
    proof = PresenceProof(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, point_id=point_id, run_id=run_id, how=how,
        token=token, place=place, flags=flags_of(said, point.values(), ctx.load(Site, visit.site_id).values(),
        _before(ctx, visit_id, point_id)),
    )  # fmt: skip
    if late:
        proof.mark_late()
    ctx.add(proof)
    return LATE if late else DONE


def _fits(now: Any, kind: Any, limit: int) -> bool:
    if type(now) is not kind:
        return False
    if kind is list:
        return len(now) <= limit and all(isinstance(one, str) and 0 < len(one) <= 64 for one in now)
    return 0 <= now <= limit if kind in (int, bool) else len(now) <= limit and "\0" not in now


def _before(ctx: Context, visit_id: str, point_id: str) -> dict[str, Any] | None:
    """Where this person was last on this visit, if it was another point."""
    ctx.session.flush()
    mine = select(PresenceProof).where(PresenceProof.visit_id == visit_id, PresenceProof.created_by == ctx.user.id)
    last = ctx.session.scalars(mine.order_by(PresenceProof.server_at.desc(), PresenceProof.id.desc())).first()
    if last is None or last.point_id == point_id or last.device_at is None:
        return None
    return {"at": clock.wire(last.device_at), "place": last.place}
