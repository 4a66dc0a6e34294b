"""The handover list 移交清单 of a site: what came with the project, and what is not asked there (E7)."""

from __future__ import annotations

from datetime import date

from marshmallow import fields
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Rejected, act
from server.acts.schemas import ArgsSchema, Id, Text, one_of
from server.models import HandoverItem, Site
from server.models.base import NAME_LENGTH
from sync.handover import CODES, LINES, STATES

#: Only what the system cannot see for itself is received by hand; anything may be waived.
BY_HAND = frozenset(line["code"] for line in LINES if line["of"] == "item")


class SetArgs(ArgsSchema):
    id = Id(required=True)
    site_id = Id(required=True)
    code = one_of(CODES, required=True)
    state = one_of(STATES, required=True)
    received_on = fields.Date(load_default=None, allow_none=True)
    note = Text(NAME_LENGTH, load_default="")


@act("handover.set", SetArgs)
def set_item(
    ctx: Context, id: str, site_id: str, code: str, state: str, received_on: date | None, note: str
) -> Outcome:
    """One row for a line at a site, whichever desk said it first; the later word stands."""
    ctx.load(Site, site_id)
    if state == "received" and code not in BY_HAND:
        raise Rejected("args-invalid", f"state: {code} is counted, not received")
    if state == "waived" and not note.strip():
        raise Rejected("args-invalid", "note: why it is not asked here")
    ctx.session.flush()
    known = select(HandoverItem).filter_by(site_id=site_id, code=code).with_for_update()
    row = ctx.session.scalars(known).first() or ctx.add(HandoverItem(id=id, site_id=site_id, code=code))
    row.state, row.note, row.received_on = state, note, received_on if state == "received" else None
    return DONE
