# SPDX-License-Identifier: Apache-2.0
"""An evaluation as rows of text for the terminal, and the notes below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from simulator.evaluation.conclusion import conclusion
from simulator.evaluation.results import Answer, Evaluation, Learning, PolicyResult

COLUMNS = ("policy", "estimator", "value", "interval", "lift over the logger", "rows worth", "verdict")
SHOWN_BROKEN = 3


def five_digits(value: float) -> str:
    """Five significant digits."""
    return f"{value:.5g}"


def table(
    result: Evaluation, *, number: Callable[[float], str] = five_digits
) -> tuple[Sequence[str], list[list[str]]]:
    """Columns and rows: the logger first, then every policy with every estimator.

    `number` writes values.
    """
    rows = [_row("(logger)", result.logged, number)]
    rows += [_row(policy.label, answer, number) for policy in result.policies for answer in policy.answers]
    return COLUMNS, rows


def _row(label: str, answer: Answer, number: Callable[[float], str]) -> list[str]:
    if answer.estimate is None or answer.interval is None:
        return [label, answer.estimator, "none", "", "", "", answer.verdict.word]
    interval = f"{number(answer.interval.low)} to {number(answer.interval.high)}"
    lift = ""
    if answer.lift is not None:
        sign = "+" if answer.lift.value >= 0 else ""
        ends = f"{number(answer.lift.low)} to {number(answer.lift.high)}"
        lift = f"{sign}{number(answer.lift.value)} ({ends})"
    worth = f"{answer.estimate.effective_rows:,.1f}"
    value = number(answer.estimate.value)
    return [label, answer.estimator, value, interval, lift, worth, answer.verdict.word]


def notes(result: Evaluation, *, broken: Sequence[str] = (), concluded: bool = True) -> list[str]:
    """What the reader must know: the conclusion, the log's faults, the verdicts' reasons, the assumptions.

    Args:
        result: the evaluation.
        broken: lines that could not be read, in words.
        concluded: whether to begin with the conclusion.
    """
    lines = [conclusion(result)] if concluded and result.policies else []
    lines.append(f"{result.used:,} of {result.rows:,} rows used")
    if result.learning is not None:
        lines += _learned(result.learning)
    if broken:
        shown = "; ".join(broken[:SHOWN_BROKEN])
        lines.append(f"log: {len(broken)} lines could not be read: {shown}")
    lines += [f"log: {count:,} left out: {why}" for why, count in result.skipped.items()]
    for finding in result.findings:
        fate = ", left out" if finding.dropped else ""
        lines.append(f"log: {finding.name}: {finding.count:,}{fate}; {finding.example}")
    if result.range_observed:
        low, high = result.reward_range
        lines.append(
            f"intervals assume rewards from {low:g} to {high:g}, by what the log shows: see --reward-range"
        )
    lines += _borrowed(result)
    for one in result.differences:
        ends = f"{five_digits(one.difference.low)} to {five_digits(one.difference.high)}"
        doubt = "".join(f"; {one.verdict.word}: {reason}" for reason in one.verdict.reasons)
        lines.append(
            f"{one.first} over {one.second}: {one.difference.value:+.4g} ({ends}) by {one.estimator}{doubt}"
        )
    for policy in result.policies:
        lines += _reasons(policy)
        for what, sequence in (("", policy.sequence), (" of DR", policy.sequence_dr)):
            if sequence is not None:
                ends = f"{five_digits(sequence.low)} and {five_digits(sequence.high)}"
                lines.append(f"{policy.label}: at all times between {ends} (confidence sequence{what})")
        lines += [f"{policy.label}: {note}" for note in policy.notes]
    return lines


def _borrowed(result: Evaluation) -> list[str]:
    """Which estimators have the interval of another."""
    lenders: dict[str, list[str]] = {}
    for answer in result.policies[0].answers if result.policies else ():
        if answer.interval is not None and answer.interval_of not in ("", answer.estimator.partition(":")[0]):
            lenders.setdefault(answer.interval_of, []).append(answer.estimator)
    return [
        f"{', '.join(names)}: the interval is that of {lender}, of the same value, stretched to the estimate"
        for lender, names in lenders.items()
    ]


def _learned(learning: Learning) -> list[str]:
    """Where the log was cut, and what was chosen on its first part."""
    at = f"row {learning.at:,.0f}"
    if learning.by == "time":
        at = datetime.fromtimestamp(learning.at, UTC).isoformat(timespec="seconds")
    lines = [f"they are those from {at} on; the {learning.rows:,} before were learned from"]
    return lines + [
        f"{one.spec}: the best of {len(one.tried)} candidates for {one.searched}, tried on rows learned from"
        for one in learning.chosen
    ]


def _reasons(policy: PolicyResult) -> list[str]:
    """Each verdict with its reasons once, and the estimators that it concerns."""
    concerned: dict[tuple[str, str], list[str]] = {}
    for answer in policy.answers:
        if answer.verdict.reasons:
            key = (answer.verdict.word, "; ".join(answer.verdict.reasons))
            concerned.setdefault(key, []).append(answer.estimator)
    everyone = len(policy.answers)
    return [
        f"{policy.label}{'' if len(names) == everyone else ' (' + ', '.join(names) + ')'}: {word}: {reasons}"
        for (word, reasons), names in concerned.items()
    ]
