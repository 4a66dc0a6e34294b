"""Who holds which scope, and why: the permission query of the whole product.

Two directions of one rule. `holders(scope)` answers for the scopes a transaction touched, at the cost of those;
`desired(user)` answers for one user from scratch, and is what tests compare the subscriptions with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, String, bindparam, cast, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from server.models import (
    ArchiveChange,
    Attachment,
    CustomerReportFile,
    Defect,
    DocumentPage,
    ServiceRecord,
    Site,
    Subscription,
    Team,
    User,
    Visit,
    WorkOrder,
)
from server.models.user import ASSESSORS
from server.models.visit import HELD
from server.models.work_order import ENDED

SHOWN = ("stored", "verified")  # states of an attachment whose author has shown its bytes
#: Of scopes whose holders depend on rows.
KINDS = frozenset({"wo", "visit", "site", "board", "review", "parts", "assess"})
ZONE = timedelta(hours=8)  # the organisation's day: Asia/Shanghai has no summer time


SCOPES_AT_ONCE = 500  # asked about in one query: an import touches thousands


@dataclass(frozen=True, slots=True)
class Move:
    """A user enters or leaves a scope. `again`: there is a row of an earlier time in it."""

    user_id: str
    scope: str
    enters: bool
    reason: str | None = None
    due: date | None = None
    again: bool = False


# Built once: they are asked at every change of an assignment, under the lock that all writers wait for.
_HOLDERS = select(Subscription.scope, Subscription.user_id, Subscription.left_rev).where(
    Subscription.scope.in_(bindparam("scopes", expanding=True))
)
_HELD_BY = select(Subscription.scope, Subscription.left_rev).where(Subscription.user_id == bindparam("user"))
_ACTIVE = select(User).where(User.active).execution_options(populate_existing=True)
_VISIT_IDS = select(Visit.id).where(Visit.work_order_id.in_(bindparam("ids", expanding=True)))
_ORDERS = select(WorkOrder).where(WorkOrder.id.in_(bindparam("ids", expanding=True)))
_GIVES_SCOPES = (
    select(Visit)
    .join(WorkOrder, WorkOrder.id == Visit.work_order_id)
    .where(Visit.state.in_(HELD), WorkOrder.state.not_in(ENDED))
    .execution_options(populate_existing=True)
)
#: kind of scope: the column of a visit that names it, and the held visits of many.
_BY_VISITS = {
    kind: (column.key, _GIVES_SCOPES.where(column.in_(bindparam("ids", expanding=True))))
    for kind, column in (("site", Visit.site_id), ("wo", Visit.work_order_id), ("visit", Visit.id))
}
_FORGET = delete(Subscription.__table__).where(
    Subscription.user_id == bindparam("the_user"), Subscription.scope == bindparam("the_scope")
)
_ENTER = insert(Subscription.__table__)
_LEAVE = (
    update(Subscription.__table__)
    .where(Subscription.user_id == bindparam("the_user"), Subscription.scope == bindparam("the_scope"))
    .values(left_rev=bindparam("rev"), reason=bindparam("why"))
)


def reconcile(session: Session, touched: Iterable[str], user_ids: Iterable[str]) -> list[Move]:
    """The moves that make the subscriptions of the touched scopes and users right again.

    Called after the flush and under the clock's lock: what others committed meanwhile is read anew.
    """
    moves: dict[tuple[str, str], Move] = {}
    scopes = sorted(_with_visits(session, touched))
    people = _active_users(session) if scopes else []
    for start in range(0, len(scopes), SCOPES_AT_ONCE):
        some = scopes[start : start + SCOPES_AT_ONCE]
        held: dict[str, dict[str, bool]] = {scope: {} for scope in some}
        for scope, user_id, left_rev in session.execute(_HOLDERS, {"scopes": some}):
            held[scope][user_id] = left_rev is None
        for scope, wanted in holders(session, some, people).items():
            for user_id, due in wanted.items():
                if not held[scope].get(user_id):
                    moves[user_id, scope] = Move(user_id, scope, True, due=due, again=user_id in held[scope])
            for user_id in [u for u, holds_it in held[scope].items() if holds_it and u not in wanted]:
                moves[user_id, scope] = Move(user_id, scope, False, reason=_reason(session, scope, user_id))
    concerned = set(user_ids)
    if concerned:  # crew leads see their team's visits, so a change of team concerns them too
        concerned |= {user.id for user in _active_users(session) if user.has_role("crew_lead")}
    for user_id in sorted(concerned):
        moves |= {(user_id, move.scope): move for move in _moves_of(session, user_id)}
    return list(moves.values())


def _moves_of(session: Session, user_id: str) -> list[Move]:
    """The moves of one user, from scratch."""
    known = {scope: left_rev is None for scope, left_rev in session.execute(_HELD_BY, {"user": user_id})}
    user = session.get(User, user_id, populate_existing=True)
    wanted = desired(session, user) if user is not None else {}
    entering = [
        Move(user_id, scope, True, due=due, again=scope in known)
        for scope, due in wanted.items()
        if not known.get(scope)
    ]
    gone = [scope for scope, holds_it in known.items() if holds_it and scope not in wanted]
    return entering + [Move(user_id, scope, False, reason="role") for scope in gone]


def _with_visits(session: Session, touched: Iterable[str]) -> set[str]:
    """A work order that ends takes its visits' own scopes with it, also of visits that were already submitted."""
    scopes = set(touched)
    orders = sorted(scope.removeprefix("wo:") for scope in scopes if scope.startswith("wo:"))
    for start in range(0, len(orders), SCOPES_AT_ONCE):
        visits = session.scalars(_VISIT_IDS, {"ids": orders[start : start + SCOPES_AT_ONCE]})
        scopes |= {f"visit:{visit_id}" for visit_id in visits}
    return scopes


