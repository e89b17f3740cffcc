# SPDX-License-Identifier: Apache-2.0
"""Off-policy estimators for one slot: one file each, and the table that names them."""

from __future__ import annotations

from simulator.estimators.balanced_dr import BalancedDR
from simulator.estimators.balanced_ips import BalancedIPS
from simulator.estimators.clipped_dr import ClippedDR
from simulator.estimators.clipped_ips import ClippedIPS
from simulator.estimators.cressie_read import CressieRead
from simulator.estimators.direct_method import DirectMethod
from simulator.estimators.dr import DR
from simulator.estimators.dros import DRos
from simulator.estimators.empirical_likelihood import EmpiricalLikelihood
from simulator.estimators.ips import IPS
from simulator.estimators.marginalised_ips import MarginalisedIPS
from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.protocol import Estimate, Estimator, Interval
from simulator.estimators.replay import Replay
from simulator.estimators.sndr import SNDR
from simulator.estimators.snips import SNIPS
from simulator.estimators.sub_gaussian_dr import SubGaussianDR
from simulator.estimators.sub_gaussian_ips import SubGaussianIPS
from simulator.estimators.switch_dr import SwitchDR
from simulator.estimators.weighted_dr import WeightedDR
from simulator.estimators.weighted_ips import WeightedIPS

__all__ = ["ESTIMATORS", "Estimate", "Estimator", "Interval"]

ESTIMATORS: dict[str, type[Estimator]] = {
    estimator.name: estimator
    for estimator in (
        OnPolicy,
        Replay,
        IPS,
        SNIPS,
        ClippedIPS,
        SubGaussianIPS,
        MarginalisedIPS,
        DirectMethod,
        DR,
        SNDR,
        ClippedDR,
        SwitchDR,
        DRos,
        SubGaussianDR,
        CressieRead,
        EmpiricalLikelihood,
        WeightedIPS,
        WeightedDR,
        BalancedIPS,
        BalancedDR,
    )
}
