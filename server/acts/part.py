"""Parts used and given back. Stock is the sum of movements and may go below zero: the shelf was wrong."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from server.acts import DONE, LATE, Context, Outcome, act
from server.acts.schemas import ArgsSchema, Id, Text, one_of, quantity, texts
from server.acts.visit import fact_visit, own_fact
from server.models import Part, PartUse, Stock, StockMovement, new_id
from server.models.stock import OUTLET, RETURNED, WAREHOUSE

# Built once: building it would cost as much as asking it.
_LEVEL = select(Stock).where(Stock.user_id == bindparam("user"), Stock.part_id == bindparam("part")).with_for_update()


class UseArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    part_id = Id(required=True)
    quantity = quantity(required=True)
    source = one_of(PartUse.SOURCES, required=True)
    serials = texts(load_default=list)
    old_serials = texts(load_default=list)
    note = Text(load_default="")


class WithdrawArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(load_default="")


@act("part.use", UseArgs, reads={"part_id": Part})
def use(
    ctx: Context, id: str, visit_id: str, part_id: str, quantity: int, source: str,
    serials: list[str], old_serials: list[str], note: str,
) -> Outcome:  # fmt: skip
    visit, late = fact_visit(ctx, visit_id)
    part = ctx.load(Part, part_id)
    fact = PartUse(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, part_id=part_id, part_number=part.number,
        part_name=part.name, unit=part.unit, quantity=quantity, source=source, serials=serials,
        old_serials=old_serials, note=note,
    )  # fmt: skip
    if late:
        fact.mark_late()
    ctx.keep(fact)
    move_stock(ctx, _location(ctx, source), part_id, -quantity, "used", id)
    return LATE if late else DONE


@act("part.withdraw", WithdrawArgs)
def withdraw(ctx: Context, id: str, reason: str) -> Outcome:
    fact = ctx.lock(PartUse, id)
    own_fact(ctx, fact)
    if not fact.withdrawn:
        fact.withdrawn = True
        shelve(ctx, fact, "withdrawn")
    return DONE


def shelve(ctx: Context, fact: PartUse, reason: str) -> None:
    """Makes the movements of a part use add up to what it counts for: nothing once it is withdrawn or discarded."""
    ctx.session.flush()
    moved = ctx.session.scalars(
        select(StockMovement).where(StockMovement.cause_id == fact.id).order_by(StockMovement.id)
    ).all()
    wanted = 0 if fact.withdrawn or fact.late_state == "discarded" else -fact.quantity
    change = wanted - sum(movement.quantity for movement in moved)
    if moved and change:
        move_stock(ctx, moved[0].location, fact.part_id, change, reason, fact.id)


def _location(ctx: Context, source: str) -> str | None:
    """Whose shelf a part comes from; the customer's own parts move no stock of ours."""
    return {"own": ctx.user.id, "warehouse": WAREHOUSE, "outlet": OUTLET, "customer": None}[source]


def move_stock(
    ctx: Context, location: str | None, part_id: str, change: int, reason: str, cause_id: str | None
) -> None:
    """Adds a movement and keeps the level of a personal stock beside it."""
    if location is None:
        return
    ctx.keep(
        StockMovement(
            id=new_id(), location=location, part_id=part_id, quantity=change, reason=reason, cause_id=cause_id
        )
    )
    if location in (WAREHOUSE, OUTLET, RETURNED):
        return
    key = (Stock, f"{location}/{part_id}")
    if key not in ctx.locked:
        ctx.locked[key] = ctx.session.scalars(_LEVEL, {"user": location, "part": part_id}).first() or ctx.add(
            Stock(id=new_id(), user_id=location, part_id=part_id, quantity=0)
        )
    ctx.locked[key].quantity += change
