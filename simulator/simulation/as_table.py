# SPDX-License-Identifier: Apache-2.0
"""Standings as rows of text for the terminal and the report."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.simulation.results import SeedMean, Standing

COLUMNS = ("world", "policy", "reward", "interval", "of the oracle", "regret", "lead over the first")


def table(found: Sequence[Standing]) -> tuple[Sequence[str], list[list[str]]]:
    """Columns, and a row for every policy in every world."""
    return COLUMNS, [_row(one) for one in found]


def _row(one: Standing) -> list[str]:
    return [
        one.world,
        one.policy,
        f"{one.reward.value:.4g}",
        _interval(one.reward, "{:.4g}"),
        f"{one.share.value:.1%}",
        f"{one.regret.value:,.1f}",
        "" if one.lead is None else f"{one.lead.value:+.4g}{_interval(one.lead, '{:+.4g}', bracket=True)}",
    ]


def _interval(mean: SeedMean, form: str, *, bracket: bool = False) -> str:
    if mean.low is None or mean.high is None:
        return ""
    text = f"{form.format(mean.low)} to {form.format(mean.high)}"
    return f" ({text})" if bracket else text


def conclusion(found: Sequence[Standing]) -> str:
    """Which policy earned most in each world, and how near that is to the best possible."""
    best: dict[str, Standing] = {}
    for one in found:
        if one.world not in best or one.reward.value > best[one.world].reward.value:
            best[one.world] = one
    return " ".join(
        f"In {world} {one.policy} earns most: {one.reward.value:.3g} a round, "
        f"{one.share.value:.0%} of the best possible{_beside(one)}."
        for world, one in best.items()
    )


def _beside(one: Standing) -> str:
    """Whether the best is known to be better than the first."""
    if one.lead is None or one.lead.low is None:
        return ""
    return ", ahead of the first" if one.lead.low > 0 else ", though not surely more than the first"


def notes(found: Sequence[Standing], *, level: float) -> list[str]:
    """What the reader must know: how many rounds and seeds, what a reward is, what the holdout earned."""
    lines = []
    worlds = {one.world: one for one in found}
    for world, one in worlds.items():
        rounds, seeds = one.seasons[0].task.rounds, len(one.seasons)
        said = f"{seeds} seeds" if seeds > 1 else "1 seed, so no interval: see --seeds"
        lines.append(
            f"{world}: {rounds:,} rounds, {said}; the best page would earn {one.oracle.value:.4g} a round"
        )
        held = [season.earned["holdout"].rate for season in one.seasons if season.earned["holdout"].slots]
        if held:
            rate = sum(rate or 0.0 for rate in held) / len(held)
            lines.append(f"{world}: the uniform holdout earned {rate:.4g} a slot")
    lines.append(
        f"reward: expected clicks a round, from the world's own rates; intervals: {level:.0%}, over seeds; "
        "regret: what the best pages would have earned beyond that"
    )
    return lines
