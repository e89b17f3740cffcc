# SPDX-License-Identifier: Apache-2.0
"""The verdict on an estimate: trust it, take care, or "this log cannot tell", each with its reasons.

Every limit stands here with why it has its value; docs/evaluation.md explains them to the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.diagnostics import Diagnosis
from simulator.intervals.sway import NONE, Sway

Word = Literal["trust", "caution", "cannot tell"]
Found = list[tuple[Word, str]]

FEW_ROWS = 30.0  # below this no interval in the package has been shown to hold
SCARCE_ROWS = 200.0  # below this the intervals hold but decide little
HEAVY_SHARE = 0.25  # one row decides the sign of most comparisons
NOTABLE_SHARE = 0.05  # one row moves the estimate by more than most effects
OPEN_SUPPORT = 0.05  # the unknown part alone is worth more than most effects
NOTABLE_SUPPORT = 0.001
FEW_REWARDS = 10.0  # the spread of rewards is not known from fewer
MOST_REWARD = 0.5  # without this one row the estimate is another
MUCH_REWARD = 0.1  # as much of the reward as one of ten equal ones has
# Of the variance: what one more such row, or one less, would do to the interval. Among logs of heavy-tailed
# spends whose interval misses, nine of ten have a row above the lower limit (benchmarks/evaluation_truth.md).
MOST_VARIANCE = 0.95
MUCH_VARIANCE = 0.1
MANY_DROPPED = 0.01  # the rest may be a biased sample
OFF_FACTOR = 2.0  # propensities that are wrong by this much make every weight meaningless


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to make of an estimate.

    Args:
        word: the worst of all reasons.
        reasons: one sentence each, empty where there is nothing to say.
    """

    word: Word
    reasons: tuple[str, ...]


def judge(
    diagnosis: Diagnosis | None,
    *,
    weighted: bool = True,
    unbiased: bool = True,
    arm_names: Sequence[str] | None = None,
) -> Verdict:
    """Judge an estimate by the figures behind it.

    Args:
        diagnosis: of the rows; None when there were none.
        weighted: whether the estimator weighs rows at all.
        unbiased: whether it tends to the policy's value without faith in a model.
        arm_names: names of the arms, to say which ones are not supported.
    """
    if diagnosis is None:
        return Verdict("cannot tell", ("the log has no rows",))
    found: Found = []
    if weighted:
        found += _overlap(diagnosis) + _concentration(diagnosis) + _support(diagnosis, arm_names)
        found += _mean_weight(diagnosis)
    else:
        found += _rows(diagnosis)
    found += _rewards(diagnosis)
    if not unbiased:
        found.append(("caution", "it is biased by design: its interval is around its own mean"))
    words = {word for word, _ in found}
    order: tuple[Word, ...] = ("cannot tell", "caution", "trust")
    worst: Word = next((word for word in order if word in words), "trust")
    # what weighs most is said first
    return Verdict(worst, tuple(text for word in order for its, text in found if its == word))


def with_dropped(verdict: Verdict, dropped: float) -> Verdict:
    """The verdict on a log of which a share could not be used."""
    if dropped <= MANY_DROPPED:
        return verdict
    return worse(verdict, "caution", f"{dropped:.1%} of the rows could not be used")


def _rows(seen: Diagnosis) -> Found:
    if seen.rows < FEW_ROWS:
        return [("cannot tell", f"{_counted(seen.rows)}, fewer than {FEW_ROWS:.0f}")]
    if seen.rows < SCARCE_ROWS:
        return [("caution", f"{_counted(seen.rows)}, fewer than {SCARCE_ROWS:.0f}")]
    return []


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _overlap(seen: Diagnosis) -> Found:
    if seen.mean_weight == 0:
        return [("cannot tell", "the policy never shows what was logged")]
    if seen.certain_rows > 0.99 and (seen.zero_rows > 0 or abs(seen.mean_weight - 1) > 1e-9):
        return [("cannot tell", "the logger was deterministic: nothing is known about other arms")]
    if seen.certain_rows > 0.5 and seen.zero_rows > 0:
        share = f"{seen.certain_rows:.0%} of the rows were logged with propensity 1"
        return [("caution", f"{share}: nothing is known about other arms there")]
    return []


