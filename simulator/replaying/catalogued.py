# SPDX-License-Identifier: Apache-2.0
"""A log of our own as another catalogue would have met it: who is eligible, and the vectors, page by page.

What was known of a visitor, which arms the caller excluded and how often a visitor had been shown what are
taken from the log. The last is as the log has it: what else would have been shown earlier is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from bandit.core.caps import Caps
from bandit.core.catalogue import Placement
from bandit.core.draw import chance
from bandit.core.features import UNIT, Encoder
from bandit.core.rules import Rule
from bandit.core.stage import Stage
from bandit.errors import Invalid
from policies import build
from simulator.logs.rows import Bools, Log, Rows
from simulator.replaying.batch import Batch, Counts, Pages, days_of, quantised
from simulator.replaying.recorded import Page, Recorded

PAGES_AT_ONCE = 4096
_EXCLUDED = "excluded by the caller"


@dataclass(frozen=True)
class CataloguedSource:
    """The pages of one placement under a catalogue that need not be the one they were logged with.

    Args:
        recorded: the log.
        stage: the placement as the catalogue has it.
        first_only: leave out all slots but the first.
    """

    recorded: Recorded
    stage: Stage
    first_only: bool = False
    _encodes: bool = field(init=False)

    def __post_init__(self) -> None:
        placement = self.stage.placement
        if placement.slots > self.recorded.most:
            raise Invalid(
                f"slots: got {placement.slots}; the log shows {self.recorded.most} and knows of no others",
                field="slots",
            )
        if not placement.arms:
            raise Invalid("arms: got none; allowed one or more", field="arms")
        for name, arm in placement.arms.items():
            for unknown in sorted(_fields(arm.eligible) - self.recorded.fields):
                raise Invalid(
                    f"arms.{name}.eligible: got field {unknown!r}, which no decision of the log knows; "
                    f"it knows {', '.join(sorted(self.recorded.fields)) or 'none'}",
                    field=f"arms.{name}.eligible",
                )
        object.__setattr__(self, "_encodes", bool(placement.features.fields))

    @property
    def log(self) -> Log:
        """The slots as rows; columns are the placement's arms, then those that it has no more."""

        def batches() -> Iterator[Rows]:
            return (batch.rows for batch in self.batches())

        arms = (*self.stage.roster.names, *self._gone())
        count = self.recorded.pages if self.first_only else self.recorded.rows
        return Log(arms, (), batches, self.recorded.broken, self.recorded.skipped, count=count)

    def _gone(self) -> list[str]:
        return [arm for arm in self.recorded.arms if arm not in self.stage.placement.arms]

    @property
    def least(self) -> float:
        """The least scaled reward that there can be."""
        return self.stage.placement.reward.least

    def batches(self) -> Iterator[Batch]:
        """All pages in order, some thousand at once."""
        caps, start = Caps(), 0
        limits = {name: arm.cap for name, arm in self.stage.placement.arms.items() if arm.cap}
        caps.configure(self.stage.name, limits, now=0.0)
        codes = {name: i for i, name in enumerate(self.log.arms)}
        pages_in_order = self.recorded.read()
        while pages := list(islice(pages_in_order, PAGES_AT_ONCE)):
            batch = self._batch(pages, caps, codes, start)
            start += len(batch.rows)
            yield batch

    def _batch(self, pages: Sequence[Page], caps: Caps, codes: dict[str, int], start: int) -> Batch:
        dice = chance([page.decision_id for page in pages], self.stage.name, count=1)
        standing = np.array([self._eligible(page, caps) for page in pages])
        held = dice.u[:, 0] < self.stage.placement.holdout
        x = self._vectors(pages)
        shown = [
            (i, slot) for i, page in enumerate(pages) for slot in page.slots[: 1 if self.first_only else None]
        ]
        shown = [(i, slot) for i, slot in shown if slot.slot < self.stage.placement.slots]
        page = np.array([i for i, _ in shown], dtype=np.int64)
        rule = self.stage.placement.reward
        at = np.array([pages[i].at for i in page])
        n, columns = len(shown), len(codes)
        whole, was_open = np.zeros((n, columns)), np.zeros((n, columns), dtype=bool)
        open_arms = standing[page]
        for row, (i, slot) in enumerate(shown):
            were = [codes[arm] for arm in pages[i].arms]
            whole[row, were] = slot.probabilities
            was_open[row, were] = True
            above = [codes[other.arm] for other in pages[i].slots[: slot.slot]]
            was_open[row, above] = False
            open_arms[row, [arm for arm in above if arm < open_arms.shape[1]]] = False
        reward = np.array([slot.reward for _, slot in shown])
        rows = Rows(
            reward=reward,
            action=np.array([codes[slot.arm] for _, slot in shown], dtype=np.int64),
            propensity=np.array([slot.propensity for _, slot in shown]),
            probabilities=whole,
            eligible=was_open,
            context=np.asarray(x[page] * UNIT, dtype=np.float64),
            at=at,
            identity=np.array([f"{pages[i].decision_id}/{slot.slot}" for i, slot in shown], dtype=np.str_),
            position=np.array([slot.slot for _, slot in shown], dtype=np.int64),
            start=start,
        )
        return Batch(
            rows=rows,
            x=x[page],
            eligible=open_arms,
            r=quantised(np.clip(reward, *rule.range) / rule.scale),
            day=days_of(at, n),
            seeds=[dice.seeds[i] for i in page],
            held=held[page],
            page=page,
            pages=Pages(pages, x, standing, held, dice.seeds),
        )

    def _eligible(self, page: Page, caps: Caps) -> Bools:
        """Who may be shown on a page; what the page did show then counts for caps."""
        name, roster = self.stage.name, self.stage.roster
        excluded = frozenset(arm for arm, why in page.left_out.items() if why == _EXCLUDED)
        before = caps.counts(name, page.user, at=page.at) if page.user else {}
        standing = roster.eligible(at=page.at, known=page.context, exclude=excluded, shown=before)
        if page.user and caps.any(name):
            for slot in page.slots:
                caps.add(name, slot.arm, page.user, at=page.at, now=page.at)
        return standing.mask

    def _vectors(self, pages: Sequence[Page]) -> Counts:
        """Vectors of the requests: as logged, or made anew where all fields that they need are logged."""
        if self._encodes:
            return self.stage.encoder.encode([page.context for page in pages])
        dimension = self.stage.encoder.dimension
        for page in pages:
            if len(page.x) != 1 or has_vectors_of_arms(page.policy):
                raise Invalid(
                    f"log: got vectors of single arms from policy {page.policy}; "
                    "allowed those of requests, or a catalogue with features.fields",
                    field="features",
                )
            if len(page.x[0]) != dimension:
                raise Invalid(
                    f"features.dimension: got {dimension}; the log has vectors of {len(page.x[0])}",
                    field="features.dimension",
                )
        return np.rint(np.array([page.x[0] for page in pages]) / UNIT).astype("<i2")


def stage_of(name: str, placement: Placement) -> Stage:
    """A placement made ready; its features must have been resolved."""
    return Stage(name, placement, Encoder(placement.features, {}))


def has_vectors_of_arms(kind: str) -> bool:
    """Whether a policy of this kind logs a vector for each arm shown."""
    return build({"kind": kind}, dimension=2).per_arm


def _fields(rule: Rule | None) -> set[str]:
    if rule is None:
        return set()
    parts = [*(rule.all or ()), *(rule.any or ()), *([rule.negated] if rule.negated else [])]
    return ({rule.field} if rule.field else set()).union(*(_fields(part) for part in parts))
