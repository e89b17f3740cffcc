# SPDX-License-Identifier: Apache-2.0
"""Filter, score, shape, draw: one function from requests to the decision events that are logged.

Slot by slot, the policy is asked for its probabilities over the arms that are still free, they are shaped, and one
arm is drawn. So the propensity of every slot, given the slots before it, is exactly what was used. (Drawing later slots from the first
slot's vector would make them uniform for a deterministic policy, whose vector has all its weight on one arm.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from policies import Policy, build

from bandit.core.caps import Caps
from bandit.core.catalogue import Placement
from bandit.core.draw import draw, seed, uniforms
from bandit.core.eligibility import Roster
from bandit.core.events import Decided
from bandit.core.features import UNIT, Encoder
from bandit.core.join import scaled
from bandit.core.rules import Scalar
from bandit.core.shaping import Shape, shaped, uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request for slots, with everything uncertain already in it.

    Args:
        decision: the id that the decision will have; all its chance follows from it.
        at: Unix seconds.
        known: what is known, by field.
        user: pseudonym, empty when unknown.
        slots: how many arms to show at most.
        exclude: arms that the caller does not want.
        deferred: whether the decision counts only once it is activated.
    """

    decision: str
    at: float
    known: dict[str, Scalar]
    user: str = ""
    slots: int
    exclude: frozenset[str] = frozenset()
    deferred: bool = False


class Stage:
    """A placement made ready for deciding: whatever does not change from request to request."""

    def __init__(self, name: str, placement: Placement, encoder: Encoder) -> None:
        arms = placement.arms.values()
        self.name = name
        self.placement = placement
        self.encoder = encoder
        self.roster = Roster(placement.arms)
        self.default = scaled(placement.reward.default, placement.reward)
        boost = np.array([arm.boost for arm in arms])
        low, high = np.array([arm.share.min for arm in arms]), np.array([arm.share.max for arm in arms])
        shares = bool((low > 0).any() or (high < 1).any())
        self.shape = Shape(
            boost=boost if (boost != 1).any() else None,
            floor=placement.floor,
            low=low if shares else None,
            high=high if shares else None,
        )


@dataclass(frozen=True, slots=True)
class Chooser:
    """Who chooses: the policy, which life of it (`epoch`), and the log position up to which it has learned."""

    policy: Policy
    epoch: int
    position: int
    fallback: bool = False

    @property
    def model(self) -> str:
        """The model version that decisions and replies carry."""
        return f"{self.policy.kind}@{self.position}"

    def replaced(self) -> Chooser:
        """The marketer's order in place of a policy that fails."""
        return Chooser(build({"kind": "fixed"}, dimension=2), self.epoch, self.position, fallback=True)


def decide(stage: Stage, chooser: Chooser, asks: Sequence[Ask], caps: Caps) -> list[Decided]:
    """Decide a batch of requests of one placement, all from the same state.

    Raises:
        ArithmeticError, ValueError: the policy failed; `chooser.replaced()` will not.
    """
    x = stage.encoder.encode([ask.known for ask in asks])
    free, left_out = _filter(stage, asks, caps)
    eligible = free.copy()
    slots = np.minimum([min(ask.slots, stage.placement.slots) for ask in asks], free.sum(axis=1))
    chance = np.array([uniforms(ask.decision, stage.name, count=stage.placement.slots + 1) for ask in asks])
    holdout = (chance[:, 0] < stage.placement.holdout) & (not chooser.fallback)
    chosen, p, mean = _fill(
        stage, chooser, asks, x, free=free, slots=slots, holdout=holdout, chance=chance[:, 1:]
    )
    return [
        _decided(
            stage,
            chooser,
            ask,
            x[row],
            eligible[row],
            left_out[row],
            chosen[row, :n],
            p[:n, row],
            mean[row],
            bool(held),
        )
        for row, (ask, n, held) in enumerate(zip(asks, slots.tolist(), holdout, strict=True))
    ]


