# SPDX-License-Identifier: Apache-2.0
"""The difference between two policies on the same log, and the lift of one over the logger.

Rows that both policies treat alike cancel, so the interval is shorter than the two of the policies suggest.

With `c` the difference of the weights that a row has under the two and `y` its reward less the mean, the
difference is `sum c y`. Where arms do not matter, which `c` meets which `y` is the logger's chance: the sum
has the variance `sum c^2 sum y^2 / n` and the third cumulant `sum c^3 sum y^3 / n`, whomever the largest
order fell to. The rows' own variance knows that row only by the weight it happened to get. The larger one
counts. With g the skewness, `s (q + g (q^2 - 1) / 6)` is the quantile of such a sum (Cornish & Fisher 1938),
so policies that do not differ are not told apart more often than promised; the other bound, where rewards
differ and larger ones may come, is as far as that of a mean, `s (q + g (2 q^2 + 1) / 6)` (Hall 1992,
section 3.10).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.bootstrap import bootstrap_values, percentiles
from simulator.intervals.one_ratio import check_range, one_ratio
from simulator.intervals.student import quantile
from simulator.intervals.sway import NONE, Sway, influence_of, sway
from simulator.intervals.unseen import unseen
from simulator.logs.inner import inner
from simulator.logs.partition import Floats

# weights that agree so far are alike
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more the first policy is worth per decision than the second.

    Args:
        value: the difference.
        standard_error: by the delta method.
        low, high: its interval.
        sway: the row that it hangs on most.
    """

    value: float
    standard_error: float
    low: float
    high: float
    sway: Sway = NONE


def paired_difference(
    first: RatioSums,
    second: RatioSums,
    *,
    level: float = 0.95,
    logged: RatioSums | None = None,
    reward_range: tuple[float, float] | None = None,
) -> Difference:
    """Interval for a difference, from the influence of the same groups of rows on both estimates.

    Args:
        first: sums of one policy.
        second: sums of the other, or of the logger.
        level: confidence.
        logged: sums of what the logger itself earned: `r`, or for differences of SNDR `r - q` and `q`. None,
            and estimators that do not divide by their weights, leave the rows' own variance.
        reward_range: the least and the largest reward that can occur: allows for rows that were not seen.
            None trusts the rows.

    Raises:
        Invalid: one of the two has no value, or they saw different rows.
    """
    v, u = first.value(), second.value()
    if v is None or u is None or first.groups.shape[0] != second.groups.shape[0]:
        raise Invalid("difference: got sums of no or of different rows; allowed the same rows", field="log")
    influence = influence_of(first) - influence_of(second)
    groups = influence.shape[0]
    error = math.sqrt(inner(influence, influence) * groups / max(groups - 1, 1))
    value, moved = v - u, sway(influence)
    effective = min(first.effective_rows, second.effective_rows, float(groups))
    q = quantile(level, effective_rows=effective)
    apart = _contrast(first, second)
    spread, skewed = error, 0.0
    if apart is not None:
        modelled = _modelled(first) - _modelled(second)
        if not apart.any() and np.abs(modelled).sum() <= _CLOSE * abs(v):
            # the same policy: what is left is rounding
            return Difference(0.0, 0.0, 0.0, 0.0)
        if logged is not None:
            spread, skewed = _by_chance(apart, modelled, logged, error)
    down, up = _reach(q, -skewed) * spread, _reach(q, skewed) * spread
    if logged is None or reward_range is None:
        return Difference(value, error, value - down, value + up, moved)
    low, high = check_range(reward_range)
    if effective <= q * q:
        return Difference(value, error, low - high, high - low, moved)
    below, above = _not_seen(first, second, apart, logged, low, high)
    down, up = (
        math.sqrt(reach * reach + q * q * sum(count * one * one for one, count in rows))
        + sum(count * one for one, count in rows)
        for reach, rows in ((down, below), (up, above))
    )
    return Difference(value, error, max(value - down, low - high), min(value + up, high - low), moved)


def _reach(q: float, skewed: float) -> float:
    """How far a bound is from the estimate, in standard errors; the upper one of a positive skewness."""
    return q + (skewed * (2 * q * q + 1) if skewed > 0 else -skewed * (q * q - 1)) / 6


def _contrast(first: RatioSums, second: RatioSums) -> Floats | None:
    """The difference of the weights by group, zeros where policies are alike; None where it is not known."""
    shares = []
    for sums in (first, second):
        weighs = sums.total.shape[0] == 4 and math.isclose(sums.total[1], sums.weight, rel_tol=_CLOSE)
        if not weighs:
            return None
        shares.append(sums.groups[:, 1] / sums.total[1])
    apart: Floats = shares[0] - shares[1]
    return apart if np.abs(apart).sum() > _CLOSE else np.zeros_like(apart)


def _by_chance(apart: Floats, modelled: Floats, logged: RatioSums, error: float) -> tuple[float, float]:
    """Standard error and skewness of a difference if it were chance which weight a reward met."""
    rows = float(logged.cross[-1, -1])
    y = logged.groups[:, 0] - logged.total[0] / logged.count * logged.groups[:, -1]
    squares = y * y
    variance = inner(apart, apart) * float(squares.sum()) / rows + inner(modelled, modelled)
    spread = max(error, math.sqrt(variance))
    third = inner(apart * apart, apart) * inner(squares, y) / rows
    return spread, third / spread**3 if spread > 0 else 0.0


def _modelled(sums: RatioSums) -> Floats:
    """The influence of what a reward model expects of the policy, shape (G,)."""
    offset: Floats = (sums.groups[:, 2] - sums.total[2] / sums.count * sums.groups[:, 3]) / sums.count
    return offset


# by how much rows of a kind would move a difference, and how many of them are imagined
Moves = list[tuple[float, float]]


def _not_seen(
    first: RatioSums, second: RatioSums, apart: Floats | None, logged: RatioSums, low: float, high: float
) -> tuple[Moves, Moves]:
    """Rows that were not seen, on the side of the second policy and on that of the first.

    A row helps the first policy if it earns much under weights that the first has more of, or little under
    those of the second; alike for the other side.
    """
    mean, whole = float(logged.total[0] + logged.total[2]) / logged.count, one_ratio(logged)
    of_rewards = unseen(whole, logged, low, high)
    heavy = max(unseen(one_ratio(sums), sums, low, high).heavy for sums in (first, second))
    more, less = (sums.weight_squared / sums.weight**2 for sums in (first, second))
    if apart is not None and not apart.any():
        more = less = 0.0
    elif apart is not None:
        # rows that both treat alike cancel
        gained, lost = apart[apart > 0], -apart[apart < 0]
        more = min(more, float((gained * gained).sum() / gained.sum()))
        less = min(less, float((lost * lost).sum() / lost.sum()))
    usual_low, usual_high = of_rewards.usual
    kinds = ((low, high, of_rewards.few), (usual_low, usual_high, max(0.0, heavy - of_rewards.few)))
    above = [(max(more * (top - mean), less * (mean - least)), count) for least, top, count in kinds]
    below = [(max(less * (top - mean), more * (mean - least)), count) for least, top, count in kinds]
    return below, above


def bootstrap_difference(
    first: RatioSums, second: RatioSums, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Percentiles of the difference when both policies see the same resamples."""
    one, other = bootstrap_values([first, second], resamples=resamples, seed=seed)
    return percentiles(one - other, level=level)
