"""SLA policies as data (B1): who may change them, and what a policy must say to be one."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Parked, act
from server.acts.schemas import ArgsSchema, Id, JsonObject, Name, Text
from server.models import Customer, SlaPolicy
from server.models.base import NAME_LENGTH
from sync.policy import check_policy
from sync.sla import DEFAULT_POLICY, POLICIES


class SaveArgs(ArgsSchema):
    id = Id(required=True)
    code = Text(32, 1, required=True)
    name = Name(required=True)
    name_en = Text(NAME_LENGTH, load_default="")
    settings = JsonObject(depth=3, load_default=dict)
    levels = JsonObject(depth=5, required=True)
    active = fields.Boolean(load_default=True)

    @validates_schema
    def _sound(self, data: dict[str, Any], **_: Any) -> None:
        if isinstance(data.get("settings"), dict) and isinstance(data.get("levels"), dict):
            try:
                check_policy(data["settings"], data["levels"])
            except ValueError as fault:
                raise ValidationError(str(fault), "levels") from None


class ChooseArgs(ArgsSchema):
    id = Id(required=True)
    policy = Text(32, 1, required=True)


@act("policy.save", SaveArgs)
def save(ctx: Context, id: str, code: str, **said: Any) -> Outcome:
    """Makes or changes a policy. Promises that were made already keep what they were made with."""
    other = ctx.session.scalar(select(SlaPolicy).where(SlaPolicy.code == code, SlaPolicy.id != id))
    if other is not None:
        raise Parked("code-taken", code)
    if code == DEFAULT_POLICY and not said["active"]:
        raise Parked("default-needed", code)
    row = ctx.session.get(SlaPolicy, id, with_for_update=True, populate_existing=True)
    if row is None:
        row = ctx.add(SlaPolicy(id=id, code=code, **said))
    row.code = code
    for name, value in said.items():
        setattr(row, name, value)
    return DONE


@act("customer.choose_policy", ChooseArgs)
def choose(ctx: Context, id: str, policy: str) -> Outcome:
    """What a customer is promised from their next report on."""
    customer = ctx.lock(Customer, id)
    active = ctx.session.scalar(select(SlaPolicy.active).where(SlaPolicy.code == policy))
    if active is False or (active is None and policy not in POLICIES):
        raise Parked("policy-unknown", policy)
    customer.sla_policy = policy
    return DONE
