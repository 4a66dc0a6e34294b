"""Who is told what: rows of the noun `notice`, one for each person, and the act by which they were read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.acts import DONE, Context, Outcome, act
from server.acts.schemas import MAX_LIST, ArgsSchema, Id
from server.models import Notice, User, Visit, WorkOrder, new_id
from server.models.base import NAME_LENGTH
from server.models.visit import HELD
from server.outbox import announce, hooks_of, spread
from sync.rules import rule

LADDER = rule("ladder")
URGENT = 1  # level Ⅰ
PRIVATE = frozenset({"test", "webhook_stopped"})  # nobody else's matter


class ReadArgs(ArgsSchema):
    ids = fields.List(Id(), required=True, validate=validate.Length(min=1, max=MAX_LIST))


def people_with(session: Session, roles: Iterable[str]) -> list[str]:
    """The active people who have one of the roles."""
    wanted = set(roles)
    return [user.id for user in session.scalars(select(User).where(User.active)) if wanted & set(user.roles)]


def on_rung(session: Session, rung: str) -> list[str]:
    """Who stands on a rung of the ladder: the people of the first of its roles that anybody has."""
    roles = next(one["roles"] for one in LADDER["rungs"] if one["code"] == rung)
    return next((found for role in roles if (found := people_with(session, [role]))), [])


def superiors(session: Session, level: int) -> list[list[str]]:
    """By steps, nearest first: the people who answer for a work order of this level (B3)."""
    return [found for role in LADDER["responsible"][str(level)] if (found := people_with(session, [role]))]


def owners(session: Session, order: WorkOrder) -> list[str]:
    """Whose matter it is: its owner, and who leads its visits; the dispatchers while it is nobody's."""
    leads = select(Visit.lead_id).where(
        Visit.work_order_id == order.id, Visit.state.in_(HELD), Visit.state != "reviewed"
    )
    owner = [order.owner_id] if order.owner_id else people_with(session, ["dispatcher"])
    return [*owner, *session.scalars(leads)]


def notify(
    session: Session, people: Iterable[str], kind: str, at: datetime, order: WorkOrder | None = None,
    visit_id: str | None = None, **data: Any,
) -> None:  # fmt: skip
    """Tells each of the people once. What is told stands in the row: who is told may not hold what it is about.

    In the app everybody is told; beside it by the ways each chose, and other systems once for all of them (F8).
    """
    about = {"work_order_id": order.id, "number": order.number, "title": order.title} if order else {}
    if order:
        data.setdefault("site", order.site_name)
    common = {"kind": kind, "visit_id": visit_id, "data": data, "at": at, "server_at": at, **about}
    notices = [Notice(id=new_id(), user_id=user_id, **common) for user_id in dict.fromkeys(people)]
    session.add_all(notices)
    spread(session, notices)
    if notices and kind not in PRIVATE:
        announce(session, hooks_of(session), kind, at, order, data, visit_id)


def notify_about(
    session: Session, people: Iterable[str], kind: str, at: datetime, number: str, title: str, **data: Any
) -> None:
    """The same of what is no work order: it has a number and a title of its own. Other systems hear nothing of it: it
    is about people, ours or the customer's."""
    common = {"kind": kind, "number": number, "title": title[:NAME_LENGTH], "data": data, "at": at, "server_at": at}
    notices = [Notice(id=new_id(), user_id=user_id, **common) for user_id in dict.fromkeys(people)]
    session.add_all(notices)
    spread(session, notices)


def tell_people(ctx: Context, people: Iterable[str], kind: str, order: WorkOrder, **data: Any) -> None:
    """Tells others what the user of this act did; nobody is told what they did themselves."""
    others = [user_id for user_id in people if user_id != ctx.user.id]
    notify(ctx.session, others, kind, ctx.received, order, by=ctx.user.name, **data)


def alarm_the_head(ctx: Context, order: WorkOrder, was: int | None = None) -> None:
    """A matter that is, or becomes, of level Ⅰ is known at once to whoever answers for that level (A5)."""
    if order.level == URGENT and was != URGENT:
        nearest = next(iter(superiors(ctx.session, URGENT)), [])
        tell_people(ctx, nearest, "level_one", order, reason=order.level_reason)


@act("notice.read", ReadArgs)
def read(ctx: Context, ids: list[str]) -> Outcome:
    for notice_id in ids:
        notice = ctx.session.get(Notice, notice_id)  # one that was tidied away meanwhile was read, or old
        if notice is not None and notice.user_id == ctx.user.id and notice.read_at is None:
            notice.read_at = ctx.at
    return DONE
