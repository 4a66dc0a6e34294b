"""Who holds which scope, and why: the permission query of the whole product.

Two directions of one rule. `holders(scope)` answers for the scopes a transaction touched, at the cost of those;
`desired(user)` answers for one user from scratch, and is what tests compare the subscriptions with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import String, cast, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from server.models import Attachment, Site, Subscription, Team, User, Visit, WorkOrder
from server.models.visit import HELD
from server.models.work_order import ENDED

SHOWN = ("stored", "verified")  # states of an attachment whose author has shown its bytes
ZONE = timedelta(hours=8)  # the organisation's day: Asia/Shanghai has no summer time


@dataclass(frozen=True, slots=True)
class Move:
    """A user enters or leaves a scope."""

    user_id: str
    scope: str
    enters: bool
    reason: str | None = None
    due: date | None = None


def reconcile(session: Session, touched: Iterable[str], user_ids: Iterable[str]) -> list[Move]:
    """The moves that make the subscriptions of the touched scopes and users right again.

    Called after the flush and under the clock's lock: what others committed meanwhile is read anew.
    """
    moves: dict[tuple[str, str], Move] = {}
    people = None
    for scope in sorted(_with_visits(session, touched)):
        people = _active_users(session) if people is None else people
        held = set(
            session.scalars(
                select(Subscription.user_id).where(Subscription.scope == scope, Subscription.left_rev.is_(None))
            )
        )
        wanted = holders(session, scope, people)
        for user_id in wanted.keys() - held:
            moves[user_id, scope] = Move(user_id, scope, True, due=wanted[user_id])
        for user_id in held - wanted.keys():
            moves[user_id, scope] = Move(user_id, scope, False, reason=_reason(session, scope, user_id))
    concerned = set(user_ids)
    if concerned:  # crew leads see their team's visits, so a change of team concerns them too
        concerned |= {user.id for user in _active_users(session) if user.has_role("crew_lead")}
    for user_id in sorted(concerned):
        held = set(
            session.scalars(
                select(Subscription.scope).where(Subscription.user_id == user_id, Subscription.left_rev.is_(None))
            )
        )
        user = session.get(User, user_id, populate_existing=True)
        scopes = desired(session, user) if user is not None else {}
        for scope in scopes.keys() - held:
            moves[user_id, scope] = Move(user_id, scope, True, due=scopes[scope])
        for scope in held - scopes.keys():
            moves[user_id, scope] = Move(user_id, scope, False, reason="role")
    return list(moves.values())


def _with_visits(session: Session, touched: Iterable[str]) -> set[str]:
    """A work order that ends takes its visits' own scopes with it, also of visits that were already submitted."""
    scopes = set(touched)
    orders = [scope.removeprefix("wo:") for scope in scopes if scope.startswith("wo:")]
    if orders:
        visits = session.scalars(select(Visit.id).where(Visit.work_order_id.in_(orders)))
        scopes |= {f"visit:{visit_id}" for visit_id in visits}
    return scopes


def write(session: Session, moves: list[Move], rev: int) -> None:
    """Writes the moves as subscription rows of `rev`."""
    entering = [move for move in moves if move.enters]
    if entering:
        keys = {(move.user_id, move.scope) for move in entering}
        for scope in {move.scope for move in entering}:
            users = [user_id for user_id, s in keys if s == scope]
            session.execute(delete(Subscription).where(Subscription.scope == scope, Subscription.user_id.in_(users)))
        session.execute(
            insert(Subscription),
            [
                {
                    "user_id": m.user_id,
                    "scope": m.scope,
                    "entered_rev": rev,
                    "left_rev": None,
                    "reason": None,
                    "due": m.due,
                }
                for m in entering
            ],
        )
    for move in moves:
        if not move.enters:
            session.execute(
                update(Subscription)
                .where(Subscription.user_id == move.user_id, Subscription.scope == move.scope)
                .values(left_rev=rev, reason=move.reason)
            )


def holders(session: Session, scope: str, people: list[User]) -> dict[str, date | None]:
    """User ids that hold a scope of rows (`wo:`, `visit:`, `site:`, `board:`, `review:`), each with the visit's day."""
    kind, _, row_id = scope.partition(":")
    if kind == "board":
        return {u.id: None for u in people if u.is_office or (u.has_role("crew_lead") and u.team_id == row_id)}
    if kind == "review":
        return {u.id: None for u in people if u.is_office or u.id == row_id}
    if kind == "site":
        wanted: dict[str, date | None] = {u.id: None for u in people if u.is_office}
        visits = _held_visits(session, Visit.site_id == row_id)
    elif kind == "wo":
        order = session.get(WorkOrder, row_id, populate_existing=True)
        if order is None:
            return {}
        wanted = {u.id: None for u in people if u.is_office and not order.archived}
        visits = _held_visits(session, Visit.work_order_id == row_id)
    elif kind == "visit":
        wanted, visits = {}, _held_visits(session, Visit.id == row_id)
    else:
        raise ValueError(f"the holders of {scope} follow from the user alone")
    active = {u.id: u for u in people}
    for visit in visits:
        day = (visit.slot_start + ZONE).date()
        for user_id in _crew_and_leads(visit, active, with_leads=kind != "visit"):
            known = wanted.get(user_id)
            wanted[user_id] = day if known is None else min(known, day)
    return wanted


