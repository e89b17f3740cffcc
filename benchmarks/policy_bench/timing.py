# SPDX-License-Identifier: Apache-2.0
"""Timing calls by the processor time that they use, in turns, so that a busy machine slows all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

Call = Callable[[], object]


def interleaved(calls: Mapping[str, Call], *, turns: int = 40, seconds: float = 0.004) -> dict[str, float]:
    """Return the median microseconds of each call over `turns` turns of about `seconds` each."""
    counts = {}
    for name, call in calls.items():
        call()
        start = time.process_time()
        for _ in range(3):
            call()
        counts[name] = max(1, int(seconds / ((time.process_time() - start) / 3)))
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(counts[name]):
                call()
            taken[name].append((time.process_time() - start) / counts[name] * 1e6)
    return {name: float(np.median(each)) for name, each in taken.items()}
