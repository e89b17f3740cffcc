# SPDX-License-Identifier: Apache-2.0
"""Everything that is added up about one policy while its log is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from bandit.errors import Invalid
from simulator.diagnostics import Diagnostics
from simulator.estimators.protocol import Estimator
from simulator.estimators.sndr import SNDR
from simulator.estimators.snips import SNIPS
from simulator.evaluation.followed import Followed
from simulator.evaluation.results import Options
from simulator.intervals.confidence_sequence import ConfidenceSequence
from simulator.logs.partition import Floats, Partition, Target
from simulator.targets.policy import Answered, TargetPolicy


@dataclass
class Tally:
    """Everything that is added up about one policy; that of one piece of the log merges into the whole's."""

    policy: TargetPolicy
    estimators: dict[str, Estimator]
    snips: SNIPS = field(default_factory=SNIPS)
    sndr: SNDR | None = None
    seen: Diagnostics = field(default_factory=Diagnostics)
    sequence: Followed | None = None
    sequence_dr: Followed | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def add(
        self, logged: Partition, target: Target, *, weighted: bool, earlier: Target | None = None
    ) -> None:
        """Add the rows of one batch.

        Args:
            logged: the rows.
            target: what the policy would do on them.
            weighted: whether there are propensities to weigh them by.
            earlier: the same with a reward model of earlier rows only.
        """
        for name, estimator in self.estimators.items():
            if name in self.refused:
                continue
            try:
                estimator.add(logged, target)
            except Invalid as refusal:
                # this estimator cannot answer for this policy; the others can
                self.refused[name] = refusal.message
        if not weighted:
            return
        self.snips.add(logged, target)
        self.seen.add(logged, target)
        if self.sndr is not None and target.expected is not None:
            self.sndr.add(logged, target)
        if self.sequence is not None:
            self.sequence.add(logged, target)
        if self.sequence_dr is not None and earlier is not None:
            self.sequence_dr.add(logged, earlier)

    def merge(self, other: Self) -> None:
        """Add what that of the next piece has seen."""
        for name, estimator in self.estimators.items():
            estimator.merge(other.estimators[name])
        self.snips.merge(other.snips)
        self.seen.merge(other.seen)
        self.refused = {**other.refused, **self.refused}
        if self.sndr is not None and other.sndr is not None:
            self.sndr.merge(other.sndr)
        if self.sequence is not None and other.sequence is not None:
            self.sequence.merge(other.sequence)
        if self.sequence_dr is not None and other.sequence_dr is not None:
            self.sequence_dr.merge(other.sequence_dr)

    @classmethod
    def of(
        cls,
        policy: TargetPolicy,
        options: Options,
        *,
        modelled: bool,
        earlier: bool = False,
        apart: bool = False,
    ) -> Self:
        """A fresh one.

        Args:
            policy: whose it is.
            options: what to add up.
            modelled: whether there is a reward model.
            earlier: whether there is one of earlier rows.
            apart: whether it is for one piece of the log, to be merged.
        """
        tally = cls(policy, {name: make() for name, make in options.estimators.items()})
        if modelled:
            tally.sndr = SNDR()
        if options.sequence:
            tally.sequence = _followed(options, apart=apart, doubly_robust=False)
        if options.sequence and earlier:
            tally.sequence_dr = _followed(options, apart=apart, doubly_robust=True)
        return tally


def _followed(options: Options, *, apart: bool, doubly_robust: bool) -> Followed:
    if options.reward_range is None:
        raise Invalid("sequence: got no reward range; allowed only with one", field="reward_range")
    return Followed(
        ConfidenceSequence(
            reward_range=options.reward_range, level=options.level, doubly_robust=doubly_robust
        ),
        apart,
    )


def target_of(logged: Partition, answered: Answered, q: Floats | None) -> Target:
    """What a policy answered, in the shape that estimators take."""
    if answered.probabilities is not None:
        return Target.of(logged, answered.probabilities, q=q)
    if answered.probability is None:
        raise Invalid("policy: got no probabilities; allowed vectors or those of the shown arms")
    return Target(answered.probability)
