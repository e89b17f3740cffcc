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
from simulator.intervals.paired import Difference, bootstrap_difference, paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.score import score_interval
from simulator.intervals.student import student_interval
from simulator.intervals.sway import influence_of, sway
from simulator.mean_weight import MeanWeight
from simulator.tuning import Tuned
from simulator.verdict import Verdict, judge, judge_difference, with_dropped, with_sway

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
        if earned.sums.count:
            verdict = with_sway(verdict, value=sway(influence_of(earned.sums)))
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
        interval, lift = self._interval(estimator, estimate, tally), self._difference(name, tally, None)
        sums = self._spread(estimator, tally)
        if sums is not None and lift is not None:
            verdict = with_sway(verdict, value=sway(influence_of(sums)), lift=lift.sway)
        return Answer(name, estimate, interval, verdict, lift, _whose(estimator))

    def _judge(self, estimator: Estimator, diagnosis: Diagnosis | None) -> Verdict:
        reading, sums = estimator.reading, own_sums(estimator)
        if diagnosis is None and reading.judged_by == "rows":
            return Verdict("caution", ("the log has no propensities: nothing corrects the logger's choices",))
        if diagnosis is not None and reading.judged_by == "own weights" and sums is not None:
            diagnosis = by_own_weights(diagnosis, sums)
        weighted = reading.judged_by != "rows"
        verdict = judge(diagnosis, weighted=weighted, unbiased=reading.unbiased, arm_names=self.arms)
        return with_dropped(verdict, self.dropped)

    def difference(self, first: Tally, second: Tally) -> Comparison | None:
        """How much more one policy is worth than another; None where no estimator can pair them."""
        for name in sorted(first.estimators, key=_preference):
            found = self._difference(name, first, second)
            if found is not None:
                return Comparison(
                    first.policy.label, second.policy.label, name, found, judge_difference(found.sway)
                )
        return None

    def _difference(self, name: str, first: Tally, second: Tally | None) -> Difference | None:
        """How much more a policy is worth than another or the logger; None where it cannot be paired."""
        logged = self.logged.earned.sums
        if first.estimators[name].reading.interval == "sndr" and first.sndr is not None:
            logged = self.logged.modelled
        one = self._part(name, first)
        other = (logged, logged.value() or 0.0) if second is None else self._part(name, second)
        if one is None or other is None:
            return None
        options = self.options
        found = paired_difference(
            one[0], other[0], level=options.level, logged=logged, reward_range=self.span
        )
        low, high, value = found.low, found.high, one[1] - other[1]
        if options.bootstrap:
            ends = bootstrap_difference(
                one[0], other[0], level=options.level, resamples=options.bootstrap, seed=options.seed
            )
            low, high = ends.low, ends.high
        if found.standard_error == 0.0 and low == high:
            # what is left of a policy against itself is rounding
            value = found.value
        return replace(found, value=value, low=min(low, value), high=max(high, value))

    def _part(self, name: str, tally: Tally) -> tuple[RatioSums, float] | None:
        """What an estimate is compared by: sums that it spreads like, and its value."""
        estimator = tally.estimators[name]
        sums, estimate = self._spread(estimator, tally), estimator.estimate()
        if name in tally.refused or sums is None or estimate is None or own_sums(estimator) is None:
            return None
        return sums, estimate.value

    def _spread(self, estimator: Estimator, tally: Tally) -> RatioSums | None:
        """The sums whose interval an estimate has; None where it has that of its standard error."""
        interval = estimator.reading.interval
        if interval == "snips":
            return tally.snips.sums
        if interval == "sndr" and tally.sndr is not None:
            return tally.sndr.sums
        return None if interval == "normal" else own_sums(estimator)

    def _logger_interval(self) -> Interval:
        sums = self.logged.earned.sums
        return resampled_interval(sums, reward_range=self.span, level=self.options.level)

    def _interval(self, estimator: Estimator, estimate: Estimate, tally: Tally) -> Interval:
        options, sums = self.options, own_sums(estimator)
        if options.bootstrap and sums is not None:
            return bootstrap_interval(
                sums, level=options.level, resamples=options.bootstrap, seed=options.seed
            )
        sums, span = self._spread(estimator, tally), self.span
        if sums is None:
            return student_interval(estimate, level=options.level)
        if not estimator.reading.unbiased:
            # weights that were made smaller pull the estimate towards 0
            span = min(span[0], 0.0), max(span[1], 0.0)
        if options.weight_max is not None:
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
