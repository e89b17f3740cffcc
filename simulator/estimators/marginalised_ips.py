# SPDX-License-Identifier: Apache-2.0
"""Marginalised inverse propensity scoring over arm features (Saito & Joachims 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.estimators.ratio import RatioOfMeans, Rows, need
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats


@dataclass(kw_only=True)
class MarginalisedIPS(RatioOfMeans):
    """Weighs the features `e` of the shown arm instead of the arm: right when rewards depend on `e` alone."""

    name = "marginalised_ips"
    reading = Reading(interval="itself", judged_by="own weights", unbiased=False)
    needs = frozenset({"likelihood", "probabilities", "whole_target"})

    def weights(self, rows: Rows) -> Floats:
        """`sum_a pi(a|x) p(e|a) / sum_a p(a|x) p(e|a)`."""
        likelihood = need(self.name, "likelihood", rows.logged.likelihood)
        logger = need(self.name, "probabilities", rows.logged.probabilities)
        policy = need(self.name, "whole_target", rows.target.probabilities)
        policys: Floats = np.einsum("nk,nk->n", policy, likelihood)
        loggers: Floats = np.einsum("nk,nk->n", logger, likelihood)
        return policys / loggers

    def terms(self, rows: Rows) -> Terms:
        """`w r` with the weights of features."""
        return Terms(self.weights(rows) * rows.reward)
