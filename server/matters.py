"""What a batch of acts is about: locked in one order, and read at once, before any act is applied."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, inspect, or_, select
from sqlalchemy.orm import Session

from server.acts import REGISTRY
from server.models import ChecklistRun, ReviewItem, Visit, WorkOrder
from sync.protocol import Act, is_id

LONGEST_KEY = 64  # characters of a key, a SHA-256 as hexadecimal digits: what is longer names no row

# Built once, as in `server/push.py`.
_THEIR_ORDERS = (
    select(WorkOrder)
    .where(
        or_(
            WorkOrder.id.in_(bindparam("orders", expanding=True)),
            WorkOrder.id.in_(select(Visit.work_order_id).where(Visit.id.in_(bindparam("visits", expanding=True)))),
        )
    )
    .order_by(WorkOrder.id)
)
_THEIR_VISITS = select(Visit).where(Visit.id.in_(bindparam("visits", expanding=True))).order_by(Visit.id)
_MATTERS = tuple(
    (model, query.with_for_update().execution_options(populate_existing=True))
    for model, query in ((WorkOrder, _THEIR_ORDERS), (Visit, _THEIR_VISITS))
)
_VISITS_OF_RUNS, _VISITS_OF_ITEMS = (
    select(model.visit_id).where(model.id.in_(bindparam("ids", expanding=True))) for model in (ChecklistRun, ReviewItem)
)


def read_ahead(session: Session, read: dict[Any, Any], acts: Sequence[Act]) -> None:
    """Reads what the acts say they read without a lock of its own, a statement for each kind of row and not for each
    act. After the locks, because some of it changes under them."""
    wanted: dict[Any, set[str]] = {}
    for act in acts:
        entry = REGISTRY.get(act.act)
        for name, model in entry.reads.items() if entry else ():
            if isinstance(row_id := act.args.get(name), str) and _is_key(row_id):
                wanted.setdefault(model, set()).add(row_id)
    for model, ids in wanted.items():
        read |= dict.fromkeys([(model, row_id) for row_id in ids])  # None: asked for, and not there
        for row in session.scalars(_by_key(model), {"ids": list(ids)}):
            read[model, inspect(row).identity[0]] = row


def _is_key(text: str) -> bool:
    return len(text) <= LONGEST_KEY and text.isascii() and text.isprintable()


@cache
def _by_key(model: type[Any]) -> Select[Any]:
    return select(model).where(inspect(model).primary_key[0].in_(bindparam("ids", expanding=True)))


def lock_matters(session: Session, locked: dict[Any, Any], acts: Sequence[Act]) -> None:
    """Locks the work orders the batch is about, then the visits, each by id, before any act does.

    Acts meet their rows in any order: an engineer's the visit first, the office's the work order. Two batches that
    each hold what the other wants would wait until the database kills one, so everybody queues in one order.
    """
    visits = {visit_id for act in acts if is_id(visit_id := act.args.get("visit_id"))}
    orders = {order_id for act in acts if is_id(order_id := act.args.get("work_order_id"))}
    orders |= {order_id for act in acts if act.act.startswith("work_order.") and is_id(order_id := act.args.get("id"))}
    runs = {run_id for act in acts if is_id(run_id := act.args.get("run_id"))}
    items = {item_id for act in acts if act.act == "review.settle" and is_id(item_id := act.args.get("id"))}
    for query, ids in ((_VISITS_OF_RUNS, runs), (_VISITS_OF_ITEMS, items)):
        if ids:
            visits |= {row.visit_id for row in session.connection().execute(query, {"ids": list(ids)})} - {None}
    if not visits and not orders:
        return
    values: dict[str, list[Any]] = {"orders": list(orders), "visits": list(visits)}
    for model, query in _MATTERS:
        for row in session.scalars(query, values if model is WorkOrder else {"visits": values["visits"]}):
            locked[model, row.id] = row
