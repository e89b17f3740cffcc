# SPDX-License-Identifier: Apache-2.0
"""Evaluation of logs of pages: which estimators a page's probabilities allow, and their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bandit.errors import Invalid
from simulator.diagnostics import Diagnosis, Diagnostics
from simulator.estimators.protocol import Estimate, Interval
from simulator.estimators.sums import RatioSums
from simulator.evaluation.logged import LoggedSums
from simulator.evaluation.results import Answer, Comparison, Evaluation, PolicyResult
from simulator.intervals.paired import Difference, paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.sway import NONE, influence_of, sway
from simulator.logs.finding import Finding
from simulator.logs.pages import SlateLog
from simulator.logs.partition import Floats, Partition, Target
from simulator.slates import SLATE_ESTIMATORS
from simulator.slates.partition import SlatePartition, SlateProbabilities, SlateTarget
from simulator.slates.policies import build_page_policy
from simulator.verdict import Verdict, judge, judge_difference, with_dropped, with_sway


def evaluate_slates(
    log: SlateLog,
    policies: Sequence[str],
    *,
    estimators: Sequence[str] = (),
    level: float = 0.95,
    reward_range: tuple[float, float] | None = None,
) -> Evaluation:
    """Answer for policies of whole pages.

    Args:
        log: the pages.
        policies: specs; `logged` is the logger itself.
        estimators: names; none means all that the log's probabilities allow.
        level: confidence.
        reward_range: the least and the largest reward of a page; None takes what the log shows.

    Raises:
        Invalid: no page can be used, or something is asked for that there is not.
    """
    makers = {text: None if text == "logged" else build_page_policy(text) for text in policies}
    if not log.shown:
        raise Invalid("log: got no page that can be used; allowed one or more", field="log")
    pages = log.partition()
    names = list(estimators) or [
        name for name, kind in SLATE_ESTIMATORS.items() if _possible(kind.needs, pages)
    ]
    for name in names:
        if name not in SLATE_ESTIMATORS:
            raise Invalid(
                f"estimator: got {name!r}; allowed {', '.join(SLATE_ESTIMATORS)}", field="estimator"
            )
    logged = LoggedSums()
    logged.add(_as_rows(pages, np.ones(pages.rows)))
    left_out = log.dropped + sum(one.count for one in log.findings if one.dropped)
    lost = left_out + len(log.broken)
    finish = _Finish(level, logged, logged.reward_range(reward_range), lost / (lost + pages.rows))
    tallied = [
        (text, pages.logged if policy is None else log.under(policy)) for text, policy in makers.items()
    ]
    results, sums = [], []
    for text, probability in tallied:
        result, its = finish.result(pages, text, probability, names)
        results.append(result)
        sums.append((text, its))
    findings = [Finding("propensity outside (0, 1]", log.dropped, "in a slot of the page", True)]
    return Evaluation(
        rows=pages.rows + left_out,
        used=pages.rows,
        findings=(*(findings if log.dropped else ()), *log.findings),
        skipped=log.skipped,
        arms=(),
        reward_range=finish.span,
        range_observed=reward_range is None,
        logged=finish.logger_answer(),
        clicks=logged.clicks,
        unit="page",
        policies=tuple(results),
        differences=tuple(finish.differences(sums)),
    )


def _possible(needs: frozenset[str], pages: SlatePartition) -> bool:
    return all(getattr(pages.logged, need, None) is not None for need in needs)


def _as_rows(pages: SlatePartition, propensity: Floats) -> Partition:
    """Pages as rows of one slot, which is the whole page."""
    page = pages.reward.sum(axis=1)
    return Partition(
        page, propensity, np.zeros(pages.rows, dtype=np.int64), keep=pages.keep, start=pages.start
    )


@dataclass(frozen=True)
class _Finish:
    """Turns sums over pages into answers, as `answers.Finish` does with those over rows."""

    level: float
    logged: LoggedSums
    span: tuple[float, float]
    dropped: float

    def logger_answer(self) -> Answer:
        """What the logger earned a page."""
        return self._answer(
            "on_policy", self.logged.earned.sums, self._judge(self.logged.diagnose(), weighted=False)
        )

    def result(
        self, pages: SlatePartition, label: str, probability: SlateProbabilities, names: Sequence[str]
    ) -> tuple[PolicyResult, dict[str, RatioSums]]:
        """All answers about one policy, and their sums by estimator."""
        if pages.logged.joint is None or probability.joint is None:
            raise Invalid("log: got pages without joint probabilities; allowed only with", field="joint")
        seen = Diagnostics()
        seen.add(_as_rows(pages, pages.logged.joint), Target(probability.joint))
        diagnosis = seen.diagnose()
        verdict, answers, sums = self._judge(diagnosis), [], {}
        for name in names:
            estimator = SLATE_ESTIMATORS[name]()
            estimator.add(pages, SlateTarget(probability))
            answers.append(self._answer(name, estimator.sums, verdict, lift=True))
            sums[name] = estimator.sums
        return PolicyResult(label, tuple(answers), diagnosis, None, ()), sums

    def _judge(self, diagnosis: Diagnosis | None, *, weighted: bool = True) -> Verdict:
        return with_dropped(judge(diagnosis, weighted=weighted), self.dropped)

    def _answer(self, name: str, sums: RatioSums, verdict: Verdict, *, lift: bool = False) -> Answer:
        value = sums.value()
        if value is None:
            return Answer(name, None, None, verdict, None)
        estimate = Estimate(value, sums.variance() ** 0.5, sums.count, sums.effective_rows)
        difference = self._difference(sums, self.logged.earned.sums) if lift else None
        moved = NONE if difference is None else difference.sway
        verdict = with_sway(verdict, value=sway(influence_of(sums)), lift=moved)
        return Answer(name, estimate, self._interval(sums, value), verdict, difference)

    def _interval(self, sums: RatioSums, value: float) -> Interval:
        interval = resampled_interval(sums, reward_range=self.span, level=self.level)
        return Interval(min(interval.low, value), max(interval.high, value))

    def _difference(self, first: RatioSums, second: RatioSums) -> Difference:
        logged = self.logged.earned.sums
        return paired_difference(first, second, level=self.level, logged=logged, reward_range=self.span)

    def differences(self, several: Sequence[tuple[str, dict[str, RatioSums]]]) -> Iterator[Comparison]:
        """Every policy against those before it, by the first estimator that has a value for both."""
        for i, (later, its) in enumerate(several):
            for earlier, other in several[:i]:
                both = [name for name in its if None not in (its[name].value(), other[name].value())]
                if both:
                    difference = self._difference(its[both[0]], other[both[0]])
                    yield Comparison(later, earlier, both[0], difference, judge_difference(difference.sway))
