# SPDX-License-Identifier: Apache-2.0
"""`slotwise replay` on a data directory: the same as on its export with the catalogue that was applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bandit.cli import parser_of
from bandit.errors import SlotwiseError
from simulator.commands.evaluate import command as evaluate
from simulator.commands.replay import command


def replayed(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    """What the command prints as JSON."""
    assert command.run(parser_of(command).parse_args([*map(str, arguments), "--json"])) == 0
    return json.loads(capsys.readouterr().out)


def test_a_data_directory_is_its_export_and_its_catalogue(
    own: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """All figures are the same, and the unchanged catalogue changes nothing."""
    given = ("--policy", "catalog", "ucb1", "--reward-range", 0, 3)
    direct = replayed(capsys, own.data_dir, *given)
    exported = replayed(capsys, own.export, "--catalog", own.catalogue, *given)
    assert direct == exported
    assert direct["policies"][0]["course"]["changed"] == 0
    assert [policy["policy"] for policy in direct["policies"]] == [
        "catalog (as logged)",
        "ucb1 (as logged)",
        "catalog (anew)",
        "ucb1 (anew)",
    ]


def test_a_catalogue_says_which_placement_is_meant(
    own: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A catalogue of one placement needs no name; one of several does; one that the log lacks is refused."""
    text = own.catalogue.read_text("utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("hero:", "side:"))
    with pytest.raises(SlotwiseError, match="placement: got 'side'; the log has hero"):
        replayed(capsys, own.data_dir, "--catalog", other)
    both = tmp_path / "both.yaml"
    both.write_text(text + "  side: {arms: {a: {}}}\n")
    with pytest.raises(SlotwiseError, match="placement: got None; the catalogue has hero, side"):
        replayed(capsys, own.data_dir, "--catalog", both)
    found = replayed(capsys, own.data_dir, "--catalog", both, "--placement", "hero", "--learn", "anew")
    assert found["log"]["used"] > 0


def test_evaluate_takes_a_data_directory(own: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """As replay does: the same answers as from the export."""
    found = []
    for log in (own.data_dir, own.export):
        given = parser_of(evaluate).parse_args([str(log), "--policy", "uniform", "--json"])
        assert evaluate.run(given) == 0
        found.append(capsys.readouterr().out)
    assert found[0] == found[1]
