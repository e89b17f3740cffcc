# SPDX-License-Identifier: Apache-2.0
"""Made-up tastes: visitors with normally distributed features, arms with logistic click rates."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from simulator.logs.partition import Floats

SPREAD = 3.0  # features of visitors are clipped to so many deviations
STEEPNESS = 1.5  # deviation of a visitor's scores for an arm: how much tastes decide
BASE = -2.0  # score of an arm for the average visitor: a click rate of 12 %


def visitors(generator: Generator, *, rounds: int, features: int) -> Floats:
    """Independent features with mean 0 and deviation 1, shape (rounds, features)."""
    drawn: Floats = generator.normal(size=(rounds, features))
    return np.clip(drawn, -SPREAD, SPREAD)


def tastes(generator: Generator, *, arms: int, features: int) -> Floats:
    """What each feature of a visitor adds to the score of each arm, shape (arms, features)."""
    drawn: Floats = generator.normal(size=(arms, features)) * (STEEPNESS / np.sqrt(features))
    return drawn


def rates_of(scores: Floats, *, base: float = BASE) -> Floats:
    """Scores as click rates."""
    rates: Floats = 1 / (1 + np.exp(-(base + scores)))
    return rates
