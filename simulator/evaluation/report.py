# SPDX-License-Identifier: Apache-2.0
"""An evaluation as one HTML page that opens offline, or as a picture. Needs altair and vl-convert."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from bandit.errors import Invalid
from simulator.evaluation.as_table import notes, table
from simulator.evaluation.results import Evaluation

# altair's own types change from release to release
Chart = Any

WIDTH = 560
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { border-bottom: 1px solid #ccc; padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; }
.trust { color: #17633a; } .caution { color: #8a5a00; } .cannot { color: #a01515; font-weight: 600; }
figure { margin: 2rem 0; } figcaption { font-weight: 600; margin-bottom: 0.5rem; }
"""


def write_report(
    path: Path,
    result: Evaluation,
    *,
    title: str,
    more: Sequence[tuple[str, Chart]] = (),
    said: Sequence[str] = (),
) -> None:
    """Write the page, or a PNG of its pictures where the name ends in .png.

    Args:
        path: where.
        result: the evaluation.
        title: of the page.
        more: pictures with their captions, which come after the estimates.
        said: notes beside those of the evaluation.

    Raises:
        Invalid: the name ends in neither .html nor .png.
    """
    if path.suffix == ".html":
        path.write_text(page(result, title=title, more=more, said=said), encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(vl_convert.vegalite_to_png(picture(result, more=more).to_dict(), scale=1.5))
    else:
        raise Invalid(f"report: got {path.name!r}; allowed a name ending in .html or .png", field="report")


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


def page(
    result: Evaluation, *, title: str, more: Sequence[tuple[str, Chart]] = (), said: Sequence[str] = ()
) -> str:
    """The page: table, reasons, pictures, and the scripts that draw them."""
    columns, rows = table(result)
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[:-1])
        + f'<td class="{row[-1].split()[0]}">{html.escape(row[-1])}</td></tr>'
        for row in rows
    )
    points = "".join(f"<li>{html.escape(note)}</li>" for note in [*notes(result), *said])
    drawn = charts(result, more=more)
    figures = "".join(
        f'<figure><figcaption>{html.escape(caption)}</figcaption><div id="picture{i}"></div></figure>'
        for i, (caption, _) in enumerate(drawn)
    )
    specs = json.dumps([chart.to_dict() for _, chart in drawn]).replace("</", "<\\/")
    name = html.escape(title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}: evaluation</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>{name}</h1><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<ul>{points}</ul>{figures}<script type="module">{drawing()}</script>'
        f'<script type="module">{specs}.forEach((spec, i) => draw("#picture" + i, spec));</script>'
        "</body></html>"
    )


@cache
def drawing() -> str:
    """The scripts that draw pictures, as one text: nothing is loaded when the page is opened."""
    made: str = vl_convert.javascript_bundle(
        "globalThis.draw = (place, spec) => vegaEmbed(place, spec, {actions: false});"
    )
    return made.replace("</script", "<\\/script")


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
        {"policy": policy.label, "weight": edge, "kind": kind, "share": share}
        for policy in result.policies
        if policy.diagnosis is not None
        for edge, rows, weight in policy.diagnosis.histogram
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
        drawn.append(("sequences", "Bounds that hold at all times, along the log", _bands(traces)))
    return drawn


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
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="reward per decision"), x2="high:Q"),
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
            x=alt.X("low:Q", title="difference in reward per decision"), x2="high:Q"
        ),
        base.mark_point(filled=True, size=70).encode(x="value:Q"),
    ).properties(width=WIDTH)


def _weights(rows: list[dict[str, object]]) -> Chart:
    return (
        chart_of(rows)
        .mark_bar()
        .encode(
            x=alt.X("weight:O", title="importance weight, from", axis=alt.Axis(format=".3~g")),
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


def _bands(rows: list[dict[str, object]]) -> Chart:
    return (
        chart_of(rows)
        .mark_area(opacity=0.4)
        .encode(
            x=alt.X("row:Q", title="row of the log"),
            y=alt.Y("low:Q", title="reward per decision"),
            y2="high:Q",
            color=coloured(),
        )
        .properties(width=WIDTH, height=240)
    )
