# SPDX-License-Identifier: Apache-2.0
"""When contexts gain features: what was learned without them is what would have been learned with zeros."""

from __future__ import annotations

import numpy as np

from policies.errors import InvalidState
from policies.packing import Packing
from policies.state import dimension_of, float_bytes, floats_from
from policies.sums import VECTOR, SumsState


def narrower(data: bytes, *, dimension: int) -> int:
    """Return the number of features that `data` was dumped for; raise InvalidState if that is too many."""
    found = dimension_of(data)
    if not 1 <= found <= dimension:
        raise InvalidState("dimension", got=found, allowed=f"1 to {dimension}")
    return found


def widened_sums(state: SumsState, *, old: int, new: int) -> SumsState:
    """Return sums over `old` features as sums over `new` of them, of which the last were always 0."""
    count = sum(state.buckets)
    moments = floats_from(state.moments, "moments", (count, VECTOR + 2 * old + Packing(old).size))
    wide = np.zeros((count, VECTOR + 2 * new + Packing(new).size))
    b, s, matrix = VECTOR, VECTOR + old, VECTOR + 2 * old
    wide[:, :b] = moments[:, :b]
    wide[:, b : b + old] = moments[:, b:s]
    wide[:, b + new : b + new + old] = moments[:, s:matrix]
    square = np.zeros((count, new, new))
    square[:, :old, :old] = Packing(old).unpack(moments[:, matrix:])
    wide[:, b + 2 * new :] = Packing(new).pack(square)
    return SumsState(state.arms, state.buckets, state.days, float_bytes(wide), state.first)
