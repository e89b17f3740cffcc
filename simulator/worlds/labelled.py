# SPDX-License-Identifier: Apache-2.0
"""Labelled tables as worlds to be played: a visitor is a row, an arm is a class, the right one earns."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from bandit.core.arm import Arm
from bandit.core.checked import Checked, within
from bandit.errors import Invalid
from simulator.extras import optional
from simulator.worlds.protocol import Episode, moments
from simulator.worlds.spot import knowing, spot
from simulator.worlds.supervised import SupervisedWorld

SPREAD = 3.0  # standardised features are clipped to so many deviations
MOST_ARMS, MOST_FEATURES = 200, 500


class Labelled(Checked, frozen=True):
    """What all of them may be told.

    Args:
        noise: probability with which a reward is turned round.
        days: over which an episode is spread.
    """

    noise: float = 0.0
    days: float = 30.0

    def __post_init__(self) -> None:
        within("noise", self.noise, 0, 0.5)
        within("days", self.days, 0.001, 3_650)


class Digits(Labelled, frozen=True):
    """Hand-written digits, from scikit-learn: ten arms, 64 features."""

    rounds: ClassVar[int] = 2_000

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        return played(digits(self.noise), seed=seed, rounds=rounds, days=self.days)


class Letter(Labelled, frozen=True):
    """The UCI letter recognition set, from its own file: 26 arms, 16 features.

    Args:
        path: the file, plain or gzipped: no header, the letter first.
    """

    rounds: ClassVar[int] = 20_000

    path: str = ""

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        world = table(_given("letter", self.path), "0", False, self.noise)
        return played(world, seed=seed, rounds=rounds, days=self.days)


class Csv(Labelled, frozen=True):
    """Any table with a column of classes.

    Args:
        path: the file, plain or gzipped.
        label: the column of the class, by its name, or by its number where there is no header.
        headed: whether the first line names the columns.
    """

    rounds: ClassVar[int] = 5_000

    path: str = ""
    label: str = ""
    headed: bool = True

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        path = _given("csv", self.path)
        if not self.label:
            raise Invalid("world csv: got no label; allowed csv:path=FILE,label=COLUMN", field="label")
        world = table(path, self.label, self.headed, self.noise)
        return played(world, seed=seed, rounds=rounds, days=self.days)


def played(world: SupervisedWorld, *, seed: int, rounds: int, days: float) -> Episode:
    """Visitors are rows drawn with replacement, so that what a policy is worth never changes."""
    chance = np.random.default_rng(seed)
    rows = chance.integers(0, len(world.label), size=rounds)
    count, features = len(world.arms), world.context.shape[1]
    for what, number, most in (("classes", count, MOST_ARMS), ("features", features, MOST_FEATURES)):
        if number > most:
            raise Invalid(f"world: got {number} {what}; allowed at most {most}", field="world")
    if count < 2:
        raise Invalid("world: got 1 class; allowed two or more", field="label")
    arms = {_arm_name(name, number): Arm() for number, name in enumerate(world.arms)}
    return Episode(
        placement=spot(arms, features=features, spread=SPREAD),
        at=moments(rounds, days=days),
        known=knowing(np.clip(world.context[rows], -SPREAD, SPREAD)),
        rates=world.rates()[rows],
        luck=chance.random((rounds, count)),
        looks=chance.random((rounds, 1)),
    )


@lru_cache(maxsize=4)
def digits(noise: float) -> SupervisedWorld:
    """The digits, pixels scaled to [-1, 1]: most say something only by their difference to nothing."""
    x, y = optional("simulator.worlds.digits", what="world digits").load()
    return SupervisedWorld(x, y, tuple("0123456789"), noise)


@lru_cache(maxsize=4)
def table(path: Path, label: str, headed: bool, noise: float) -> SupervisedWorld:
    """A file, read once for all seeds."""
    try:
        return SupervisedWorld.from_table(path, label=label, headed=headed, noise=noise)
    except UnicodeDecodeError:
        raise Invalid(f"world: got {path.name}, which is no text; allowed a CSV file", field="path") from None


def _given(kind: str, path: str) -> Path:
    if not path:
        raise Invalid(f"world {kind}: got no path; allowed {kind}:path=FILE", field="path")
    if not Path(path).is_file():
        raise Invalid(f"world {kind}: got {path}, which is no file", field="path")
    return Path(path)


def _arm_name(text: str, number: int) -> str:
    """A class as the catalogue lets arms be called; the number keeps classes apart that look alike then."""
    plain = re.sub(r"[^A-Za-z0-9._:-]+", "-", text).lstrip("._:-")[:100]
    return text if plain == text else f"{plain or 'class'}.{number}"