def write(session: Session, moves: list[Move], rev: int) -> None:
    """Writes the moves as subscription rows of `rev`."""
    connection = session.connection()
    entering = [move for move in moves if move.enters]
    if again := [{"the_user": m.user_id, "the_scope": m.scope} for m in entering if m.again]:
        connection.execute(_FORGET, again)
    if entering:
        connection.execute(
            _ENTER, [{"user_id": m.user_id, "scope": m.scope, "entered_rev": rev, "due": m.due} for m in entering]
        )
    leaving = [
        {"the_user": m.user_id, "the_scope": m.scope, "rev": rev, "why": m.reason} for m in moves if not m.enters
    ]
    if leaving:
        connection.execute(_LEAVE, leaving)


def holders(session: Session, scopes: Sequence[str], people: list[User]) -> dict[str, dict[str, date | None]]:
    """Scope: the user ids that hold it, each with the visit's day. Scopes of rows only: `wo:`, `visit:`, `site:`,
    `board:`, `review:`, `parts:`, `assess:`; who holds the others follows from the user alone."""
    ids: dict[str, list[str]] = {}
    for scope in scopes:
        kind, _, row_id = scope.partition(":")
        ids.setdefault(kind, []).append(row_id)
    if strange := ids.keys() - KINDS:
        raise ValueError(f"the holders of {sorted(strange)} follow from the user alone")
    found = _office_holds(session, ids, people)
    active = {u.id: u for u in people}
    for kind, (column, query) in _BY_VISITS.items():
        visits = session.scalars(query, {"ids": ids[kind]}) if kind in ids else ()
        for visit in visits:
            wanted, day = found[f"{kind}:{getattr(visit, column)}"], (visit.slot_start + ZONE).date()
            for user_id in _crew_and_leads(visit, active, with_leads=kind != "visit"):
                known = wanted.get(user_id)
                wanted[user_id] = day if known is None else min(known, day)
    return found


def _office_holds(session: Session, ids: dict[str, list[str]], people: list[User]) -> dict[str, dict[str, date | None]]:
    """What is held by role, whoever goes where."""
    office = [u.id for u in people if u.is_office]
    found: dict[str, dict[str, date | None]] = {f"visit:{row_id}": {} for row_id in ids.get("visit", ())}
    for row_id in ids.get("board", ()):
        leads = [u.id for u in people if u.has_role("crew_lead") and u.team_id == row_id]
        found[f"board:{row_id}"] = dict.fromkeys([*office, *leads])
    for row_id in ids.get("review", ()):
        found[f"review:{row_id}"] = dict.fromkeys([*office, *(u.id for u in people if u.id == row_id)])
    keepers = [u.id for u in people if u.has_role("storekeeper")]
    for row_id in ids.get("parts", ()):
        found[f"parts:{row_id}"] = dict.fromkeys([*office, *keepers, *(u.id for u in people if u.id == row_id)])
    deciders = [u.id for u in people if u.has_role(*ASSESSORS)]
    for row_id in ids.get("assess", ()):
        found[f"assess:{row_id}"] = dict.fromkeys([*deciders, *(u.id for u in people if u.id == row_id)])
    for row_id in ids.get("site", ()):
        found[f"site:{row_id}"] = dict.fromkeys(office)
    if orders := ids.get("wo"):
        found |= {f"wo:{row_id}": {} for row_id in orders}
        for order in session.scalars(_ORDERS, {"ids": orders}, execution_options={"populate_existing": True}):
            raised = [u.id for u in people if u.id == order.raised_by_id and not order.ended]
            # Who brought it from the field sees what becomes of it.
            found[f"wo:{order.id}"] = dict.fromkeys([*([] if order.archived else office), *raised])
    return found


