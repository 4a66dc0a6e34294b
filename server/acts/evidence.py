"""Photos and notes; and what the office does with evidence that came late, and with conflicts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from server.acts import DONE, LATE, Context, Outcome, Parked, Rejected, act
from server.acts.diagnosis import merge_changes
from server.acts.part import shelve
from server.acts.schemas import ArgsSchema, At, Id, Json, JsonObject, Text, one_of
from server.acts.visit import fact_visit, own_fact
from server.acts.work_order import REGISTRARS, change
from server.config import MAX_FILE_BYTES
from server.models import (
    FACTS,
    SYNCED,
    ArchiveChange,
    Attachment,
    Conflict,
    Defect,
    Diagnosis,
    Note,
    PartUse,
    ServiceRecord,
    StoredFile,
    Task,
    WorkOrder,
)
from server.scopes import knows_file

SHA256 = r"[0-9a-f]{64}\Z"
PARENTS = (
    "visit", "diagnosis", "part_use", "checklist_run", "checklist_answer", "signature", "waiver", "defect",
    "archive_change", "attachment",  # the original of a marked copy, or the "before" of an "after" from the same spot
    "quotation", "custody", "message_slip",
)  # fmt: skip
#: Nouns of a site that name their pictures, for those who do not hold the work order they were taken for.
SHOW_THEIRS: dict[str, type[Defect] | type[ArchiveChange]] = {"defect": Defect, "archive_change": ArchiveChange}


class AttachmentArgs(ArgsSchema):
    """A picture of a visit, or of a ticket from the field that has none yet: one of the two ids is given."""

    id = Id(required=True)
    visit_id = Id(load_default=None, allow_none=True)
    work_order_id = Id(load_default=None, allow_none=True)
    sha256 = fields.String(required=True, validate=validate.Regexp(SHA256))
    size = fields.Integer(required=True, strict=True, validate=validate.Range(1, MAX_FILE_BYTES))
    mime = Text(64, 1, required=True)
    purpose = one_of(Attachment.PURPOSES, required=True)
    parent_noun = one_of(PARENTS, load_default=None, allow_none=True)
    parent_id = Id(load_default=None, allow_none=True)
    caption = Text(500, load_default="")
    taken_at = At(required=True)
    place = JsonObject(depth=2, load_default=None, allow_none=True)
    width = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 100_000))
    height = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 100_000))


class WithdrawArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(load_default="")


class NoteArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    text = Text(shortest=1, required=True)


class SettleArgs(ArgsSchema):
    noun = one_of(FACTS, required=True)
    id = Id(required=True)
    decision = one_of(("adopt", "discard"), required=True)
    note = Text(load_default="")


class ConflictArgs(ArgsSchema):
    id = Id(required=True)
    value = Json(depth=3, required=True, allow_none=True)


@act("attachment.add", AttachmentArgs, reads={"sha256": StoredFile})
def add_attachment(
    ctx: Context, id: str, visit_id: str | None, work_order_id: str | None, sha256: str, taken_at: datetime, **args: Any
) -> Outcome:
    order, late = _shows(ctx, visit_id, work_order_id)
    fact = Attachment(
        id=id, visit_id=visit_id, work_order_id=order.id, sha256=sha256, taken_at=taken_at, state="declared", thumbs={},
        **args,
    )  # fmt: skip
    if fact.parent_noun in SHOW_THEIRS and fact.parent_id:
        shows = ctx.lock(SHOW_THEIRS[fact.parent_noun], fact.parent_id)
        if shows.site_id != order.site_id:
            raise Rejected("args-invalid", "parent_id: at another site")
        shows.show(id, sha256)
    if late:
        fact.mark_late()
    stored = ctx.find(StoredFile, sha256)
    # The same bytes came before and the author has seen them: nothing has to travel again. To say a hash is not enough,
    # or whoever once read a hash could make somebody else's photo their own.
    if stored is not None and stored.size == fact.size and knows_file(ctx.session, ctx.user.id, sha256):
        fact.mark_stored()
        if stored.processed_at is not None:
            fact.mark_verified(stored.width, stored.height, stored.thumbs)
        else:  # the task that is reading them may not see this row
            Task.enqueue(ctx.session, "server.tasks.process_image", {"sha256": sha256})
    ctx.keep(fact)
    return LATE if late else DONE


def _shows(ctx: Context, visit_id: str | None, work_order_id: str | None) -> tuple[WorkOrder, bool]:
    """The work order a picture belongs to, and whether it comes late."""
    if visit_id:
        visit, late = fact_visit(ctx, visit_id)
        return ctx.load(WorkOrder, visit.work_order_id), late
    if not work_order_id:
        raise Rejected("args-invalid", "visit_id: needed")
    order = ctx.lock(WorkOrder, work_order_id)
    ctx.permit(raiser=order.raised_by_id == ctx.user.id)
    if ctx.user.has_role(*REGISTRARS):  # what the customer sent by other ways is evidence of the registration (A3)
        return order, False
    return order, order.ended


@act("note.add", NoteArgs)
def add_note(ctx: Context, id: str, visit_id: str, text: str) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    fact = Note(id=id, visit_id=visit_id, work_order_id=visit.work_order_id, text=text)
    if late and not ctx.user.is_office:
        fact.mark_late()
    ctx.keep(fact)
    return LATE if fact.late else DONE


def _register_withdrawal(name: str, model: type[Attachment] | type[Note]) -> None:
    @act(name, WithdrawArgs)
    def _withdraw(ctx: Context, id: str, reason: str) -> Outcome:
        fact = ctx.lock(model, id)
        own_fact(ctx, fact)
        fact.withdrawn = True
        if isinstance(fact, Attachment) and fact.parent_noun in SHOW_THEIRS and fact.parent_id:
            ctx.lock(SHOW_THEIRS[fact.parent_noun], fact.parent_id).hide(id)
        if isinstance(fact, Attachment) and fact.visit_id:
            _hide_from_record(ctx, fact)
        return DONE


def _hide_from_record(ctx: Context, photo: Attachment) -> None:
    """A picture that was withdrawn after the visit was filed is not what the next engineer compares with."""
    record = ctx.session.scalars(select(ServiceRecord).where(ServiceRecord.visit_id == photo.visit_id)).first()
    if record is not None:
        record.photos = [shown for shown in record.photos or [] if shown["id"] != photo.id]


_register_withdrawal("attachment.withdraw", Attachment)
_register_withdrawal("note.withdraw", Note)


@act("evidence.settle", SettleArgs)
def settle_evidence(ctx: Context, noun: str, id: str, decision: str, note: str) -> Outcome:
    fact = ctx.lock(FACTS[noun], id)
    if not fact.late:
        raise Parked("not-late")
    fact.settle(decision)
    if isinstance(fact, PartUse):
        shelve(ctx, fact, f"{decision}ed")
    ctx.tell(
        ctx.load(WorkOrder, fact.work_order_id), f"evidence.{decision}", fact.visit_id, noun=noun, id=id, note=note
    )
    return DONE


@act("conflict.settle", ConflictArgs)
def settle_conflict(ctx: Context, id: str, value: Any) -> Outcome:
    conflict = ctx.lock(Conflict, id)
    if conflict.state != "open":
        raise Parked("already-settled")
    keeps = _same(value, conflict.server_value)
    if not keeps and not _same(value, conflict.device_value):
        raise Rejected("args-invalid", "value: neither of the two")
    row = ctx.lock(SYNCED[conflict.noun], conflict.row_id)
    conflict.state, conflict.settled_value, conflict.settled_by = "settled", value, ctx.user.id
    if keeps:  # what stands stays, also when somebody changed it since
        return DONE
    # Decided on what the conflict shows: if another value stands by now, that is a conflict of its own.
    changes = {conflict.field: [conflict.server_value, value]}
    if isinstance(row, WorkOrder):
        return change(ctx, row, changes)
    assert isinstance(row, Diagnosis)
    return merge_changes(ctx, row, changes, conflict.work_order_id, conflict.visit_id)


def _same(a: Any, b: Any) -> bool:
    """Equality of JSON: in Python alone True would equal 1."""
    return type(a) is type(b) and bool(a == b)
