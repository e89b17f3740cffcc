# SPDX-License-Identifier: Apache-2.0
"""Writing what policies earned: a table for each world, and what the default's place in it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from policy_bench.contenders import DEFAULT_NAME
from policy_bench.report import table
from policy_bench.worlds import World

Array = NDArray[np.float64]
COLUMNS = ["policy", "mean reward", "95 % interval", "difference to default (standard error)"]


def standard_error(values: Array) -> float:
    """Return the standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def section(world: World, means: Mapping[str, Array]) -> str:
    """Write one world's table: means with intervals, and the difference to the default seed by seed."""
    names = sorted(means, key=lambda name: -float(means[name].mean()))
    rows = []
    for name in names:
        each, more = means[name], means[name] - means[DEFAULT_NAME]
        half = 1.96 * standard_error(each)
        shown = "" if name == DEFAULT_NAME else f"{more.mean():+.4f} ({standard_error(more):.4f})"
        rows.append(
            [name, f"{each.mean():.4f}", f"{each.mean() - half:.4f} to {each.mean() + half:.4f}", shown]
        )
    head = f"## {world.name}: {world.arms} arms, {world.dimension} features"
    return f"{head}\n\n{table(COLUMNS, rows)}\n\n{verdict(means)}\n"


def verdict(means: Mapping[str, Array]) -> str:
    """Say how far the default is from the best, or from the next, in standard errors of that difference."""
    # Whoever earned exactly the same on every seed is neither ahead nor behind.
    rivals = {name: each for name, each in means.items() if (each != means[DEFAULT_NAME]).any()}
    other = max(rivals, key=lambda name: float(rivals[name].mean()))
    best = rivals[other].mean() <= means[DEFAULT_NAME].mean()
    gap = means[DEFAULT_NAME] - means[other]
    errors = abs(gap.mean()) / standard_error(gap)
    if best:
        return f"The default is best, {gap.mean():.4f} ahead of {other} ({errors:.1f} standard errors)."
    place = "within one standard error of the best" if errors <= 1.0 else "not the best"
    return f"The default is {place}: {-gap.mean():.4f} behind {other} ({errors:.1f} standard errors)."
