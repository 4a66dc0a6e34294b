"""Defects: found, put right on the spot or made a work order, and verified by whoever comes next (E3)."""

from __future__ import annotations

from typing import Any

from server.acts import DONE, LATE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import ArgsSchema, Id, Name, Text, one_of
from server.acts.ticket import TicketArgs, make_ticket
from server.acts.visit import fact_visit, own_fact
from server.models import Asset, ChecklistRun, ChecklistVersion, Defect, WorkOrder
from server.models.visit import IllegalTransition


class OpenArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    run_id = Id(load_default=None, allow_none=True)
    item_id = Text(64, load_default="")
    asset_id = Id(load_default=None, allow_none=True)
    label = Name(load_default="")
    severity = one_of(Defect.SEVERITIES, required=True)
    text = Text(load_default="")


class StepArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    note = Text(load_default="")


class RaiseArgs(TicketArgs):
    id = Id(required=True)
    visit_id = Id(required=True)
    order_id = Id(required=True)


class VerifyArgs(StepArgs):
    run_id = Id(load_default=None, allow_none=True)
    result = one_of(("passed", "failed"), required=True)


class WithdrawArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(load_default="")


@act("defect.open", OpenArgs)
def open_defect(
    ctx: Context, id: str, visit_id: str, run_id: str | None, item_id: str, asset_id: str | None, label: str,
    severity: str, text: str,
) -> Outcome:  # fmt: skip
    visit, late = fact_visit(ctx, visit_id)
    if asset_id and ctx.load(Asset, asset_id).site_id != visit.site_id:
        raise Rejected("args-invalid", "asset_id: not at this site")
    code, label_en = "", ""
    if run_id:
        code, label, label_en = _point(ctx, run_id, visit_id, item_id)
    elif item_id or not label:
        raise Rejected("args-invalid", "label: needed without a checklist")
    defect = Defect(
        id=id, visit_id=visit.id, work_order_id=visit.work_order_id, site_id=visit.site_id, asset_id=asset_id,
        run_id=run_id, code=code, item_id=item_id, label=label, label_en=label_en, severity=severity, text=text,
        state="open", photos=[], steps=[],
    )  # fmt: skip
    defect.note("defect.open", ctx.at, ctx.user.id, visit.id, run_id, text)
    if late:
        defect.mark_late()
    ctx.add(defect)
    order = ctx.load(WorkOrder, visit.work_order_id)
    ctx.tell(order, "defect.open", visit.id, id=id, label=label, severity=severity)
    return LATE if late else DONE


def _point(ctx: Context, run_id: str, visit_id: str, item_id: str) -> tuple[str, str, str]:
    """The checklist's code and the item's names, kept as they were asked."""
    run = ctx.load(ChecklistRun, run_id)
    if run.visit_id != visit_id:
        raise Rejected("args-invalid", "run_id: of another visit")
    item = ctx.load(ChecklistVersion, run.version_id).item(item_id)
    if item is None:
        raise Rejected("item-unknown", item_id)
    return run.code, item["label"][:200], (item.get("label_en") or "")[:200]


def _step(
    ctx: Context, name: str, id: str, visit_id: str, run_id: str | None = None, text: str = "",
    order_id: str | None = None,
) -> tuple[Defect, Outcome]:  # fmt: skip
    """A step of somebody on a visit at the site, with its line in the visit's timeline.

    What was done on a visit given away meanwhile was done all the same: the step is taken, and said to be late.
    """
    visit, late = fact_visit(ctx, visit_id)
    defect = ctx.lock(Defect, id)
    if defect.site_id != visit.site_id:
        raise Rejected("args-invalid", "visit_id: at another site")
    try:
        defect.move(name, ctx.at, ctx.user.id, visit.id, run_id, text, order_id)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    order = ctx.load(WorkOrder, visit.work_order_id)
    ctx.tell(order, name, visit.id, id=id, label=defect.label, text=text, **({"late": True} if late else {}))
    return defect, LATE if late else DONE


@act("defect.fix", StepArgs)
def fix(ctx: Context, id: str, visit_id: str, note: str) -> Outcome:
    return _step(ctx, "defect.fix", id, visit_id, text=note)[1]


@act("defect.raise", RaiseArgs)
def raise_order(ctx: Context, id: str, visit_id: str, order_id: str, **said: Any) -> Outcome:
    """Makes the work order that puts it right, linked both ways."""
    defect, outcome = _step(ctx, "defect.raise", id, visit_id, order_id=order_id)
    order = make_ticket(ctx, order_id, defect.site_id, defect.asset_id, defect_id=id, **said)
    defect.raised_id, defect.raised_number = order.id, order.number
    return outcome


@act("defect.verify", VerifyArgs)
def verify(ctx: Context, id: str, visit_id: str, note: str, run_id: str | None, result: str) -> Outcome:
    """Who comes next looks again: it is right now, or it fails still and is open once more."""
    name = {"passed": "defect.verify", "failed": "defect.recur"}[result]
    if run_id and ctx.load(ChecklistRun, run_id).visit_id != visit_id:
        raise Rejected("args-invalid", "run_id: of another visit")
    defect, outcome = _step(ctx, name, id, visit_id, run_id, note)
    defect.checked_run_id, defect.checked_visit_id = run_id, visit_id
    return outcome


@act("defect.withdraw", WithdrawArgs)
def withdraw(ctx: Context, id: str, reason: str) -> Outcome:
    defect = ctx.lock(Defect, id)
    own_fact(ctx, defect)
    if defect.withdrawn:
        return DONE
    try:
        defect.move("defect.withdraw", ctx.at, ctx.user.id, defect.visit_id, text=reason)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    defect.withdrawn = True
    ctx.tell(ctx.load(WorkOrder, defect.work_order_id), "defect.withdraw", defect.visit_id, id=id, label=defect.label)
    return DONE
