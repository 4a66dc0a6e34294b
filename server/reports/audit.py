"""What was done and by whom, of two sources in one order: the journal of acts, and the log of what goes past it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from server import clock
from server.models import AccessLog, Device, JournalEntry, User, Visit, WorkOrder
from server.scopes import ZONE

MOST_LINES = 50_000  # of one file
FORMS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
COLUMNS: dict[str, tuple[str, str]] = {
    "at": ("时间", "When"), "user_name": ("人员", "Who"), "device": ("设备", "Device"), "act": ("操作", "What"),
    "number": ("工单号", "Work order"), "outcome": ("结果", "Outcome"), "reason": ("原因或说明", "Reason"),
    "noun": ("对象", "Object"), "row_id": ("对象编号", "Id"),
}  # fmt: skip
ABOUT = ("work_order_id", "visit_id", "id")  # arguments of an act that lead to its work order, the surest first
NAMES_FIELDS = ("user.change", "webhook.change")  # acts whose line says which fields were written
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula


@dataclass(frozen=True, slots=True)
class Asked:
    """`before`: where the last page ended. `number`: only what names this work order, or one of its visits."""

    SOURCES: ClassVar[tuple[str, ...]] = ("acts", "access")
    of: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    user_id: str | None = None
    act: str = ""
    number: str = ""
    before: tuple[datetime, str] | None = None


def lines_of(session: Session, asked: Asked, limit: int) -> list[dict[str, Any]]:
    """The latest lines first."""
    found: list[tuple[datetime, str, Any]] = []
    if asked.of != "access":
        found += [(row.received_at, row.id, row) for row in _rows(session, JournalEntry, asked, limit)]
    if asked.of != "acts":
        found += [(row.at, row.id, row) for row in _rows(session, AccessLog, asked, limit)]
    rows = [row for *_, row in sorted(found, key=lambda one: one[:2], reverse=True)[:limit]]
    users = _names(session, User, {row.user_id for row in rows})
    devices = _names(session, Device, {row.device_id for row in rows if isinstance(row, JournalEntry)})
    numbers = _numbers(session, rows)
    return [_line(row, users, devices, numbers) for row in rows]


def _rows(session: Session, model: Any, asked: Asked, limit: int) -> Iterable[Any]:
    at = model.received_at if model is JournalEntry else model.at
    query = select(model)
    if asked.since:
        query = query.where(at >= asked.since)
    if asked.until:
        query = query.where(at < asked.until)
    if asked.user_id:
        query = query.where(model.user_id == asked.user_id)
    if asked.act:
        query = query.where(model.act.startswith(asked.act, autoescape=True))
    if asked.before:
        moment, id_ = asked.before
        query = query.where(or_(at < moment, and_(at == moment, model.id < id_)))
    if asked.number:
        query = query.where(_about(session, model, asked.number))
    return session.scalars(query.order_by(at.desc(), model.id.desc()).limit(limit))


def _about(session: Session, model: Any, number: str) -> Any:
    order_id = session.scalar(select(WorkOrder.id).where(WorkOrder.number == number))
    ids = [order_id or "", *session.scalars(select(Visit.id).where(Visit.work_order_id == order_id))]
    if model is AccessLog:
        return AccessLog.row_id.in_(ids)
    return or_(*(JournalEntry.args[name].as_string().in_(ids) for name in ABOUT))


def _names(session: Session, model: Any, ids: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    listed = sorted(id_ for id_ in ids if id_)
    for start in range(0, len(listed), 500):
        some = model.id.in_(listed[start : start + 500])
        found |= {row[0]: row[1] for row in session.execute(select(model.id, model.name).where(some))}
    return found


def _numbers(session: Session, rows: Iterable[Any]) -> dict[str, str]:
    """By the id of a work order, or of a visit: the work order's number."""
    ids = sorted({id_ for row in rows for id_ in _ids_of(row)})
    found: dict[str, str] = {}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        orders = select(WorkOrder.id, WorkOrder.number).where(WorkOrder.id.in_(some))
        visits = select(Visit.id, WorkOrder.number).join(WorkOrder, WorkOrder.id == Visit.work_order_id)
        for query in (orders, visits.where(Visit.id.in_(some))):
            found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def _ids_of(row: Any) -> list[str]:
    if isinstance(row, AccessLog):
        return [row.row_id]
    return [value for name in ABOUT if isinstance(value := row.args.get(name), str)]


def _line(row: Any, users: dict[str, str], devices: dict[str, str], numbers: dict[str, str]) -> dict[str, Any]:
    number = next((numbers[id_] for id_ in _ids_of(row) if id_ in numbers), "")
    common = {"id": row.id, "user_id": row.user_id, "user_name": users.get(row.user_id, ""), "act": row.act,
              "number": number}  # fmt: skip
    if isinstance(row, AccessLog):
        extra = row.extra or {}
        named = extra.get("fields") or [] if row.act.startswith(NAMES_FIELDS) else []
        said = [row.reason, str(extra.get("login") or ""), " ".join(named)]
        return {**common, "at": clock.wire(row.at), "device": str(extra.get("address") or ""), "noun": row.noun,
                "row_id": row.row_id, "outcome": str(extra.get("outcome") or ""),
                "reason": " · ".join(one for one in said if one)}  # fmt: skip
    about = next(iter(_ids_of(row)), "")
    return {**common, "at": clock.wire(row.received_at), "device": devices.get(row.device_id, ""),
            "noun": row.act.partition(".")[0], "row_id": about, "outcome": row.outcome,
            "reason": row.code or ""}  # fmt: skip


def audit_file(lines: list[dict[str, Any]], form: str, lang: str) -> bytes:
    """The lines as an Excel or CSV file, in the organisation's time; texts are never formulas."""
    head = [words[1 if lang == "en" else 0] for words in COLUMNS.values()]
    rows = [[_said(name, line[name]) for name in COLUMNS] for line in lines]
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(head)
        writer.writerows([f"'{cell}" if cell.startswith(RISKY) else cell for cell in row] for row in rows)
        return out.getvalue().encode("utf-8-sig")  # Excel needs the mark to read Chinese
    book = Workbook(write_only=True)
    sheet = book.create_sheet("审计" if lang != "en" else "Audit")
    for row in [head, *rows]:
        cells = [WriteOnlyCell(sheet, value=_printable(cell)) for cell in row]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _said(name: str, value: Any) -> str:
    return f"{clock.parse(value) + ZONE:%Y-%m-%d %H:%M:%S}" if name == "at" else str(value or "")


def _printable(text: str) -> str:
    """Without what a sheet cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")
