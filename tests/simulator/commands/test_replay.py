# SPDX-License-Identifier: Apache-2.0
"""`slotwise replay` from its arguments to what it prints."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandit.cli import parser_of
from bandit.commands.apply import command as apply
from bandit.errors import SlotwiseError
from simulator.commands.replay import command

COLUMNS = ("--format", "csv", "--columns", "action=item,reward=click,propensity=p", "--reward-range", 0, 1)
CATALOGUE = """
placements:
  hero:
    context: []
    features: {dimension: 2}
    reward: {events: {click: 1.0}}
    policy: {kind: linucb}
    holdout: 0
    arms: {a: {}, b: {boost: 2}}
"""


def run(*arguments: object) -> int:
    """The command's exit status."""
    return command.run(parser_of(command).parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """900 rows of a uniform logger over three arms; arm c earns most."""
    g = np.random.default_rng(8)
    lines = ["item,click,p,x_age"]
    for arm in g.integers(0, 3, 900):
        click = int(g.random() < (0.2, 0.3, 0.7)[arm])
        lines.append(f"{'abc'[arm]},{click},{1 / 3!r},{g.integers(20, 60)}")
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of 200 pages of a logger that chose a or b uniformly; only b is clicked."""
    g = np.random.default_rng(3)
    lines: list[dict[str, Any]] = []
    position = 1
    for i in range(200):
        position += 1
        arm, made_from = int(g.integers(0, 2)), position - 1
        slot: dict[str, Any] = {"slot": 0, "arm": "ab"[arm], "propensity": 0.5, "probabilities": [0.5, 0.5]}
        slot |= {"reward": float(arm), "learned_reward": float(arm), "rewards": []}
        line = {"decision_id": f"d{i}", "position": position, "at": 1e9 + i, "placement": "hero"}
        line |= {"policy": "uniform", "made_from": made_from, "user": "", "context": {}}
        line |= {"arms": ["a", "b"], "left_out": {}, "x": [[1.0, 0.0]], "slots": [slot]}
        if arm:
            position += 1
            reward = {"position": position, "at": 1e9 + i, "reward_id": "r", "event": "click", "value": 1.0}
            slot["rewards"] = [reward | {"late": False, "learned": True}]
        lines.append(line)
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """What might have been applied."""
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE)
    return path


def test_table_and_notes(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for the logger, and for each policy one of its matches and one of all rows; grids expand."""
    assert run(log, *COLUMNS, "--policy", "ucb1", "linucb:alpha=0.1|0.5") == 0
    lines = capsys.readouterr().out.splitlines()
    cells = [line.split("\t") for line in lines if "\t" in line]
    policies = ("ucb1", "linucb:alpha=0.1", "linucb:alpha=0.5")
    assert [row[:2] for row in cells[1:]] == [
        ["(logger)", "on_policy"],
        *([policy, estimator] for policy in policies for estimator in ("replay", "snips")),
    ]
    values = {row[0]: float(row[2]) for row in cells[1:] if row[1] == "snips"}
    assert values["ucb1"] > 0.5
    matches = cells[2][5].removesuffix(".0")
    assert f"ucb1: learned from {matches} matches; this is about its first {matches} decisions" in lines
    assert "900 of 900 rows used" in lines
    assert "x (policy / logger), the least propensity of a uniform logger" in lines[-4]
    run(log, *COLUMNS, "--policy", "ucb1", "--acceptance", 0.25)
    assert "with probability 0.25 x (policy / logger), as asked" in capsys.readouterr().out


def test_same_seed_same_bytes(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole output follows from the log, the arguments and the seed, which matters."""
    outputs = []
    for seed in (1, 1, 2):
        given = ("--policy", "thompson", "--reward-model", "linear", "--seed", seed, "--json")
        assert run(log, *COLUMNS, *given) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["policies"] != json.loads(outputs[2])["policies"]


def test_json_says_how_each_policy_went(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the fields of an evaluation: seed, acceptance, matches and the learning curve."""
    run(log, *COLUMNS, "--policy", "ucb1", "--json", "--reward-model", "linear")
    result = json.loads(capsys.readouterr().out)
    (policy,) = result["policies"]
    assert result["replay"] == {"seed": 0, "acceptance": pytest.approx(1 / 3), "uniform_logger": True}
    assert [answer["estimator"] for answer in policy["estimates"]] == ["replay", "snips", "dr"]
    course = policy["course"]
    assert course["learned"] == "anew"
    assert course["curve"][-1]["matches"] == course["matches"] == policy["estimates"][0]["effective_rows"]
    assert course["curve"][-1]["mean"] == pytest.approx(policy["estimates"][0]["value"])


def test_what_if_of_an_export(export: Path, catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The catalogue's policy, as it learned from the log and anew, moves to the arm that is clicked."""
    assert run(export, "--catalog", catalogue, "--reward-range", 0, 1, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert [policy["policy"] for policy in result["policies"]] == ["catalog (as logged)", "catalog (anew)"]
    followed, walked = result["policies"]
    assert followed["estimates"][0]["value"] > 0.95
    assert walked["estimates"][1]["value"] > 0.9
    assert (followed["course"]["learned"], followed["course"]["matches"]) == ("logged", None)
    assert followed["course"]["changed"] > 0.9


def test_policies_of_ones_own_under_a_catalogue(
    export: Path, catalogue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Specs stand beside the catalogue's own policy, and --learn picks how they learn."""
    given = ("--catalog", catalogue, "--policy", "catalog", "uniform", "--learn", "logged", "--json")
    run(export, *given)
    policies = json.loads(capsys.readouterr().out)["policies"]
    assert [policy["policy"] for policy in policies] == ["catalog (as logged)", "uniform (as logged)"]
    # the boost of b makes uniform 1 to 2, and the floor hardly matters
    assert policies[1]["estimates"][0]["value"] == pytest.approx(2 / 3, abs=0.05)


def test_report_has_learning_curves(log: Path, tmp_path: Path) -> None:
    """The page has the curves beside the pictures of an evaluation, the notes, and opens offline."""
    page = tmp_path / "out.html"
    run(log, *COLUMNS, "--policy", "ucb1", "--report", page)
    text = page.read_text()
    assert "Learning curves" in text
    assert "mean reward of the matches so far" in text
    assert re.search(r"<li>ucb1: learned from \d+ matches", text)
    assert not re.search(r"<(link|img|iframe)|@import", text.split("<script")[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "policy: got none; allowed one or more, such as --policy linucb:alpha=0.5"),
        (("--policy", "magic"), "policy.kind: got 'magic'; allowed a"),
        (("--policy", "linucb:alpha=-1"), "policy.alpha: got -1; allowed 0 or more"),
        (("--policy", "catalog"), "policy: got 'catalog' without one"),
        (("--policy", "ucb1", "--learn", "logged"), "learn: got 'logged'; allowed anew"),
        (("--policy", "ucb1", "--acceptance", "1.5"), "acceptance: got 1.5; allowed above 0, up to 1"),
        (("--policy", "ucb1", "--estimators", "dr"), "dr: got no reward model"),
        (("--policy", "ucb1", "--slots", "first"), "slots: got a log without slots"),
        (("--policy", "ucb1", "--floor", "2"), "floor: got 2"),
        (("--policy", "ucb1", "--seed", "-1"), "seed: got -1; allowed 0 or more"),
        (("--policy", "ucb1", "--report", "out.pdf"), "report: got 'out.pdf'"),
        (("--policy", "ucb1", "--catalog", "c.yaml"), "catalog: got a log of format csv"),
        (
            ("--policy", "linucb", "--columns", "action=item,reward=click,propensity=p,context=none"),
            "policy linucb",
        ),
        (("--policy", "ucb1", "--columns", "action=item,reward=click"), "propensity: got a log without"),
    ],
)
def test_bad_input_is_one_clear_line(log: Path, arguments: tuple[str, ...], message: str) -> None:
    """What cannot be done is refused as bad input."""
    with pytest.raises(SlotwiseError) as refusal:
        run(log, *COLUMNS, *arguments)
    assert refusal.value.message.startswith(message)
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("placements: [", "catalogue"),
        ("placements: {hero: {slots: 0, arms: {a: {}}}}", "placements.hero.slots: got 0"),
        ("placements: {side: {arms: {a: {}}}}", "placement: got 'side'; the log has hero"),
        (
            CATALOGUE.replace("dimension: 2", "dimension: 5"),
            "features.dimension: got 5; the log has vectors of 2",
        ),
        (CATALOGUE.replace("{click: 1.0}", "{click: 1.0}, clip: [0, 0.5]"), "reward: got a rule"),
    ],
)
def test_a_catalogue_that_does_not_fit(export: Path, tmp_path: Path, text: str, message: str) -> None:
    """A broken catalogue, and one that is not about this log, get one line."""
    path = tmp_path / "other.yaml"
    path.write_text(text)
    with pytest.raises(SlotwiseError) as refusal:
        run(export, "--catalog", path)
    assert message in refusal.value.message
    assert "\n" not in refusal.value.message


def test_a_data_directory_without_decisions(tmp_path: Path, catalogue: Path) -> None:
    """It has a log, but nothing was decided in it."""
    data = tmp_path / "data"
    apply.run(parser_of(apply).parse_args([str(catalogue), "--data-dir", str(data)]))
    with pytest.raises(SlotwiseError, match="placement: got None; the log has no decision"):
        run(data)
    with pytest.raises(SlotwiseError, match="holds no log"):
        run(tmp_path)


def test_status_and_line_in_a_shell(
    log: Path, run_slotwise: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Bad input ends with status 2 and one line on the standard error."""
    bad = run_slotwise("replay", log, "--format", "csv", "--policy", "magic")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert len(bad.stderr.strip().splitlines()) == 1
