"""Who may see what, worked out anew: the grounds of `sync/rules/permissions.json` and the tables, and nothing of
`server/scopes.py`. What the server keeps as subscriptions and says of files is compared with it, for every role.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
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
from server.scopes import desired, may_read_file
from sync.permissions import Ground, holders_of

ENDED = ("closed", "cancelled", "merged")
NOT_HELD = ("planned", "declined", "cancelled")
ONE_FOR_ALL = ("ref", "office", "stock")
OF_A_PERSON = ("user", "review", "parts", "assess")


class Reach:
    """One look at the tables. `scopes(user)`: every scope they hold; `opens`: by file, the scopes that show it."""

    def __init__(self, session: Session):
        self.session = session
        self.users = list(session.scalars(select(User)))
        self.teams = {user.id: user.team_id for user in self.users if user.active}
        self.orders = {order.id: order for order in session.scalars(select(WorkOrder))}
        self.visits = list(session.scalars(select(Visit)))
        self.rows = self._rows()

    def _held(self, visit: Visit) -> bool:
        order = self.orders[visit.work_order_id]
        return visit.state not in NOT_HELD and order.state not in ENDED

    def _rows(self) -> dict[str, dict[str, Any]]:
        """Scope: who is what to it, and how it stands."""
        found: dict[str, dict[str, Any]] = {name: {} for name in ONE_FOR_ALL}
        for user in self.users:
            found |= {f"{kind}:{user.id}": {"person": {user.id}} for kind in OF_A_PERSON}
        found |= {f"board:{team}": {"teams": {team}} for team in self.session.scalars(select(Team.id))}
        found |= {f"site:{site}": {} for site in self.session.scalars(select(Site.id))}
        for order in self.orders.values():
            stands = {"open"} if order.state not in ENDED else set()
            stands |= set() if order.archived else {"on_desk"}
            found[f"wo:{order.id}"] = {"raiser": {order.raised_by_id}, "stands": stands}
        for visit in self.visits:
            crew = {visit.lead_id, *visit.helper_ids}
            for scope in (f"visit:{visit.id}", f"wo:{visit.work_order_id}", f"site:{visit.site_id}"):
                row = found.setdefault(scope, {})
                if self._held(visit):
                    row.setdefault("stands", set()).add("held")
                    row["crew"] = row.get("crew", set()) | crew
                    row["teams"] = row.get("teams", set()) | {self.teams.get(visit.lead_id)} - {None}
        return found

    def scopes(self, user: User) -> set[str]:
        if not user.active:
            return set()
        kinds = defaultdict(list)
        for scope in self.rows:
            kinds[scope.partition(":")[0]].append(scope)
        return {
            scope
            for kind, scopes in kinds.items()
            for ground in holders_of(kind)
            if ground.may_fit(user.roles, {})
            for scope in scopes
            if _fits(ground, user, self.rows[scope])
        }

    def opens(self) -> dict[str, set[str]]:
        """By the hash of a file whose bytes somebody has shown: the scopes whose holders may read it."""
        found: dict[str, set[str]] = defaultdict(set)
        sites = {row.id: row.site_id for model in (Defect, ArchiveChange) for row in self._all(model)}
        of_visits = {row.visit_id: row.site_id for row in self._all(ServiceRecord)}
        for photo in self._all(Attachment):
            if photo.state not in ("stored", "verified"):
                continue
            found[photo.sha256].add(f"wo:{photo.work_order_id}")
            if photo.withdrawn:
                continue
            if photo.parent_noun in ("defect", "archive_change") and photo.parent_id in sites:
                found[photo.sha256].add(f"site:{sites[photo.parent_id]}")
            if photo.purpose in Attachment.OF_THE_PLACE and photo.visit_id in of_visits:
                found[photo.sha256].add(f"site:{of_visits[photo.visit_id]}")
        for page in self._all(DocumentPage):
            found[page.sha256].add(f"site:{page.site_id}" if page.site_id else "ref")
        for file in self._all(CustomerReportFile):
            found[file.sha256].add("office")
        return found

    def _all(self, model: Any) -> Iterable[Any]:
        return self.session.scalars(select(model))


def _fits(ground: Ground, user: User, row: dict[str, Any]) -> bool:
    if ground.stands and ground.stands not in row.get("stands", ()):
        return False
    if ground.relation == "mate":
        return user.team_id is not None and user.team_id in row.get("teams", ())
    return ground.relation is None or user.id in row.get(ground.relation, ())


def check_reach(session: Session, files: bool = False, anew: bool = False) -> None:
    """Everybody holds exactly the scopes they may, and with `files` opens exactly the files of those. `anew`: the
    server's own answer from scratch is the same."""
    reach = Reach(session)
    held: dict[str, set[str]] = defaultdict(set)
    for user_id, scope in session.execute(
        select(Subscription.user_id, Subscription.scope).where(Subscription.left_rev.is_(None))
    ):
        held[user_id].add(scope)
    opens = reach.opens() if files else {}
    for user in reach.users:
        may = reach.scopes(user)
        assert held[user.id] == may, (user.login, user.roles, held[user.id] ^ may)
        if anew:
            assert set(desired(session, user)) == may, (user.login, user.roles)
        for sha256, scopes in opens.items():
            reads = may_read_file(session, user.id, sha256)
            assert reads == bool(scopes & may), (user.login, user.roles, sha256, scopes)
