"""By which ways a person wants to be told (F8): their own choice, made on any of their devices."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate
from sqlalchemy import select

from server.acts import DONE, Context, Outcome, Rejected, act
from server.acts.schemas import ArgsSchema, Id, one_of
from server.models import NoticeChoice
from server.models.channel import GROUPS, MAIL_LENGTH
from server.problems import LANGUAGES

# What every mail server takes. Domains are ASCII on the wire; what is quoted or has comments nobody has.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+\Z")


class MailAddress(fields.String):
    """A mail address, or nothing."""

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more).strip()
        if text and (len(text) > MAIL_LENGTH or not ADDRESS.match(text) or ".." in text or text[0] == "."):
            raise ValidationError("not a mail address")
        return text


def groups(**options: Any) -> fields.List:
    return fields.List(fields.String(validate=validate.OneOf(GROUPS)), validate=validate.Length(max=9), **options)


class ChooseArgs(ArgsSchema):
    id = Id(required=True)
    push = groups(required=True)
    mail = groups(required=True)
    address = MailAddress(load_default="")
    lang = one_of(LANGUAGES, required=True)


@act("channels.choose", ChooseArgs)
def choose(ctx: Context, id: str, push: list[str], mail: list[str], address: str, lang: str) -> Outcome:
    """The whole choice as it shall be now; one per person, whichever device said it first."""
    ctx.session.flush()
    mine = select(NoticeChoice).where(NoticeChoice.user_id == ctx.user.id)
    row = ctx.session.scalars(mine.with_for_update()).first()
    if row is None:
        if ctx.find(NoticeChoice, id) is not None:
            raise Rejected("args-invalid", "id: somebody else's")
        row = ctx.add(NoticeChoice(id=id, user_id=ctx.user.id))
    row.push, row.mail = [one for one in GROUPS if one in push], [one for one in GROUPS if one in mail]
    row.address, row.lang = address, lang
    return DONE
