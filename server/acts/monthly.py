"""The monthly report is written and approved (F4)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act, merged
from server.acts.schemas import ArgsSchema, Id, Text
from server.models import MonthlyReport

A_MONTH = r"20[0-9]{2}-(0[1-9]|1[0-2])\Z"


class WriteArgs(ArgsSchema):
    id = Id(required=True)
    month = fields.String(required=True, validate=validate.Regexp(A_MONTH))
    analysis = Text(required=True)
    improvements = Text(load_default="")
    over = Text(load_default="")  # `written_at` of what its author saw; empty: nothing yet


class ApproveArgs(ArgsSchema):
    id = Id(required=True)


@act("monthly_report.write", WriteArgs)
def write(ctx: Context, id: str, month: str, analysis: str, improvements: str, over: str) -> Outcome:
    """A month has one report, whoever begins it. Written over words its author had not seen, it says so; those are in
    the journal."""
    known = ctx.session.scalars(select(MonthlyReport).where(MonthlyReport.month == month).with_for_update()).first()
    if known is None and ctx.find(MonthlyReport, id) is not None:
        raise Rejected("args-invalid", "id: of another month")
    row = known or ctx.add(MonthlyReport(id=id, month=month))
    unseen = known is not None and over != _version(known) and (known.analysis, known.improvements) != (
        analysis, improvements)  # fmt: skip
    row.write(analysis, improvements, ctx.user.id, ctx.received)
    return merged(detail="somebody else had written meanwhile") if unseen else DONE


@act("monthly_report.approve", ApproveArgs)
def approve(ctx: Context, id: str) -> Outcome:
    row = ctx.lock(MonthlyReport, id)
    if row.approved_at is not None:
        raise Parked("already-settled", row.month)
    row.approve(ctx.user.id, ctx.received)
    return DONE


def _version(row: MonthlyReport) -> Any:
    return row.body()["written_at"] or ""
