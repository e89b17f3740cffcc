# SPDX-License-Identifier: Apache-2.0
"""Events as bytes and back: one byte of schema number, then MessagePack."""

from __future__ import annotations

import msgspec

from bandit.core.events import AnyEvent
from bandit.errors import Damaged

SCHEMA = 1

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)
_PREFIX = bytes([SCHEMA])


def encode(event: AnyEvent) -> bytes:
    """Write an event in the present schema."""
    return _PREFIX + _encoder.encode(event)


def decode(payload: bytes, *, position: int | None = None) -> AnyEvent:
    """Read an event of any schema up to the present one.

    Raises:
        Damaged: the bytes are not an event, or were written by a newer version; names `position`.
    """
    where = "record" if position is None else f"record {position}"
    if not payload or not 1 <= payload[0] <= SCHEMA:
        got = f"schema {payload[0]}" if payload else "no bytes"
        raise Damaged(f"{where}: got {got}; allowed schema 1 to {SCHEMA}", position=position)
    try:
        return _decoder.decode(memoryview(payload)[1:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(f"{where}: not an event: {error}", position=position) from error
