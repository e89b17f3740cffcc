# SPDX-License-Identifier: Apache-2.0
"""The pictures of an evaluation. Needs altair and vl-convert."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from simulator.diagnostics import Diagnosis
from simulator.evaluation.results import Evaluation
from simulator.html_page import Chart

WIDTH = 560
# weights below it are shown together
LEAST_WEIGHT = 1 / 1024


def write_pictures(folder: Path, result: Evaluation) -> list[Path]:
    """Write each picture as a PNG of its own; the folder is made. Returns the files in order."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, caption, chart in _drawn(result):
        spec = chart.properties(title=alt.TitleParams(caption, anchor="start")).to_dict()
        files.append(folder / f"{name}.png")
        files[-1].write_bytes(vl_convert.vegalite_to_png(spec, scale=1.5))
    return files


def picture(result: Evaluation, *, more: Sequence[tuple[str, Chart]] = ()) -> Chart:
    """All pictures below each other; each keeps its own colours, which would else be one scale."""
    below = [
        chart.properties(title=alt.TitleParams(caption, anchor="start"))
        for caption, chart in charts(result, more=more)
    ]
    return alt.vconcat(*below).resolve_scale(color="independent", xOffset="independent")


def charts(result: Evaluation, *, more: Sequence[tuple[str, Chart]] = ()) -> list[tuple[str, Chart]]:
    """Pictures with their captions, `more` of them after the first; those without data are left out."""
    drawn = [(caption, chart) for _, caption, chart in _drawn(result)]
    return [*drawn[:1], *more, *drawn[1:]]


def _drawn(result: Evaluation) -> list[tuple[str, str, Chart]]:
    """Short names, captions, pictures."""
    drawn = [
        (
            "estimates",
            "Estimates with their intervals; the line is what the logger earned",
            _estimates(result),
        )
    ]
    if result.differences:
        drawn.append(("differences", "How much more one policy is worth than another", _compared(result)))
    shares = [
        {"policy": policy.label, "weight": label, "from": edge, "kind": kind, "share": share}
        for policy in result.policies
        if policy.diagnosis is not None
        for edge, label, rows, weight in _by_size(policy.diagnosis)
        for kind, share in (("rows", rows / policy.diagnosis.rows), ("weight", weight))
    ]
    if shares:
        drawn.append(
            ("weights", "How rows and their weight are spread over sizes of weights", _weights(shares))
        )
    worth = [
        {"policy": policy.label, "row": start + rows, "share": share}
        for policy in result.policies
        if policy.diagnosis is not None
        for start, rows, share in policy.diagnosis.timeline
    ]
    if worth:
        drawn.append(
            (
                "effective_rows",
                "Effective rows over rows, along the log",
                _along(worth, "share", "effective rows / rows"),
            )
        )
    traces = [
        {"policy": f"{policy.label}{of}", "row": row, "low": low, "high": high}
        for policy in result.policies
        for of, trace in (("", policy.trace), (", DR", policy.trace_dr))
        for row, low, high in trace
    ]
    if traces:
        drawn.append(("sequences", "Bounds that hold at all times, along the log", _bands(traces, result)))
    return drawn


def _by_size(diagnosis: Diagnosis) -> list[tuple[float, str, int, float]]:
    """The histogram with names of its edges; the smallest weights share a bar, beside those of 0."""
    bars: dict[float, tuple[str, int, float]] = {}
    for edge, rows, weight in diagnosis.histogram:
        small = 0 < edge < LEAST_WEIGHT
        place = LEAST_WEIGHT / 2 if small else edge
        below = f"< 1/{round(1 / LEAST_WEIGHT)}"
        label = below if small else f"1/{round(1 / edge)}" if 0 < edge < 1 else f"{edge:,.0f}"
        _, more_rows, more_weight = bars.get(place, ("", 0, 0.0))
        bars[place] = (label, rows + more_rows, weight + more_weight)
    return [(place, *bar) for place, bar in sorted(bars.items())]


def chart_of(rows: list[dict[str, object]]) -> Chart:
    """A chart of rows of values, without marks yet."""
    data: Any = alt.Data
    return alt.Chart(data(values=rows))


