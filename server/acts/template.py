"""Checklist templates: an edited draft becomes a version, which never changes again (E2)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import ArgsSchema, Id, Name, Text, one_of, texts
from server.models import ChecklistVersion
from server.models.base import NAME_LENGTH
from sync.template import RULES, faults_of

PUBLISHERS = ("supervisor", "module_head", "department_head", "admin")
_LONGEST = RULES["max_characters"]


class ConditionArgs(ArgsSchema):
    item = Text(_LONGEST["id"], 1, required=True)
    op = one_of(RULES["operators"], required=True)
    value = Text(_LONGEST["option"], 1, required=True)


class ItemArgs(ArgsSchema):
    """What is not said of an item is as an import without that column has it."""

    id = Text(_LONGEST["id"], 1, required=True)
    group = Text(_LONGEST["group"], load_default="")
    group_en = Text(_LONGEST["group_en"], load_default="")
    label = Text(_LONGEST["label"], 1, required=True)
    label_en = Text(_LONGEST["label_en"], load_default="")
    type = one_of(RULES["types"], required=True)
    mandatory = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    unit = Text(_LONGEST["unit"], load_default="")
    min = Text(20, load_default=None, allow_none=True)
    max = Text(20, load_default=None, allow_none=True)
    options = texts(_LONGEST["option"], load_default=list)
    options_en = texts(_LONGEST["option"], load_default=list)
    fail_options = texts(_LONGEST["option"], load_default=list)
    show_if = fields.Nested(ConditionArgs, load_default=None, allow_none=True)
    on_fail = fields.List(one_of(RULES["on_fail"]), validate=validate.Length(max=3), load_default=list)
    help = Text(_LONGEST["help"], load_default="")
    help_en = Text(_LONGEST["help_en"], load_default="")


class PublishArgs(ArgsSchema):
    """`over`: the version the draft was made from, null for a checklist that is new."""

    id = Id(required=True)
    code = Text(64, 1, required=True, validate=validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z"))
    name = Name(required=True)
    name_en = Text(NAME_LENGTH, load_default="")
    kind = one_of(ChecklistVersion.KINDS, required=True)
    items = fields.List(fields.Nested(ItemArgs), required=True, validate=validate.Length(1, RULES["max_items"]))
    over = Id(load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def _sound(self, data: dict[str, Any], **_: Any) -> None:
        if fault := _first_fault(data["items"], {}):
            raise ValidationError(fault, "items")


@act("checklist.publish", PublishArgs, reads={"over": ChecklistVersion})
def publish(ctx: Context, id: str, code: str, over: str | None, items: list[dict[str, Any]], **said: Any) -> Outcome:
    """The next version of a checklist, over the one its author saw. Rounds that have begun stay on theirs."""
    if over:
        ctx.load(ChecklistVersion, over)
    ctx.session.flush()
    former = ctx.session.scalars(select(ChecklistVersion).filter_by(code=code).order_by(ChecklistVersion.version)).all()
    newest = former[-1] if former else None
    if over is None and newest is not None:
        raise Parked("code-taken", code)
    if over is not None and (newest is None or newest.id != over):
        raise Parked("checklist-moved", f"{code} {newest.version if newest else ''}".strip())
    if newest is not None and newest.kind != said["kind"]:
        raise Rejected("args-invalid", f"kind: {code} is {newest.kind}")
    if fault := _first_fault(items, {item["id"]: item["type"] for version in former for item in version.items}):
        raise Rejected("args-invalid", f"items: {fault}")
    ctx.add(ChecklistVersion(
        id=id, code=code, version=newest.version + 1 if newest else 1, items=[_as_kept(item) for item in items], **said,
    ))  # fmt: skip
    return DONE


def _first_fault(items: list[dict[str, Any]], former: dict[str, str]) -> str | None:
    return next((f"{fault['item']} {fault['field']}: {fault['code']}" for fault in faults_of(items, former)), None)


def _as_kept(item: dict[str, Any]) -> dict[str, Any]:
    """As an import keeps it: options that fail are named only where there are any."""
    return {name: value for name, value in item.items() if name != "fail_options" or value}
