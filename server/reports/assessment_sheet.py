"""The month's assessments as sheets to hand on (F5): who has how many points, and what each line is for."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.models import Assessment, AssessmentItem, Team, User
from server.reports.month_sheet import WHOLE, head, write
from server.scopes import ZONE
from sync.assessment import items_of
from sync.rules import rule

#: Chinese, English.
WORDS: dict[str, tuple[str, str]] = {
    "totals": ("考核汇总", "Totals"), "lines": ("考核明细", "Lines"), "name": ("姓名", "Name"),
    "team": ("班组", "Team"),
    "total": ("得分", "Points left"), "state": ("状态", "State"), "approved": ("审批", "Approved"),
    "item": ("项目", "Item"), "points": ("加减分", "Points"), "why": ("说明", "Why"), "order": ("工单", "Work order"),
    "decision": ("决定", "Decision"), "by": ("决定人", "Decided by"), "objection": ("异议", "Objection"),
    "answer": ("异议答复", "Answer"), "suggested": ("待定", "Suggested"), "confirmed": ("已确认", "Confirmed"),
    "objected": ("有异议", "Objected"), "settled": ("异议已答复", "Settled"), "approved_": ("已审批", "Approved"),
    "exported": ("已导出", "Exported"), "open": ("待定", "Open"), "kept": ("采纳", "Kept"),
    "changed": ("调整", "Changed"), "dropped": ("不计", "Dropped"),
}  # fmt: skip


def assessment_sheet(session: Session, month: str, locale: str) -> bytes:
    """An xlsx of all sheets of a month, those not yet approved marked as such."""
    column = 0 if locale == "zh-CN" else 1
    users = {user.id: user for user in session.scalars(select(User))}
    teams = {team.id: team for team in session.scalars(select(Team))}
    own = [row.body() for row in session.scalars(select(AssessmentItem))]
    items = {item["code"]: item for item in [*rule("assessment")["items"], *own, *items_of(own)]}
    sheets = sorted(
        session.scalars(select(Assessment).where(Assessment.month == month)), key=lambda one: users[one.user_id].number
    )
    names = {id_: _local(user, column) for id_, user in users.items()}
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    totals, lines = (book.create_sheet(WORDS[name][column]) for name in ("totals", "lines"))
    _head(totals, column, ("name", "team", "total", "state", "approved", "objection", "answer"))
    _head(lines, column, ("name", "item", "decision", "points", "order", "why", "by"))
    for sheet in sheets:
        team = teams.get(users[sheet.user_id].team_id or "")
        state = WORDS["approved_" if sheet.state == "approved" else sheet.state][column]
        approved = f"{names.get(sheet.approved_by or '', '')} {_when(sheet)}".strip()
        texts = [(sheet.objection or {}).get("text", ""), (sheet.settled or {}).get("note", "")]
        said = [(names[sheet.user_id], None), (_local(team, column), None), (sheet.total, WHOLE), (state, None)]
        write(totals, [*said, (approved, None), *((text, None) for text in texts)])
        for line in sheet.lines:
            write(lines, _line(names, items, sheet, line, column))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _line(names: dict[str, str], items: dict[str, Any], sheet: Assessment, line: dict[str, Any], column: int) -> Any:
    shown = line["evidence"] or {}
    item = items.get(line["item"], {"name": line["item"]})
    name = (item.get("name_en") if column else "") or item["name"]
    counted = 0 if line["state"] == "dropped" else line["points"]
    why = " · ".join(text for text in (line["reason"], shown.get("text", ""), line["note"]) if text)
    return [
        (names[sheet.user_id], None), (name, None), (WORDS[line["state"]][column], None), (counted, WHOLE),
        (shown.get("number", ""), None), (why, None), (names.get(line["by"] or "", ""), None),
    ]  # fmt: skip


def _head(sheet: Worksheet, column: int, names: tuple[str, ...]) -> None:
    head(sheet, [WORDS[name][column] for name in names], 18)
    sheet.freeze_panes = "A2"


def _local(row: Any, column: int) -> str:
    return "" if row is None else str((row.name_en if column else "") or row.name)


def _when(sheet: Assessment) -> str:
    return f"{clock.parse(clock.wire(sheet.approved_at)) + ZONE:%Y-%m-%d}" if sheet.approved_at else ""
