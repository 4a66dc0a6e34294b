"""Who answers for a work order (A7): always somebody. It is handed over by being accepted, or goes to the manager."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import ArgsSchema, Id, Text
from server.models import User, WorkOrder

ANSWER_WITHIN = timedelta(hours=2)
#: Who manages, the nearest first.
MANAGERS = ("module_head", "supervisor", "department_head", "admin")


class HandOverArgs(ArgsSchema):
    id = Id(required=True)
    to_id = Id(required=True)
    note = Text(load_default="")


class TakeOverArgs(ArgsSchema):
    id = Id(required=True)


class RefuseArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(shortest=1, required=True)


@act("work_order.hand_over", HandOverArgs)
def hand_over(ctx: Context, id: str, to_id: str, note: str) -> Outcome:
    """Asks somebody to take it over. Until they do, the owner answers for it."""
    order = ctx.lock(WorkOrder, id)
    ctx.permit(owner=order.owner_id == ctx.user.id)
    _open(order)
    to = ctx.load(User, to_id)
    if not to.active or not to.is_office:
        raise Rejected("not-of-the-office", to.name)
    if to_id == order.owner_id:
        raise Parked("owns-it-already", to.name)
    order.offer(to_id, ctx.user.id, note, ctx.received, ctx.received + ANSWER_WITHIN)
    ctx.tell(order, "work_order.hand_over", to=to.name, note=note)
    return DONE


@act("work_order.take_over", TakeOverArgs)
def take_over(ctx: Context, id: str) -> Outcome:
    order = _asked(ctx, id)
    order.own(ctx.user.id)
    ctx.tell(order, "work_order.take_over", to=ctx.user.name)
    return DONE


@act("work_order.refuse_over", RefuseArgs)
def refuse_over(ctx: Context, id: str, reason: str) -> Outcome:
    """No middle ground: what one does not take goes to the manager, who decides."""
    order = _asked(ctx, id)
    manager = manager_of(ctx.session) or ctx.load(User, str(order.owner_id))
    order.own(manager.id)
    ctx.tell(order, "work_order.refuse_over", reason=reason, to=manager.name)
    return DONE


def manager_of(session: Session) -> User | None:
    """The active manager nearest to the work; the same one for everybody, so that nothing lies between two."""
    people = list(session.scalars(select(User).where(User.active).order_by(User.id)))
    return next((user for role in MANAGERS for user in people if user.has_role(role)), None)


def _open(order: WorkOrder) -> None:
    if order.ended:
        raise Parked("work-order-ended", order.state)


def _asked(ctx: Context, order_id: str) -> WorkOrder:
    order = ctx.lock(WorkOrder, order_id)
    asked = order.handover is not None and order.handover["to_id"] == ctx.user.id
    ctx.permit(Parked("not-asked"), asked=asked)
    _open(order)
    return order
