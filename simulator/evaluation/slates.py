# SPDX-License-Identifier: Apache-2.0
"""Evaluation of logs of pages: which estimators a page's probabilities allow, and their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bandit.errors import Invalid
from simulator.diagnostics import Diagnosis, Diagnostics
from simulator.estimators.protocol import Estimate
from simulator.estimators.sums import RatioSums, Terms
from simulator.evaluation.results import Answer, Comparison, Evaluation, PolicyResult
from simulator.intervals.paired import paired_difference
from simulator.intervals.student import student_interval
from simulator.logs.check import Finding
from simulator.logs.pages import SlateLog
from simulator.logs.partition import Partition, Target
from simulator.slates import SLATE_ESTIMATORS
from simulator.slates.partition import SlatePartition, SlateProbabilities, SlateTarget
from simulator.slates.policies import build_page_policy
from simulator.verdict import Verdict, judge


def evaluate_slates(
    log: SlateLog, policies: Sequence[str], *, estimators: Sequence[str] = (), level: float = 0.95
) -> Evaluation:
    """Answer for policies of whole pages.

    Args:
        log: the pages.
        policies: specs; `logged` is the logger itself.
        estimators: names; none means all that the log's probabilities allow.
        level: confidence.
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
    page = pages.reward.sum(axis=1)
    logger = RatioSums()
    logger.add(Terms(page), w=np.ones(page.shape[0]), start=0, keep=pages.keep)
    low, high = float(page.min()), float(page.max())
    findings: list[Finding] = []
    if log.dropped:
        findings.append(Finding("propensity outside (0, 1]", log.dropped, "in a slot of the page", True))
    tallied = [
        (text, pages.logged if policy is None else log.under(policy)) for text, policy in makers.items()
    ]
    results, sums = [], []
    for text, probability in tallied:
        result, its = _result(pages, text, probability, names, logger, level)
        results.append(result)
        sums.append((text, its))
    return Evaluation(
        rows=pages.rows + log.dropped,
        used=pages.rows,
        findings=tuple(findings),
        arms=(),
        reward_range=(low, high),
        range_observed=True,
        logged=_answer("on_policy", logger, logger, Verdict("trust", ()), level),
        policies=tuple(results),
        differences=tuple(_differences(sums, level)),
    )


def _possible(needs: frozenset[str], pages: SlatePartition) -> bool:
    return all(getattr(pages.logged, need, None) is not None for need in needs)


def _result(
    pages: SlatePartition,
    label: str,
    probability: SlateProbabilities,
    names: Sequence[str],
    logger: RatioSums,
    level: float,
) -> tuple[PolicyResult, dict[str, RatioSums]]:
    diagnosis = _diagnose(pages, probability)
    verdict = judge(diagnosis)
    answers, sums = [], {}
    for name in names:
        estimator = SLATE_ESTIMATORS[name]()
        estimator.add(pages, SlateTarget(probability))
        answers.append(_answer(name, estimator.sums, logger, verdict, level))
        sums[name] = estimator.sums
    return PolicyResult(label, tuple(answers), diagnosis, None, ()), sums


def _differences(several: Sequence[tuple[str, dict[str, RatioSums]]], level: float) -> Iterator[Comparison]:
    """Every policy against those before it, by the first estimator that has a value for both."""
    for i, (later, its) in enumerate(several):
        for earlier, other in several[:i]:
            both = [name for name in its if None not in (its[name].value(), other[name].value())]
            if both:
                difference = paired_difference(its[both[0]], other[both[0]], level=level)
                yield Comparison(later, earlier, both[0], difference)


def _diagnose(pages: SlatePartition, probability: SlateProbabilities) -> Diagnosis | None:
    logged = pages.logged.joint
    if logged is None or probability.joint is None:
        raise Invalid("log: got pages without joint probabilities; allowed only with", field="joint")
    seen = Diagnostics()
    page = pages.reward.sum(axis=1)
    seen.add(Partition(page, logged, np.zeros(page.shape[0], dtype=np.int64)), Target(probability.joint))
    return seen.diagnose()


def _answer(name: str, sums: RatioSums, logger: RatioSums, verdict: Verdict, level: float) -> Answer:
    value = sums.value()
    if value is None:
        return Answer(name, None, None, verdict, None)
    estimate = Estimate(value, sums.variance() ** 0.5, sums.count, sums.effective_rows)
    lift = paired_difference(sums, logger, level=level)
    return Answer(name, estimate, student_interval(estimate, level=level), verdict, lift)
