# SPDX-License-Identifier: Apache-2.0
"""Ways to make large importance weights smaller, each with the range of its setting."""

from __future__ import annotations

import math

import numpy as np

from bandit.errors import Invalid
from simulator.logs.partition import Floats


def check_limit(limit: float) -> None:
    """Raise Invalid unless `limit` is a weight above 0."""
    if isinstance(limit, bool) or not isinstance(limit, int | float) or math.isnan(limit) or limit <= 0:
        raise Invalid(f"limit: got {limit!r}; allowed more than 0", field="limit")


def check_bend(bend: float) -> None:
    """Raise Invalid unless `bend` is a share."""
    if isinstance(bend, bool) or not isinstance(bend, int | float) or not 0 <= bend <= 1:
        raise Invalid(f"bend: got {bend!r}; allowed 0 to 1", field="bend")


def clipped(w: Floats, limit: float) -> Floats:
    """`min(w, limit)`."""
    return np.minimum(w, limit)


def switched(w: Floats, limit: float) -> Floats:
    """`w` where it is at most `limit`, else 0 (Wang, Agarwal & Dudik 2017, equation 8)."""
    return np.where(w <= limit, w, 0.0)


def optimistic(w: Floats, limit: float) -> Floats:
    """`limit w / (w^2 + limit)` (Su, Dimakopoulou, Krishnamurthy & Dudik 2020)."""
    if math.isinf(limit):
        return w
    return limit * w / (w * w + limit)


def sub_gaussian(w: Floats, bend: float) -> Floats:
    """`w / (1 - bend + bend w)` (Metelli, Russo & Restelli 2021, equation 5 with s = -1)."""
    divisor = 1.0 - bend + bend * w
    # only bend = 1 with w = 0 divides by 0: the limit of the formula there is 1 for every w > 0
    return np.divide(w, divisor, out=np.zeros_like(w), where=divisor > 0)
