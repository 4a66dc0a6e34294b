"""Parts asked for and handed back (D6). Stock is the sum of movements: what is under way is on its request."""

from __future__ import annotations

from datetime import date

from marshmallow import fields, validate

from server.acts import DONE, Context, Outcome, Parked, act, merged
from server.acts.part import move_stock
from server.acts.schemas import MAX_QUANTITY, ArgsSchema, Id, Text, one_of, quantity, texts
from server.models import Part, PartRequest, PartReturn, User, Visit
from server.models.stock import OUTLET, RETURNED, WAREHOUSE
from server.models.visit import IllegalTransition

SHELVES = (WAREHOUSE, OUTLET)


class RequestArgs(ArgsSchema):
    id = Id(required=True)
    part_id = Id(required=True)
    quantity = quantity(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    needed_on = fields.Date(load_default=None, allow_none=True)
    note = Text(load_default="")


class StepArgs(ArgsSchema):
    id = Id(required=True)
    note = Text(load_default="")


class CountedArgs(StepArgs):
    quantity = quantity(load_default=None, allow_none=True)


class ReturnArgs(ArgsSchema):
    id = Id(required=True)
    part_id = Id(required=True)
    quantity = quantity(required=True)
    kind = one_of(PartReturn.KINDS, required=True)
    serials = texts(load_default=list)
    visit_id = Id(load_default=None, allow_none=True)
    note = Text(load_default="")


class AdjustArgs(ArgsSchema):
    id = Id(required=True)
    location = Text(36, 1, required=True)
    part_id = Id(required=True)
    quantity = fields.Integer(strict=True, required=True, validate=validate.Range(-MAX_QUANTITY, MAX_QUANTITY))
    reason = one_of(("received", "counted", "lost"), required=True)


def _part(part: Part) -> dict[str, str]:
    return {"part_id": part.id, "part_number": part.number, "part_name": part.name, "unit": part.unit}


def _visit(ctx: Context, visit_id: str | None) -> Visit | None:
    """The visit it is for. Somebody outside its crew asks for it as well: a colleague packs for a colleague."""
    return ctx.load(Visit, visit_id) if visit_id else None


@act("part_request.make", RequestArgs)
def make(
    ctx: Context, id: str, part_id: str, visit_id: str | None, quantity: int, needed_on: date | None, note: str
) -> Outcome:
    part, visit = ctx.load(Part, part_id), _visit(ctx, visit_id)
    request = PartRequest(
        id=id, user_id=ctx.user.id, quantity=quantity, visit_id=visit_id, needed_on=needed_on, note=note,
        work_order_id=visit.work_order_id if visit else None, state="requested", shipped=0, received=0, steps=[],
        **_part(part),
    )  # fmt: skip
    ctx.add(request)
    return DONE


def _move(ctx: Context, name: str, id: str, text: str, quantity: int | None = None) -> PartRequest:
    request = ctx.lock(PartRequest, id)
    try:
        request.move(name, ctx.at, ctx.user.id, text, quantity)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    return request


@act("part_request.approve", StepArgs)
def approve(ctx: Context, id: str, note: str) -> Outcome:
    _move(ctx, "part_request.approve", id, note)
    return DONE


@act("part_request.refuse", StepArgs)
def refuse(ctx: Context, id: str, note: str) -> Outcome:
    _move(ctx, "part_request.refuse", id, note)
    return DONE


@act("part_request.ship", CountedArgs)
def ship(ctx: Context, id: str, note: str, quantity: int | None) -> Outcome:
    """It leaves the warehouse: from here on it is on its way, and on nobody's shelf."""
    sent = quantity or ctx.lock(PartRequest, id).quantity
    request = _move(ctx, "part_request.ship", id, note, sent)
    request.shipped = sent
    move_stock(ctx, WAREHOUSE, request.part_id, -sent, "shipped", id)
    return DONE


@act("part_request.receive", CountedArgs)
def receive(ctx: Context, id: str, note: str, quantity: int | None) -> Outcome:
    """What came is what counts; that it is not what was sent is said, and refuses nothing."""
    request = ctx.lock(PartRequest, id)
    ctx.permit(person=request.user_id == ctx.user.id)
    came = quantity or request.shipped
    _move(ctx, "part_request.receive", id, note, came)
    request.received = came
    move_stock(ctx, ctx.user.id, request.part_id, came, "received", id)
    return DONE if came == request.shipped else merged("not-as-shipped")


@act("part_request.cancel", StepArgs)
def cancel(ctx: Context, id: str, note: str) -> Outcome:
    ctx.permit(person=ctx.lock(PartRequest, id).user_id == ctx.user.id)
    _move(ctx, "part_request.cancel", id, note)
    return DONE


@act("part_return.hand_in", ReturnArgs)
def hand_in(
    ctx: Context, id: str, part_id: str, quantity: int, kind: str, serials: list[str], visit_id: str | None, note: str
) -> Outcome:
    """Out of one's own stock at once; on a shelf when the storekeeper has it. An old part was in no stock."""
    _visit(ctx, visit_id)
    part = ctx.load(Part, part_id)
    ctx.add(
        PartReturn(
            id=id, user_id=ctx.user.id, quantity=quantity, kind=kind, serials=serials, visit_id=visit_id, note=note,
            state="handed_in", **_part(part),
        )
    )  # fmt: skip
    if kind != "old":
        move_stock(ctx, ctx.user.id, part_id, -quantity, "returned", id)
    return DONE


@act("part_return.receive", StepArgs)
def take_back(ctx: Context, id: str, note: str) -> Outcome:
    returned = ctx.lock(PartReturn, id)
    if returned.state != "handed_in":
        raise Parked("already-settled", returned.state)
    returned.receive(ctx.user.id, ctx.at)
    shelf = WAREHOUSE if returned.kind == "unused" else RETURNED
    move_stock(ctx, shelf, returned.part_id, returned.quantity, "returned", id)
    return DONE


@act("stock.adjust", AdjustArgs)
def adjust(ctx: Context, id: str, location: str, part_id: str, quantity: int, reason: str) -> Outcome:
    """A delivery, a count, a loss: a movement like any other, so that the level never changes without a reason."""
    ctx.load(Part, part_id)
    if location not in SHELVES:
        ctx.load(User, location)
    if quantity:
        move_stock(ctx, location, part_id, quantity, reason, id)
    return DONE
