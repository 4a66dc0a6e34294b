"""What a work order promises: its SLA milestones, made with it and renewed when its level changes (A5)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from server.acts import Context
from server.models import Customer, SlaMilestone, WorkOrder, new_id
from sync.sla import milestones, policy_of

PROMISED = ("respond", "arrive", "resolve")


def renew_promises(ctx: Context, order: WorkOrder) -> None:
    """Another level has other deadlines (A5); what was met stays met, at the time it was met."""
    dues = deadlines(order, ctx.load(Customer, order.customer_id).sla_policy)
    ctx.session.flush()  # the promises may be of this very batch
    kept = list(ctx.session.scalars(select(SlaMilestone).where(SlaMilestone.work_order_id == order.id)))
    for milestone in kept:
        if milestone.kind in dues:
            milestone.due_at = dues.pop(milestone.kind)
            milestone.breached = milestone.met_at is not None and milestone.met_at > milestone.due_at
        elif milestone.met_at is None:
            ctx.session.delete(milestone)
    kept = [m for m in kept if m.met_at is None and m not in ctx.session.deleted]
    for kind, due_at in dues.items():
        kept.append(
            ctx.add(SlaMilestone(id=new_id(), work_order_id=order.id, kind=kind, due_at=due_at, breached=False))
        )
    order.due_at = min((m.due_at for m in kept), default=None)


def promise(ctx: Context, order: WorkOrder, policy: str) -> None:
    """The milestones of the customer's policy for this level, counted from the customer's report."""
    dues = deadlines(order, policy)
    for kind, due_at in dues.items():
        ctx.add(SlaMilestone(id=new_id(), work_order_id=order.id, kind=kind, due_at=due_at, breached=False))
    order.due_at = min(dues.values(), default=None)


def deadlines(order: WorkOrder, policy: str) -> dict[str, datetime]:
    """When each promise is due. A plan's deadline is left out while nobody can approve plans: it could never be met."""
    promised = milestones(policy_of(policy), order.level, order.reported_at)
    return {entry["kind"]: entry["due_at"] for entry in promised if entry["kind"] in PROMISED}
