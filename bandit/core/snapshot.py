# SPDX-License-Identifier: Apache-2.0
"""State as bytes and back: a version, then MessagePack in an order that depends on the content alone.

Two states that the same events led to, in whatever batches, give equal bytes. Nothing executable is stored.
"""

from __future__ import annotations

import msgspec

from bandit.core.caps import Dumped
from bandit.core.catalogue import Placement
from bandit.core.established import DumpedEstablished, Established
from bandit.core.life import Life
from bandit.core.positions import Dumped as DumpedPositions
from bandit.core.positions import Positions
from bandit.core.state import Forgetting, Key, Learner, Signal, State, new_policy
from bandit.errors import Damaged

VERSION = 5


class _Learner(msgspec.Struct, array_like=True):
    policy: bytes
    life: Life
    past: list[Life]
    since: int
    positions: DumpedPositions
    established: DumpedEstablished


class _State(msgspec.Struct, array_like=True):
    version: int
    position: int
    at: float
    catalogue: dict[str, msgspec.Raw]
    learners: dict[str, _Learner]
    keys: dict[str, Key]
    caps: Dumped
    forgotten: dict[str, Forgetting]
    signals: dict[str, Signal] = {}
    secret: str = ""


_encoder = msgspec.msgpack.Encoder(order="sorted")
_decoder = msgspec.msgpack.Decoder(_State)
_placements = msgspec.msgpack.Decoder(Placement)


def dump(state: State) -> bytes:
    """Write a state."""
    return _encoder.encode(
        _State(
            VERSION,
            state.position,
            state.at,
            # The order of arms is the marketer's and means something: it must not be sorted.
            {name: msgspec.Raw(msgspec.msgpack.encode(each)) for name, each in state.catalogue.items()},
            {
                name: _Learner(
                    each.policy.dump(),
                    each.life,
                    each.past,
                    each.since,
                    each.positions.dump(),
                    each.established.dump(),
                )
                for name, each in state.learners.items()
            },
            state.keys,
            state.caps.dump(state.at),
            state.forgotten,
            state.signals,
            state.secret,
        )
    )


def load(data: bytes) -> State:
    """Read a state.

    Raises:
        Damaged: not a snapshot, or one of another version.
    """
    try:
        read = _decoder.decode(data)
        if read.version != VERSION:
            raise Damaged(f"snapshot: got version {read.version}; allowed {VERSION}")
        state = State(position=read.position, at=read.at, keys=read.keys, forgotten=read.forgotten)
        state.signals = read.signals
        state.secret = read.secret
        state.catalogue = {name: _placements.decode(raw) for name, raw in read.catalogue.items()}
        for name, each in read.learners.items():
            policy = new_policy(state.catalogue[name])
            policy.load(each.policy)
            positions = Positions(each.positions)
            state.learners[name] = Learner(
                policy,
                each.life,
                each.past,
                each.since,
                positions,
                Established(each.established),
            )
        state.caps.load(read.caps)
    except (msgspec.MsgspecError, ValueError, KeyError) as error:
        raise Damaged(f"snapshot: cannot be read: {error}") from error
    return state