def desired(session: Session, user: User) -> dict[str, date | None]:
    """Every scope `user` should hold, computed from scratch."""
    if not user.active:
        return {}
    wanted: dict[str, date | None] = {"ref": None, f"user:{user.id}": None, f"review:{user.id}": None}
    wanted |= {f"parts:{user.id}": None, f"assess:{user.id}": None}
    if user.has_role(*ASSESSORS):
        wanted |= {f"assess:{user_id}": None for user_id in session.scalars(select(User.id))}
    if user.is_office or user.has_role("storekeeper"):
        wanted |= {f"parts:{user_id}": None for user_id in session.scalars(select(User.id))}
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
    raised = select(WorkOrder.id).where(WorkOrder.raised_by_id == user.id, WorkOrder.state.not_in(ENDED))
    wanted |= {f"wo:{order}": None for order in session.scalars(raised)}
    for visit in session.scalars(_GIVES_SCOPES.where(_may_concern(session, user))):
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
    """Whether a scope the user holds has an attachment whose bytes with this hash were shown by its author.

    A picture of a defect, or of the place in the site's history, belongs to the site as those do: who comes next month
    sees what it looked like.
    """
    shown = (Attachment.sha256 == sha256, Attachment.state.in_(SHOWN))
    orders = session.scalars(select(Attachment.work_order_id).where(*shown).distinct()).all()
    if any(holds(session, user_id, f"wo:{order}") for order in orders):
        return True
    of_defects = select(Defect.site_id).join(Attachment, Attachment.parent_id == Defect.id).distinct()
    sites = set(session.scalars(of_defects.where(*shown, Attachment.parent_noun == "defect", ~Attachment.withdrawn)))
    of_changes = select(ArchiveChange.site_id).join(Attachment, Attachment.parent_id == ArchiveChange.id).distinct()
    proof = of_changes.where(*shown, Attachment.parent_noun == "archive_change", ~Attachment.withdrawn)
    documents = session.scalars(select(DocumentPage.site_id).where(DocumentPage.sha256 == sha256)).all()
    if None in documents:  # a manual is reference: everybody's who is active
        return True
    sites |= {*session.scalars(proof), *(site for site in documents if site)}
    of_records = select(ServiceRecord.site_id).join(Attachment, Attachment.visit_id == ServiceRecord.visit_id)
    of_place = (Attachment.purpose.in_(Attachment.OF_THE_PLACE), ~Attachment.withdrawn)
    sites |= set(session.scalars(of_records.where(*shown, *of_place).distinct()))
    if any(holds(session, user_id, f"site:{site}") for site in sites):
        return True
    by_customer = select(CustomerReportFile.report_id).where(CustomerReportFile.sha256 == sha256).limit(1)
    return session.scalar(by_customer) is not None and holds(session, user_id, "office")


def was_sent_to(session: Session, user: User, site_id: str) -> bool:
    """Whether the user sees the site, or was ever sent there: what they say about it was said when they were."""
    if holds(session, user.id, f"site:{site_id}"):
        return True
    crew = or_(Visit.lead_id == user.id, cast(Visit.helper_ids, String).contains(user.id))
    sent = select(Visit.id).where(Visit.site_id == site_id, Visit.state != "planned", crew)
    return session.scalar(sent.limit(1)) is not None


def knows_file(session: Session, user_id: str, sha256: str) -> bool:
    """Whether the user has shown the bytes with this hash before, or may read them."""
    own = select(Attachment.id).where(
        Attachment.sha256 == sha256, Attachment.state.in_(SHOWN), Attachment.created_by == user_id
    )
    return session.scalar(own.limit(1)) is not None or may_read_file(session, user_id, sha256)


def _active_users(session: Session) -> list[User]:
    return list(session.scalars(_ACTIVE))


def _crew_and_leads(visit: Visit, active: dict[str, User], with_leads: bool) -> set[str]:
    found = {user_id for user_id in visit.crew() if user_id in active}
    lead = active.get(visit.lead_id)
    if with_leads and lead is not None and lead.team_id:
        found |= {u.id for u in active.values() if u.team_id == lead.team_id and u.has_role("crew_lead")}
    return found


def _may_concern(session: Session, user: User) -> ColumnElement[bool]:
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
