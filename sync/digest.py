"""Digests: whether two sides hold the same rows, told in a count and 64 bits. No I/O.

A digest of a set of rows is how many they are and the sum, modulo 2^64, of a hash of each row's name and rev. A sum,
because it can be kept up to date by the row that changed alone, in any order, and because the digests of scopes add
up to the digest of all of them. The hash is of `noun|id|rev` and not of the body: a rev stands for one body for ever,
and two JSON encoders need not agree on a byte. SHA-256, because the ids are made by devices: under a weak hash
somebody could make two rows that hide each other. Two different sets of rows of one size have the same sum once in
2^64 times; an attacker who can choose thousands of ids gains nothing but a wrong picture on his own phone.

The server keeps the sums as it publishes (`server/feed.py`): 32-bit halves as plain integers, so that a database adds
and subtracts them without overflow. A device sums the rows it really has when it asks, because a sum that is kept
beside the rows would still be right after the storage has lost one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 8
HALF_BITS = 32
HALF = (1 << HALF_BITS) - 1
MODULUS = 1 << (8 * HASH_BYTES)


def row_hash(noun: str, row_id: str, rev: int) -> int:
    """The first 8 bytes, big-endian, of SHA-256 of the ASCII text `noun|id|rev`."""
    return int.from_bytes(sha256(f"{noun}|{row_id}|{rev}".encode()).digest()[:HASH_BYTES], "big")


def halves(value: int) -> tuple[int, int]:
    """A row hash as its upper and its lower 32 bits."""
    return value >> HALF_BITS, value & HALF


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows, and the sum of their hashes modulo 2^64."""

    count: int = 0
    sum: int = 0

    def add(self, noun: str, row_id: str, rev: int) -> Digest:
        """With one more row."""
        return Digest(self.count + 1, (self.sum + row_hash(noun, row_id, rev)) % MODULUS)

    def remove(self, noun: str, row_id: str, rev: int) -> Digest:
        """Without a row it holds."""
        return Digest(self.count - 1, (self.sum - row_hash(noun, row_id, rev)) % MODULUS)

    def combine(self, other: Digest) -> Digest:
        """Of the rows of both; no row may be in both."""
        return Digest(self.count + other.count, (self.sum + other.sum) % MODULUS)

    @property
    def hex(self) -> str:
        """The sum as it travels: 16 hexadecimal digits."""
        return f"{self.sum:016x}"

    @staticmethod
    def of_halves(count: int, upper: int, lower: int) -> Digest:
        """From sums of halves that were never reduced."""
        return Digest(int(count), ((int(upper) << HALF_BITS) + int(lower)) % MODULUS)

    @staticmethod
    def of_rows(rows: Iterable[tuple[str, str, int]]) -> Digest:
        """Of rows as (noun, id, rev)."""
        count = total = 0
        for noun, row_id, rev in rows:
            count, total = count + 1, total + row_hash(noun, row_id, rev)
        return Digest(count, total % MODULUS)


EMPTY = Digest()
