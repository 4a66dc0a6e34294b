"""Acts that wait for a row another device made (hazard 12): who waits for what, and who wakes them.

Bob's phone sends work on a visit before Dora's desk has sent the visit: she is offline, or the server was restored from
a backup and her desk sends it again later. Such an act is answered (`parked`, code `held`), so that the queue behind it
moves on, and kept. When the row appears, a task recorded in that very transaction applies it (`server/arrivals.py`).
After `HOLD` a person decides.

Whether a row appears just while an act on it is being held is decided under the clock's lock, like everything about
order: of two such transactions the later one sees what the earlier one wrote, and one of the two records the task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.orm import Session

from server import clock
from server.acts import RowUnknown
from server.models import FeedRow, HeldAct, JournalEntry, Task, new_id
from sync.protocol import Act, is_id

HOLD = timedelta(hours=72)
IDS_PER_STATEMENT = 500
# Rows only the server makes, under ids of its own: no other device will ever send them.
OURS = frozenset({"review_item", "conflict", "sla_milestone", "event", "service_record", "stock", "stock_movement"})
MAKES = ("id", "new_id")  # arguments that name a row an act makes, or changes
ARRIVED = "late-arrival"  # the code of an act that was applied after it had been held

_QUEUE = (
    select(HeldAct.noun, HeldAct.row_id, JournalEntry.args)
    .join(JournalEntry, JournalEntry.id == HeldAct.act_id)
    .where(HeldAct.device_id == bindparam("device"))
)
_ANYTHING = text("SELECT 1 FROM held_act LIMIT 1")


def may_come(unknown: RowUnknown) -> bool:
    """Whether another device may still send the row."""
    return unknown.noun not in OURS and is_id(unknown.row_id)


def hold(session: Session, device_id: str, group: Iterable[Act], unknown: RowUnknown, received: datetime) -> datetime:
    """Keeps a group until the row comes; gives until when. The caller journals the acts in the same transaction."""
    until = received + HOLD
    for act in group:
        session.add(
            HeldAct(
                act_id=act.id, device_id=device_id, n=act.n, group_name=act.group, received_at=received,
                noun=unknown.noun, row_id=unknown.row_id, until=until,
            )
        )  # fmt: skip
    await_row(session, unknown)
    if "deadline" not in session.info:
        session.info["deadline"] = Task.enqueue(session, "server.tasks.end_held", run_at=until)
    return until


def await_row(session: Session, unknown: RowUnknown) -> None:
    """Notes what this transaction begins to wait for: the row may appear before it commits."""
    session.info.setdefault("held", set()).add((unknown.noun, unknown.row_id))


def queue_of(session: Session, device_id: str) -> dict[str, RowUnknown]:
    """Ids that held acts of this device are about, each with what the act waits for."""
    queue: dict[str, RowUnknown] = {}
    for noun, row_id, args in session.connection().execute(_QUEUE, {"device": device_id}):
        queue |= queue_behind([args], RowUnknown(noun, row_id))
    return queue


def queue_behind(held: Iterable[Mapping[str, Any]], unknown: RowUnknown) -> dict[str, RowUnknown]:
    """Ids later acts must not speak of before these have taken effect: the row they wait for, and rows they make."""
    made = {str(row_id) for args in held for name in MAKES if is_id(row_id := args.get(name))}
    return dict.fromkeys({unknown.row_id, *made}, unknown)


def join_queue(queue: Mapping[str, RowUnknown], args: Mapping[str, Any]) -> None:
    """A device's acts on one row take effect in its order: who comes behind a held act waits with it."""
    for row_id in _texts(args):
        if row_id in queue:
            raise queue[row_id]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _texts(one)


def wake(session: Session, born: set[tuple[str, str]]) -> None:
    """Records the tasks that release what waits for rows of this transaction. Runs under the clock's lock."""
    found: set[tuple[str, str]] = set()
    session.info.pop("deadline", None)
    if born and session.execute(_ANYTHING).first() is not None:
        ids = [row_id for _, row_id in born]
        for start in range(0, len(ids), IDS_PER_STATEMENT):
            some = HeldAct.row_id.in_(ids[start : start + IDS_PER_STATEMENT])
            found |= {
                (row.noun, row.row_id) for row in session.execute(select(HeldAct.noun, HeldAct.row_id).where(some))
            }
        found &= born
    for noun, row_id in session.info.pop("held", set()):
        query = select(FeedRow.row_id).where(FeedRow.noun == noun, FeedRow.row_id == row_id, FeedRow.body.is_not(None))
        if session.execute(query).first() is not None:
            found.add((noun, row_id))
    now = clock.now()
    for noun, row_id in sorted(found):
        task = {"id": new_id(), "name": "server.tasks.release_held", "args": {"noun": noun, "row_id": row_id}}
        session.execute(insert(Task).values(run_at=now, created_at=now, attempts=0, **task))
        session.info["tasks"] = True
