# SPDX-License-Identifier: Apache-2.0
"""Worlds in which a policy chooses: supervised data turned into bandits, drift, and delayed conversions."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from policy_bench.lessons import grid

Array = NDArray[np.float64]
DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What one seed of a world holds: T requests and what every arm would earn.

    Args:
        x: contexts, shape (T, d), the first feature an intercept.
        earns: reward of each arm, shape (T, K), in [0, 1].
        delay: rounds until a reward of 1 is known, shape (T,); window: until its absence is known.
    """

    x: Array
    earns: Array
    delay: NDArray[np.int64]
    window: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A name, how many arms and features, and how to make an episode of T rounds from a seed."""

    name: str
    arms: int
    dimension: int
    episode: Callable[[int, int], Episode]


def worlds(data: Path | None) -> list[World]:
    """Return the worlds that can be made here; letter and mushroom need their files in the folder `data`."""
    found = [_digits(), _segments()]
    if data is not None:
        found += [_letter(data / "letter-recognition.csv.gz"), _mushroom(data / "mushroom.csv.gz")]
    return [*found, drifting(), delayed()]


def classification(name: str, features: Array, labels: NDArray[np.int64]) -> World:
    """Turn rows with labels into a bandit: an arm for each label, reward 1 for the right one."""
    x = grid(np.column_stack([np.ones(len(features)), features]))
    arms = int(labels.max()) + 1

    def episode(seed: int, rounds: int) -> Episode:
        rows = np.random.default_rng(seed).permutation(len(x))
        rows = np.resize(rows, rounds)
        return Episode(
            x=x[rows], earns=np.eye(arms)[labels[rows]], delay=np.zeros(rounds, np.int64), window=0
        )

    return World(name=name, arms=arms, dimension=x.shape[1], episode=episode)


def drifting() -> World:
    """Make a world whose arms trade places: every coefficient turns over once in the episode."""
    d, k = 8, 10

    def episode(seed: int, rounds: int) -> Episode:
        rng = np.random.default_rng(seed)
        x = _contexts(rng, rounds, d)
        phase = np.pi * np.arange(rounds) / rounds
        start, end = rng.normal(size=(2, k, d)) / np.sqrt(d)
        moving = np.cos(phase)[:, None, None] * start + np.sin(phase)[:, None, None] * end
        rate = 1 / (1 + np.exp(-(2.0 * np.einsum("td,tkd->tk", x, moving) - 1.5)))
        earns = (rng.random((rounds, k)) < rate).astype(np.float64)
        return Episode(x=x, earns=earns, delay=np.zeros(rounds, np.int64), window=0)

    return World(name="drifting", arms=k, dimension=d, episode=episode)


def delayed() -> World:
    """Make a world of rare conversions that come 200 rounds later on average, with a window of 600."""
    d, k = 8, 10

    def episode(seed: int, rounds: int) -> Episode:
        rng = np.random.default_rng(seed)
        x = _contexts(rng, rounds, d)
        theta = rng.normal(size=(k, d)) / np.sqrt(d)
        rate = 1 / (1 + np.exp(-(2.0 * x @ theta.T - 2.0)))
        earns = (rng.random((rounds, k)) < rate).astype(np.float64)
        delay = np.minimum(rng.exponential(200.0, size=rounds).astype(np.int64), 599)
        return Episode(x=x, earns=earns, delay=delay, window=600)

    return World(name="delayed conversions", arms=k, dimension=d, episode=episode)


def _contexts(rng: np.random.Generator, rounds: int, d: int) -> Array:
    x = rng.normal(size=(rounds, d))
    x[:, 0] = 1.0
    return grid(x)


def _standard(features: Array) -> Array:
    spread = features.std(axis=0)
    found: Array = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return found


def _digits() -> World:
    from sklearn.datasets import load_digits  # noqa: PLC0415

    digits = load_digits()
    return classification("digits", digits.data / 16.0, digits.target.astype(np.int64))


def _segments() -> World:
    from river.datasets import ImageSegments  # noqa: PLC0415

    rows = list(ImageSegments())
    names = sorted({label for _, label in rows})
    features = np.array([list(row.values()) for row, _ in rows], dtype=np.float64)
    return classification("image segments", _standard(features), np.array([names.index(y) for _, y in rows]))


def _letter(path: Path) -> World:
    rows = _rows(path)
    labels = np.array([ord(row[0]) - ord("A") for row in rows])
    return classification("letter", _standard(np.array([row[1:] for row in rows], dtype=np.float64)), labels)


def _mushroom(path: Path) -> World:
    rows = _rows(path)
    columns = list(zip(*(row[1:] for row in rows), strict=True))
    levels = [(j, level) for j, column in enumerate(columns) for level in sorted(set(column))[1:]]
    features = np.column_stack([np.array(columns[j]) == level for j, level in levels]).astype(np.float64)
    return classification("mushroom", features, np.array([int(row[0] == "p") for row in rows]))


def _rows(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    # A header, where there is one, has names longer than any class.
    return rows[1:] if len(rows[0][0]) > 1 else rows
