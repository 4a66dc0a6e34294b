"""The knowledge base: an article from a solved visit, the office's review of it, and what each person keeps at hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from marshmallow import fields
from sqlalchemy import select

from server.acts import DONE, LATE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import MAX_TEXT, ArgsSchema, Changes, Id, Name, Text, one_of, texts
from server.acts.visit import fact_visit
from server.models import Article, Favourite
from server.models.base import NAME_LENGTH

REVIEW_AFTER = timedelta(days=365)  # an article nobody has looked at for a year is not to be relied on
#: Field of an article that the office edits: how long at most; None: a list of codes.
EDITABLE: dict[str, int | None] = {
    "title": NAME_LENGTH, "title_en": NAME_LENGTH, "asset_class": 64, "brand": 64, "keywords": 500,
    "text": MAX_TEXT, "summary_en": MAX_TEXT, "symptom_codes": None,
}  # fmt: skip


class ProposeArgs(ArgsSchema):
    id = Id(required=True)
    visit_id = Id(required=True)
    title = Name(required=True)
    text = Text(shortest=1, required=True)
    asset_class = Text(64, load_default="")
    brand = Text(64, load_default="")
    keywords = Text(500, load_default="")
    symptom_codes = texts(64, load_default=list)


class EditArgs(ArgsSchema):
    id = Id(required=True)
    changes = Changes(depth=3, required=True)


class ReviewArgs(ArgsSchema):
    id = Id(required=True)
    decision = one_of(("publish", "decline", "retire"), required=True)
    review_on = fields.Date(load_default=None, allow_none=True)
    note = Text(load_default="")


class FavouriteArgs(ArgsSchema):
    id = Id(required=True)
    noun = one_of(Favourite.OF, required=True)
    row_id = Id(required=True)
    chosen = fields.Boolean(required=True, truthy={True}, falsy={False})


@act("article.propose", ProposeArgs)
def propose(ctx: Context, id: str, visit_id: str, **said: Any) -> Outcome:
    """What solved it here may solve it elsewhere: proposed by whoever did it, read by all once the office agrees."""
    _, late = fact_visit(ctx, visit_id)
    article = Article(id=id, number=f"KB-{ctx.at:%Y%m%d}-{id[-6:]}", state="proposed", visit_id=visit_id, **said)
    ctx.add(article)
    return LATE if late else DONE


@act("article.edit", EditArgs)
def edit(ctx: Context, id: str, changes: dict[str, list[Any]]) -> Outcome:
    """The later writer's words stand, field by field; the earlier ones are in the journal."""
    article = ctx.lock(Article, id)
    for name, (_, now) in changes.items():
        setattr(article, name, _checked(name, now))
    return DONE


def _checked(name: str, value: Any) -> Any:
    if name not in EDITABLE:
        raise Rejected("args-invalid", f"changes.{name}: unknown field")
    longest = EDITABLE[name]
    if longest is None:
        if not isinstance(value, list) or any(not isinstance(code, str) or len(code) > 64 for code in value):
            raise Rejected("args-invalid", f"changes.{name}: not a list of codes")
        return value
    if not isinstance(value, str) or len(value) > longest or "\0" in value or (name == "title" and not value.strip()):
        raise Rejected("args-invalid", f"changes.{name}: not a text of at most {longest} characters")
    return value


@act("article.review", ReviewArgs)
def review(ctx: Context, id: str, decision: str, review_on: date | None, note: str) -> Outcome:
    """Publishes a proposal, or says of a published article that it still holds; it comes up again on `review_on`."""
    article = ctx.lock(Article, id)
    state = article.state or "published"
    if decision == "decline" and state != "proposed":
        raise Parked("illegal-transition", f"article.decline from {state}")
    article.state = {"publish": "published", "decline": "declined", "retire": "retired"}[decision]
    if decision == "publish":
        article.review_on = review_on or (ctx.at + REVIEW_AFTER).date()
    article.reviewed_by, article.reviewed_at, article.review_note = ctx.user.id, ctx.at, note
    return DONE


@act("favourite.set", FavouriteArgs)
def favourite(ctx: Context, id: str, noun: str, row_id: str, chosen: bool) -> Outcome:
    """One per person and row, whichever of their devices said it first."""
    ctx.session.flush()
    mine = select(Favourite).where(Favourite.user_id == ctx.user.id, Favourite.parent_id == row_id)
    row = ctx.session.scalars(mine.with_for_update()).first()
    if row is None:
        row = ctx.add(Favourite(id=id, user_id=ctx.user.id, parent_noun=noun, parent_id=row_id))
    row.chosen = chosen
    return DONE
