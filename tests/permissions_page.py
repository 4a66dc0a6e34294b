"""Writes docs/permissions.md from `sync/rules/permissions.json` and the doors: `python -m tests.permissions_page`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from flask import Flask

from server.models.user import OFFICE_ROLES, ROLES
from sync.permissions import Ground, grounds_of, holders_of, roles_on
from sync.rules import rule
from tests.conftest import build_app, close

PAGE = Path(__file__).resolve().parents[1] / "docs" / "permissions.md"
ALWAYS, WITH, NEVER = "●", "○", "·"
#: Column headings: two letters for each role, in the order of `ROLES`.
SHORT = ("En", "CL", "Di", "Op", "Su", "MH", "DH", "St", "CB", "Ad", "Sp", "GM")
STANDS = {
    "held": "while the visit is held and its work order goes on",
    "open": "until the work order ends",
    "on_desk": "until the work order is archived",
}
INTRO = """# Who may do what

Generated from `sync/rules/permissions.json` by `python -m tests.permissions_page`; `tests/server/test_permissions.py`
asks the server about every role, every act and every row, and keeps this page current. {always} whatever the row is;
{with_} by what one is to the row, as the last column says; {never} never. A person may have several roles, and may what
any of them may. An act that is not here is nobody's.

{legend}
"""


def text() -> str:
    legend = ", ".join(f"**{short}** {role}" for short, role in zip(SHORT, ROLES, strict=True))
    parts = [INTRO.format(always=ALWAYS, with_=WITH, never=NEVER, legend=f"Roles: {legend}.")]
    parts.append("## Acts\n")
    acts = rule("permissions")["acts"]
    for noun, names in groupby(sorted(acts), key=lambda name: name.partition(".")[0]):
        rows = [[f"`{name}`", *_cells(grounds_of(name)), _words(grounds_of(name))] for name in names]
        parts.append(f"### {noun}\n\n{_table(['act', *SHORT, 'who, by the row'], rows)}")
    parts.append("## Rows: who holds which scope\n\nWhat is in a scope stands in [contract.md](contract.md).\n")
    rows = [
        [f"`{name}`", *_cells(holders_of(name)), _words(holders_of(name))] for name in rule("permissions")["scopes"]
    ]
    parts.append(_table(["scope", *SHORT, "who, by the row"], rows))
    parts.append("## Doors that ask for a role\n\nAll others let in whoever is signed in, and answer about rows of the"
                 " scopes they hold.\n")  # fmt: skip
    rows = [[f"`{door}`", *(ALWAYS if role in roles else NEVER for role in ROLES)] for door, roles in doors()]
    parts.append(_table(["door", *SHORT], rows))
    return "\n".join(parts).rstrip() + "\n"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---", *(":-:" for _ in SHORT), *("---" for _ in head[len(SHORT) + 1 :])], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _cells(grounds: tuple[Ground, ...]) -> list[str]:
    return [_cell(grounds, role) for role in ROLES]


def _cell(grounds: tuple[Ground, ...], role: str) -> str:
    fitting = [one for one in grounds if _has(one, role)]
    if any(not (one.of_the_row or one.stands or one.args or one.without) for one in fitting):
        return ALWAYS
    return WITH if fitting else NEVER


def _has(ground: Ground, role: str) -> bool:
    if ground.ladder:
        return any(role in roles for entry in ground.ladder for roles in _ladder(entry))
    return ground.roles is None or role in ground.roles


def _ladder(entry: str) -> list[list[str]]:
    found = rule("ladder")[entry]
    return [roles_on(entry, int(level)) for level in found] if isinstance(found, dict) else [roles_on(entry)]


def _words(grounds: tuple[Ground, ...]) -> str:
    """What a row has to say for the grounds that depend on one."""
    said = []
    for one in grounds:
        parts = [rule("permissions")["relations"][one.relation][1]] if one.relation else []
        parts += [f"not who {rule('permissions')['relations'][one.never][1]}"] if one.never else []
        parts += [f"without `{one.without}`"] if one.without else []
        parts += [f"`{name}` {value}" for name, value in one.args.items()]
        parts += [f"as `{'`, `'.join(one.ladder)}` of `ladder.json`"] if one.ladder else []
        parts += [STANDS[one.stands]] if one.stands else []
        if parts:
            who = ""
            if one.roles == OFFICE_ROLES:
                who = "the office: "
            elif one.roles is not None:
                who = ", ".join(role for role in ROLES if role in one.roles) + ": "
            said.append(who + ", ".join(parts))
    return "; ".join(said)


def doors(app: Flask | None = None) -> list[tuple[str, tuple[str, ...]]]:
    """`METHOD /path` and the roles it lets in, of every door that asks for one."""
    if app is None:
        with tempfile.TemporaryDirectory() as folder:
            app = build_app(f"sqlite:///{folder}/page.db", Path(folder))
            found = doors(app)
            close(app)
            return found
    rules = sorted(app.url_map.iter_rules(), key=lambda one: (one.rule, sorted(one.methods or ())))
    return [
        (f"{method} {one.rule}", roles)
        for one in rules
        for method in sorted((one.methods or set()) - {"HEAD", "OPTIONS"})
        if (roles := getattr(app.view_functions[one.endpoint], "lets_in", ()))
    ]


if __name__ == "__main__":
    PAGE.write_text(text())
