# SPDX-License-Identifier: Apache-2.0
"""Policies of whole pages, and slotwise's own log read as pages."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.evaluation.slates import evaluate_slates
from simulator.logs.exported import read_exported_pages
from simulator.slates.policies import PagePolicy, build_page_policy

ARMS = ("a", "b", "c", "d")
SPECS = ("uniform", "ranking:arms=c+a", "ranking:arms=b+d+a+c,epsilon=0.3", "table:file={table}")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Weights of the arms."""
    path = tmp_path / "policy.csv"
    path.write_text("arm,probability\na,0.4\nb,0.3\nc,0.2\nd,0.1\n")
    return path


def joint(policy: PagePolicy, shown: tuple[str, ...]) -> float:
    """The probability of a whole page."""
    chance = 1.0
    for slot, arm in enumerate(shown):
        left = [other for other in ARMS if other not in shown[:slot] and other != arm]
        chance *= policy.chance(slot, (arm, *left))
    return chance


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("slots", [1, 2, 4])
def test_pages_have_probabilities_that_sum_to_one(spec: str, slots: int, table: Path) -> None:
    """Over all pages that could be shown, every policy spreads exactly 1."""
    policy = build_page_policy(spec.format(table=table))
    assert sum(joint(policy, shown) for shown in permutations(ARMS, slots)) == pytest.approx(1.0, abs=1e-12)


def test_a_ranking_shows_what_is_left_of_its_order() -> None:
    """The best arm that is not placed above; where none is listed, any."""
    policy = build_page_policy("ranking:arms=c+a")
    assert joint(policy, ("c", "a")) == 1.0
    assert joint(policy, ("a", "c")) == 0.0
    assert joint(policy, ("c", "a", "d")) == 0.5


def test_weights_draw_without_replacement(table: Path) -> None:
    """The second slot shares what the first one left (Plackett-Luce)."""
    policy = build_page_policy(f"table:file={table}")
    assert joint(policy, ("b", "a")) == pytest.approx(0.3 * 0.4 / 0.7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("magic", "policy: got 'magic'; allowed for logs of pages: logged, ranking, table, uniform"),
        ("ranking", "policy ranking: got no arms; allowed ranking:arms=..."),
        ("ranking:arms=a+a", "arms: got 'a+a'; allowed arm+arm, each once"),
        ("ranking:arms=a,epsilon=2", "epsilon: got '2'; allowed 0 to 1"),
        ("uniform:a=1", "policy uniform: got 'a'; allowed no settings"),
    ],
)
def test_page_policies_that_are_none(text: str, message: str) -> None:
    """Each is refused in one line."""
    with pytest.raises(Invalid) as refusal:
        build_page_policy(text)
    assert refusal.value.message == message


def exported(path: Path, n: int) -> Path:
    """Pages of two slots by a uniform logger; a earns most above, and nothing depends on the other slot."""
    g = np.random.default_rng(9)
    rates = {"a": 0.8, "b": 0.4, "c": 0.2, "d": 0.1}
    lines = []
    for i in range(n):
        first, second = g.permutation(ARMS)[:2].tolist()
        slots: list[dict[str, Any]] = []
        for slot, (arm, weight) in enumerate(((first, 1.0), (second, 0.5))):
            open_arms = [arm not in [one["arm"] for one in slots] for arm in ARMS]
            p = 1 / sum(open_arms)
            vector = [p if free else 0.0 for free in open_arms]
            reward = float(g.random() < rates[arm] * weight)
            slots.append(
                {"slot": slot, "arm": arm, "propensity": p, "probabilities": vector, "reward": reward}
            )
        lines.append({"decision_id": f"d{i}", "placement": "p", "arms": ARMS, "slots": slots, "x": [[1.0]]})
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_the_own_log_as_pages(tmp_path: Path) -> None:
    """A ranking is worth the sum over its slots; a uniform page what the log earned; both are compared."""
    log = read_exported_pages(exported(tmp_path / "log.jsonl", 3000))
    result = evaluate_slates(log, ["uniform", "ranking:arms=a+b+c+d"])
    uniform, ranking = result.policies
    assert (result.used, log.kind) == (3000, "ccb")
    for answer in ranking.answers:
        assert answer.interval is not None
        assert answer.interval.low < 0.8 + 0.5 * 0.4 < answer.interval.high
    assert uniform.answers[0].estimate is not None
    assert result.logged.estimate is not None
    assert uniform.answers[0].estimate.value == pytest.approx(result.logged.estimate.value, abs=1e-12)
    (difference,) = result.differences
    assert difference.first == "ranking:arms=a+b+c+d"
    assert difference.difference.low < 1.0 - 1.5 * 0.375 < difference.difference.high


def test_a_page_that_could_not_have_been_shown_is_dropped(tmp_path: Path) -> None:
    """A slot without a propensity says nothing about policies."""
    path = exported(tmp_path / "log.jsonl", 5)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[2]["slots"][1]["propensity"] = 0.0
    path.write_text("\n".join(map(json.dumps, lines)))
    log = read_exported_pages(path)
    assert (len(log.shown), log.dropped) == (4, 1)


def test_weights_for_no_arm_of_a_page(tmp_path: Path) -> None:
    """A table that knows none of the arms cannot be followed, and says where."""
    path = tmp_path / "policy.csv"
    path.write_text("arm,probability\nz,1\n")
    log = read_exported_pages(exported(tmp_path / "log.jsonl", 5))
    with pytest.raises(Invalid, match=r"policy table: got no weight for any of .* in slot 0"):
        evaluate_slates(log, [f"table:file={path}"])
