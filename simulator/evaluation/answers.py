# SPDX-License-Identifier: Apache-2.0
"""From sums to answers: which interval belongs to which estimator, and the verdict on each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.diagnostics import Diagnosis
from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.protocol import Estimate, Interval
from simulator.estimators.ratio import RatioOfMeans
from simulator.estimators.sums import RatioSums
from simulator.evaluation.followed import Followed
from simulator.evaluation.results import Answer, Comparison, Options, PolicyResult, Trace
from simulator.evaluation.tally import Tally
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.intervals.paired import Difference, paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.score import score_interval
from simulator.intervals.student import student_interval
from simulator.mean_weight import MeanWeight
from simulator.verdict import Verdict, judge

# what can be said without propensities
UNWEIGHTED = ("on_policy", "direct_method")
# whose value has the interval of SNIPS or of SNDR
VALUED_LIKE_SNIPS = frozenset({"ips", "snips", "cressie_read", "empirical_likelihood"})
VALUED_LIKE_SNDR = frozenset({"dr", "sndr"})
# whose weights are not the plain ratio of policy to logger
OWN_WEIGHTS = frozenset({"marginalised_ips", "balanced_ips", "balanced_dr"})
PAIRED_BY = ("dr", "sndr", "snips", "ips")
# share of dropped rows above which the rest may be a biased sample
MANY_DROPPED = 0.01


@dataclass(frozen=True)
class Finish:
    """Turns tallies into answers."""

    options: Options
    span: tuple[float, float]
    arms: tuple[str, ...]
    logger: OnPolicy
    dropped: float

    def logger_answer(self) -> Answer:
        """What the logger earned."""
        estimate = self.logger.estimate()
        return Answer("on_policy", estimate, self._logger_interval(), Verdict("trust", ()), None)

    def result(self, tally: Tally) -> PolicyResult:
        """All answers about one policy."""
        diagnosis = tally.seen.diagnose()
        answers = tuple(self._answer(name, tally, diagnosis) for name in tally.estimators)
        (sequence, trace), (robust, robust_trace) = _along(tally.sequence), _along(tally.sequence_dr)
        refused = tuple(
            one.refused
            for one in (tally.sequence, tally.sequence_dr)
            if one is not None and one.refused is not None
        )
        return PolicyResult(
            tally.policy.label, answers, diagnosis, sequence, trace, robust, robust_trace, refused
        )

    def _answer(self, name: str, tally: Tally, diagnosis: Diagnosis | None) -> Answer:
        if name in tally.refused:
            return Answer(name, None, None, Verdict("cannot tell", (tally.refused[name],)), None)
        estimator = tally.estimators[name]
        estimate = estimator.estimate()
        kind = getattr(estimator, "name", name)
        weighted = kind not in UNWEIGHTED
        unbiased = getattr(estimator, "unbiased", False)
        if diagnosis is not None and kind in OWN_WEIGHTS and isinstance(estimator, RatioOfMeans):
            diagnosis = by_own_weights(diagnosis, estimator.sums)
        verdict = judge(diagnosis, weighted=weighted, unbiased=unbiased, arm_names=self.arms)
        if not weighted and diagnosis is None:
            verdict = Verdict(
                "caution", ("the log has no propensities: nothing corrects the logger's choices",)
            )
        if self.dropped > MANY_DROPPED and verdict.word == "trust":
            verdict = Verdict("caution", (f"{self.dropped:.1%} of the rows could not be used",))
        if estimate is None:
            return Answer(name, None, None, verdict, None)
        sums = estimator.sums if isinstance(estimator, RatioOfMeans) else None
        interval = self._interval(kind, estimate, sums, tally)
        return Answer(name, estimate, interval, verdict, self._lift(name, tally))

    def _lift(self, name: str, tally: Tally) -> Difference | None:
        part = self._part(name, tally)
        if part is None:
            return None
        ends = (part[1], score_interval(self.logger.sums, reward_range=self.span, level=self.options.level))
        return paired_difference(part[0], self.logger.sums, level=self.options.level, intervals=ends)

    def _part(self, name: str, tally: Tally) -> tuple[RatioSums, Interval] | None:
        """The sums of an estimate and its interval as a part of a difference; None where it has no such."""
        estimator = tally.estimators[name]
        if name in tally.refused or not isinstance(estimator, RatioOfMeans):
            return None
        estimate = estimator.estimate()
        if estimate is None:
            return None
        interval = self._interval(estimator.name, estimate, estimator.sums, tally, in_difference=True)
        return estimator.sums, interval

    def difference(self, first: Tally, second: Tally) -> Comparison | None:
        """How much more one policy is worth than another; None where no estimator can pair them."""
        for name in sorted(first.estimators, key=_preference):
            one, other = self._part(name, first), self._part(name, second)
            if one is not None and other is not None:
                ends = (one[1], other[1])
                difference = paired_difference(one[0], other[0], level=self.options.level, intervals=ends)
                return Comparison(first.policy.label, second.policy.label, name, difference)
        return None

    def _logger_interval(self) -> Interval:
        return resampled_interval(self.logger.sums, reward_range=self.span, level=self.options.level)

    def _interval(
        self,
        kind: str,
        estimate: Estimate,
        sums: RatioSums | None,
        tally: Tally,
        *,
        in_difference: bool = False,
    ) -> Interval:
        options = self.options
        if options.bootstrap and sums is not None:
            return bootstrap_interval(
                sums, level=options.level, resamples=options.bootstrap, seed=options.seed
            )
        ratio: RatioSums | None = None
        if kind in VALUED_LIKE_SNIPS:
            ratio = tally.snips.sums
        elif kind in VALUED_LIKE_SNDR and tally.sndr is not None:
            ratio = tally.sndr.sums
        elif kind == "on_policy":
            ratio = sums
        if ratio is None:
            return student_interval(estimate, level=options.level)
        if in_difference or options.weight_max is not None:
            interval = score_interval(
                ratio, reward_range=self.span, level=options.level, weight_max=options.weight_max
            )
        else:
            interval = resampled_interval(ratio, reward_range=self.span, level=options.level)
        return Interval(min(interval.low, estimate.value), max(interval.high, estimate.value))


def _preference(name: str) -> int:
    """Estimators by how well they tell policies apart: doubly robust first, biased ones last."""
    return PAIRED_BY.index(name) if name in PAIRED_BY else len(PAIRED_BY)


def _along(followed: Followed | None) -> tuple[Interval | None, Trace]:
    if followed is None or followed.refused is not None:
        return None, ()
    return followed.sequence.interval(), followed.trace()


def by_own_weights(diagnosis: Diagnosis, sums: RatioSums) -> Diagnosis:
    """The same rows as an estimator sees them that weighs by features or by a mixture of loggers."""
    met = MeanWeight(
        rows=round(sums.count),
        total=sums.weight,
        squared=sums.weight_squared,
        largest=sums.weight_max,
        whole=False,
    )
    return replace(
        diagnosis,
        mean_weight=met.mean,
        mean_weight_error=met.error,
        effective_rows=sums.effective_rows,
        max_weight=sums.weight_max,
        max_share=sums.weight_max / sums.weight if sums.weight else 0.0,
        weights_average=met.judge(),
    )
