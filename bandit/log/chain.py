# SPDX-License-Identifier: Apache-2.0
"""The hash chain over the records: a link covers its payload and, through the link before, all older ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

from bandit.core.codec import decode
from bandit.errors import Damaged
from bandit.log.base import Record

LINK_BYTES = 16
ORIGIN = b"slotwise log v1\0"
"""Stands where record 1 has no record before it."""


class Row(NamedTuple):
    """A row of the table `log`: `payload` is the encoded event, `chain` its link."""

    position: int
    payload: bytes
    chain: bytes


def link(before: bytes, payload: bytes) -> bytes:
    """The link of a record whose predecessor has the link `before`."""
    digest = blake2b(before, digest_size=LINK_BYTES)
    digest.update(payload)
    return digest.digest()


def follow(rows: Iterable[Row], *, after: int, chain: bytes) -> Iterator[tuple[Record, bytes]]:
    """The records of `rows`, which must follow position `after` with link `chain`, each with its own link.

    Raises:
        Damaged: at the first row that is not what was linked, or does not stand where it should.
    """
    for expected, row in enumerate(rows, start=after + 1):
        if row.position != expected:
            raise missing(expected)
        yield checked(row, before=chain), row.chain
        chain = row.chain


def missing(position: int) -> Damaged:
    """The error for a position without a record."""
    return Damaged(f"record {position}: got none; allowed a record at each position", position=position)


def checked(row: Row, *, before: bytes | None) -> Record:
    """The record of a row.

    Raises:
        Damaged: the row is not what was linked to `before`, or there is no record before it.
    """
    if before is None:
        raise missing(row.position - 1)
    if not isinstance(row.payload, bytes) or link(before, row.payload) != row.chain:
        raise Damaged(f"record {row.position}: got bytes that fail their check", position=row.position)
    return Record(row.position, decode(row.payload, position=row.position))
