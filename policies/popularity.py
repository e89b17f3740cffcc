# SPDX-License-Identifier: Apache-2.0
"""What earned most so far, the same for everybody: the baseline that personalisation has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from policies.protocol import Belief, Bools, Floats
from policies.selection import best_of, uniform_over
from policies.settings import NonNegative
from policies.tabular import Tabular, TabularSettings, for_each


class PopularitySettings(TabularSettings, frozen=True, kw_only=True):
    """Args: prior: views at the average of all arms that every arm starts with; serve: how to choose."""

    prior: NonNegative = 10.0
    serve: Literal["best", "in_proportion"] = "best"


class Popularity(Tabular[PopularitySettings]):
    """Serve the arm with the highest mean reward, or every arm in proportion to its mean reward."""

    kind: ClassVar[str] = "popularity"
    Settings: ClassVar[type[PopularitySettings]] = PopularitySettings

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return mean rewards, drawn towards the overall mean while there are few views."""
        shown, earned, requests = self.counts(arms, x)
        prior = self.settings.prior
        views, rewards = self.tally.overall() if prior > 0.0 else (0.0, 0.0)
        overall = rewards / views if views > 0.0 else 0.0
        views_each = shown + prior
        mean = np.divide(
            earned + prior * overall, views_each, out=np.zeros(len(shown)), where=views_each > 0.0
        )
        return Belief(for_each(requests, mean), np.zeros((requests, len(arms))))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Share probability by mean reward."""
        if self.settings.serve == "best":
            return best_of(belief.mean, eligible)
        alike = uniform_over(eligible)
        weight = np.where(eligible, np.maximum(belief.mean, 0.0), 0.0)
        total = weight.sum(axis=1, keepdims=True)
        return np.where(total > 0.0, weight / np.where(total > 0.0, total, 1.0), alike)
