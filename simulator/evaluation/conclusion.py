# SPDX-License-Identifier: Apache-2.0
"""An evaluation in a sentence or two, and its figures as people read them."""

from __future__ import annotations

import math

from simulator.evaluation.results import Answer, Evaluation, PolicyResult

# estimators by how much they are to be preferred where several answered
_PREFERRED = ("dr", "sndr", "snips", "ips")


def figure(value: float, *, rate: bool = False) -> str:
    """A value with three significant digits, as per cent where it is a rate; never in powers of ten."""
    if rate:
        return f"{figure(100 * value)}%"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}".replace("-0", "0")
    places = min(12, max(0, 2 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def conclusion(result: Evaluation) -> str:
    """Which policy is best, what it earns beside the logger, and whether the log supports that."""
    told = [(policy, answer) for policy in result.policies if (answer := _best_answer(policy)) is not None]
    sure = [(policy, answer) for policy, answer in told if answer.verdict.word != "cannot tell"]
    if not sure:
        reasons = [
            one for policy in result.policies for answer in policy.answers for one in answer.verdict.reasons
        ]
        why = f": {reasons[0]}" if reasons else ""
        return f"This log cannot tell what {_names(result)} would have earned{why}."
    policy, answer = max(sure, key=lambda one: _value(one[1]))
    many = len(result.policies)
    best = f"Of {many} policies {policy.label} is best: it earns" if many > 1 else f"{policy.label} earns"
    earns = f"{best} {_figure(result, _value(answer))} a {result.unit}"
    if result.logged.estimate is not None:
        earns += f" against the logger's {_figure(result, result.logged.estimate.value)}"
    return f"{earns}; {_support(answer)}.{_unsure(result, len(sure))}"


def _best_answer(policy: PolicyResult) -> Answer | None:
    """The answer of the estimator to be preferred, of those whose verdict is best."""
    words = ("trust", "caution", "cannot tell")
    found = [answer for answer in policy.answers if answer.estimate is not None]
    return min(
        found,
        default=None,
        key=lambda one: (
            words.index(one.verdict.word),
            _PREFERRED.index(one.estimator) if one.estimator in _PREFERRED else len(_PREFERRED),
        ),
    )


def _value(answer: Answer) -> float:
    return -math.inf if answer.estimate is None else answer.estimate.value


def _figure(result: Evaluation, value: float) -> str:
    return figure(value, rate=result.clicks)


def _names(result: Evaluation) -> str:
    names = [policy.label for policy in result.policies]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _support(answer: Answer) -> str:
    lift, verdict = answer.lift, answer.verdict
    if lift is None:
        says = "how it compares with the logger is not known"
    elif lift.low > 0:
        says = "the log supports it"
    elif lift.high < 0:
        says = "the log says that the logger earns more"
    else:
        says = "the log does not tell the two apart"
    return says if verdict.word == "trust" else f"{says}, but take care: {verdict.reasons[0]}"


def _unsure(result: Evaluation, sure: int) -> str:
    more = len(result.policies) - sure
    if not more:
        return ""
    return f" It cannot tell about {'one policy' if more == 1 else f'{more} policies'}."
