"""What stories of promises begin with: a Friday evening, a work order of a level, and the people above."""

from __future__ import annotations

from datetime import datetime, timedelta

from server import clock
from server.models import new_id

FRIDAY = clock.parse("2026-11-20T17:40:00+08:00")
HOUR = timedelta(hours=1)


def at(moment: datetime):
    return clock.standing_at(moment)


def registered(desk, cast, level: int, **more) -> str:
    order_id = new_id()
    receipt = desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, kind="repair",
        title="门禁不开", level=level, level_reason="影响使用", channel="hotline", source="customer",
        reported_at=clock.wire(clock.now()), **more,
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    return order_id


def milestones(peer, order_id: str) -> dict[str, dict]:
    peer.pull()
    return {one["kind"]: one for one in peer.bodies("sla_milestone", work_order_id=order_id)}


def refused(receipt) -> tuple[str, str]:
    return receipt["outcome"], receipt["code"]
