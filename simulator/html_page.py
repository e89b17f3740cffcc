# SPDX-License-Identifier: Apache-2.0
"""A report as one HTML page that opens offline: conclusion, table, notes, pictures, how it was made."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import vl_convert

# altair's own types change from release to release
Chart = Any

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; font-weight: 600; }
.lead { font-size: 1.25rem; line-height: 1.4; margin: 1rem 0 1.5rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #8886; padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; }
.trust { color: #1f7a48; } .caution { color: #a86b00; } .cannot { color: #c02626; font-weight: 600; }
figure { margin: 2rem 0; } figcaption { font-weight: 600; margin-bottom: 0.5rem; }
figure > div { background: #fff; color-scheme: light; }
dl { font-size: 0.85rem; } dt { font-weight: 600; } dd { margin: 0 0 0.4rem; }
footer { border-top: 1px solid #8886; margin-top: 2rem; font-size: 0.8rem; }
footer code { overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, slots=True)
class Made:
    """How a report was made, for its foot.

    Args:
        words: of the command.
        version: of slotwise.
        date: as it is to be shown.
        level: confidence of the intervals.
        seed: of all chance, None where there is none.
    """

    words: Sequence[str]
    version: str
    date: str
    level: float
    seed: int | None = None

    def __str__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"slotwise {self.version}, {self.date}, intervals of {self.level:.4g} confidence{seed}"


@dataclass(frozen=True, slots=True)
class Content:
    """What a page says, from its top to its foot.

    Args:
        title: of the page.
        lead: the conclusion in a sentence.
        columns, rows: the table; a last column "verdict" is coloured.
        terms: words of the table with what they mean.
        said: notes.
        pictures: captions with their pictures.
        made: how it was made.
    """

    title: str
    lead: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    terms: Sequence[tuple[str, str]]
    said: Sequence[str]
    pictures: Sequence[tuple[str, Chart]]
    made: Made


def page(content: Content) -> str:
    """The whole page, with the scripts that draw its pictures."""
    figures = "".join(
        f'<figure><figcaption>{html.escape(caption)}</figcaption><div id="picture{i}"></div></figure>'
        for i, (caption, _) in enumerate(content.pictures)
    )
    terms = "".join(
        f"<dt>{html.escape(word)}</dt><dd>{html.escape(meaning)}</dd>" for word, meaning in content.terms
    )
    points = "".join(f"<li>{html.escape(note)}</li>" for note in content.said)
    specs = json.dumps([chart.to_dict() for _, chart in content.pictures]).replace("</", "<\\/")
    title = html.escape(content.title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f'<h1>{title}</h1><p class="lead">{html.escape(content.lead)}</p>{_table(content)}'
        f"<ul>{points}</ul><dl>{terms}</dl>{figures}"
        f"<footer><p>{html.escape(str(content.made))}</p>"
        f"<p><code>{html.escape(shlex.join(content.made.words))}</code></p></footer>"
        f'<script type="module">{drawing()}</script>'
        f'<script type="module">{specs}.forEach((spec, i) => draw("#picture" + i, spec));</script>'
        "</body></html>"
    )


def _table(content: Content) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in content.columns)
    body = ""
    for row in content.rows:
        cells = [f"<td>{html.escape(cell)}</td>" for cell in row]
        if content.columns[-1] == "verdict":
            cells[-1] = f'<td class="{row[-1].split()[0]}">{html.escape(row[-1])}</td>'
        body += f"<tr>{''.join(cells)}</tr>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@cache
def drawing() -> str:
    """The scripts that draw pictures, as one text: nothing is loaded when the page is opened."""
    made: str = vl_convert.javascript_bundle(
        "globalThis.draw = (place, spec) => vegaEmbed(place, spec, {actions: false});"
    )
    return made.replace("</script", "<\\/script")
