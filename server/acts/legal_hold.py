"""法务保全 (F7): what may become a matter of law is kept until somebody who answers for it says that it need not be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, act
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.models import Customer, LegalHold, Site, WorkOrder
from server.models.base import NAME_LENGTH

NOUNS: dict[str, type[Any]] = {"work_order": WorkOrder, "customer": Customer, "site": Site}


class PlaceArgs(ArgsSchema):
    id = Id(required=True)
    of_noun = one_of(LegalHold.OF, required=True)
    of_id = Id(required=True)
    reason = Text(2000, 1, required=True)


class LiftArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(2000, 1, required=True)


@act("legal_hold.place", PlaceArgs)
def place(ctx: Context, id: str, of_noun: str, of_id: str, reason: str) -> Outcome:
    """One at a time for each thing: a second reason is a second hold once the first is lifted."""
    row = ctx.lock(NOUNS[of_noun], of_id)
    stands = select(LegalHold.id).where(
        LegalHold.of_noun == of_noun, LegalHold.of_id == of_id, LegalHold.lifted_at.is_(None)
    )
    ctx.session.flush()
    if ctx.session.scalar(stands.limit(1)) is not None or ctx.find(LegalHold, id) is not None:
        raise Parked("already-settled", "held")
    label = f"{row.number} {row.title if of_noun == 'work_order' else row.name}"[:NAME_LENGTH]
    ctx.add(LegalHold(id=id, of_noun=of_noun, of_id=of_id, label=label, reason=reason, placed_at=ctx.received))
    if isinstance(row, WorkOrder):
        ctx.tell(row, "legal_hold.place", reason=reason)
    return DONE


@act("legal_hold.lift", LiftArgs)
def lift(ctx: Context, id: str, reason: str) -> Outcome:
    hold = ctx.lock(LegalHold, id)
    if hold.lifted_at is not None:
        raise Parked("already-settled", "lifted")
    hold.lift(ctx.user.id, ctx.received, reason)
    order = ctx.session.get(WorkOrder, hold.of_id) if hold.of_noun == "work_order" else None
    if order is not None:
        ctx.tell(order, "legal_hold.lift", reason=reason)
    return DONE
