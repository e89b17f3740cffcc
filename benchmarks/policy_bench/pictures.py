# SPDX-License-Identifier: Apache-2.0
"""The picture of regret for docs/policies.md, from the curves that the learning benchmark leaves behind.

python -m policy_bench.pictures        (in benchmarks/)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

Curves = Mapping[str, Mapping[str, Sequence[float]]]

# In these worlds the best arm always earns 1, so regret is what is missing to that.
WORLDS = ("digits", "image segments", "letter")
SHOWN = ("default", "thompson", "logistic_thompson", "MABWiser LinTS", "Vowpal Wabbit squarecb", "uniform")
EVERY = 20


def draw_regret(curves: Curves, path: Path) -> None:
    """Draw mean regret by round, a panel for each world; without altair, draw nothing and say so."""
    if find_spec("altair") is None or find_spec("vl_convert") is None:
        print("No picture: altair or vl-convert is missing (pip install slotwise[bench]).")
        return
    import altair as alt  # noqa: PLC0415

    rows = [
        {"world": world, "policy": short(name), "round": EVERY * (i + 1), "regret": EVERY * (i + 1) - earned}
        for world in WORLDS
        for name, curve in curves.get(world, {}).items()
        if short(name)
        for i, earned in enumerate(curve)
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line()
        .encode(
            x=alt.X("round:Q", title="requests"),
            y=alt.Y("regret:Q", title="regret: rewards missed so far"),
            color=alt.Color("policy:N", sort=list(SHOWN), title=None),
            strokeDash=alt.condition("datum.policy == 'uniform'", alt.value([4, 4]), alt.value([1, 0])),
        )
        .properties(width=230, height=220)
        .facet(column=alt.Column("world:N", title=None, sort=list(WORLDS)))
        .resolve_scale(y="independent")
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(path), scale_factor=1.0)


def short(name: str) -> str:
    """Return the name to show in the legend, empty when the policy is left out."""
    return next((each for each in SHOWN if name.strip("*").startswith(each)), "")


if __name__ == "__main__":
    here = Path(__file__).parent.parent
    known = json.loads((here / "learning_curves.json").read_text(encoding="utf-8"))
    draw_regret(known, here.parent / "docs" / "pictures" / "policies-regret.png")
