# SPDX-License-Identifier: Apache-2.0
"""The log check finds what is wrong, with a count and an example, and passes on what can be used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.logs.check import LogCheck
from simulator.logs.finding import Finding
from simulator.logs.partition import Partition
from simulator.logs.rows import Rows

N = 40


def rows(**columns: Any) -> Rows:
    """A clean log of a uniform logger over two arms, with columns replaced."""
    fine: dict[str, Any] = {
        "reward": np.zeros(N),
        "action": np.tile([0, 1], N // 2),
        "propensity": np.full(N, 0.5),
        "probabilities": np.full((N, 2), 0.5),
        "at": np.arange(N, dtype=np.float64),
        "identity": np.array([f"d{i}" for i in range(N)]),
    }
    return Rows(**{**fine, **columns})


def with_value(column: Any, row: int, value: Any) -> Any:
    """A copy with one entry changed."""
    changed = np.array(column)
    changed[row] = value
    return changed


def check(*batches: Rows) -> tuple[list[Finding], int]:
    """Findings and the number of rows that can be used."""
    log = LogCheck(arms=2)
    for batch in batches:
        log.add(batch)
    return log.findings(), log.used


def test_a_clean_log_has_no_findings() -> None:
    """Nothing is made up."""
    assert check(rows()) == ([], N)


@pytest.mark.parametrize(
    ("columns", "name", "text", "dropped"),
    [
        (
            {"probabilities": None, "propensity": with_value(np.full(N, 0.5), 3, 1.5)},
            "propensity outside (0, 1]",
            "row 3: propensity 1.5",
            1,
        ),
        (
            {"probabilities": None, "propensity": with_value(np.full(N, 0.5), 3, 0.0)},
            "propensity outside (0, 1]",
            "row 3: propensity 0",
            1,
        ),
        (
            {"probabilities": None, "propensity": with_value(np.full(N, 0.5), 3, np.nan)},
            "propensity outside (0, 1]",
            "row 3: prop",
            1,
        ),
        ({"reward": with_value(np.zeros(N), 7, np.nan)}, "missing reward", "row 7: reward nan", 1),
        ({"action": with_value(np.tile([0, 1], N // 2), 2, -1)}, "unknown arm", "row 2: arm -1", 1),
        (
            {"probabilities": with_value(np.full((N, 2), 0.5), 5, [0.6, 0.5])},
            "probabilities do not sum to 1",
            "row 5: sum 1.1",
            1,
        ),
        (
            {"probabilities": with_value(np.full((N, 2), 0.5), 5, [0.1, 0.9])},
            "propensity differs from its vector",
            "row 5: propensity 0.5, arm 1",
            1,
        ),
        ({"mixture": with_value(np.ones(N), 4, 2.0)}, "mixture outside (0, 1]", "row 4: mixture 2", 1),
        ({"keep": with_value(np.ones(N), 1, 0.0)}, "sampling rate outside (0, 1]", "row 1: kept with 0", 1),
        (
            {"identity": np.array(["same", "same", *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"])},
            "duplicate row",
            "row 1: decision same",
            1,
        ),
        (
            {"at": with_value(np.arange(N, dtype=float), 9, 2.5)},
            "time goes backwards",
            "row 9: 5.5 s before",
            0,
        ),
    ],
)
def test_findings(columns: dict[str, Any], name: str, text: str, dropped: int) -> None:
    """Each fault is found with its row; rows that cannot be used are left out."""
    findings, used = check(rows(**columns))
    assert [finding.name for finding in findings] == [name]
    assert findings[0].count == 1
    assert findings[0].example.startswith(text)
    assert (findings[0].dropped, used) == (bool(dropped), N - dropped)


def test_deterministic_logger() -> None:
    """A logger that never explores is named."""
    alone = rows(propensity=np.ones(N), probabilities=np.eye(2)[np.tile([0, 1], N // 2)])
    findings, used = check(alone)
    assert [finding.name for finding in findings] == ["deterministic logger"]
    assert used == N


def test_wrong_propensities_show_in_the_mean_weight() -> None:
    """Propensities twice as large as they are make weights average one half, once the log is long enough."""
    g, found = np.random.default_rng(3), {}
    for n in (N, 100 * N):
        wrong = Rows(reward=np.zeros(n), action=np.tile([0, 1], n // 2), propensity=0.9 + 0.05 * g.random(n))
        found[n], _ = check(wrong)
    assert found[N] == []
    assert [finding.name for finding in found[100 * N]] == ["wrong mean weight"]
    assert "instead of 1" in found[100 * N][0].example


def test_duplicates_and_time_are_followed_across_batches() -> None:
    """A row that repeats one of an earlier batch, or is older than it, is found."""
    findings, used = check(rows(), replace(rows(), start=N))
    assert {finding.name: finding.count for finding in findings} == {
        "duplicate row": N,
        "time goes backwards": N - 1,
    }
    assert used == N


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"propensity": np.ones(2)}, "propensity: got"),
        ({"action": np.array([0, 1, 5]), "probabilities": np.full((3, 2), 0.5)}, "action: got a column"),
        ({"mixture": np.array([0.5, 0.0, 0.5])}, r"mixture: got 0.0 in row 1; allowed \(0, 1\]"),
    ],
)
def test_partitions_repair_nothing(columns: dict[str, Any], message: str) -> None:
    """What reaches an estimator is whole and in range, or refused."""
    fine: dict[str, Any] = {
        "reward": np.zeros(3),
        "propensity": np.ones(3),
        "action": np.zeros(3, dtype=np.int64),
    }
    with pytest.raises(Invalid, match=message):
        Partition(**{**fine, **columns})