def desired(session: Session, user: User) -> dict[str, date | None]:
    """Every scope `user` should hold, computed from scratch."""
    if not user.active:
        return {}
    wanted: dict[str, date | None] = {"ref": None, f"user:{user.id}": None, f"review:{user.id}": None}
    if user.has_role("storekeeper"):
        wanted["stock"] = None
    if user.is_office:
        wanted["office"] = None
        wanted |= {f"review:{user_id}": None for user_id in session.scalars(select(User.id))}
        wanted |= {f"site:{site_id}": None for site_id in session.scalars(select(Site.id))}
        wanted |= {f"wo:{order}": None for order in session.scalars(select(WorkOrder.id).where(~WorkOrder.archived))}
        wanted |= {f"board:{team}": None for team in session.scalars(select(Team.id))}
    if user.has_role("crew_lead") and user.team_id:
        wanted[f"board:{user.team_id}"] = None
    for visit in _held_visits(session, _may_concern(session, user)):
        own = user.id in visit.crew()
        scopes = [f"wo:{visit.work_order_id}", f"site:{visit.site_id}"] + ([f"visit:{visit.id}"] if own else [])
        day = (visit.slot_start + ZONE).date()
        for scope in scopes:
            known = wanted.get(scope)
            wanted[scope] = day if known is None else min(known, day)
    return wanted


def holds(session: Session, user_id: str, scope: str) -> bool:
    """Whether the user holds the scope now; every read outside the pull asks this."""
    found = session.get(Subscription, (user_id, scope))
    return found is not None and found.left_rev is None


def may_read_file(session: Session, user_id: str, sha256: str) -> bool:
    """Whether a scope the user holds has an attachment whose bytes with this hash were shown by its author."""
    query = select(Attachment.work_order_id).where(Attachment.sha256 == sha256, Attachment.state.in_(SHOWN)).distinct()
    return any(holds(session, user_id, f"wo:{order}") for order in session.scalars(query).all())


def knows_file(session: Session, user_id: str, sha256: str) -> bool:
    """Whether the user has shown the bytes with this hash before, or may read them."""
    own = select(Attachment.id).where(
        Attachment.sha256 == sha256, Attachment.state.in_(SHOWN), Attachment.created_by == user_id
    )
    return session.scalar(own.limit(1)) is not None or may_read_file(session, user_id, sha256)


def _active_users(session: Session) -> list[User]:
    return list(session.scalars(select(User).where(User.active).execution_options(populate_existing=True)))


def _held_visits(session: Session, condition: object) -> list[Visit]:
    query = (
        select(Visit)
        .join(WorkOrder, WorkOrder.id == Visit.work_order_id)
        .where(condition, Visit.state.in_(HELD), WorkOrder.state.not_in(ENDED))  # type: ignore[arg-type]
    )
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _crew_and_leads(visit: Visit, active: dict[str, User], with_leads: bool) -> set[str]:
    found = {user_id for user_id in visit.crew() if user_id in active}
    lead = active.get(visit.lead_id)
    if with_leads and lead is not None and lead.team_id:
        found |= {u.id for u in active.values() if u.team_id == lead.team_id and u.has_role("crew_lead")}
    return found


def _may_concern(session: Session, user: User) -> object:
    """Visits of the user, and of the team when the user leads one. A JSON list is searched as text."""
    conditions = [Visit.lead_id == user.id, cast(Visit.helper_ids, String).contains(user.id)]
    if user.has_role("crew_lead") and user.team_id:
        team = select(User.id).where(User.team_id == user.team_id, User.active)
        conditions.append(Visit.lead_id.in_(team))
    return or_(*conditions)


def _reason(session: Session, scope: str, user_id: str) -> str:
    """Why a user leaves a scope, in the words the phone shows."""
    kind, _, row_id = scope.partition(":")
    if kind == "visit":
        visits = [session.get(Visit, row_id)]
    elif kind == "wo":
        order = session.get(WorkOrder, row_id)
        if order is not None and order.ended:
            return order.state
        visits = list(session.scalars(select(Visit).where(Visit.work_order_id == row_id)))
    else:
        return "done"
    own = [visit for visit in visits if visit is not None and user_id in visit.crew()]
    if any(visit.replaced_by_id for visit in own):
        return "reassigned"
    return own[-1].state if own else "reassigned"
