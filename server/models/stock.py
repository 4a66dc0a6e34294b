"""Stock: movements are the truth, levels are their sum (hazard 18)."""

from __future__ import annotations

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.extensions import db
from server.models.base import Synced, id_column

WAREHOUSE, OUTLET = "warehouse", "outlet"
RETURNED = "returned"  # what came back and is no good, and old parts


class StockMovement(Synced, db.Model):
    """An add-only change of a stock: `location`: `warehouse`, `outlet`, `returned` or a user's id; signed."""

    __tablename__ = "stock_movement"
    __table_args__ = (Index("ix_stock_movement_place", "location", "part_id"),)
    NOUN = "stock_movement"
    WIRE = ("location", "part_id", "quantity", "reason", "cause_id")
    location: Mapped[str] = id_column()
    part_id: Mapped[str] = id_column()
    quantity: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(32))
    cause_id: Mapped[str | None] = id_column(index=True)

    def scope(self) -> str:
        return "stock"


class Stock(Synced, db.Model):
    """What a person carries: the sum of their movements, kept beside them so that the phone need not add."""

    __tablename__ = "stock"
    __table_args__ = (UniqueConstraint("user_id", "part_id"),)
    NOUN = "stock"
    WIRE = ("user_id", "part_id", "quantity")
    user_id: Mapped[str] = id_column()
    part_id: Mapped[str] = id_column()
    quantity: Mapped[int] = mapped_column(Integer, default=0)

    def scope(self) -> str:
        return f"user:{self.user_id}"
