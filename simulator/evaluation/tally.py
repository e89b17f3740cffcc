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
from simulator.evaluation.results import Options
from simulator.intervals.confidence_sequence import ConfidenceSequence
from simulator.logs.partition import Floats, Partition, Target
from simulator.targets.policy import Answered, TargetPolicy

# points of a confidence sequence kept for a picture, a batch
TRACE_POINTS = 100


@dataclass
class Tally:
    """Everything that is added up about one policy."""

    policy: TargetPolicy
    estimators: dict[str, Estimator]
    snips: SNIPS = field(default_factory=SNIPS)
    sndr: SNDR | None = None
    seen: Diagnostics = field(default_factory=Diagnostics)
    sequence: ConfidenceSequence | None = None
    trace: list[tuple[int, float, float]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def add(self, logged: Partition, target: Target, *, weighted: bool) -> None:
        """Add the rows of one batch."""
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
            low, high = self.sequence.add(logged, target)
            for i in range(len(low) - 1, -1, -max(1, len(low) // TRACE_POINTS)):
                self.trace.append((logged.start + i, float(low[i]), float(high[i])))

    @classmethod
    def of(cls, policy: TargetPolicy, options: Options, *, modelled: bool) -> Self:
        """A fresh one; `modelled` says whether there is a reward model."""
        tally = cls(policy, {name: make() for name, make in options.estimators.items()})
        if modelled:
            tally.sndr = SNDR()
        if options.sequence:
            if options.reward_range is None:
                raise Invalid("sequence: got no reward range; allowed only with one", field="reward_range")
            tally.sequence = ConfidenceSequence(reward_range=options.reward_range, level=options.level)
        return tally


def target_of(logged: Partition, answered: Answered, q: Floats | None) -> Target:
    """What a policy answered, in the shape that estimators take."""
    if answered.probabilities is not None:
        return Target.of(logged, answered.probabilities, q=q)
    if answered.probability is None:
        raise Invalid("policy: got no probabilities; allowed vectors or those of the shown arms")
    return Target(answered.probability)
