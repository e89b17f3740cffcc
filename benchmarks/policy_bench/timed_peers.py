# SPDX-License-Identifier: Apache-2.0
"""The calls of other libraries that do what ours do, taught the same."""

from __future__ import annotations

from importlib.util import find_spec

from policy_bench.lessons import evidence
from policy_bench.timing import Call


def missing() -> str:
    """Return the names of the peers that are not installed."""
    return ", ".join(name for name in ("mabwiser", "river", "sklearn") if find_spec(name) is None)


def peers(*, d: int, arms: int) -> dict[str, tuple[Call, Call]]:
    """Return predict and one-row update of every peer that is installed (`pip install slotwise[bench]`)."""
    found = {}
    if find_spec("mabwiser") is not None:
        found["MABWiser LinUCB"] = _mabwiser("linucb", d=d, arms=arms)
        found["MABWiser LinTS"] = _mabwiser("lints", d=d, arms=arms)
    if find_spec("river") is not None:
        found["river LinUCBDisjoint"] = _river(d=d, arms=arms)
    return found


def _mabwiser(learner: str, *, d: int, arms: int) -> tuple[Call, Call]:
    from mabwiser.mab import MAB, LearningPolicy  # noqa: PLC0415

    kind = LearningPolicy.LinUCB(alpha=0.6) if learner == "linucb" else LearningPolicy.LinTS(alpha=0.3)
    names = tuple(f"arm-{k}" for k in range(arms))
    lesson = evidence(arms * 50, arms=names, d=d, seed=1)
    peer = MAB(list(names), kind, seed=1)
    peer.fit(list(lesson.arms), lesson.reward, lesson.x)
    row, chosen = lesson.x[:1], list(lesson.arms[:1])
    return lambda: peer.predict(row), lambda: peer.partial_fit(chosen, lesson.reward[:1], row)


def _river(*, d: int, arms: int) -> tuple[Call, Call]:
    from river.bandit import LinUCBDisjoint  # noqa: PLC0415

    names = tuple(f"arm-{k}" for k in range(arms))
    lesson = evidence(arms * 50, arms=names, d=d, seed=1)
    peer = LinUCBDisjoint(alpha=0.6, seed=1)
    rows = [dict(enumerate(row)) for row in lesson.x.tolist()]
    for arm, row, reward in zip(lesson.arms, rows, lesson.reward.tolist(), strict=True):
        peer.update(arm, row, reward)
    listed = list(names)
    return lambda: peer.pull(listed, context=rows[0]), lambda: peer.update(names[0], rows[0], 1.0)
