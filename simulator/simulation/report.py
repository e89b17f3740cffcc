# SPDX-License-Identifier: Apache-2.0
"""A simulation as one HTML page that opens offline, or as pictures. Needs altair and vl-convert."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import vl_convert

from bandit.errors import Invalid
from simulator.evaluation.pictures import chart_of
from simulator.html_page import Chart, Content, Made, page
from simulator.logs.partition import Floats
from simulator.simulation.as_table import conclusion, notes, table
from simulator.simulation.results import SeedMean, Standing

WIDTH, HEIGHT = 520, 240
BESIDE = 370  # width where pictures of several worlds stand side by side
STRETCHES = 40  # of a learning curve
ORACLE = "best possible"
TERMS = (
    ("reward", "What the policy earned a round on average, by the world's own rates."),
    ("of the oracle", "The share of what the best pages would have earned."),
    ("regret", "What the best pages would have earned beyond that, in all rounds together."),
    ("lead over the first", "How much more a round than the first policy of the table."),
)


def write_report(path: Path, found: Sequence[Standing], *, made: Made) -> None:
    """Write the page, or a PNG of all pictures where the name ends in .png.

    Raises:
        Invalid: the name ends in neither .html nor .png.
    """
    if path.suffix == ".html":
        path.write_text(html_of(found, made=made), encoding="utf-8")
    elif path.suffix == ".png":
        below = [
            chart.properties(title=_title(caption)) for _, caption, chart in charts(found, level=made.level)
        ]
        whole = alt.vconcat(*below).resolve_scale(color="independent")
        path.write_bytes(_png(whole))
    else:
        raise Invalid(f"report: got {path.name!r}; allowed a name ending in .html or .png", field="report")


def write_pictures(folder: Path, found: Sequence[Standing], *, level: float) -> None:
    """Write one PNG a picture into a folder, which is made if there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, caption, chart in charts(found, level=level):
        (folder / f"{name}.png").write_bytes(_png(chart.properties(title=_title(caption))))


def _title(caption: str) -> Any:
    return alt.TitleParams(caption, anchor="start")


def _png(chart: Chart) -> bytes:
    drawn: bytes = vl_convert.vegalite_to_png(chart.to_dict(), scale=1.5)
    return drawn


def html_of(found: Sequence[Standing], *, made: Made) -> str:
    """The page, conclusion first."""
    columns, rows = table(found)
    worlds = ", ".join(dict.fromkeys(one.world for one in found))
    content = Content(
        title=f"{worlds}: simulation",
        lead=conclusion(found),
        columns=columns,
        rows=rows,
        terms=TERMS,
        said=notes(found, level=made.level),
        pictures=[(caption, chart) for _, caption, chart in charts(found, level=made.level)],
        made=made,
    )
    return page(content)


def charts(found: Sequence[Standing], *, level: float) -> list[tuple[str, str, Chart]]:
    """Pictures, each with the name of its file and its caption."""
    return [
        ("reward", f"What policies earned in all, with {level:.0%} intervals over seeds", _rewards(found)),
        (
            "learning",
            "Learning: expected reward a round, stretch by stretch; dashed is the best possible",
            _lines(_stretched(found), "expected reward a round", banded=False),
        ),
        (
            "regret",
            "Regret: what the best pages would have earned beyond that, so far",
            _lines(_regrets(found, level=level), "regret, in rewards", banded=True),
        ),
    ]


def _rewards(found: Sequence[Standing]) -> Chart:
    rows: list[dict[str, object]] = [
        {
            "world": one.world,
            "policy": one.policy,
            "value": one.reward.value,
            "low": one.reward.value if one.reward.low is None else one.reward.low,
            "high": one.reward.value if one.reward.high is None else one.reward.high,
            "oracle": one.oracle.value,
        }
        for one in found
    ]
    y = alt.Y("policy:N", title=None, sort=None)
    base = chart_of(rows)
    drawn = alt.layer(
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", title="expected reward a round", scale=alt.Scale(zero=True)), x2="high:Q", y=y
        ),
        base.mark_point(filled=True, size=70).encode(x="value:Q", y=y),
        base.mark_rule(color="#888", strokeDash=[4, 4]).encode(x="max(oracle):Q"),
    )
    return _by_world(drawn, rows).resolve_scale(x="independent")


def _by_world(drawn: Chart, rows: list[dict[str, object]], **size: int) -> Chart:
    """The same picture for every world, two in a row."""
    worlds = list(dict.fromkeys(str(row["world"]) for row in rows))
    width = WIDTH if len(worlds) == 1 else BESIDE
    by = alt.Facet("world:N", title=None, sort=worlds)
    return drawn.properties(width=width, **size).facet(facet=by, columns=2)


def _lines(rows: list[dict[str, object]], title: str, *, banded: bool) -> Chart:
    names = list(dict.fromkeys(str(row["policy"]) for row in rows))
    colour = alt.Color(
        "policy:N", title=None, sort=names, legend=alt.Legend(symbolType="stroke", symbolOpacity=1)
    )
    base = chart_of(rows)
    lines = base.mark_line().encode(
        x=alt.X("round:Q", title="round"),
        y=alt.Y("value:Q", title=title),
        color=colour,
        strokeDash=alt.condition(f"datum.policy == '{ORACLE}'", alt.value([4, 4]), alt.value([1, 0])),
    )
    bands = base.mark_area(opacity=0.2).encode(x="round:Q", y="low:Q", y2="high:Q", color=colour)
    drawn = alt.layer(*([bands] if banded else []), lines)
    return _by_world(drawn, rows, height=HEIGHT).resolve_scale(x="independent", y="independent")


def _stretched(found: Sequence[Standing]) -> list[dict[str, object]]:
    """Reward a round within each of some stretches, at their ends; the best possible comes last."""
    rows: list[dict[str, object]] = []
    oracle: dict[str, list[dict[str, object]]] = {}
    for one in found:
        curves = [season.curve for season in one.seasons]
        shown = np.mean([curve.expected for curve in curves], axis=0)
        best = np.mean([curve.best for curve in curves], axis=0)
        rows += _stretches(one.world, one.policy, curves[0].round, shown)
        oracle.setdefault(one.world, _stretches(one.world, ORACLE, curves[0].round, best))
    return rows + [row for several in oracle.values() for row in several]


def _stretches(world: str, policy: str, rounds: Floats, sums: Floats) -> list[dict[str, object]]:
    edges = np.unique(np.linspace(0, len(rounds), STRETCHES + 1).round().astype(int))
    ends, earned = (np.concatenate([[0.0], each])[edges] for each in (rounds, sums))
    values = np.diff(earned) / np.diff(ends)
    return [
        {"world": world, "policy": policy, "round": end, "value": value}
        for end, value in zip(ends[1:].tolist(), values.tolist(), strict=True)
    ]


def _regrets(found: Sequence[Standing], *, level: float) -> list[dict[str, object]]:
    """Mean regret so far, with its interval over seeds."""
    rows: list[dict[str, object]] = []
    for one in found:
        regrets = np.array([season.curve.regret for season in one.seasons])
        for i, round_ in enumerate(one.seasons[0].curve.round.tolist()):
            mean = SeedMean.of(regrets[:, i], level=level)
            ends = (mean.value, mean.value) if mean.low is None else (max(mean.low, 0.0), mean.high)
            rows.append(
                {
                    "world": one.world,
                    "policy": one.policy,
                    "round": round_,
                    "value": mean.value,
                    "low": ends[0],
                    "high": ends[1],
                }
            )
    return rows
