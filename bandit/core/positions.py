# SPDX-License-Identifier: Apache-2.0
"""What each slot of the uniform holdout earned: from that follows how likely visitors look at it."""

from __future__ import annotations

from functools import lru_cache

from bandit.core.tally import Tally
from policies.examination import estimate_examination, on_weight_grid

Dumped = list[tuple[int, float, float]]
"""By slot: how many count, the sum of their scaled rewards, and that of the squares."""


class Positions:
    """Exact sums by slot, first to last."""

    def __init__(self, dumped: Dumped = ()) -> None:  # type: ignore[assignment]
        self._slots = [Tally(counted=n, total=total, squares=squares) for n, total, squares in dumped]
        self._estimated: dict[int, tuple[float, ...]] = {}

    def count(self, slot: int, *, weight: float, change: float, reward: float) -> None:
        """Add a contribution of a slot."""
        while len(self._slots) <= slot:
            self._slots.append(Tally())
        self._slots[slot].count(weight=weight, change=change, reward=reward)
        self._estimated.clear()

    def of(self, slot: int) -> Tally:
        """The sums of a slot."""
        return self._slots[slot] if slot < len(self._slots) else Tally()

    def estimate(self, slots: int) -> tuple[float, ...]:
        """Examination probabilities of so many slots, relative to the first, as far as is known by now.

        What nobody looks at earns nothing, so placements that ask for it have a default reward of 0.
        """
        if slots not in self._estimated:
            tallies = [self.of(slot) for slot in range(slots)]
            found = estimate_examination(
                [float(max(each.counted, 0)) for each in tallies], [max(each.total, 0.0) for each in tallies]
            )
            self._estimated[slots] = _unless_alike(tuple(found.tolist()))
        return self._estimated[slots]

    def dump(self) -> Dumped:
        """Plain data, which depends on the sums alone."""
        dumped = [(each.counted, each.total, each.squares) for each in self._slots]
        while dumped and not any(dumped[-1]):
            dumped.pop()
        return dumped


@lru_cache(maxsize=1024)
def as_weights(probabilities: tuple[float, ...]) -> tuple[float, ...]:
    """Examination probabilities as decisions carry them: on the grid of weights, empty when all are 1."""
    return _unless_alike(tuple(on_weight_grid(probabilities).tolist()))


def _unless_alike(weights: tuple[float, ...]) -> tuple[float, ...]:
    return () if all(weight == 1.0 for weight in weights) else weights
