# SPDX-License-Identifier: Apache-2.0
"""Who plays: our policies and other libraries, each with the settings that tuning may choose from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import policy_bench
from policy_bench.play import Agent
from policy_bench.playing_peers import MABWiser, River
from policy_bench.playing_policies import Ours, OursAtOnce

import policies
from policies import DEFAULT, POLICIES, build

Settings = Mapping[str, object]
HERE = Path(policy_bench.__path__[0])
DEFAULT_NAME = "**default**"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A name, the settings it may take, and how to make an agent of K arms, d features and a seed from them.

    Args:
        source: what its rewards depend on beside its settings: versions, or a digest of code.
    """

    name: str
    grid: Sequence[Settings]
    make: Callable[[Settings, int, int, int], Agent]
    source: str
    peer: bool

    def label(self, settings: Settings) -> str:
        """Return its name with its settings in words."""
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in settings.items())
        return f"{self.name}, {told}" if told and self.name != DEFAULT_NAME else self.name


def contenders() -> list[Contender]:
    """Return everybody, our default first; its settings are fixed before this benchmark is run."""
    return [
        Contender(
            name=DEFAULT_NAME, grid=[{}], make=_default, source=_ours("adaptive", "linucb"), peer=False
        ),
        _policy("linucb", {"kind": "linucb"}, alpha=(0.1, 0.2, 0.3)),
        _policy("thompson", {"kind": "thompson"}, v=(0.02, 0.05, 0.1)),
        _policy("logistic_thompson", {"kind": "logistic_thompson"}, v=(0.05, 0.1, 0.2, 0.3, 0.5, 1.0)),
        _policy("squarecb", {"kind": "squarecb"}, gamma=(5.0, 10.0, 20.0, 50.0)),
        _policy("epsilon_greedy", {"kind": "epsilon_greedy"}, epsilon=(0.02, 0.05, 0.1)),
        _policy("uniform", {"kind": "uniform"}),
        _mabwiser("LinUCB", alpha=(0.02, 0.05, 0.1, 0.2, 0.4, 0.8)),
        _mabwiser("LinTS", alpha=(0.02, 0.05, 0.1)),
        Contender(
            name="river LinUCBDisjoint",
            grid=_grid(alpha=(0.4, 0.8, 1.6, 3.2, 6.4)),
            make=lambda kept, arms, _d, seed: River(arms, seed, explore=_number(kept["alpha"])),
            source=f"river {version('river')} {_played()}",
            peer=True,
        ),
        _vw("epsilon", "--epsilon {epsilon} -l {rate}", epsilon=(0.02, 0.05, 0.1), rate=(0.5, 2.0, 8.0)),
        _vw(
            "squarecb",
            "--squarecb --gamma_scale {gamma} -l {rate}",
            gamma=(1.0, 10.0, 100.0),
            rate=(2.0, 8.0, 32.0),
        ),
    ]


def _grid(**values: Sequence[object]) -> list[Settings]:
    """Return every combination."""
    found: list[dict[str, object]] = [{}]
    for name, some in values.items():
        found = [known | {name: value} for known in found for value in some]
    return list(found)


def _default(_settings: Settings, arms: int, d: int, _seed: int) -> Agent:
    return Ours(build(DEFAULT, dimension=d), arms)


def _policy(name: str, spec: dict[str, object], **values: Sequence[object]) -> Contender:
    def make(settings: Settings, arms: int, d: int, _seed: int) -> Agent:
        policy = build(spec | settings, dimension=d)
        return (Ours if policy.additive else OursAtOnce)(policy, arms)

    return Contender(name=name, grid=_grid(**values), make=make, source=_ours(name, "linucb"), peer=False)


def _mabwiser(learner: str, **values: Sequence[object]) -> Contender:
    return Contender(
        name=f"MABWiser {learner}",
        grid=_grid(**values),
        make=lambda kept, arms, d, seed: MABWiser(learner, arms, d, seed, explore=_number(kept["alpha"])),
        source=f"mabwiser {version('mabwiser')} {_played()}",
        peer=True,
    )


def _vw(name: str, args: str, **values: Sequence[object]) -> Contender:
    def make(settings: Settings, arms: int, d: int, _seed: int) -> Agent:
        line = f"--cb_explore_adf {args.format(**settings)} -q sa"
        return OursAtOnce(build({"kind": "vw", "args": line}, dimension=d), arms)

    return Contender(
        name=f"Vowpal Wabbit {name}",
        grid=_grid(**values),
        make=make,
        source=f"vw {version('vowpal-wabbit-next')} {_played()} {_digest([HERE / 'playing_policies.py'])}",
        peer=True,
    )


def _number(value: object) -> float:
    assert isinstance(value, float)  # noqa: S101 - grids of peers hold numbers
    return value


@lru_cache
def _played() -> str:
    """Digest the code that plays: results of other code are not comparable."""
    return _digest([HERE / name for name in ("lessons.py", "play.py", "playing_peers.py", "worlds.py")])


@lru_cache
def _ours(*kinds: str) -> str:
    """Digest the code of these kinds, and all that it imports of the package."""
    waiting = [POLICIES[kind].__module__ for kind in kinds]
    files = {HERE / "playing_policies.py"}
    while waiting:
        path = Path(policies.__path__[0], f"{waiting.pop().removeprefix('policies.')}.py")
        if path not in files:
            files.add(path)
            waiting += re.findall(
                r"^from (policies\.\w+) import", path.read_text(encoding="utf-8"), re.MULTILINE
            )
    return f"{_played()} {_digest(sorted(files))}"


def _digest(files: Sequence[Path]) -> str:
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
