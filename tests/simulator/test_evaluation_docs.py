# SPDX-License-Identifier: Apache-2.0
"""docs/evaluation.md names everything that can be typed, and its code runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bandit.cli import parser_of
from simulator import verdict
from simulator.commands.evaluate import command
from simulator.estimators import ESTIMATORS
from simulator.logs.check import ROW_CHECKS
from simulator.logs.readers import READERS
from simulator.slates import SLATE_ESTIMATORS
from simulator.targets import TARGETS
from simulator.tuning import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
OPTIONS = [
    option
    for action in parser_of(command)._actions
    for option in action.option_strings
    if option.startswith("--") and option not in ("--help", "--level", "--seed", "--folds")
]


@pytest.mark.parametrize("name", [*ESTIMATORS, *READERS, *RULES, "tuned"])
def test_names_are_documented(name: str) -> None:
    """Every estimator, format and rule stands in the page as code."""
    assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", PAGE)


@pytest.mark.parametrize("name", TARGETS)
def test_policies_are_documented(name: str) -> None:
    """Every policy that can be typed has a row."""
    assert re.search(rf"^\| `{name}[:`]", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("name", SLATE_ESTIMATORS)
def test_estimators_of_pages_are_documented(name: str) -> None:
    """Estimators of pages are named, self-normalised ones by their common beginning."""
    assert f"`{name.removeprefix('self_normalised_')}`" in PAGE


@pytest.mark.parametrize("check", ROW_CHECKS)
def test_findings_are_documented(check: object) -> None:
    """Every finding of the log check has a row that says whether its rows are left out."""
    name, dropped = getattr(check, "name", ""), getattr(check, "dropped", None)
    assert f"| {name} | {'yes' if dropped else 'no'} |" in PAGE


@pytest.mark.parametrize("option", OPTIONS)
def test_options_are_documented(option: str) -> None:
    """Every option of the command stands in the page."""
    assert option in PAGE


def test_limits_of_verdicts_are_those_of_the_code() -> None:
    """The table of verdicts says the numbers that the code uses."""
    for text in (
        f"| above {verdict.NOTABLE_SHARE:.0%} | above {verdict.HEAVY_SHARE:.0%} |",
        f"| below {verdict.SCARCE_ROWS:.0f} | below {verdict.FEW_ROWS:.0f} |",
        f"| above {verdict.NOTABLE_SUPPORT:.1%} | above {verdict.OPEN_SUPPORT:.0%} |",
        f"| below {verdict.FEW_REWARDS:.0f} | |",
        f"one row carries | above {verdict.MUCH_REWARD:.0%} | above {verdict.MOST_REWARD:.0%} |",
        f"the difference | above {verdict.MUCH_VARIANCE:.0%} | above {verdict.MOST_VARIANCE:.0%} |",
    ):
        assert text.replace("%", " %") in PAGE


def test_the_code_in_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The example prints an estimate and an interval around it."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(code, "docs/evaluation.md", "exec"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out.startswith("Estimate(value=0.947368")
