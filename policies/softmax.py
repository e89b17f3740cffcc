# SPDX-License-Identifier: Apache-2.0
"""Softmax, or Boltzmann, exploration (Luce 1959; Sutton & Barto 1998, section 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.exploring import Exploring, ExploringSettings
from policies.protocol import Belief, Bools, Floats
from policies.selection import check_eligible
from policies.settings import Positive


class SoftmaxSettings(ExploringSettings, frozen=True, kw_only=True):
    """Args: tau: temperature, the difference in reward that makes an arm e times as likely."""

    tau: Positive = 0.05


class Softmax(Exploring[SoftmaxSettings]):
    """Serve each arm in proportion to exp(mean / tau)."""

    kind: ClassVar[str] = "softmax"
    Settings: ClassVar[type[SoftmaxSettings]] = SoftmaxSettings

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Share probability by exponential weights."""
        check_eligible(eligible, shape=belief.mean.shape)
        mean = np.where(eligible, belief.mean, -np.inf)
        weight = np.exp((mean - mean.max(axis=1, keepdims=True)) / self.settings.tau)
        shares: Floats = weight / weight.sum(axis=1, keepdims=True)
        return shares
