# SPDX-License-Identifier: Apache-2.0
"""Holds for every test: the installed wheel is what runs, and chance is the same on every run."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Derandomised: a red run is red again for whoever repeats it. No deadline: nothing here is timed.
settings.register_profile("slotwise", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("slotwise")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test the source tree unless a developer asks for it with SLOTWISE_TEST_SOURCE=1."""
    spec = importlib.util.find_spec("bandit")
    if spec is None or spec.origin is None:
        raise pytest.UsageError("bandit: got no installed package; run `make test`")
    from_source = Path(spec.origin).resolve().parents[1] == ROOT
    if from_source and os.environ.get("SLOTWISE_TEST_SOURCE") != "1":
        raise pytest.UsageError(
            f"bandit: got the source tree {ROOT}; allowed the installed wheel (`make test`), "
            "or the source tree with SLOTWISE_TEST_SOURCE=1"
        )
