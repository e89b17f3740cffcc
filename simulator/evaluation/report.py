# SPDX-License-Identifier: Apache-2.0
"""An evaluation as one HTML page that opens offline, or as a picture. Needs altair and vl-convert."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import vl_convert

from bandit.errors import Invalid
from simulator.evaluation.as_table import notes, table
from simulator.evaluation.conclusion import conclusion, figure
from simulator.evaluation.pictures import charts, picture
from simulator.evaluation.results import Evaluation
from simulator.html_page import Chart, Content, Made, page

TERMS = (
    (
        "value",
        "What the policy would have earned, by this estimator. The interval holds the truth with the "
        "confidence that stands at the foot of this page.",
    ),
    (
        "lift over the logger",
        "How much more that is than what was really earned. If its interval holds 0, the log does not tell "
        "the two apart.",
    ),
    (
        "rows worth",
        "So many rows of a log that the policy had made itself would say as much (Kish). If they are few of "
        "many, the policy mostly does what the logger rarely did.",
    ),
    ("trust", "The figures behind the estimate give no reason to doubt its interval."),
    (
        "caution",
        "The interval may be too short, as the estimate rests on few rows or few rewards; the notes say why.",
    ),
    ("cannot tell", "The log does not hold the answer. Do not decide by this number."),
)


def write_report(
    path: Path,
    result: Evaluation,
    *,
    title: str,
    made: Made,
    more: Sequence[tuple[str, Chart]] = (),
    said: Sequence[str] = (),
) -> None:
    """Write the page, or a PNG of its pictures where the name ends in .png.

    Args:
        path: where.
        result: the evaluation.
        title: of the page.
        made: how it was made.
        more: pictures with their captions, which come after the estimates.
        said: notes beside those of the evaluation.

    Raises:
        Invalid: the name ends in neither .html nor .png.
    """
    if path.suffix == ".html":
        path.write_text(html_of(result, title=title, made=made, more=more, said=said), encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(vl_convert.vegalite_to_png(picture(result, more=more).to_dict(), scale=1.5))
    else:
        raise Invalid(f"report: got {path.name!r}; allowed a name ending in .html or .png", field="report")


def html_of(
    result: Evaluation,
    *,
    title: str,
    made: Made,
    more: Sequence[tuple[str, Chart]] = (),
    said: Sequence[str] = (),
) -> str:
    """The page, conclusion first."""
    columns, rows = table(result, number=lambda value: figure(value, rate=result.clicks))
    content = Content(
        title=f"{title}: evaluation",
        lead=conclusion(result),
        columns=columns,
        rows=rows,
        terms=TERMS,
        said=[*notes(result, concluded=False), *said],
        pictures=charts(result, more=more),
        made=made,
    )
    return page(content)
