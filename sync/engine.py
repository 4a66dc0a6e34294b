"""What to do with a batch of acts: the decision, without I/O.

Theory of operation
-------------------
A device numbers its acts 1, 2, 3 … and makes each durable before a person reads "saved". It sends them in order and
again until it has a receipt. The server remembers, per device, the highest number it has answered (`last`), and per
act its receipt. From that memory alone everything follows:

* number ≤ last: a repeat. Its first answer may have been lost; the stored receipt is the answer. Were the stored act
  another one (other id), two devices would be sharing one number line: a cloned storage, which must be healed, since
  going on would file one person's work under another's receipt.
* number = last + 1: fresh. It is applied, in a savepoint with its group, and answered whatever comes of it: applied,
  merged, parked or rejected. The queue moves on with every answer, because a queue that waits for a person stops all
  the work behind it.
* number > last + 1: a gap. Numbers in between were never seen (the server was restored from a backup, or the device
  lost its place). Nothing from there on is applied, because a device's acts take effect in its order; the answer
  names `last` and the device sends again from there out of its journal.

An act known under another number (the device was registered anew and renumbered) is answered with its receipt and not
applied again: ids, not numbers, say what an act is.

Acts of one group are neighbours in one batch and are applied all or none: one refused act refuses its group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.protocol import Act

CRASHES_BEFORE_PARKING = 3


class Cloned(Exception):
    """The number of an act is taken by another act: two devices share one number line."""

    def __init__(self, n: int):
        super().__init__(f"number {n} is taken")
        self.n = n


@dataclass(frozen=True, slots=True)
class Plan:
    """`repeats` are answered from memory, `groups` applied in order; `last` is the highest number then answered."""

    repeats: tuple[Act, ...]
    groups: tuple[tuple[Act, ...], ...]
    last: int
    gap: bool


def decide(last: int, known: Mapping[str, int], taken: Mapping[int, str], acts: Sequence[Act]) -> Plan:
    """Sorts a batch into repeats and fresh groups.

    `last`: the device's highest answered number. `known`: ids of this batch the server has seen, with the number
    they have there. `taken`: for numbers of this batch up to `last`, the id stored under them. Raises `Cloned`.
    """
    repeats: list[Act] = []
    fresh: list[Act] = []
    gap = False
    for act in acts:
        if act.n <= last:
            if act.id not in known or taken.get(act.n, act.id) != act.id:
                raise Cloned(act.n)
            repeats.append(act)
        elif act.n == last + 1:
            last = act.n
            (repeats if act.id in known or _seen(fresh, act) else fresh).append(act)
        else:
            gap = True
            break
    return Plan(tuple(repeats), _groups(fresh), last, gap)


def _seen(fresh: Sequence[Act], act: Act) -> bool:
    """The same id twice among the fresh ones of a batch: a device that renumbered half-way."""
    return any(other.id == act.id for other in fresh)


def _groups(acts: Sequence[Act]) -> tuple[tuple[Act, ...], ...]:
    groups: list[list[Act]] = []
    for act in acts:
        joins = bool(groups) and act.group is not None and groups[-1][-1].group == act.group
        if joins:
            groups[-1].append(act)
        else:
            groups.append([act])
    return tuple(tuple(group) for group in groups)
