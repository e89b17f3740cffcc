# SPDX-License-Identifier: Apache-2.0
"""Whether a field's distribution has moved away from its own past: the population stability index."""

from __future__ import annotations

import math
from collections.abc import Mapping

MOVED = 0.2  # the customary limit, as in Siddiqi 2006; below 0.1 nothing has happened
DEVIATIONS = 4.0
SMOOTHING = 0.5  # counts added to every bin, so that an empty one does not make the index infinite


def stability_index(past: Mapping[str, int], now: Mapping[str, int]) -> float | None:
    """PSI = sum over bins of (q - p) ln(q / p), with shares p of the past and q of now; None without data.

    Args: past, now: counts by bin; a bin that one side does not have is empty there.
    """
    bins = past.keys() | now.keys()
    n, m = sum(past.values()), sum(now.values())
    if n <= 0 or m <= 0:
        return None
    index = 0.0
    for each in sorted(bins):
        p = (past.get(each, 0) + SMOOTHING) / (n + SMOOTHING * len(bins))
        q = (now.get(each, 0) + SMOOTHING) / (m + SMOOTHING * len(bins))
        index += (q - p) * math.log(q / p)
    return index


def moved_limit(past: Mapping[str, int], now: Mapping[str, int]) -> float | None:
    """The index above which a distribution has moved: the customary limit, or what chance gives if more.

    Without any change PSI / (1/n + 1/m) is about chi-square with one degree of freedom less than there are
    bins (Yurdakul 2018), which has as its mean the degrees and as its variance twice that.
    """
    n, m = sum(past.values()), sum(now.values())
    if n <= 0 or m <= 0:
        return None
    degrees = max(len(past.keys() | now.keys()) - 1, 1)
    by_chance = (degrees + DEVIATIONS * math.sqrt(2 * degrees)) * (1 / n + 1 / m)
    return max(MOVED, by_chance)
