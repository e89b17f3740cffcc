# SPDX-License-Identifier: Apache-2.0
"""One policy that walks through a log and learns from the rows where it agrees with it.

A row is accepted with probability min(1, c pi / p), with pi the policy's probability of the logged arm,
given all that it has learned so far, and p the logger's (Dudik, Erhan, Langford & Li 2012, algorithm 1, with
c fixed beforehand). On a uniform log c = 1 / K makes that the replay of Li, Chu, Langford & Wang (2011):
accept with probability pi, which is to draw from pi and to keep the row if the draw is what was logged.

Where c pi <= p every context is accepted with probability c, whatever the history. So accepted rows are what
the policy would have met, in law, and how many there are says nothing about them (the bias by length that
Mandel, Liu, Brunskill & Popovic 2016 describe does not arise). Where c pi > p a choice of the policy is
replayed too rarely: `lost` adds up by how much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bandit.core.stage import Stage
from policies import Contributions, Policy
from simulator.logs.partition import Floats
from simulator.logs.rows import Bools
from simulator.replaying.batch import Batch
from simulator.replaying.matches import Matches
from simulator.replaying.results import Course
from simulator.replaying.spread import spread, vectors_for
from simulator.replaying.survey import drawn_with

# Rows scored at once, in usual gaps between two matches: what follows a match is scored again.
_AHEAD = 2.0
_MOST = 4096


class Played(NamedTuple):
    """What a policy made of a batch.

    Args:
        p: its probabilities when each row came, shape (n, K of the log).
        accepted: rows that it learned from, shape (n,); None where it does not learn from its own choices.
    """

    p: Floats
    accepted: Bools | None


@dataclass
class Walker:
    """See above.

    Args:
        label: how it is called in results.
        stage: the placement that it decides for.
        policy: new, and this walker's own.
        columns: arms of the log, of which the placement's are the first.
        acceptance: the factor c.
        coins: what rows are accepted by; its seed is the seed of the replay.
        most: rows scored at once at most; 1 is the plain loop, with the same outcome.
    """

    label: str
    stage: Stage
    policy: Policy
    columns: int
    acceptance: float
    coins: np.random.Generator
    most: int = _MOST
    lost: float = 0.0
    rows: float = 0.0
    closed: int = 0
    _gap: float = field(default=16.0, init=False)

    def play(self, batch: Batch) -> Played:
        """Go through the next rows of the log in order."""
        n = len(batch.rows)
        p = np.zeros((n, self.columns))
        accepted = np.zeros(n, dtype=bool)
        u = self.coins.random(n) * drawn_with(batch.rows)
        start = last = 0
        while start < n:
            # From one match to the next nothing is learned, so all rows between them see the same policy.
            end = min(n, start + max(1, min(self.most, int(_AHEAD * self._gap))))
            found = self._score(batch, slice(start, end), u, p)
            if found is None:
                start = end
                self._gap = max(self._gap, start - last)
            else:
                accepted[found] = True
                self._gap += 0.1 * (found + 1 - last - self._gap)
                start = last = found + 1
        self._count_lost(batch, p)
        return Played(p, accepted)

    def _score(self, batch: Batch, rows: slice, u: Floats, p: Floats) -> int | None:
        """Fill in the probabilities of `rows`, and learn from the first match; its row, None without one."""
        seeds = batch.seeds[rows]
        eligible = batch.eligible[rows]
        x = vectors_for(self.policy, self.stage, batch.x[rows])
        belief = self.policy.believe(self.stage.roster.names, x)
        held = None if batch.held is None else batch.held[rows]
        now = spread(self.policy, self.stage, belief, eligible, seeds=seeds, held=held)
        p[rows, : now.shape[1]] = now
        action = batch.rows.action[rows]
        given = p[np.arange(rows.start, rows.stop), action]
        hit = u[rows] < self.acceptance * given
        first = int(hit.argmax())
        if not hit[first]:
            return None
        arm, row = int(action[first]), int(rows.start) + first
        notes = self.policy.notes(belief, eligible, seeds=seeds)
        reward = batch.r[row : row + 1]
        self.policy.update(
            Contributions(
                arms=[self.stage.roster.names[arm]],
                x=x[first, arm : arm + 1] if self.policy.per_arm else x[first],
                weight=np.ones(1),
                change=reward,
                reward=reward,
                propensity=given[first : first + 1],
                day=batch.day[row : row + 1],
                note=None if notes is None else notes[first, arm : arm + 1],
            )
        )
        return row

    def _count_lost(self, batch: Batch, p: Floats) -> None:
        """How much of the policy's probability was on choices that the log makes too rarely."""
        rows = batch.rows
        given = p[np.arange(len(rows)), rows.action]
        self.lost += float(np.maximum(given / drawn_with(rows) - 1 / self.acceptance, 0.0).sum())
        self.closed += int(np.count_nonzero(~p.any(axis=1)))
        self.rows += len(rows) if rows.keep is None else float((1 / rows.keep).sum())

    def course(self, matches: Matches) -> Course:
        """How it went."""
        lost = self.lost / self.rows if self.rows else 0.0
        return Course(self.label, "anew", matches.count, lost=lost, closed=self.closed, curve=matches.curve())
