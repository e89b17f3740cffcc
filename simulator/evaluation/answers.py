# SPDX-License-Identifier: Apache-2.0
"""From sums to answers: which interval belongs to which estimator, and the verdict on each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.diagnostics import Diagnosis
from simulator.estimators.protocol import Estimate, Estimator, Interval
from simulator.estimators.ratio import RatioOfMeans
from simulator.estimators.sums import RatioSums
from simulator.evaluation.followed import Followed
from simulator.evaluation.logged import LoggedSums
from simulator.evaluation.results import Answer, Comparison, Options, PolicyResult, Trace
from simulator.evaluation.tally import Tally
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.intervals.paired import Difference, paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.score import score_interval
from simulator.intervals.student import student_interval
from simulator.mean_weight import MeanWeight
from simulator.tuning import Tuned
from simulator.verdict import Verdict, judge, with_dropped

PAIRED_BY = ("dr", "sndr", "snips", "ips")


@dataclass(frozen=True)
class Finish:
    """Turns tallies into answers."""

    options: Options
    span: tuple[float, float]
    arms: tuple[str, ...]
    logged: LoggedSums
    dropped: float

    def logger_answer(self) -> Answer:
        """What the logger earned."""
        earned = self.logged.earned
        verdict = self._judge(earned, self.logged.diagnose())
        return Answer(earned.name, earned.estimate(), self._logger_interval(), verdict, None)

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
        verdict = self._judge(estimator, diagnosis)
        if estimate is None:
            return Answer(name, None, None, verdict, None)
        interval = self._interval(estimator, estimate, tally)
        return Answer(name, estimate, interval, verdict, self._lift(name, tally), _whose(estimator))

    def _judge(self, estimator: Estimator, diagnosis: Diagnosis | None) -> Verdict:
        reading, sums = estimator.reading, own_sums(estimator)
        if diagnosis is None and reading.judged_by == "rows":
            return Verdict("caution", ("the log has no propensities: nothing corrects the logger's choices",))
        if diagnosis is not None and reading.judged_by == "own weights" and sums is not None:
            diagnosis = by_own_weights(diagnosis, sums)
        weighted = reading.judged_by != "rows"
        verdict = judge(diagnosis, weighted=weighted, unbiased=reading.unbiased, arm_names=self.arms)
        return with_dropped(verdict, self.dropped)

    def _lift(self, name: str, tally: Tally) -> Difference | None:
        part = self._part(name, tally)
        if part is None:
            return None
        sums = self.logged.earned.sums
        ends = (part[1], score_interval(sums, reward_range=self.span, level=self.options.level))
        return paired_difference(part[0], sums, level=self.options.level, intervals=ends)

    def _part(self, name: str, tally: Tally) -> tuple[RatioSums, Interval] | None:
        """The sums of an estimate and its interval as a part of a difference; None where it has no such."""
        estimator = tally.estimators[name]
        sums, estimate = own_sums(estimator), estimator.estimate()
        if name in tally.refused or sums is None or estimate is None:
            return None
        return sums, self._interval(estimator, estimate, tally, in_difference=True)

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
        sums = self.logged.earned.sums
        return resampled_interval(sums, reward_range=self.span, level=self.options.level)

    def _interval(
        self, estimator: Estimator, estimate: Estimate, tally: Tally, *, in_difference: bool = False
    ) -> Interval:
        options, sums = self.options, own_sums(estimator)
        if options.bootstrap and sums is not None:
            return bootstrap_interval(
                sums, level=options.level, resamples=options.bootstrap, seed=options.seed
            )
        reading, span = estimator.reading, self.span
        if reading.interval == "snips":
            sums = tally.snips.sums
        elif reading.interval == "sndr" and tally.sndr is not None:
            sums = tally.sndr.sums
        if reading.interval == "normal" or sums is None:
            return student_interval(estimate, level=options.level)
        if not reading.unbiased:
            # weights that were made smaller pull the estimate towards 0
            span = min(span[0], 0.0), max(span[1], 0.0)
        if in_difference or options.weight_max is not None:
            interval = score_interval(
                sums, reward_range=span, level=options.level, weight_max=options.weight_max
            )
        else:
            interval = resampled_interval(sums, reward_range=span, level=options.level)
        return Interval(min(interval.low, estimate.value), max(interval.high, estimate.value))


def own_sums(estimator: Estimator) -> RatioSums | None:
    """The sums that an estimate comes from; None where it comes from something else."""
    chosen = estimator.chosen() if isinstance(estimator, Tuned) else estimator
    return chosen.sums if isinstance(chosen, RatioOfMeans) else None


def _whose(estimator: Estimator) -> str:
    """The estimator whose interval an estimate has."""
    interval = estimator.reading.interval
    return interval if interval in ("snips", "sndr") else estimator.name


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
