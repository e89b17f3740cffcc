# SPDX-License-Identifier: Apache-2.0
"""Every eligible arm with the same probability: the holdout, and the baseline of every comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from policies.protocol import Belief, Bools, Floats
from policies.selection import uniform_over
from policies.still import Still


class Uniform(Still):
    """Serve eligible arms at random."""

    kind: ClassVar[str] = "uniform"

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Share probability equally."""
        return uniform_over(eligible)