def _filter(stage: Stage, asks: Sequence[Ask], caps: Caps) -> tuple[NDArray[np.bool_], list[dict[str, str]]]:
    """Eligibility of all requests: a mask (B, K), and why arms were left out, a mapping a request."""
    masks, reasons = [], []
    for ask in asks:
        times_shown = (
            (lambda arm, ask=ask: caps.count(stage.name, arm, ask.user, at=ask.at)) if ask.user else None
        )
        mask, left_out = stage.roster.eligible(
            at=ask.at, known=ask.known, exclude=ask.exclude, times_shown=times_shown
        )
        masks.append(mask)
        reasons.append(left_out)
    return np.array(masks, dtype=bool), reasons


def _fill(
    stage: Stage,
    chooser: Chooser,
    asks: Sequence[Ask],
    x: NDArray[np.int16],
    *,
    free: NDArray[np.bool_],
    slots: NDArray[np.int64],
    holdout: NDArray[np.bool_],
    chance: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Fill slot after slot; `free` loses the arms that are placed.

    Returns:
        The rows of the chosen arms (B, n_slots), the probabilities used (n_slots, B, K), the expected rewards (B, K).
    """
    count = int(slots.max(initial=0))
    rows = np.arange(len(asks))
    chosen = np.zeros((len(asks), count), dtype=np.int64)
    p = np.zeros((count, *free.shape))
    if not count:
        return chosen, p, np.zeros(free.shape)
    seeds = [seed(ask.decision, stage.name) for ask in asks]
    belief = chooser.policy.believe(stage.roster.names, (x * UNIT)[:, None, :])
    for slot in range(count):
        # A request that has run out of arms is carried along with all of them; nobody reads what it draws.
        open_arms = free if slot < slots.min() else np.where((slot < slots)[:, None], free, True)
        p[slot] = chooser.policy.probabilities(belief, open_arms, seeds=seeds)
        if not chooser.fallback:
            p[slot] = shaped(p[slot], open_arms, stage.shape)
        if holdout.any():
            p[slot, holdout] = uniform(open_arms[holdout])
        if not np.isfinite(p[slot]).all():
            raise ArithmeticError(
                f"policy '{chooser.policy.kind}' of placement '{stage.name}' gave probabilities that are not finite"
            )
        chosen[:, slot] = draw(p[slot], chance[:, slot])
        free[rows, chosen[:, slot]] = False
    return chosen, p, belief.mean


def _decided(
    stage: Stage,
    chooser: Chooser,
    ask: Ask,
    x: NDArray[np.int16],
    eligible: NDArray[np.bool_],
    left_out: dict[str, str],
    chosen: NDArray[np.int64],
    p: NDArray[np.float64],
    mean: NDArray[np.float64],
    holdout: bool,
) -> Decided:
    names = stage.roster.names
    reward = stage.placement.reward
    waits = reward.wait_s > 0
    return Decided(
        at=ask.at,
        decision=ask.decision,
        placement=stage.name,
        epoch=chooser.epoch,
        policy=chooser.policy.kind,
        model=chooser.model,
        user=ask.user,
        context={name: value for name, value in ask.known.items() if stage.encoder.knows(name)},
        arms=names if eligible.all() else tuple(names[i] for i in np.flatnonzero(eligible)),
        left_out=left_out,
        x=x.tobytes(),
        slots=[names[i] for i in chosen.tolist()],
        propensities=p[np.arange(len(chosen)), chosen].tolist(),
        scores=mean[chosen].tolist(),
        p=(p if eligible.all() else p[:, eligible]).tobytes(),
        default=stage.default,
        counted=not waits and not ask.deferred,
        learns=not chooser.fallback,
        holdout=holdout,
        fallback=chooser.fallback,
        deferred=ask.deferred,
        due=ask.at + reward.wait_s if waits and not ask.deferred else None,
    )
