# SPDX-License-Identifier: Apache-2.0
"""Give a share of the traffic to a second policy, and take it back when that is worse beyond doubt.

Every request is served from the mixture (1 - share) champion + share challenger, so propensities are exact
and each decision tells about both policies: r (p_challenger - p_champion) / propensity estimates by how much
the challenger earns more, and is 0 wherever they agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from policies.anytime import Interval, anytime_interval
from policies.inputs import checked
from policies.protocol import Belief, Bools, Contributions, Findings, Floats, Policy
from policies.settings import Settings
from policies.sums import CHANGE, WEIGHT
from policies.wrapping import Wrapper, on_grid

_DIFFERENCE, _SQUARES = "difference", "squares"


class ChallengerSettings(Settings, frozen=True, kw_only=True):
    """Args: champion, challenger: the policies; share: of traffic for the challenger; alpha: error rate."""

    champion: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "fixed"})
    challenger: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})
    share: Annotated[float, Meta(ge=0.01, le=0.5)] = 0.1
    alpha: Annotated[float, Meta(gt=0.0, lt=1.0)] = 0.05


class Challenger(Wrapper):
    """Mixes two policies until the confidence sequence of their difference lies below 0."""

    kind: ClassVar[str] = "challenger"
    part_names: ClassVar[tuple[str, ...]] = ("champion", "challenger")
    Settings: ClassVar[type[ChallengerSettings]] = ChallengerSettings

    def __init__(
        self,
        settings: ChallengerSettings | None = None,
        *,
        dimension: int,
        champion: Policy,
        challenger: Policy,
    ) -> None:
        super().__init__((champion, challenger), dimension=dimension)
        self.settings = settings or ChallengerSettings()

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return what the champion believes; `detail` has both beliefs and the share as of now."""
        champion, challenger = (part.believe(arms, x) for part in self.parts)
        share = 0.0 if self.stopped else self.settings.share
        return Belief(champion.mean, champion.width, detail=(champion, challenger, share))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:
        """Mix the probabilities of both."""
        champion, challenger = self._both(belief, eligible, seeds)
        share = belief.detail[2]
        mixed: Floats = (1.0 - share) * champion + share * challenger
        return mixed

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:
        """Note by how much more probable the challenger makes each arm; nothing once it is stopped."""
        champion, challenger = self._both(belief, eligible, seeds)
        return on_grid(challenger - champion) if belief.detail[2] > 0.0 else np.zeros(champion.shape)

    def update(self, learned: Contributions) -> None:
        """Let both learn, and add to the comparison where the policies differed."""
        learned = checked(learned, dimension=self.dimension)
        super().update(learned)
        if learned.note is not None:
            differ = learned.note != 0.0
            h = np.clip(learned.note / np.maximum(learned.propensity, 1e-12), -self._bound, self._bound)
            was = np.where(learned.weight > 0.0, 0.0, on_grid((learned.reward - learned.change) * h))
            now = np.where(learned.weight < 0.0, 0.0, on_grid(learned.reward * h))
            times = np.where(differ, np.sign(learned.weight), 0.0)
            for name, change in ((_DIFFERENCE, now - was), (_SQUARES, now * now - was * was)):
                self.counted.add(
                    [name] * len(learned.arms),
                    learned.x[:, :0],
                    replace(learned, weight=times, change=change),
                )

    @property
    def difference(self) -> Interval:
        """By how much more than the champion the challenger earns, per slot in which they differ."""
        difference, squares = self._counted(_DIFFERENCE), self._counted(_SQUARES)
        return anytime_interval(
            difference[WEIGHT],
            difference[CHANGE],
            squares[CHANGE],
            bound=self._bound,
            alpha=self.settings.alpha,
        )

    @property
    def stopped(self) -> bool:
        """Whether the challenger is worse beyond doubt, and gets no more traffic."""
        return self.difference.high < 0.0

    def report(self, *, scale: float = 1.0) -> Findings:
        """Return the comparison so far: by how much the challenger earns more a slot in which they differ."""
        found, slots = self.difference, self._counted(_DIFFERENCE)[WEIGHT]
        edges = {"difference": found.estimate, "low": found.low, "high": found.high}
        known: Findings = {name: edge * scale if slots > 0.0 else None for name, edge in edges.items()}
        share = 0.0 if self.stopped else self.settings.share
        return {
            "slots": slots,
            "share": share,
            "stopped": self.stopped,
            **known,
            **super().report(scale=scale),
        }

    @property
    def _bound(self) -> float:
        """How large |r h| can be under the mixture; shaping that exceeds it is cut off there."""
        return 1.0 / self.settings.share

    def _both(self, belief: Belief, eligible: Bools, seeds: Sequence[int]) -> tuple[Floats, Floats]:
        champion, challenger = (
            part.probabilities(each, eligible, seeds=seeds)
            for part, each in zip(self.parts, belief.detail[:2], strict=True)
        )
        return champion, challenger

    def _counted(self, name: str) -> list[float]:
        row = self.counted.rows.get(name)
        found: list[float] = [0.0, 0.0] if row is None else self.counted.totals([row])[0].tolist()
        return found
