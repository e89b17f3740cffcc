# SPDX-License-Identifier: Apache-2.0
"""What a search of settings found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate and its score: the reward per decision that it is likely to exceed."""

    spec: str
    score: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best of a search.

    Args:
        searched: the spec with open settings, as it was asked for.
        spec: the best one.
        trials: how many were asked for.
        tried: every different candidate, best first.
    """

    searched: str
    spec: str
    trials: int
    tried: tuple[Tried, ...]
