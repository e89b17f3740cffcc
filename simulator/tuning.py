# SPDX-License-Identifier: Apache-2.0
"""Choosing how far weights are cut: one estimator for each setting of a grid, and a rule that picks one.

Choices are made anew whenever an estimate is asked for: nothing of an earlier log stays behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import stdtrit

from bandit.errors import Invalid
from simulator.estimators.clipped_dr import ClippedDR
from simulator.estimators.clipped_ips import ClippedIPS
from simulator.estimators.dr import DR
from simulator.estimators.dros import DRos
from simulator.estimators.ips import IPS
from simulator.estimators.protocol import Estimate
from simulator.estimators.ratio import RatioOfMeans
from simulator.estimators.reading import Reading
from simulator.estimators.sub_gaussian_dr import SubGaussianDR
from simulator.estimators.sub_gaussian_ips import SubGaussianIPS
from simulator.estimators.switch_dr import SwitchDR
from simulator.logs.partition import Partition, Target

LIMITS = (10_000.0, 5_000.0, 1_000.0, 500.0, 100.0, 50.0, 10.0, 5.0, 1.0)
BENDS = (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5)

Rule = Callable[[Sequence[RatioOfMeans], RatioOfMeans], int]

# what each tunable estimator becomes when nothing is cut
UNCUT: dict[str, type[RatioOfMeans]] = {
    "clipped_ips": IPS,
    "sub_gaussian_ips": IPS,
    "clipped_dr": DR,
    "switch_dr": DR,
    "dros": DR,
    "sub_gaussian_dr": DR,
}


def slope(grid: Sequence[RatioOfMeans], uncut: RatioOfMeans, *, delta: float = 0.1) -> int:
    """SLOPE (Su, Srinath & Krishnamurthy 2020): the last setting whose interval meets all wider ones."""
    del uncut  # SLOPE compares the settings with each other
    values = np.array([one.sums.value() for one in grid], dtype=np.float64)
    quantile = -float(stdtrit(grid[0].sums.count - 1, delta))
    widths = quantile * np.sqrt([one.sums.variance() for one in grid])
    order = np.argsort(widths, kind="stable")[::-1]
    factor = math.sqrt(6) - 1
    for i, now in enumerate(order[1:], start=1):
        wider = order[:i]
        if (np.abs(values[wider] - values[now]) > widths[now] + factor * widths[wider]).any():
            return int(order[i - 1])
    return int(order[-1])


def estimated_error(grid: Sequence[RatioOfMeans], uncut: RatioOfMeans, *, delta: float = 0.1) -> int:
    """The least variance plus squared bound on the bias (Su, Dimakopoulou et al. 2020, section 5)."""
    sums = uncut.sums
    n, log_term = sums.count, math.log(2 / delta)
    slack = math.sqrt(2 * sums.weight_squared / n * log_term / n) + 2 * sums.weight_max * log_term / (3 * n)
    whole = sums.value()
    errors = []
    for one in grid:
        value = one.sums.value()
        if value is None or whole is None:
            raise Invalid("tuning: got no rows; allowed logs with rows", field="log")
        # what cutting took away is the difference from the uncut estimate
        errors.append(one.sums.variance() * (n - 1) / n + (abs(whole - value) + slack) ** 2)
    return int(np.argmin(errors))


RULES: dict[str, Rule] = {"slope": slope, "estimated_error": estimated_error}


@dataclass(kw_only=True)
class Tuned:
    """An estimator whose setting is chosen by the log itself.

    Args:
        grid: one estimator for each setting, all of one kind.
        uncut: the same estimator when nothing is cut.
        rule: picks an index of the grid.
    """

    grid: list[RatioOfMeans]
    uncut: RatioOfMeans
    rule: Rule
    name: ClassVar[str] = "tuned"
    reading: ClassVar[Reading] = Reading(interval="itself", unbiased=False)

    @property
    def needs(self) -> frozenset[str]:
        """What the tuned estimator needs."""
        return self.uncut.needs

    @classmethod
    def of(cls, kind: str, *, rule: str = "slope", settings: Sequence[float] | None = None) -> Tuned:
        """Tune one of the estimators of `UNCUT` over its usual grid or over `settings`."""
        if kind not in UNCUT:
            raise Invalid(f"tune: got {kind!r}; allowed {', '.join(sorted(UNCUT))}", field="tune")
        if rule not in RULES:
            raise Invalid(f"rule: got {rule!r}; allowed {', '.join(sorted(RULES))}", field="rule")
        if settings is not None and not settings:
            raise Invalid("settings: got none; allowed one or more", field="settings")
        return cls(grid=GRIDS[kind](settings), uncut=UNCUT[kind](), rule=RULES[rule])

    def add(self, logged: Partition, target: Target) -> None:
        """Add the rows of one partition to every setting."""
        for one in (self.uncut, *self.grid):
            one.add(logged, target)

    def merge(self, other: Self) -> None:
        """Add what another instance of equal settings has seen."""
        self.uncut.merge(other.uncut)
        for mine, its in zip(self.grid, other.grid, strict=True):
            mine.merge(its)

    def chosen(self) -> RatioOfMeans | None:
        """The estimator of the grid that the rule picks; None without rows."""
        return self.grid[self.rule(self.grid, self.uncut)] if self.uncut.sums.count else None

    def estimate(self) -> Estimate | None:
        """The estimate of the chosen setting; its error says nothing of the choice."""
        chosen = self.chosen()
        return None if chosen is None else chosen.estimate()


def _limits(kind: type[ClippedIPS | ClippedDR | SwitchDR | DRos]) -> Callable[..., list[RatioOfMeans]]:
    return lambda settings: [kind(limit=limit) for limit in settings or LIMITS]


def _bends(kind: type[SubGaussianIPS | SubGaussianDR]) -> Callable[..., list[RatioOfMeans]]:
    return lambda settings: [kind(bend=bend) for bend in settings or BENDS]


GRIDS: dict[str, Callable[..., list[RatioOfMeans]]] = {
    "clipped_ips": _limits(ClippedIPS),
    "clipped_dr": _limits(ClippedDR),
    "switch_dr": _limits(SwitchDR),
    "dros": _limits(DRos),
    "sub_gaussian_ips": _bends(SubGaussianIPS),
    "sub_gaussian_dr": _bends(SubGaussianDR),
}
