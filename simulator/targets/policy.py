# SPDX-License-Identifier: Apache-2.0
"""What can be evaluated: a rule that gives every arm a probability on the rows of a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.logs.partition import Floats
from simulator.logs.rows import Rows


@dataclass(frozen=True, slots=True)
class Asked:
    """What a policy may look at.

    Args:
        rows: the rows; their rewards and shown arms must not matter to whole vectors.
        arms: names of the arms.
        q: a reward model's values that were not fitted on these rows, shape (n, K), None without a model.
    """

    rows: Rows
    arms: tuple[str, ...]
    q: Floats | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a policy would do: whole vectors, or only the probability of the shown arm."""

    probabilities: Floats | None = None
    probability: Floats | None = None


class TargetPolicy(Protocol):
    """A stationary policy; `needs_model` says whether it looks at `q`."""

    @property
    def label(self) -> str:
        """How it is called in results."""
        ...

    @property
    def needs_model(self) -> bool:
        """Whether it looks at a reward model."""
        ...

    def answer(self, asked: Asked) -> Answered:
        """Probabilities on the rows; raise Invalid when the log lacks what the policy looks at."""
        ...
