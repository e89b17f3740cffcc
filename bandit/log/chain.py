# SPDX-License-Identifier: Apache-2.0
"""The hash chain over the records: a link covers its payload and, through the link before, all older ones."""

from __future__ import annotations

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


def checked(row: Row, *, before: bytes | None) -> Record:
    """The record of a row.

    Raises:
        Damaged: the row is not what was linked to `before`, or there is no record before it.
    """
    if before is None:
        position = row.position - 1
        raise Damaged(f"record {position}: got none; allowed a record at each position", position=position)
    if not isinstance(row.payload, bytes) or link(before, row.payload) != row.chain:
        raise Damaged(f"record {row.position}: got bytes that fail their check", position=row.position)
    return Record(row.position, decode(row.payload, position=row.position))