def _by_policy() -> Any:
    """One picture a policy, its name above it: names may be long."""
    return alt.Row(
        "policy:N",
        title=None,
        header=alt.Header(labelOrient="top", labelAnchor="start", labelAngle=0, labelLimit=WIDTH),
    )


def _axis(result: Evaluation) -> Any:
    """Numbers without powers of ten; rates as per cent."""
    return alt.Axis(format=".3~%" if result.clicks else ",.4~f")


def coloured() -> Any:
    """One colour a policy, their whole names below the picture."""
    return alt.Color("policy:N", title=None, legend=alt.Legend(orient="bottom", columns=1, labelLimit=WIDTH))


def _estimates(result: Evaluation) -> Chart:
    rows: list[dict[str, object]] = [
        {
            "policy": policy.label,
            "estimator": answer.estimator,
            "value": answer.estimate.value,
            "low": answer.interval.low,
            "high": answer.interval.high,
            "verdict": answer.verdict.word,
        }
        for policy in result.policies
        for answer in policy.answers
        if answer.estimate is not None and answer.interval is not None
    ]
    base = chart_of(rows).encode(
        y=alt.Y("estimator:N", title=None),
        color=alt.Color(
            "verdict:N",
            scale=alt.Scale(
                domain=["trust", "caution", "cannot tell"], range=["#17633a", "#c98500", "#a01515"]
            ),
        ),
    )
    marks = [
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", title=f"reward a {result.unit}", axis=_axis(result)), x2="high:Q"
        ),
        base.mark_point(filled=True, size=70).encode(x="value:Q"),
    ]
    if result.logged.estimate is not None:
        marks.append(
            base.mark_rule(color="#888", strokeDash=[4, 4]).encode(
                x=alt.datum(result.logged.estimate.value), y=alt.Y(), color=alt.value("#888")
            )
        )
    return alt.layer(*marks).properties(width=WIDTH).facet(row=_by_policy())


def _compared(result: Evaluation) -> Chart:
    rows: list[dict[str, object]] = [
        {
            "pair": f"{one.first} over {one.second}",
            "value": one.difference.value,
            "low": one.difference.low,
            "high": one.difference.high,
        }
        for one in result.differences
    ]
    base = chart_of(rows).encode(y=alt.Y("pair:N", title=None, axis=alt.Axis(labelLimit=400)))
    return alt.layer(
        base.mark_rule(color="#888", strokeDash=[4, 4]).encode(x=alt.datum(0), y=alt.Y()),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", title=f"difference in reward a {result.unit}", axis=_axis(result)), x2="high:Q"
        ),
        base.mark_point(filled=True, size=70).encode(x="value:Q"),
    ).properties(width=WIDTH)


def _weights(rows: list[dict[str, object]]) -> Chart:
    return (
        chart_of(rows)
        .mark_bar()
        .encode(
            x=alt.X(
                "weight:O",
                title="importance weight, from",
                sort=alt.EncodingSortField(field="from", op="min"),
                axis=alt.Axis(labelAngle=0),
            ),
            xOffset="kind:N",
            y=alt.Y("share:Q", axis=alt.Axis(format="%")),
            color=alt.Color("kind:N", title="share of"),
        )
        .properties(width=WIDTH, height=160)
        .facet(row=_by_policy())
    )


def _along(rows: list[dict[str, object]], column: str, title: str) -> Chart:
    return (
        chart_of(rows)
        .mark_line(point=True)
        .encode(
            x=alt.X("row:Q", title="row of the log"),
            y=alt.Y(f"{column}:Q", title=title, scale=alt.Scale(zero=True)),
            color=coloured(),
        )
        .properties(width=WIDTH, height=200)
    )


def _bands(rows: list[dict[str, object]], result: Evaluation) -> Chart:
    return (
        chart_of(rows)
        .mark_area(opacity=0.4)
        .encode(
            x=alt.X("row:Q", title="row of the log"),
            y=alt.Y("low:Q", title=f"reward a {result.unit}", axis=_axis(result)),
            y2="high:Q",
            color=coloured(),
        )
        .properties(width=WIDTH, height=240)
    )
