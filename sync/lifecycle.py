"""The life-cycles of visit and work order as tables: what is not in them is illegal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sync.rules import rule


@cache
def _table(machine: str) -> dict[tuple[str, str, str], str]:
    rows = {}
    for entry in rule("lifecycles")[machine]["transitions"]:
        for state in entry["from"]:
            for mode in entry.get("modes", ("on_site", "remote")):
                rows[entry["act"], state, mode] = entry["to"]
    return rows


def transition(machine: str, act: str, state: str, mode: str = "on_site") -> str | None:
    """The state `act` leads to from `state`, or None when the table does not have it.

    `machine` is `visit` or `work_order`; `mode` (`on_site`, `remote`) only matters for visits.
    """
    return _table(machine).get((act, state, mode))


@cache
def states(machine: str, kind: str) -> frozenset[str]:
    """A named set of states: `live`, `open`, `gone`, `done` of a visit; `ended`, `derived` of a work order."""
    return frozenset(rule("lifecycles")[machine][kind])


def derive_work_order(
    state: str, visits: Iterable[tuple[str, bool, bool]], rests_in: str = "ready"
) -> tuple[str, bool]:
    """The state of a work order and its follow-up flag, from its visits as `(state, partial, customer_signed)`.

    `rests_in`: the state while nobody is sent, `planning` or `plan_review` where a plan comes first. `partial`: the
    visit could not be completed. A work order that has ended, is a draft or on hold keeps its state: those are people's
    decisions, the rest follows from what happened (DOMAIN "Work order").
    """
    if state not in states("work_order", "derived"):
        return state, False
    live = [visit for visit in visits if visit[0] not in states("visit", "gone")]
    if not live:
        return rests_in, False
    if any(visit[0] in states("visit", "live") for visit in live):
        return "in_progress", False
    if any(visit[0] in ("planned", "dispatched", "accepted") for visit in live):
        return "scheduled", False
    if live[-1][1]:
        return rests_in, True
    if all(visit[0] == "reviewed" for visit in live):
        return "confirming", False
    return "work_done", False
