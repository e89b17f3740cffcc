# SPDX-License-Identifier: Apache-2.0
"""Inverse-variance weighted IPS for several loggers (Agarwal, Basu, Schnabel & Joachims 2017)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from simulator.estimators.protocol import Estimate
from simulator.estimators.ratio import Rows, need
from simulator.estimators.reading import Reading
from simulator.estimators.sums import RatioSums, Terms
from simulator.logs.partition import Floats, Partition, Target


@dataclass(kw_only=True)
class WeightedIPS:
    """One estimate a logger; each counts by its rows over the variance of its terms."""

    sums: dict[int, RatioSums] = field(default_factory=dict)

    name: ClassVar[str] = "weighted_ips"
    reading: ClassVar[Reading] = Reading(interval="normal")
    needs: ClassVar[frozenset[str]] = frozenset({"logger"})

    def add(self, logged: Partition, target: Target) -> None:
        """Add the rows of one partition, each to the sums of its logger."""
        logger = need(self.name, "logger", logged.logger)
        rows = Rows(logged, target)
        residual, model = self.parts(rows)
        for k in np.unique(logger).tolist():
            mine = logger == k
            terms = Terms(residual[mine], offset=None if model is None else model[mine])
            keep = None if logged.keep is None else logged.keep[mine]
            self.sums.setdefault(k, RatioSums()).add(terms, w=rows.w[mine], start=logged.start, keep=keep)

    def parts(self, rows: Rows) -> tuple[Floats, Floats | None]:
        """What is weighed by logger, `w r`, and what is not."""
        return rows.w * rows.reward, None

    def merge(self, other: Self) -> None:
        """Add what another instance has seen."""
        for k in sorted(other.sums):
            self.sums.setdefault(k, RatioSums()).merge(other.sums[k])

    def estimate(self) -> Estimate | None:
        """Loggers whose terms do not vary yet have no variance to be weighed by: None until all have."""
        parts = [self.sums[k] for k in sorted(self.sums)]
        if not parts:
            return None
        residuals = np.array([part.total[0] / part.count for part in parts])
        model = sum(part.total[-2] for part in parts)
        variances = np.array([part.variance() * (part.count - 1) for part in parts])
        counts = np.array([part.count for part in parts])
        if not (variances > 0).all():
            return None
        share = counts / variances / (counts / variances).sum()
        effective = sum(part.effective_rows for part in parts)
        error = float(np.sqrt(np.sum(share**2 * variances / np.maximum(counts - 1, 1))))
        return Estimate(
            float(share @ residuals + model / counts.sum()), error, float(counts.sum()), effective
        )
