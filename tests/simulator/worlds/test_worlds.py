# SPDX-License-Identifier: Apache-2.0
"""Every world of the table keeps what episodes promise; a new one is picked up by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.worlds.protocol import Episode
from simulator.worlds.table import WORLDS, build_world

ROUNDS = 300


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A spec for each world, with a small table for those that need a file."""
    folder = tmp_path_factory.mktemp("tables")
    g = np.random.default_rng(3)
    rows = [(chr(65 + i % 3), *(f"{v:.3f}" for v in g.normal(size=4) + i % 3)) for i in range(60)]
    lines = [",".join(row) for row in rows]
    (folder / "letters.csv").write_text("\n".join(lines))
    (folder / "headed.csv").write_text("\n".join(["class,a,b,c,d", *lines]))
    files = {
        "letter": f"letter:path={folder / 'letters.csv'},noise=0.1",
        "csv": f"csv:path={folder / 'headed.csv'},label=class",
    }
    return {name: files.get(name, name) for name in WORLDS}


@pytest.fixture(params=WORLDS)
def episode(request: pytest.FixtureRequest, specs: dict[str, str]) -> Episode:
    """300 rounds of each world."""
    return build_world(specs[request.param]).episode(seed=4, rounds=ROUNDS)


def test_shapes_fit_together(episode: Episode) -> None:
    """Everything has a row a round, and truth and luck a column for each arm of the placement."""
    arms, slots = len(episode.placement.arms), episode.placement.slots
    assert episode.rounds == len(episode.known) == ROUNDS
    assert episode.rates.shape == episode.luck.shape == (ROUNDS, arms)
    assert episode.looks.shape == (ROUNDS, slots)
    assert arms > slots
    assert (np.diff(episode.at) >= 0).all()


def test_truth_is_a_probability_that_differs_by_arm(episode: Episode) -> None:
    """Rates lie between 0 and 1, and somewhere there is something to learn."""
    assert ((episode.rates >= 0) & (episode.rates <= 1)).all()
    assert (np.ptp(episode.rates, axis=1) > 0).any()


def test_clicks_come_as_often_as_the_truth_says(episode: Episode) -> None:
    """Over all rounds of one fixed page, clicks differ from their expectation by chance only."""
    page = list(range(episode.placement.slots))
    expected = [episode.clicks.expected(episode.rates[t, page]) for t in range(ROUNDS)]
    clicks = sum(len(episode.clicked(t, page)) for t in range(ROUNDS))
    deviation = np.sqrt(sum(float((p * (1 - p)).sum()) for p in expected))
    assert sum(episode.expected(t, page) for t in range(ROUNDS)) == pytest.approx(np.sum(expected))
    assert abs(clicks - np.sum(expected)) <= 4 * deviation + 1e-9


@pytest.mark.parametrize("name", WORLDS)
def test_same_seed_same_rounds(name: str, specs: dict[str, str]) -> None:
    """A seed gives the same rounds again, another seed others."""
    world = build_world(specs[name])
    first, again, other = (world.episode(seed=seed, rounds=50) for seed in (1, 1, 2))
    assert first.placement == again.placement
    assert list(first.known) == list(again.known)
    for column in ("at", "rates", "luck", "looks"):
        np.testing.assert_array_equal(getattr(first, column), getattr(again, column))
    assert not np.array_equal(first.luck, other.luck)


@pytest.mark.parametrize("name", WORLDS)
def test_usual_length_is_named(name: str) -> None:
    """A world says how many rounds it plays unless told."""
    assert WORLDS[name].rounds >= 1_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("paradise", "world: got 'paradise'; allowed digits, letter, csv"),
        ("drifting:wind=3", "world drifting: got 'wind'; allowed arms, features, turns, days"),
        ("drifting:arms=many", "world drifting.arms: got 'many'; allowed a whole number"),
        ("drifting:arms=1", "world drifting.arms: got 1; allowed 2 to 200"),
        ("delayed:lag=-1", "world delayed.lag: got -1; allowed 0 to"),
        ("cascade:stay=2", "world cascade.stay: got 2; allowed 0 to 1"),
        ("position_biased:arms=3", "world position_biased.arms: got 3; allowed 4 to 200"),
        ("drifting:arms", "drifting: got 'arms'; allowed name=value"),
    ],
)
def test_unknown_worlds_and_settings_are_refused(text: str, message: str) -> None:
    """One line says what, the value, and what is allowed."""
    with pytest.raises(Invalid) as refusal:
        build_world(text)
    assert message in refusal.value.message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("", "world csv: got no path; allowed csv:path=FILE"),
        ("path=/nowhere/at-all.csv,label=a", "which is no file"),
        ("path={file}", "world csv: got no label; allowed csv:path=FILE,label=COLUMN"),
        ("path={file},label=z", "label: got 'z'; allowed class, a"),
        ("path={noise},label=a", "which is no text"),
        ("path={lone},label=class", "got 1 class; allowed two or more"),
    ],
)
def test_tables_that_make_no_world(tmp_path: Path, settings: str, message: str) -> None:
    """A table without label, or that is none, is refused before anything is played."""
    files = {name: tmp_path / f"{name}.csv" for name in ("file", "noise", "lone")}
    files["file"].write_text("class,a\nx,1\ny,2\n")
    files["noise"].write_bytes(b"\x80\xff\x00" * 40)
    files["lone"].write_text("class,a\nx,1\nx,2\n")
    with pytest.raises(Invalid) as refusal:
        build_world(f"csv:{settings.format(**files)}").episode(seed=0, rounds=10)
    assert message in refusal.value.message


def test_classes_become_names_of_arms(tmp_path: Path) -> None:
    """A class that a catalogue would not take as a name is rewritten, and stays apart from others."""
    path = tmp_path / "set.csv"
    path.write_text("class,a\nvery good,1\nvery/good,2\nbad,3\n")
    episode = build_world(f"csv:path={path},label=class").episode(seed=0, rounds=5)
    assert list(episode.placement.arms) == ["bad", "very-good.1", "very-good.2"]
