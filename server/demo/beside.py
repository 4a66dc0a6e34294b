"""Beside the record: what the heroes quoted, asked for and put off, so that no screen of theirs is empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.demo.visits import Stage, Trip
from server.models import PriceItem
from server.scopes import ZONE
from sync.money import basis_of, is_billable, total_of
from sync.report import content_hash

SHOWN = ("name", "brand", "model", "serial", "location")
PRICED = ("LAB-01", "TRV-01")  # an hour of labour, the way there
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Beside:
    """What happens around the visits of one engineer; `trips` as they were planned, the oldest first."""

    def __init__(self, stage: Stage, login: str, trips: Sequence[Trip]):
        self.stage, self.world, self.login = stage, stage.world, login
        self.repair = next(trip for trip in trips if trip.matter.kind == "repair" and trip.start > trips[0].start)
        self.overdue = next(trip for trip in trips if trip.matter.kind == "monthly")
        self.now = stage.world.now

    def write(self, number: int) -> None:
        """The first engineer's customer has consented, the others' have not answered yet."""
        self._another_time(self.now - 50 * MINUTE)
        self._parts(self.now - 2 * HOUR, sent=number == 0)
        self._quotation(self.now - 40 * MINUTE, agreed=number == 0)

    def _another_time(self, at: datetime) -> None:
        start = self.world.local(1, 14)
        self.stage.does(
            self.overdue, at, "rebooking.propose", True, id=self.world.id(at), kind="rebook", reason="RESC-03",
            slot_start=clock.wire(start), slot_end=clock.wire(start + 2 * HOUR), note="客户请我们明天下午去。",
        )  # fmt: skip

    def _parts(self, at: datetime, sent: bool) -> None:
        numbers = (self.repair.matter.case or {}).get("part_numbers", ())
        part = next((self.world.parts[number] for number in numbers if number in self.world.parts), None)
        part = part or self.world.parts[min(self.world.parts)]
        request, keeper = self.world.id(at), self.world.one_with("storekeeper")
        needed = (self.repair.start + ZONE).date().isoformat()
        self.stage.does(
            self.repair, at, "part_request.make", True, id=request, part_id=part.id, quantity=2, needed_on=needed,
            note="备用一件。",
        )  # fmt: skip
        if sent:
            add = self.stage.timeline.add
            add(at + 20 * MINUTE, keeper, "part_request.approve", {"id": request}, True)
            add(at + 70 * MINUTE, keeper, "part_request.ship", {"id": request, "note": "交晚班车带到网点"}, True)

    def _quotation(self, at: datetime, agreed: bool) -> None:
        quotation, matter = self.world.id(at), self.repair.matter
        user = self.world.users[self.login]
        ids = [self.world.id(at) for _ in PRICED]
        asset = matter.asset
        until = asset.warranty_until.isoformat() if asset and asset.warranty_until else None
        day = (at + ZONE).date().isoformat()
        basis = basis_of(until, day, False)

        def content(session: Session) -> dict[str, Any]:
            items = {row.code: row for row in session.scalars(select(PriceItem).where(PriceItem.code.in_(PRICED)))}
            lines = []
            for line_id, code in zip(ids, PRICED, strict=True):
                item, covered = items[code], not is_billable(basis)
                line = {
                    "id": line_id, "kind": "labour" if code.startswith("LAB") else "travel", "code": code,
                    "name": item.name, "name_en": item.name_en, "unit": item.unit, "quantity": 1,
                    "price_cents": item.price_cents, "covered": covered,
                }  # fmt: skip
                lines.append({**line, "amount_cents": total_of([line])})
            return {
                "format": 1, "kind": "quotation", "number": "", "title": matter.title,
                "customer": {"name": matter.site.customer_name},
                "site": {"name": matter.site.name, "address": matter.site.address},
                "asset": {key: str(getattr(asset, key, "") or "") for key in SHOWN},
                "engineer": {"name": user.name, "name_en": user.name_en}, "made_on": day, "basis": basis,
                "lines": lines, "total_cents": total_of(lines), "photos": [], "note": "",
            }  # fmt: skip

        def made(session: Session) -> dict[str, Any]:
            shown = content(session)
            session.rollback()
            return {
                "id": quotation, "visit_id": self.repair.id, "content": shown, "content_hash": content_hash(shown),
            }  # fmt: skip

        self.stage.timeline.add(at, self.login, "quotation.make", made, True)
        if agreed and is_billable(basis):
            self._consent(at + 6 * MINUTE, quotation, content)

    def _consent(self, at: datetime, quotation: str, content: Any) -> None:
        name = self.stage.signer(self.repair)
        picture, strokes = self.stage.album.signature(name)
        image = self.stage.take(
            self.repair, at, "signature", picture, parent_noun="quotation", parent_id=quotation
        )  # fmt: skip

        def agreed(session: Session) -> dict[str, Any]:
            shown = content(session)
            session.rollback()
            return {
                "id": quotation, "visit_id": self.repair.id, "content_hash": content_hash(shown), "signer": name,
                "strokes": strokes, "image_id": image,
            }  # fmt: skip

        self.stage.timeline.add(at + timedelta(seconds=30), self.login, "quotation.agree", agreed, True)
