"""Diagnosis: one per visit, edited field by field and merged by content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from server.acts import DONE, LATE, Context, Outcome, Rejected, act, merged
from server.acts.schemas import MAX_TEXT, ArgsSchema, Changes, Id
from server.acts.visit import fact_visit
from server.models import Asset, Conflict, Diagnosis, WorkOrder, new_id
from server.models.visit import GONE
from sync.merge import CONFLICT, SAME, Merged, merge_field
from sync.rules import rule

CONSENTS = ("", "given", "refused")
RESULTS = ("", "passed", "partly", "failed")


_STANDING = (
    select(Diagnosis)
    .where(Diagnosis.visit_id == bindparam("visit"), ~Diagnosis.withdrawn)
    .order_by(Diagnosis.id)
    .with_for_update()
)


class EditArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    changes = Changes(depth=3, required=True)


@act("diagnosis.edit", EditArgs)
def edit(ctx: Context, id: str, visit_id: str, changes: dict[str, list[Any]]) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    checked = {name: [_shape(name, was), _shape(name, now)] for name, (was, now) in changes.items()}
    if checked.get("asset_id", [None, None])[1]:
        ctx.load(Asset, checked["asset_id"][1])
    diagnosis = _of_visit(ctx, visit_id)
    if diagnosis is None:
        diagnosis = Diagnosis(id=id, visit_id=visit_id, work_order_id=visit.work_order_id, **_blank())
        if late:
            diagnosis.mark_late()
        ctx.add(diagnosis)
        ctx.locked[Diagnosis, visit_id] = diagnosis
    # What was reviewed or closed stands until the dispatcher takes the late edit over it.
    stands = late and not diagnosis.late and visit.state not in GONE
    outcome = merge_changes(ctx, diagnosis, checked, visit.work_order_id, visit_id, stands)
    return LATE if late and outcome is DONE else outcome


def _blank() -> dict[str, Any]:
    return {name: None if name == "asset_id" else "" for name in Diagnosis.WIRE}


def _shape(name: str, value: Any) -> Any:
    """Rejects a field that is not the diagnosis's, or a value no phone of ours writes."""
    if name not in Diagnosis.WIRE:
        raise Rejected("args-invalid", f"changes.{name}: unknown field")
    if name == "asset_id":
        if value is not None and not isinstance(value, str):
            raise Rejected("args-invalid", "changes.asset_id: not an id")
        return value or None
    if value is None:
        return ""
    longest = MAX_TEXT if name.endswith("_text") or name == "cautions" else 64
    if not isinstance(value, str) or len(value) > longest:
        raise Rejected("args-invalid", f"changes.{name}: not a text of at most {longest} characters")
    if name == "consent" and value not in CONSENTS:
        raise Rejected("args-invalid", "changes.consent: neither given nor refused")
    if name == "test_result" and value not in RESULTS:
        raise Rejected("args-invalid", "changes.test_result: unknown result")
    return value


def _of_visit(ctx: Context, visit_id: str) -> Diagnosis | None:
    """The visit's diagnosis. Two phones may each have begun one: the first to arrive stands, the other joins it."""
    key = (Diagnosis, visit_id)
    if key not in ctx.locked:
        ctx.locked[key] = ctx.session.scalars(_STANDING, {"visit": visit_id}).first()
    found: Diagnosis | None = ctx.locked[key]
    return found


def merge_changes(
    ctx: Context,
    row: Diagnosis | WorkOrder,
    changes: dict[str, list[Any]],
    order_id: str,
    visit_id: str | None,
    stands: bool = False,
) -> Outcome:
    """Merges `{field: [was, now]}` into the row by each field's policy; records what could not be merged.

    A row that `stands` is not changed: every difference is a conflict for the office.
    """
    policies = rule("fields")[row.NOUN]
    outcome, writer = DONE, row.updated_by or row.created_by
    for name, (was, now) in changes.items():
        current = getattr(row, name)
        if stands:
            result = Merged(current, SAME if current == now else CONFLICT)
        else:
            result = merge_field(policies[name]["policy"], current, was, now)
        if result.value != current:
            setattr(row, name, result.value)
            row.updated_by = ctx.user.id
        if result.outcome == CONFLICT:
            ctx.add(
                Conflict(
                    id=new_id(),
                    work_order_id=order_id,
                    visit_id=visit_id,
                    noun=row.NOUN,
                    row_id=row.id,
                    field=name,
                    was=was,
                    server_value=current,
                    device_value=now,
                    server_by=writer,
                    device_by=ctx.user.id,
                    state="open",
                )
            )
            outcome = merged("conflict", name)
        elif result.outcome == "merged" and outcome is DONE:
            outcome = merged("merged", name)
    return outcome
