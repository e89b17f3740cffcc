# SPDX-License-Identifier: Apache-2.0
"""Evaluation of logs of pages: which estimators a page's probabilities allow, and their answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bandit.errors import Invalid
from simulator.diagnostics import Diagnosis, Diagnostics
from simulator.estimators.protocol import Estimate
from simulator.estimators.sums import RatioSums, Terms
from simulator.evaluation.results import Answer, Evaluation, PolicyResult
from simulator.intervals.paired import paired_difference
from simulator.intervals.student import student_interval
from simulator.logs.check import Finding
from simulator.logs.partition import Partition, Target
from simulator.logs.slate_json import SlateLog
from simulator.slates import SLATE_ESTIMATORS
from simulator.slates.partition import SlateProbabilities, SlateTarget
from simulator.verdict import Verdict, judge


def evaluate_slates(
    log: SlateLog, policies: Sequence[str], *, estimators: Sequence[str] = (), level: float = 0.95
) -> Evaluation:
    """Answer for `uniform` and `logged` on pages.

    Args:
        log: the pages.
        policies: `uniform` or `logged`; others would need a ranking for every page.
        estimators: names; none means all that the log's probabilities allow.
        level: confidence.
    """
    known = {"uniform": log.uniform, "logged": log.pages.logged}
    for text in policies:
        if text not in known:
            raise Invalid(f"policy: got {text!r}; allowed for logs of pages: uniform, logged", field="policy")
    names = list(estimators) or [
        name for name, kind in SLATE_ESTIMATORS.items() if _possible(kind.needs, log)
    ]
    for name in names:
        if name not in SLATE_ESTIMATORS:
            raise Invalid(
                f"estimator: got {name!r}; allowed {', '.join(SLATE_ESTIMATORS)}", field="estimator"
            )
    if not log.pages.rows:
        raise Invalid("log: got no page that can be used; allowed one or more", field="log")
    page = log.pages.reward.sum(axis=1)
    logger = RatioSums()
    logger.add(Terms(page), w=np.ones(page.shape[0]), start=0, keep=log.pages.keep)
    low, high = float(page.min()), float(page.max())
    findings: list[Finding] = []
    if log.dropped:
        findings.append(Finding("propensity outside (0, 1]", log.dropped, "in a slot of the page", True))
    return Evaluation(
        rows=log.pages.rows + log.dropped,
        used=log.pages.rows,
        findings=tuple(findings),
        arms=(),
        reward_range=(low, high),
        range_observed=True,
        logged=_answer("on_policy", logger, logger, Verdict("trust", ()), level),
        policies=tuple(_result(log, text, known[text], names, logger, level) for text in policies),
    )


def _possible(needs: frozenset[str], log: SlateLog) -> bool:
    return all(getattr(log.pages.logged, need, None) is not None for need in needs)


def _result(
    log: SlateLog,
    label: str,
    probability: SlateProbabilities,
    names: Sequence[str],
    logger: RatioSums,
    level: float,
) -> PolicyResult:
    diagnosis = _diagnose(log, probability)
    verdict = judge(diagnosis)
    answers = []
    for name in names:
        estimator = SLATE_ESTIMATORS[name]()
        estimator.add(log.pages, SlateTarget(probability))
        answers.append(_answer(name, estimator.sums, logger, verdict, level))
    return PolicyResult(label, tuple(answers), diagnosis, None, ())


def _diagnose(log: SlateLog, probability: SlateProbabilities) -> Diagnosis | None:
    logged = log.pages.logged.joint
    if logged is None or probability.joint is None:
        raise Invalid("log: got pages without joint probabilities; allowed only with", field="joint")
    seen = Diagnostics()
    page = log.pages.reward.sum(axis=1)
    seen.add(Partition(page, logged, np.zeros(page.shape[0], dtype=np.int64)), Target(probability.joint))
    return seen.diagnose()


def _answer(name: str, sums: RatioSums, logger: RatioSums, verdict: Verdict, level: float) -> Answer:
    value = sums.value()
    if value is None:
        return Answer(name, None, None, verdict, None)
    estimate = Estimate(value, sums.variance() ** 0.5, sums.count, sums.effective_rows)
    lift = paired_difference(sums, logger, level=level)
    return Answer(name, estimate, student_interval(estimate, level=level), verdict, lift)
