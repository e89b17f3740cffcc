# SPDX-License-Identifier: Apache-2.0
"""An evaluation as JSON; docs/evaluation.md lists the fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.diagnostics import Diagnosis
from simulator.estimators.protocol import Interval
from simulator.evaluation.conclusion import conclusion
from simulator.evaluation.results import Answer, Evaluation, Learning
from simulator.intervals.paired import Difference


def as_json(result: Evaluation, *, broken: Sequence[str] = ()) -> dict[str, Any]:
    """The whole result as plain values.

    Args:
        result: the evaluation.
        broken: lines that could not be read, in words.
    """
    return {
        "conclusion": conclusion(result) if result.policies else None,
        "log": {
            "rows": result.rows,
            "used": result.used,
            "arms": list(result.arms),
            "broken_lines": list(broken),
            "left_out": dict(result.skipped),
            "findings": [
                {
                    "name": finding.name,
                    "count": finding.count,
                    "example": finding.example,
                    "dropped": finding.dropped,
                }
                for finding in result.findings
            ],
        },
        "reward_range": {"low": result.reward_range[0], "high": result.reward_range[1]}
        | {"observed": result.range_observed},
        "learning": _learning(result.learning),
        "logged": _answer(result.logged),
        "differences": [
            {"policy": one.first, "than": one.second, "estimator": one.estimator}
            | _difference(one.difference)
            | {"verdict": one.verdict.word, "reasons": list(one.verdict.reasons)}
            for one in result.differences
        ],
        "policies": [
            {
                "policy": policy.label,
                "estimates": [_answer(answer) for answer in policy.answers],
                "diagnosis": _diagnosis(policy.diagnosis),
                "sequence": _ends(policy.sequence),
                "sequence_dr": _ends(policy.sequence_dr),
                "notes": list(policy.notes),
            }
            for policy in result.policies
        ],
    }


def _learning(learning: Learning | None) -> dict[str, Any] | None:
    if learning is None:
        return None
    return {
        "by": learning.by,
        "at": learning.at,
        "rows": learning.rows,
        "searched": [
            {
                "policy": chosen.spec,
                "from": chosen.searched,
                "trials": chosen.trials,
                "tried": [{"policy": one.spec, "score": one.score} for one in chosen.tried],
            }
            for chosen in learning.chosen
        ],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    estimate, interval, lift = answer.estimate, answer.interval, answer.lift
    return {
        "estimator": answer.estimator,
        "value": None if estimate is None else estimate.value,
        "standard_error": None if estimate is None else estimate.standard_error,
        "effective_rows": None if estimate is None else estimate.effective_rows,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "interval_of": answer.interval_of or answer.estimator,
        "lift": None if lift is None else _difference(lift),
        "verdict": answer.verdict.word,
        "reasons": list(answer.verdict.reasons),
    }


def _difference(difference: Difference) -> dict[str, float]:
    return {"value": difference.value, "low": difference.low, "high": difference.high}


def _ends(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else {"low": interval.low, "high": interval.high}


def _diagnosis(diagnosis: Diagnosis | None) -> dict[str, Any] | None:
    if diagnosis is None:
        return None
    return {
        "rows": diagnosis.rows,
        "mean_weight": diagnosis.mean_weight,
        "mean_weight_error": diagnosis.mean_weight_error,
        "effective_rows": diagnosis.effective_rows,
        "max_weight": diagnosis.max_weight,
        "max_share": diagnosis.max_share,
        "max_row": diagnosis.max_row,
        "certain_rows": diagnosis.certain_rows,
        "zero_rows": diagnosis.zero_rows,
        "unsupported": diagnosis.unsupported,
        "unsupported_arms": list(diagnosis.unsupported_arms),
        "rewarded_rows": diagnosis.rewarded_rows,
        "max_reward_share": diagnosis.max_reward_share,
        "max_reward_row": diagnosis.max_reward_row,
    }
