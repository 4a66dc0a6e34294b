"""Who may do what: the grounds of `rules/permissions.json`, and what they say of a person.

A ground is decided by roles and arguments alone, or it depends on what the person is to a row. The first is answered
before anything is read (`decided`); the second when whoever runs the act has the row in hand (`allowed`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sync.rules import rule


@dataclass(frozen=True, slots=True)
class Ground:
    """All of it must fit. `roles` None: whatever role; `ladder`: roles `ladder.json` names, by what the row is about;
    `stands` is how a row of a scope has to stand (`while` in the data)."""

    roles: frozenset[str] | None = None
    relation: str | None = None
    never: str | None = None
    without: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    ladder: tuple[str, ...] = ()
    stands: str | None = None

    @property
    def of_the_row(self) -> bool:
        """Whether only a row can tell if it fits."""
        return bool(self.relation or self.never or self.ladder)

    def may_fit(self, roles: Collection[str], args: Mapping[str, Any]) -> bool:
        """Whether roles and arguments leave it open or say yes."""
        if self.roles is not None and self.roles.isdisjoint(roles):
            return False
        if self.without and args.get(self.without) is not None:
            return False
        return not self.args or all(args.get(name) == value for name, value in self.args.items())


def _read(said: Mapping[str, Any]) -> Ground:
    roles = said.get("roles")
    if isinstance(roles, str):
        roles = rule("permissions")["groups"][roles]
    return Ground(
        frozenset(roles) if roles is not None else None, said.get("is"), said.get("not"), said.get("without"),
        said.get("args", {}), tuple(said.get("ladder", ())), said.get("while"),
    )  # fmt: skip


@cache
def grounds_of(act: str) -> tuple[Ground, ...]:
    """The grounds on which an act is permitted; raises KeyError when nobody has said who may."""
    return tuple(_read(said) for said in rule("permissions")["acts"][act])


@cache
def holders_of(scope: str) -> tuple[Ground, ...]:
    """The grounds on which a kind of scope (`wo`, `site`, …) is held; raises KeyError for an unknown one."""
    return tuple(_read(said) for said in rule("permissions")["scopes"][scope])


def decided(grounds: Iterable[Ground], roles: Collection[str], args: Mapping[str, Any]) -> bool | None:
    """True: permitted whatever the row is; False: forbidden whatever it is; None: the row decides."""
    verdict: bool | None = False
    for ground in grounds:
        if ground.may_fit(roles, args):
            if not ground.of_the_row:
                return True
            verdict = None
    return verdict


def allowed(
    grounds: Iterable[Ground],
    roles: Collection[str],
    args: Mapping[str, Any],
    relations: Mapping[str, bool],
    ladder: tuple[str, int | None] | None = None,
) -> bool:
    """Whether a ground fits a person who is `relations` to the row. A relation that is not named is none.

    `ladder`: which entry of `ladder.json` the row calls for, and the level for one that is kept by level.
    """
    for ground in grounds:
        if not ground.may_fit(roles, args):
            continue
        if ground.relation and not relations.get(ground.relation):
            continue
        if ground.never and relations.get(ground.never, True):
            continue
        if ground.ladder and not (
            ladder and ladder[0] in ground.ladder and not set(roles_on(*ladder)).isdisjoint(roles)
        ):
            continue
        return True
    return False


def roles_on(entry: str, level: int | None = None) -> list[str]:
    """The roles an entry of `ladder.json` names; `level` for one that is kept by level."""
    found = rule("ladder")[entry]
    roles: list[str] = found[str(level)] if isinstance(found, dict) else found
    return roles
