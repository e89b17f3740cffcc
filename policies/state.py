# SPDX-License-Identifier: Apache-2.0
"""The envelope of every `dump`: which policy wrote it, in which version, for how many features.

Arrays travel as raw little-endian numbers, never as pickles, so equal contents are equal bytes.
"""

from __future__ import annotations

from typing import TypeVar
from zlib import crc32

import msgspec
import numpy as np

from policies.errors import InvalidState
from policies.protocol import Floats, Ints

MAGIC = "slotwise.policy"
VERSION = 2

T = TypeVar("T")


class Envelope(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """What stands before a policy's own state."""

    magic: str
    version: int
    kind: str
    dimension: int
    crc32: int
    body: bytes


def seal(kind: str, dimension: int, body: object) -> bytes:
    """Write `body` (msgspec-encodable, deterministic) in an envelope."""
    raw = msgspec.msgpack.encode(body)
    return msgspec.msgpack.encode(Envelope(MAGIC, VERSION, kind, dimension, crc32(raw), raw))


def unseal(data: bytes, kind: str, dimension: int, body: type[T]) -> T:
    """Return what `seal` was given; raise InvalidState when it came from elsewhere or is damaged."""
    try:
        envelope = msgspec.msgpack.decode(data, type=Envelope)
        found = (envelope.magic, envelope.version, envelope.kind, envelope.dimension)
        wanted = (MAGIC, VERSION, kind, dimension)
        if found != wanted:
            raise InvalidState("state", got=found, allowed=repr(wanted))
        if crc32(envelope.body) != envelope.crc32:
            raise InvalidState("state", got="a wrong checksum", allowed=f"what {kind} dumped")
        return msgspec.msgpack.decode(envelope.body, type=body)
    except (msgspec.MsgspecError, TypeError) as error:
        raise InvalidState(
            "state", got=f"{len(data)} bytes ({error})", allowed=f"what {kind} dumped"
        ) from error


def dimension_of(data: bytes) -> int:
    """Return for how many features `data` was dumped; raise InvalidState when it was not dumped at all."""
    try:
        return msgspec.msgpack.decode(data, type=Envelope).dimension
    except msgspec.MsgspecError as error:
        raise InvalidState(
            "state", got=f"{len(data)} bytes ({error})", allowed="what a policy dumped"
        ) from error


def float_bytes(array: Floats) -> bytes:
    """Return the numbers of `array` as little-endian float64."""
    return np.ascontiguousarray(array, dtype="<f8").tobytes()


def int_bytes(array: Ints) -> bytes:
    """Return the numbers of `array` as little-endian int64."""
    return np.ascontiguousarray(array, dtype="<i8").tobytes()


def floats_from(data: bytes, field: str, shape: tuple[int, ...]) -> Floats:
    """Read finite float64 numbers; raise InvalidState when they are not `shape` of them."""
    if len(data) != 8 * int(np.prod(shape)):
        raise InvalidState(field, got=f"{len(data)} bytes", allowed=f"float64 of shape {shape}")
    array = np.frombuffer(data, dtype="<f8").astype(np.float64).reshape(shape)
    if not np.isfinite(array).all():
        raise InvalidState(field, got="a number that is not finite", allowed="finite numbers")
    return array


def ints_from(data: bytes, field: str, count: int) -> Ints:
    """Read `count` int64 numbers; raise InvalidState when there are not as many."""
    if len(data) != 8 * count:
        raise InvalidState(field, got=f"{len(data)} bytes", allowed=f"{count} int64")
    return np.frombuffer(data, dtype="<i8").astype(np.int64)
