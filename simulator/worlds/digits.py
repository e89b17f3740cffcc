# SPDX-License-Identifier: Apache-2.0
"""The hand-written digits that come with scikit-learn (Alpaydin & Kaynak 1998, UCI)."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from simulator.logs.partition import Floats, Ints


def load() -> tuple[Floats, Ints]:
    """Pixels, shape (1797, 64), with mean 0 and, where they vary, deviation 1; and digits, shape (1797,)."""
    pixels, labels = load_digits(return_X_y=True)
    spread = pixels.std(axis=0)
    x: Floats = (pixels - pixels.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    y: Ints = labels.astype(np.int64)
    return x, y
