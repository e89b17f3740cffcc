# SPDX-License-Identifier: Apache-2.0
"""Filter, score, shape, draw: one function from requests to the decision events that are logged.

Slot by slot, the policy is asked for its probabilities over the arms that are still free, they are shaped,
and one arm is drawn. So the propensity of every slot, given the slots before it, is exactly what was used.
(Drawing later slots from the first slot's vector would make them uniform for a deterministic policy, whose
vector has all its weight on one arm.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandit.core.caps import Caps
from bandit.core.draw import Chance, chance, check, draw
from bandit.core.eligibility import Standing
from bandit.core.events import Decided
from bandit.core.features import UNIT
from bandit.core.shaping import shaped, uniform
from bandit.core.stage import Ask, Chooser, Stage
from policies import NEWCOMER


class _Page(NamedTuple):
    """The slots of a batch of B requests, at most n each, over K arms.

    Args:
        filled: slots that each request gets, length B.
        chosen: rows of the arms drawn, shape (B, n); only the first `filled` of a row mean anything.
        p: the probabilities that they were drawn with, shape (B, n, K).
        propensities, scores: of the arms drawn, shape (B, n).
        notes: what the policy noted of them, shape (B, n), or None.
    """

    filled: list[int]
    chosen: NDArray[np.int64]
    p: NDArray[np.float64]
    propensities: NDArray[np.float64]
    scores: NDArray[np.float64]
    notes: NDArray[np.float64] | None = None


def decide(stage: Stage, chooser: Chooser, asks: Sequence[Ask], caps: Caps) -> list[Decided]:
    """Decide a batch of requests of one placement, all from the same state.

    Raises:
        ArithmeticError, ValueError: the policy failed; `chooser.replaced()` will not.
    """
    if not asks:
        return []
    standings = [_standing(stage, ask, caps) for ask in asks]
    eligible = np.array([standing.mask for standing in standings], dtype=bool)
    x = stage.encoder.encode([ask.known for ask in asks])[:, None, :]
    if chooser.policy.per_arm:
        newcomers = [name == NEWCOMER for name in chooser.names(stage.roster.names)]
        x = stage.arm_encoder.encode(x[:, 0], newcomers=newcomers)
    most = stage.placement.slots
    dice = chance([ask.decision for ask in asks], stage.name, count=most + 1)
    share = 0.0 if chooser.fallback else stage.placement.holdout
    holdout = [u < share for u in dice.u[:, 0].tolist()]
    wanted = [min(ask.slots, most) for ask in asks]
    page = _fill(stage, chooser, x, eligible, wanted=wanted, holdout=holdout, dice=dice)
    return _decided(stage, chooser, asks, standings, x=x, holdout=holdout, page=page)


def _standing(stage: Stage, ask: Ask, caps: Caps) -> Standing:
    shown = caps.counts(stage.name, ask.user, at=ask.at) if ask.user else {}
    return stage.roster.eligible(at=ask.at, known=ask.known, exclude=ask.exclude, shown=shown)


def _fill(
    stage: Stage,
    chooser: Chooser,
    x: NDArray[np.int16],
    eligible: NDArray[np.bool_],
    *,
    wanted: Sequence[int],
    holdout: Sequence[bool],
    dice: Chance,
) -> _Page:
    """Fill slot after slot from vectors `x`, (B, 1 or K, d); every arm that is placed is free no more."""
    rows = np.arange(len(eligible))
    counts = np.add.reduce(eligible, axis=1).tolist()
    filled = [min(pair) for pair in zip(wanted, counts, strict=True)]
    least, n = min(filled), max(filled)
    # Usually as many arms are eligible for everyone: then nothing needs to be counted slot after slot.
    alike = counts[0] if min(counts) == max(counts) else 0
    chosen = np.zeros((len(rows), n), dtype=np.int64)
    p = np.zeros((len(rows), n, eligible.shape[1]))
    notes = np.zeros(chosen.shape)
    if not n:
        return _Page(filled, chosen, p, notes, notes)
    held = np.array(holdout) if any(holdout) else None
    arms = chooser.names(stage.roster.names)
    belief = chooser.policy.believe(arms, np.asarray(x * UNIT, dtype=np.float64))
    noted = None
    free = eligible.copy()
    for slot in range(n):
        # A request whose page is full is carried along with all arms; nobody reads what it draws.
        open_arms = free if slot < least else free | (np.array(filled) <= slot)[:, None]
        now = chooser.policy.probabilities(belief, open_arms, seeds=dice.seeds)
        if not chooser.fallback:
            count = alike - slot if alike and slot < least else None
            now = shaped(now, open_arms, stage.shape, count=count)
        p[:, slot] = now
        if held is not None:
            p[held, slot] = uniform(open_arms[held])
        chosen[:, slot] = drawn = draw(p[:, slot], dice.u[:, slot + 1])
        noted = chooser.policy.notes(belief, open_arms, seeds=dice.seeds)
        if noted is not None:
            notes[:, slot] = noted[rows, drawn]
        free[rows, drawn] = False
    check(p)
    at = rows[:, None]
    propensities, scores = p[at, np.arange(n), chosen], belief.mean[at, chosen]
    return _Page(filled, chosen, p, propensities, scores, None if noted is None else notes)


def _decided(
    stage: Stage,
    chooser: Chooser,
    asks: Sequence[Ask],
    standings: Sequence[Standing],
    *,
    x: NDArray[np.int16],
    holdout: Sequence[bool],
    page: _Page,
) -> list[Decided]:
    names, reward, per_arm = stage.roster.names, stage.placement.reward, chooser.policy.per_arm
    policy, waits = chooser.policy.kind, reward.wait_s > 0
    chosen, filled = page.chosen.tolist(), page.filled
    propensities, scores = page.propensities.tolist(), page.scores.tolist()
    notes = [] if page.notes is None else page.notes.tolist()
    events = []
    for row, (ask, standing, n) in enumerate(zip(asks, standings, filled, strict=True)):
        p = page.p[row, :n]
        some = bool(standing.left_out)
        events.append(
            Decided(
                at=ask.at,
                decision=ask.decision,
                placement=stage.name,
                epoch=chooser.epoch,
                policy=policy,
                made_from=chooser.position,
                user=ask.user,
                context=stage.encoder.declared(ask.known),
                arms=tuple(name for name in names if name not in standing.left_out) if some else names,
                left_out=standing.left_out,
                x=(x[row, page.chosen[row, :n]] if per_arm else x[row]).tobytes(),
                slots=[names[i] for i in chosen[row][:n]],
                propensities=propensities[row][:n],
                scores=scores[row][:n],
                p=(p[:, standing.mask] if some else p).tobytes(),
                default=stage.default,
                per_arm=per_arm,
                counted=not waits and not ask.deferred,
                learns=not chooser.fallback,
                holdout=holdout[row],
                fallback=chooser.fallback,
                deferred=ask.deferred,
                due=ask.at + reward.wait_s if waits and not ask.deferred else None,
                notes=tuple(notes[row][:n]) if notes else (),
                examination=chooser.examination[:n],
                cascade=stage.placement.cascade,
                sources=ask.sources,
            )
        )
    return events


__all__ = ["Ask", "Chooser", "Stage", "decide"]
