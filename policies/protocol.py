# SPDX-License-Identifier: Apache-2.0
"""What a policy is: it believes, it spreads probability, it learns. It never draws.

Symbols used in this package: `B` requests in a batch, `K` arms, `d` features, `n` contributions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Findings = dict[str, float | bool | None]

NEWCOMER = ""
"""What every arm is called that has nothing of its own to be known by: it may stand for many at once."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What a policy thinks of every arm of every request, before eligibility.

    Args:
        mean: expected reward, shape (B, K), on the scale that the policy was taught.
        width: the policy's own measure of uncertainty, shape (B, K): a standard deviation for
            posterior sampling, a confidence bonus for UCB; zeros where it has none.
        detail: whatever else the same policy needs to spread probability (pseudo-counts, a factor
            of a joint covariance); nobody else looks at it.
    """

    mean: Floats
    width: Floats
    detail: Any = None


@dataclass(frozen=True, slots=True)
class Contributions:
    """What `n` shown slots teach: the unit in which every policy learns and unlearns.

    A slot counts once with its first reward (`weight` > 0, `change` = that reward); a later reward only
    corrects it (`weight` 0, `change` = new minus old); erasing it gives back what was added
    (`weight` < 0, `change` = minus what it had). So sums add up to the same bytes in any order.

    Args:
        arms: the arm shown, length n.
        x: its feature vector at decision time, shape (n, d), multiples of 2^-10.
        weight: shape (n,), see above.
        change: change of the slot's reward, shape (n,), multiples of 2^-24, rewards lie in [-1, 1].
        reward: the slot's reward after this change, shape (n,).
        propensity: probability with which the arm was drawn for the slot, shape (n,).
        day: days since 1970-01-01 UTC of the decision, shape (n,).
        note: what `Policy.notes` said of the arm when it was drawn, shape (n,); None where nobody asked.
    """

    arms: Sequence[str]
    x: Floats
    weight: Floats
    change: Floats
    reward: Floats
    propensity: Floats
    day: Ints
    note: Floats | None = None

    def part(self, rows: Ints) -> Contributions:
        """Those at `rows`, in that order."""
        return Contributions(
            arms=[self.arms[i] for i in rows.tolist()],
            x=self.x[rows],
            weight=self.weight[rows],
            change=self.change[rows],
            reward=self.reward[rows],
            propensity=self.propensity[rows],
            day=self.day[rows],
            note=None if self.note is None else self.note[rows],
        )


class Policy(Protocol):
    """A learning algorithm. Everything but `update` and `load` leaves it as it was.

    `kind` is its name in catalogues; `per_arm` says whether the feature vectors of the arms of one
    request differ (a model over arm features) or are all the same (one model per arm).
    """

    kind: ClassVar[str]

    @property
    def per_arm(self) -> bool:
        """Whether each arm has a vector of its own."""
        ...

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Believe about `arms` under `x`, shape (B, K, d), or (B, 1, d) where all arms share a vector.

        A name may occur several times, as `NEWCOMER` does: each is an arm, though nothing tells them apart
        but their vectors.
        """
        ...

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:
        """Spread probability over the eligible arms: shape (B, K), rows sum to 1, 0 where not eligible.

        `eligible` has shape (B, K) with at least one True a row. `seeds` (length B) is the only source of
        chance, for policies that estimate their probabilities by Monte Carlo. The same belief may be asked
        again with fewer eligible arms: that is how the later slots of a page are filled.
        """
        ...

    def update(self, learned: Contributions) -> None:
        """Learn. Where the policy's state is a sum, the order of contributions never matters."""
        ...

    def move(self, arm: str, *, to: str) -> None:
        """Add what was learned of `arm` to what is known of `to`, and keep nothing under its name.

        Where the state is not a sum, `to` takes it over if nothing is known of it yet; else it is dropped.
        """
        ...

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:
        """Return a number for each arm, shape (B, K), to be handed back with the reward of the arm drawn.

        Only policies that compare others need it (see `challenger`); None from all the rest.
        """
        ...

    @property
    def additive(self) -> bool:
        """Whether the state is a sum: order-free, can be merged, and gives back exactly what was added."""
        ...

    def merge(self, data: bytes) -> None:
        """Add what a policy of this kind and these settings dumped after seeing other traffic.

        Raises ValueError and changes nothing when it does not fit or the state is not a sum.
        """
        ...

    def forget(self, *, today: int) -> None:
        """Drop what is too old to count on day `today` (since 1970-01-01), where memory fades.

        What comes afterwards for days that old is not learned: so the order of events still does not matter.
        """
        ...

    def report(self, *, scale: float = 1.0) -> Findings:
        """What the policy has found out about itself, empty for most; `scale` is worth a reward of 1."""
        ...

    def dump(self) -> bytes:
        """Everything learned, as bytes: equal bytes mean indistinguishable policies of equal settings."""
        ...

    def adopt(self, data: bytes) -> None:
        """Take over what a policy of this kind and these settings dumped that had fewer features.

        Its features are the first of this one's; the others count as having been 0. Raises as `load` does.
        """
        ...

    def load(self, data: bytes) -> None:
        """Take over what `dump` wrote; raise ValueError and change nothing when it does not fit."""
        ...
