# SPDX-License-Identifier: Apache-2.0
"""Learning curves as pictures for the report. Needs altair."""

from __future__ import annotations

import altair as alt

from simulator.evaluation.pictures import WIDTH, chart_of, coloured
from simulator.html_page import Chart
from simulator.replaying.results import Replayed


def curves(result: Replayed) -> list[tuple[str, Chart]]:
    """The mean reward of the matches so far, by match; nothing where nobody matched."""
    rows: list[dict[str, object]] = [
        {"policy": course.label, "matches": point.matches, "mean": point.mean}
        for course in result.courses
        for point in course.curve
    ]
    if not rows:
        return []
    lines = (
        chart_of(rows)
        .mark_line()
        .encode(
            x=alt.X("matches:Q", title="matches"),
            y=alt.Y("mean:Q", title="mean reward of the matches so far", scale=alt.Scale(zero=True)),
            color=coloured(),
        )
    )
    logged = result.evaluation.logged.estimate
    if logged is not None:
        level: list[dict[str, object]] = [{"mean": logged.value}]
        lines += chart_of(level).mark_rule(color="#888", strokeDash=[4, 4]).encode(y="mean:Q")
    return [
        (
            "Learning curves: reward of the rows that each policy was accepted on; the line is the logger",
            lines.properties(width=WIDTH, height=260),
        )
    ]
