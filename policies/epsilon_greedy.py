# SPDX-License-Identifier: Apache-2.0
"""Epsilon-greedy: the arm that looks best, and now and then any other (Sutton & Barto 1998, section 2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from policies.exploring import Exploring, ExploringSettings
from policies.protocol import Belief, Bools, Floats
from policies.selection import best_of, uniform_over
from policies.settings import Probability


class EpsilonGreedySettings(ExploringSettings, frozen=True, kw_only=True):
    """Args: epsilon: the share of requests that is served at random."""

    epsilon: Probability = 0.1


class EpsilonGreedy(Exploring[EpsilonGreedySettings]):
    """Serve the best arm with probability 1 - epsilon and otherwise any, all alike."""

    kind: ClassVar[str] = "epsilon_greedy"
    Settings: ClassVar[type[EpsilonGreedySettings]] = EpsilonGreedySettings

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Mix the best arm with all."""
        epsilon = self.settings.epsilon
        return (1.0 - epsilon) * best_of(belief.mean, eligible) + epsilon * uniform_over(eligible)
