"""The archive of a site: corrections from the field and what the office makes of them; documents and their pins."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate

from server.acts import DONE, LATE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import MAX_TEXT, ArgsSchema, Changes, Id, Name, Text, one_of
from server.acts.visit import fact_visit, own_fact
from server.models import ArchiveChange, Asset, Document, DocumentPage, Site, StoredFile
from server.models.base import NAME_LENGTH
from server.scopes import was_sent_to
from sync.rules import rule

MAX_PAGES = 60
MAX_PINS = 300
MAX_QUANTITY = 100_000


class ProposeArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    asset_id = Id(load_default=None, allow_none=True)
    changes = Changes(depth=3, required=True)
    note = Text(load_default="")


class WithdrawArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(load_default="")


class DecideArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("approve", "decline"), required=True)
    values = Changes(depth=3, load_default=None, allow_none=True)
    note = Text(load_default="")


class PageArgs(ArgsSchema):
    sha256 = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class DocumentArgs(ArgsSchema):
    id = Id(required=True)
    site_id = Id(load_default=None, allow_none=True)
    kind = one_of(Document.KINDS, required=True)
    title = Name(required=True)
    title_en = Text(NAME_LENGTH, load_default="")
    asset_class = Text(64, load_default="")
    brand = Text(64, load_default="")
    model = Text(128, load_default="")
    revision = Text(32, load_default="")
    pages = fields.List(fields.Nested(PageArgs), required=True, validate=validate.Length(1, MAX_PAGES))


class RetireArgs(ArgsSchema):
    id = Id(required=True)


class PinArgs(ArgsSchema):
    id = Id(required=True)
    document_id = Id(required=True)
    page = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_PAGES - 1))
    x = fields.Float(required=True, allow_nan=False, validate=validate.Range(0, 1))
    y = fields.Float(required=True, allow_nan=False, validate=validate.Range(0, 1))
    label = Name(required=True)
    asset_id = Id(load_default=None, allow_none=True)


class UnpinArgs(ArgsSchema):
    id = Id(required=True)
    document_id = Id(required=True)


# --- Corrections ----------------------------------------------------------------------------------------


@act("archive.propose", ProposeArgs)
def propose(
    ctx: Context, id: str, visit_id: str, asset_id: str | None, changes: dict[str, list[Any]], note: str
) -> Outcome:
    visit, late = fact_visit(ctx, visit_id)
    if asset_id and ctx.load(Asset, asset_id).site_id != visit.site_id:
        raise Rejected("args-invalid", "asset_id: not at this site")
    noun = "asset" if asset_id else "site"
    for name, (_, now) in changes.items():
        _value(noun, name, now)
    change = ArchiveChange(
        id=id, visit_id=visit.id, work_order_id=visit.work_order_id, site_id=visit.site_id, asset_id=asset_id,
        changes=changes, note=note, photos=[], state="proposed",
    )  # fmt: skip
    if late:
        change.mark_late()
    ctx.add(change)
    return LATE if late else DONE


def _value(noun: str, name: str, value: Any) -> Any:
    """The value as the row keeps it. Rejects a field nobody may propose and a value that is none of its kind."""
    kind = rule("dossier")[noun].get(name)
    if kind is None:
        raise Rejected("args-invalid", f"changes.{name}: unknown field")
    if kind == "number":
        if type(value) is not int or not 0 <= value <= MAX_QUANTITY:
            raise Rejected("args-invalid", f"changes.{name}: not a number of things")
        return value
    if not isinstance(value, str | None) or "\0" in (value or ""):
        raise Rejected("args-invalid", f"changes.{name}: not a text")
    if kind == "date":
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise Rejected("args-invalid", f"changes.{name}: not a day") from None
    column = getattr({"asset": Asset, "site": Site}[noun], name).type
    longest = MAX_TEXT if kind == "lines" else column.length or NAME_LENGTH
    if len(value or "") > longest:
        raise Rejected("args-invalid", f"changes.{name}: longer than {longest} characters")
    return value or ""


@act("archive.withdraw", WithdrawArgs)
def withdraw(ctx: Context, id: str, reason: str) -> Outcome:
    change = ctx.lock(ArchiveChange, id)
    own_fact(ctx, change)
    if change.state == "proposed":
        change.state, change.withdrawn, change.decision_note = "withdrawn", True, reason
    elif change.state != "withdrawn":
        raise Parked("already-settled", change.state)
    return DONE


@act("archive.decide", DecideArgs)
def decide(ctx: Context, id: str, decision: str, values: dict[str, list[Any]] | None, note: str) -> Outcome:
    """Writes what the office decided on: `{field: [seen, value]}`, by what it saw of the archive.

    A field that says something else by now changed under the office's eyes: nothing is written, somebody looks anew.
    """
    change = ctx.lock(ArchiveChange, id)
    if change.state != "proposed":
        raise Parked("already-settled", change.state)
    if decision == "approve":
        written = values if values is not None else change.changes
        noun = "asset" if change.asset_id else "site"
        row: Any = ctx.lock(Asset, change.asset_id) if change.asset_id else ctx.lock(Site, change.site_id)
        kept = {name: _value(noun, name, now) for name, (_, now) in written.items() if name in change.changes}
        if strange := written.keys() - change.changes.keys():
            raise Rejected("args-invalid", f"values.{min(strange)}: not proposed")
        for name, (seen, _) in written.items():
            if _plain(getattr(row, name)) not in (_plain(seen), _plain(kept[name])):
                raise Parked("changed-meanwhile", name)
        for name, value in kept.items():
            setattr(row, name, value)
        change.written = {name: _plain(value) for name, value in kept.items()}
    change.state = {"approve": "approved", "decline": "declined"}[decision]
    change.decided_by, change.decided_at, change.decision_note = ctx.user.id, ctx.at, note
    return DONE


def _plain(value: Any) -> Any:
    """As the wire has it; nothing written yet is an empty text."""
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else value


# --- Documents ------------------------------------------------------------------------------------------


@act("document.add", DocumentArgs)
def add_document(ctx: Context, id: str, site_id: str | None, pages: list[dict[str, str]], **said: Any) -> Outcome:
    """Registers what the office has brought (`POST /api/documents/pages`): its pages are at the server already."""
    if site_id:
        ctx.load(Site, site_id)
    shown = []
    for page in pages:
        stored = ctx.session.get(StoredFile, page["sha256"])
        if stored is None:
            raise Parked("file-missing", page["sha256"])
        shown.append(
            {
                "sha256": stored.sha256, "size": stored.size, "mime": stored.mime,
                "width": stored.width, "height": stored.height,
            }
        )  # fmt: skip
    ctx.add(Document(id=id, site_id=site_id, pages=shown, pins=[], state="active", **said))
    for sha256 in sorted({page["sha256"] for page in pages}):
        ctx.session.add(DocumentPage(document_id=id, sha256=sha256, site_id=site_id))
    return DONE


@act("document.retire", RetireArgs)
def retire(ctx: Context, id: str) -> Outcome:
    ctx.lock(Document, id).state = "retired"
    return DONE


@act("document.pin", PinArgs)
def pin(ctx: Context, id: str, document_id: str, page: int, asset_id: str | None, **at: Any) -> Outcome:
    """Somebody who stands there says where it is: on the drawing, for whoever comes next."""
    document = _own_document(ctx, document_id)
    if page >= len(document.pages):
        raise Rejected("args-invalid", "page: no such page")
    if asset_id and ctx.load(Asset, asset_id).site_id != document.site_id:
        raise Rejected("args-invalid", "asset_id: not at this site")
    if any(one["id"] == id for one in document.pins):
        return DONE
    if len(document.pins) >= MAX_PINS:
        raise Parked("too-many-pins")
    document.pins = [*document.pins, {"id": id, "page": page, "asset_id": asset_id, "by": ctx.user.id, **at}]
    return DONE


@act("document.unpin", UnpinArgs)
def unpin(ctx: Context, id: str, document_id: str) -> Outcome:
    document = _own_document(ctx, document_id)
    document.pins = [one for one in document.pins if one["id"] != id]
    return DONE


def _own_document(ctx: Context, document_id: str) -> Document:
    """The document of a site the user sees or was sent to; the office's manuals are pinned by the office."""
    document = ctx.lock(Document, document_id)
    if not ctx.permitted:
        site = document.site_id
        ctx.permit(sent_to_site=site is not None and was_sent_to(ctx.session, ctx.user, site))
    return document
