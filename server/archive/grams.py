"""Texts as grams, and sets of entries as bytes. Pure.

Chinese has no spaces: single characters and pairs of neighbours. Numbers and Latin words: pairs and triples, because
pairs of digits are everywhere. What is neither letter nor digit only separates.
"""

from __future__ import annotations

import re

BLOCK = 4096  # entries
_BITMAP = BLOCK // 8
_RUNS = re.compile(r"([0-9a-z]+)|([^\W_]+)")


def folded(text: str) -> str:
    """As texts are compared: wide letters and digits as narrow ones, without case."""
    return text.translate(_NARROW).lower()


_NARROW = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20}


def grams_of(text: str) -> set[str]:
    """Every gram of a folded text."""
    found: set[str] = set()
    for latin, other in _RUNS.findall(text):
        if latin:
            found.update(latin[i : i + 2] for i in range(len(latin) - 1))
            found.update(latin[i : i + 3] for i in range(len(latin) - 2))
        else:
            found.update(other)
            found.update(other[i : i + 2] for i in range(len(other) - 1))
    return found


def asked_grams(words: list[str]) -> set[str]:
    """The fewest grams that an entry with all these folded words must have."""
    wanted: set[str] = set()
    for latin, other in _RUNS.findall(" ".join(words)):
        run, size = (latin, 3 if len(latin) > 2 else 2) if latin else (other, min(2, len(other)))
        wanted.update(run[i : i + size] for i in range(len(run) - size + 1))
    return wanted


def pack(places: int) -> bytes:
    """A set of places in a block, given as the bits of a number: a list while it is short, else a bitmap."""
    if places.bit_count() < _BITMAP // 2:
        listed = bytearray()
        while places:
            low = places & -places
            listed += (low.bit_length() - 1).to_bytes(2, "little")
            places ^= low
        return bytes(listed)
    return places.to_bytes(_BITMAP, "little")


def unpack(packed: bytes) -> int:
    """The bits of a packed set."""
    if len(packed) == _BITMAP:
        return int.from_bytes(packed, "little")
    places = 0
    for i in range(0, len(packed), 2):
        places |= 1 << int.from_bytes(packed[i : i + 2], "little")
    return places


def newest_first(places: int) -> list[int]:
    """The places of a set, the highest first."""
    found = []
    while places:
        highest = places.bit_length() - 1
        found.append(highest)
        places ^= 1 << highest
    return found
