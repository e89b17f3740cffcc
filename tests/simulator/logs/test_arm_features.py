# SPDX-License-Identifier: Apache-2.0
"""Features of arms join a log, and the estimator that weighs by them can be asked."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.arm_features import with_arm_features
from simulator.logs.columns import Mapped
from simulator.logs.readers import Request, read_log
from simulator.logs.rows import Log
from simulator.targets import build_target

CATEGORY = {"a": 0.2, "b": 0.2, "c": 0.7, "d": 0.7}
ITEMS = "item,category,price\na,shoes,1\nb,shoes,2\nc,hats,1\nd,hats,2\n"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """4,000 rows of four arms in two categories, which alone decide about clicks."""
    g = np.random.default_rng(3)
    vectors = np.array([0.4, 0.1, 0.4, 0.1])
    lines = ["item,reward,propensity,p_a,p_b,p_c,p_d"]
    for arm in g.choice(4, size=4000, p=vectors):
        click = int(g.random() < CATEGORY["abcd"[arm]])
        lines.append(f"{'abcd'[arm]},{click},{vectors[arm]},0.4,0.1,0.4,0.1")
    path = tmp_path_factory.mktemp("log") / "log.csv"
    path.write_text("\n".join(lines))
    return read_log(Request(path, Mapped(action="item")), kind="csv")


@pytest.fixture
def items(tmp_path: Path) -> Path:
    """The arms' features."""
    path = tmp_path / "items.csv"
    path.write_text(ITEMS)
    return path


def test_rows_know_which_arms_are_alike(log: Log, items: Path) -> None:
    """With the category as the feature, shoes are like shoes; with all columns no two arms are alike."""
    rows = next(with_arm_features(log, f"{items}:category", arm_column="item").batches())
    whole = next(with_arm_features(log, str(items), arm_column="item").batches())
    assert rows.likelihood is not None
    assert whole.likelihood is not None
    wanted = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    np.testing.assert_array_equal(rows.likelihood, wanted[rows.action])
    np.testing.assert_array_equal(whole.likelihood, np.eye(4)[rows.action])


def test_weights_of_features_are_calmer(log: Log, items: Path) -> None:
    """A policy that shows rare arms of common categories is estimated from four times as many rows."""
    featured = with_arm_features(log, f"{items}:category", arm_column="item")
    makers = build_estimators(["ips", "marginalised_ips"], modelled=False)
    options = Options(estimators=makers, reward_range=(0.0, 1.0))
    result = evaluate(featured, [build_target("fixed:arm=d")], options=options)
    plain, marginal = result.policies[0].answers
    assert plain.estimate is not None
    assert marginal.estimate is not None
    assert marginal.estimate.value == pytest.approx(0.7, abs=0.05)
    assert marginal.estimate.effective_rows > 4 * plain.estimate.effective_rows


def test_pieces_have_features_too(log: Log, items: Path) -> None:
    """Whoever reads a piece, its rows have their likelihoods."""
    (piece,) = with_arm_features(log, f"{items}:category", arm_column="item").pieces
    (rows,) = pickle.loads(pickle.dumps(piece))()  # noqa: S301 - our own bytes
    assert rows.likelihood is not None
    assert rows.likelihood.sum(axis=1).tolist() == [2.0] * 4000


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (ITEMS, ":colour", "arm features: got no column 'colour'; items.csv has item, category, price"),
        (ITEMS.replace("d,hats,2\n", ""), "", "arm features: got no row for d; allowed one for every arm"),
        (ITEMS + "a,shoes,1\n", "", "arm features: got arm 'a' twice; allowed once"),
        ("item\na\n", "", "arm features: got no features in items.csv"),
        ("what,category\na,b\n", "", "arm features: got no column 'item'; items.csv has what, category"),
    ],
)
def test_tables_that_do_not_fit(log: Log, items: Path, content: str, columns: str, message: str) -> None:
    """Each is refused in one line."""
    items.write_text(content)
    with pytest.raises(Invalid) as refusal:
        with_arm_features(log, f"{items}{columns}", arm_column="item")
    assert refusal.value.message.startswith(message)


def test_a_table_that_is_not_there(log: Log) -> None:
    """A missing file is named."""
    with pytest.raises(Invalid, match=r"arm features: got nowhere/items\.csv, which is no file"):
        with_arm_features(log, "nowhere/items.csv")
