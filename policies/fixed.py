# SPDX-License-Identifier: Apache-2.0
"""The marketer's own order: the first eligible arm, always."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.protocol import Belief, Bools, Floats
from policies.selection import check_eligible
from policies.still import Still


class Fixed(Still):
    """Serve the first eligible arm in the order in which arms were handed to `believe`."""

    kind: ClassVar[str] = "fixed"

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Give all probability to the first eligible arm."""
        check_eligible(eligible, shape=belief.mean.shape)
        shares = np.zeros(eligible.shape)
        shares[np.arange(len(eligible)), eligible.argmax(axis=1)] = 1.0
        return shares
