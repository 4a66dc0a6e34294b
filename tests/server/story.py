"""What most stories of two devices begin with: a work order, and a visit that somebody is sent on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server import clock
from server.models import User, new_id
from tests.cast import Cast
from tests.peer import Peer


def register(desk: Peer, cast: Cast, **more: Any) -> str:
    order_id = new_id()
    receipt = desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, asset_id=cast.asset.id,
        kind="repair", title="三号机位黑屏", level=2, level_reason="影响使用", channel="phone", source="customer",
        reported_at=clock.wire(clock.now()), **more,
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    return order_id


def dispatch(desk: Peer, order_id: str, lead: User, **more: Any) -> str:
    visit_id, start = new_id(), clock.now()
    receipt = desk.do(
        "visit.dispatch", id=visit_id, work_order_id=order_id, mode="on_site", lead_id=lead.id,
        slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=2)), **more,
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    return visit_id


def dispatched(desk: Peer, cast: Cast, lead: User) -> tuple[str, str]:
    order_id = register(desk, cast)
    return order_id, dispatch(desk, order_id, lead)
