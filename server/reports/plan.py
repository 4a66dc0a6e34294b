"""The plan of the days to come as a sheet: who goes where and when, with what (C7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import DutyShift, Site, Team, User, Visit, WorkOrder
from server.models.visit import GONE
from server.scopes import ZONE

#: Heading in both languages, width in characters.
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("日期", "Day", 12), ("时段", "Slot", 13), ("班组", "Team", 12), ("负责人", "Lead", 10), ("协助", "Helpers", 14),
    ("现场", "Site", 24), ("地址", "Address", 30), ("工单", "Order", 16), ("级别", "Level", 6), ("内容", "What", 32),
    ("要求时限", "Due", 14), ("携带", "Bring", 22), ("状态", "State", 10),
)  # fmt: skip
STATES = {
    "planned": ("已计划", "Planned"), "dispatched": ("已派单", "Dispatched"), "accepted": ("已接单", "Accepted"),
    "travelling": ("在途", "Travelling"), "arrived": ("已到场", "Arrived"), "working": ("作业中", "Working"),
    "paused": ("已暂停", "Paused"), "work_done": ("作业完成", "Work done"), "signed": ("已签字", "Signed"),
    "sign_waived": ("免签", "Sign-off waived"), "cannot_complete": ("未能完成", "Cannot complete"),
    "submitted": ("已提交", "Submitted"), "reviewed": ("已审", "Reviewed"), "returned": ("退回", "Returned"),
}  # fmt: skip
DUTIES = {
    "day": ("值班", "On duty"), "night": ("夜班", "Night duty"), "holiday": ("节假日值班", "Holiday duty"),
    "leave": ("请假", "Leave"),
}  # fmt: skip
_HEAD = PatternFill("solid", fgColor="0F4C5C")
_LINE = Border(bottom=Side(style="thin", color="D2DCDF"))


def plan_sheet(session: Session, day: date, days: int, locale: str, team_id: str | None = None) -> bytes:
    """An xlsx of the visits whose slot begins in these days, and of the duties, by day and team."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - ZONE
    end = start + timedelta(days=days)
    column = 0 if locale == "zh-CN" else 1
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "周计划" if column == 0 else "Plan"
    _head(sheet, column)
    for line in sorted(_visits(session, start, end, column, team_id), key=lambda row: (row[0], row[2], row[1])):
        _write(sheet, line)
    duties = book.create_sheet("值班" if column == 0 else "Roster")
    for line in _duties(session, start, end, column):
        _write(duties, line)
    for sheet_ in (sheet, duties):
        sheet_.page_setup.orientation, sheet_.page_setup.paperSize = "landscape", sheet_.PAPERSIZE_A4
        sheet_.page_setup.fitToHeight = 0
        sheet_.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Worksheet, column: int) -> None:
    _write(sheet, [heading[:2][column] for heading in COLUMNS])
    for number, heading in enumerate(COLUMNS, 1):
        cell = sheet.cell(1, number)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        sheet.column_dimensions[get_column_letter(number)].width = heading[2]
    sheet.freeze_panes, sheet.print_title_rows = "A2", "1:1"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}1"


def _write(sheet: Worksheet, values: Iterable[str]) -> None:
    """A line of texts. What somebody typed is never a formula, whatever it begins with."""
    row = sheet.max_row + 1 if sheet.cell(1, 1).value is not None else 1
    for number, value in enumerate(values, 1):
        cell = sheet.cell(row, number)
        assert isinstance(cell, Cell)
        cell.value, cell.data_type = _clean(value), "s"
        cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _LINE


def _clean(text: str) -> str:
    return "".join(char for char in text if char >= " " or char == "\n")[:2000]


def _visits(session: Session, start: datetime, end: datetime, column: int, team_id: str | None) -> Iterable[list[str]]:
    users = {user.id: user for user in session.scalars(select(User))}
    teams = {team.id: team for team in session.scalars(select(Team))}
    planned = (
        select(Visit, WorkOrder, Site)
        .join(WorkOrder, WorkOrder.id == Visit.work_order_id)
        .join(Site, Site.id == Visit.site_id)
        .where(Visit.slot_start >= start, Visit.slot_start < end, Visit.state.not_in(GONE))
    )
    for visit, order, site in session.execute(planned):
        lead = users[visit.lead_id]
        if team_id and lead.team_id != team_id:
            continue
        helpers = [_name(users[one], column) for one in visit.helper_ids if one in users]
        from_, to = visit.slot_start + ZONE, visit.slot_end + ZONE
        yield [
            from_.date().isoformat(), f"{from_:%H:%M}–{to:%H:%M}", _name(teams.get(lead.team_id or ""), column),
            _name(lead, column), "、".join(helpers), site.name, site.address, order.number, "ⅠⅡⅢ"[order.level - 1],
            order.title, f"{order.due_at + ZONE:%m-%d %H:%M}" if order.due_at else "", "、".join(visit.bring or []),
            STATES.get(visit.state, (visit.state, visit.state))[column],
        ]  # fmt: skip


def _duties(session: Session, start: datetime, end: datetime, column: int) -> Iterable[list[str]]:
    rows = select(DutyShift, User).join(User, User.id == DutyShift.user_id).order_by(DutyShift.starts_at, User.number)
    inside = rows.where(~DutyShift.removed, DutyShift.starts_at < end, DutyShift.ends_at > start)
    for shift, user in session.execute(inside):
        from_, to = shift.starts_at + ZONE, shift.ends_at + ZONE
        yield [
            f"{from_:%Y-%m-%d %H:%M}", f"{to:%Y-%m-%d %H:%M}", DUTIES[shift.kind][column], _name(user, column),
            shift.vehicle, shift.note,
        ]  # fmt: skip


def _name(row: User | Team | None, column: int) -> str:
    return "" if row is None else (row.name_en if column else "") or row.name
