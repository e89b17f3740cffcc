# SPDX-License-Identifier: Apache-2.0
"""The probability that each of several independent Beta variables is the largest, by quadrature.

P_k = int H(y) f_k(y) / F_k(y) dy with H = prod_j F_j, as for Gaussians, by Gauss-Legendre in panels whose
edges are quantiles of the arms: between two neighbouring edges every arm is smooth.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaincinv, betaln

from policies.protocol import Bools, Floats

_EDGES = np.array([1e-10, 1e-6, 1e-3, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-3, 1 - 1e-6, 1 - 1e-10])
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_MOST_PANELS = 40


def best_beta(a: Floats, b: Floats, eligible: Bools) -> Floats:
    """Return the probability that an arm's draw is the largest, shape (K,), 0 where not eligible.

    Args:
        a, b: parameters, more than 0, shape (K,).
        eligible: shape (K,), one or more True.
    """
    shares = np.zeros(len(a))
    among = np.flatnonzero(eligible)
    a, b = a[among], b[among]
    quantiles = betaincinv(a[:, None], b[:, None], _EDGES)
    low = quantiles[:, 0].max()
    matters = quantiles[:, -1] > low
    a, b, quantiles = a[matters], b[matters], quantiles[matters]
    edges = np.unique(np.concatenate([[low], quantiles[quantiles > low]]))
    if len(edges) > _MOST_PANELS:
        edges = edges[np.linspace(0, len(edges) - 1, _MOST_PANELS).round().astype(int)]
    half = 0.5 * np.diff(edges)
    y = (edges[:-1, None] + half[:, None] * (1.0 + _NODES)).ravel()
    weight = (half[:, None] * _WEIGHTS).ravel()
    below = np.maximum(betainc(a[:, None], b[:, None], y), 1e-300)
    log_density = (a[:, None] - 1) * np.log(y) + (b[:, None] - 1) * np.log1p(-y) - betaln(a, b)[:, None]
    share = (np.exp(log_density) / below) @ (weight * below.prod(axis=0))
    shares[among[matters]] = share / share.sum()
    return shares