def _concentration(seen: Diagnosis) -> Found:
    found: Found = []
    if seen.max_share > HEAVY_SHARE:
        found.append(
            ("cannot tell", f"one row (row {seen.max_row}) holds {seen.max_share:.0%} of all weight")
        )
    elif seen.max_share > NOTABLE_SHARE:
        found.append(("caution", f"one row (row {seen.max_row}) holds {seen.max_share:.1%} of all weight"))
    worth = f"{_counted(seen.rows)} {'is' if seen.rows == 1 else 'are'} worth {seen.effective_rows:,.1f}"
    if seen.effective_rows < FEW_ROWS:
        found.append(("cannot tell", f"{worth}, fewer than {FEW_ROWS:.0f}"))
    elif seen.effective_rows < SCARCE_ROWS:
        found.append(("caution", f"{worth}, fewer than {SCARCE_ROWS:.0f}"))
    return found


def _support(seen: Diagnosis, names: Sequence[str] | None) -> Found:
    if seen.unsupported <= NOTABLE_SUPPORT:
        return []
    arms = [names[i] if names else str(i) for i in seen.unsupported_arms[:3]]
    more = len(seen.unsupported_arms) - len(arms)
    text = f"{seen.unsupported:.1%} of the policy's choices were never logged ({', '.join(arms)}"
    text += f" and {more} more)" if more > 0 else ")"
    return [("cannot tell" if seen.unsupported > OPEN_SUPPORT else "caution", text)]


def _mean_weight(seen: Diagnosis) -> Found:
    if seen.mean_weight == 0 or seen.weights_average == "fine":
        return []
    far = seen.mean_weight > OFF_FACTOR or seen.mean_weight < 1 / OFF_FACTOR
    text = f"weights average {seen.mean_weight:.3f} instead of 1: "
    if seen.weights_average == "wrong":
        text += "propensities may be wrong"
    else:
        text += "the log is too short to tell why, as rows that weigh much are rare in it"
    return [("cannot tell" if far else "caution", text)]


def _rewards(seen: Diagnosis) -> Found:
    found: Found = []
    if seen.max_reward_share > MUCH_REWARD:
        word: Word = "cannot tell" if seen.max_reward_share > MOST_REWARD else "caution"
        carries = f"carries {seen.max_reward_share:.0%} of all reward"
        found.append((word, f"one row (row {seen.max_reward_row}) {carries}"))
    if seen.rewarded_rows < FEW_REWARDS:
        rests = f"it rests on rewards worth {seen.rewarded_rows:.1f} rows"
        found.append(("caution", f"{rests}, fewer than {FEW_REWARDS:.0f}"))
    return found


def with_sway(verdict: Verdict, *, value: Sway, lift: Sway = NONE) -> Verdict:
    """The verdict on an estimate that may hang on one row, and its lift on another.

    Args:
        verdict: by all else.
        value: the row that moves the estimate most.
        lift: the row that moves the difference to the logger most.
    """
    for what, moved in (("value", value), ("lift", lift)):
        if moved.share > MUCH_VARIANCE:
            verdict = worse(verdict, *_hangs(what, moved))
    return verdict


def judge_difference(moved: Sway) -> Verdict:
    """The verdict on a difference between two policies, by the row that it hangs on most."""
    trusted = Verdict("trust", ())
    return worse(trusted, *_hangs("difference", moved)) if moved.share > MUCH_VARIANCE else trusted


def _hangs(what: str, moved: Sway) -> tuple[Word, str]:
    row = f"one row (row {moved.row})" if moved.row >= 0 else "one row"
    word: Word = "cannot tell" if moved.share > MOST_VARIANCE else "caution"
    return word, f"the {what} hangs on {row}, which makes up {moved.share:.0%} of its variance"


def worse(verdict: Verdict, word: Word, text: str) -> Verdict:
    """A verdict with one more reason; what weighs most is said first."""
    order: tuple[Word, ...] = ("trust", "caution", "cannot tell")
    if order.index(word) > order.index(verdict.word):
        return Verdict(word, (text, *verdict.reasons))
    return Verdict(verdict.word, (*verdict.reasons, text))
