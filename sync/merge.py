"""Three-way merge of one field: what is stored, what the person saw, what the person wants.

Merging is by content, with no clock and no history: an edit carries the value its author saw (`was`), and only when
that is no longer what is stored does the field's policy decide. Policies and owners of fields are data:
`sync/rules/fields.json`. `pwa/src/protocol/merge.ts` is the twin; both run `tests/vectors/merge.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

APPLIED, SAME, MERGED, CONFLICT = "applied", "same", "merged", "conflict"


@dataclass(frozen=True, slots=True)
class Merged:
    """`value` is what to store. `outcome`: `applied` (nobody else had changed it), `same` (it already holds that
    value), `merged` (both changes were honoured, or the later one taken; the earlier is in the journal), `conflict`
    (the stored value stands and a person must choose).
    """

    value: Any
    outcome: str


def merge_field(policy: str, current: Any, was: Any, now: Any) -> Merged:
    """Merges a change `[was, now]` into `current`. Values are JSON; KeyError for an unknown policy.

    Policies: `protected` keeps the stored value and reports a conflict; `latest` takes the change, which came
    later; `text` is `latest` for prose; `set` merges lists as sets, adding what was added and removing what was
    removed.
    """
    decide = POLICIES[policy]
    if _equal(current, now):
        return Merged(current, SAME)
    if _equal(current, was):
        return Merged(now, APPLIED)
    return decide(current, was, now)


def _protected(current: Any, was: Any, now: Any) -> Merged:
    return Merged(current, CONFLICT)


def _latest(current: Any, was: Any, now: Any) -> Merged:
    return Merged(now, MERGED)


def _set(current: Any, was: Any, now: Any) -> Merged:
    """The stored order stays; what was added comes after, in its own order. Anything but lists is taken as `latest`."""
    if not isinstance(current, list) or not isinstance(now, list):
        return Merged(now, MERGED)
    seen = was if isinstance(was, list) else []
    value: list[Any] = []
    for one in current:
        removed = _holds(seen, one) and not _holds(now, one)
        if not removed and not _holds(value, one):
            value.append(one)
    for one in now:
        if not _holds(seen, one) and not _holds(value, one):
            value.append(one)
    return Merged(value, SAME if _equal(value, current) else MERGED)


POLICIES: dict[str, Callable[[Any, Any, Any], Merged]] = {
    "protected": _protected,
    "latest": _latest,
    "text": _latest,
    "set": _set,
}


def _holds(values: list[Any], one: Any) -> bool:
    return any(_equal(value, one) for value in values)


def _equal(a: Any, b: Any) -> bool:
    """Equality of JSON: in Python alone True would equal 1."""
    return a == b and json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
