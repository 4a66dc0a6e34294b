"""Checklists filled on site: a run pinned to its version, answers appended, taken up again before the office has it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import or_, select

from server.acts import DONE, LATE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import MAX_LIST, ArgsSchema, Id, Json, Text
from server.acts.visit import fact_visit
from server.models import Attachment, ChecklistAnswer, ChecklistRun, ChecklistVersion, Defect, WorkOrder
from server.models.visit import OPEN
from sync.checklist import defects_of, latest_answers, missing, problem_of

# An old phone knows of no defects, and another's answer may have come while this one was out of reach: the round was
# made, and what is open is there to see.
NOT_HIS_TO_KNOW = ("defect-required", "double-answer")


class StartArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    version_id = Id(required=True)


class AnswerArgs(ArgsSchema):
    id = Id(required=True)
    run_id = Id(required=True)
    item_id = Text(64, 1, required=True)
    value = Json(depth=4, required=True, allow_none=True)
    note = Text(load_default="")
    over = fields.List(Id(), validate=validate.Length(max=MAX_LIST), load_default=None, allow_none=True)


class RunArgs(ArgsSchema):
    run_id = Id(required=True)


class UpgradeArgs(RunArgs):
    version_id = Id(required=True)


@act("checklist.start", StartArgs, reads={"version_id": ChecklistVersion})
def start(ctx: Context, id: str, visit_id: str, version_id: str) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    version = ctx.load(ChecklistVersion, version_id)
    run = ChecklistRun(
        id=id, visit_id=visit_id, work_order_id=visit.work_order_id, version_id=version_id, code=version.code,
        state="in_progress",
    )  # fmt: skip
    if late:
        run.mark_late()
    ctx.add(run)
    return LATE if late else DONE


@act("checklist.answer", AnswerArgs, reads={"run_id": ChecklistRun})
def answer(ctx: Context, id: str, run_id: str, item_id: str, value: Any, note: str, over: list[str] | None) -> Outcome:
    run = ctx.load(ChecklistRun, run_id)
    _, late = fact_visit(ctx, run.visit_id)
    item = ctx.load(ChecklistVersion, run.version_id).item(item_id)
    if item is None:
        raise Rejected("item-unknown", item_id)
    problem = None if value is None else problem_of(item, value)  # null takes an answer back
    if problem is not None:
        raise Parked("answer-invalid", f"{item_id}: {problem}")
    fact = ChecklistAnswer(
        id=id, run_id=run_id, visit_id=run.visit_id, work_order_id=run.work_order_id, item_id=item_id, value=value,
        note=note, over=over,
    )  # fmt: skip
    if late:
        fact.mark_late()
    ctx.keep(fact)
    return LATE if late else DONE


@act("checklist.complete", RunArgs)
def complete(ctx: Context, run_id: str) -> Outcome:
    run = ctx.lock(ChecklistRun, run_id)
    _, late = fact_visit(ctx, run.visit_id)
    items = ctx.load(ChecklistVersion, run.version_id).items
    lacking = [entry for entry in missing(items, answers_of(ctx, run_id)) if entry["code"] not in NOT_HIS_TO_KNOW]
    if lacking:
        raise Parked("checklist-incomplete", ", ".join(str(entry) for entry in lacking[:5]))
    run.state, run.completed_at = "completed", ctx.at
    return LATE if late else DONE


@act("checklist.reopen", RunArgs)
def reopen(ctx: Context, run_id: str) -> Outcome:
    """Something was forgotten: the round goes on, as long as the visit is not handed in."""
    run = ctx.lock(ChecklistRun, run_id)
    visit, late = fact_visit(ctx, run.visit_id)
    if run.state == "in_progress":
        return DONE
    if late or visit.state not in OPEN:
        raise Parked("illegal-transition", f"checklist.reopen on a visit {visit.state}")
    run.state, run.completed_at = "in_progress", None
    ctx.tell(ctx.load(WorkOrder, visit.work_order_id), "checklist.reopen", visit.id, id=run.id, code=run.code)
    return DONE


@act("checklist.upgrade", UpgradeArgs)
def upgrade(ctx: Context, run_id: str, version_id: str) -> Outcome:
    """Goes on by a newer version, which somebody looked at before: items are the same while their ids are."""
    run = ctx.lock(ChecklistRun, run_id)
    visit, late = fact_visit(ctx, run.visit_id)
    old, new = ctx.load(ChecklistVersion, run.version_id), ctx.load(ChecklistVersion, version_id)
    if new.code != run.code:
        raise Rejected("args-invalid", "version_id: of another checklist")
    if new.version <= old.version:
        return DONE  # two phones of one round, and the other was first
    if run.state != "in_progress":
        raise Parked("illegal-transition", "checklist.upgrade on a completed checklist")
    run.version_id = new.id
    ctx.tell(
        ctx.load(WorkOrder, visit.work_order_id), "checklist.upgrade", visit.id, id=run.id, code=run.code,
        was=old.version, version=new.version,
    )  # fmt: skip
    return LATE if late else DONE


def answers_of(ctx: Context, run_id: str) -> dict[str, Any]:
    """The answer that counts per item, with the photos given to it."""
    ctx.session.flush()
    rows = ctx.session.scalars(select(ChecklistAnswer).where(ChecklistAnswer.run_id == run_id)).all()
    photos = ctx.session.scalars(
        select(Attachment).where(Attachment.parent_id.in_([row.id for row in rows]), ~Attachment.withdrawn)
    )
    found = ctx.session.scalars(select(Defect).where(or_(Defect.run_id == run_id, Defect.checked_run_id == run_id)))
    defects = defects_of([_with_id(defect) for defect in found], run_id)
    return latest_answers([_with_id(row) for row in rows], [_with_id(photo) for photo in photos], defects)


def _with_id(row: ChecklistAnswer | Attachment | Defect) -> dict[str, Any]:
    return {**row.body(), "id": row.id}
