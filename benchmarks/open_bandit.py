# SPDX-License-Identifier: Apache-2.0
"""Evaluation on real data: the Open Bandit sample, both loggers, three campaigns, beside published figures.

Each campaign was logged twice, by a uniform policy and by Bernoulli Thompson sampling, so what one log says
of the other policy can be held against what that really earned. Writes benchmarks/open_bandit.md and its
picture. The parameters of the sampling policy come with obp 0.5.7 (see benchmarks/evaluation.py for how it is
installed); without it only the uniform policy is evaluated.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import altair as alt
import numpy as np
import vl_convert
import yaml

from simulator.datasets import DATASETS, fetch
from simulator.evaluation.fitting import fit_on
from simulator.evaluation.results import Answer, Options, PolicyResult
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.open_bandit import read_open_bandit
from simulator.targets import build_target

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "pictures" / "open-bandit.svg"
CAMPAIGNS, LOGGERS, SLOTS, DRAWS = ("all", "men", "women"), ("random", "bts"), 3, 100_000
NAMES = {"random": "uniform", "bts": "Bernoulli TS"}
# intervals that reach further would hide all others
CUT = 2.0
# clicks per impression in the whole logs, in per cent (Saito, Aihara, Matsutani & Narita 2020, table 1)
PUBLISHED = {
    ("all", "random"): 0.35,
    ("all", "bts"): 0.50,
    ("men", "random"): 0.51,
    ("men", "bts"): 0.67,
    ("women", "random"): 0.48,
    ("women", "bts"): 0.64,
}


@dataclass(frozen=True)
class Found:
    """What one log says of the policy that wrote the other one.

    Args:
        campaign: of the shop.
        logger: which policy wrote the log.
        policy: which one is evaluated.
        result: the answers about it.
        earned: clicks per impression of that policy in its own sample.
    """

    campaign: str
    logger: str
    policy: str
    result: PolicyResult
    earned: float

    def answer(self, estimator: str) -> Answer:
        """One estimator's answer."""
        return next(one for one in self.result.answers if one.estimator == estimator)


def priors() -> dict[str, dict[str, list[float]]] | None:
    """Parameters of the sampling policy, None without obp, which is only looked for, not imported."""
    spec = importlib.util.find_spec("obp")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "policy" / "conf" / "prior_bts.yaml"
    found: dict[str, dict[str, list[float]]] = yaml.safe_load(path.read_text("utf-8"))
    return found


def sampling_table(prior: dict[str, list[float]]) -> str:
    """How often each arm takes each slot when every arm draws from its Beta law and the largest win."""
    g = np.random.default_rng(0)
    draws = g.beta(prior["alpha"], prior["beta"], size=(DRAWS, len(prior["alpha"])))
    ranked = np.argsort(-draws, axis=1)[:, :SLOTS]
    lines = ["arm,probability,position"]
    for slot in range(SLOTS):
        shares = np.bincount(ranked[:, slot], minlength=draws.shape[1]) / DRAWS
        lines += [f"{arm},{share!r},{slot}" for arm, share in enumerate(shares.tolist())]
    return "\n".join(lines) + "\n"


def everything() -> Iterator[Found]:
    """Each campaign, each log, the policy of the other one."""
    known = priors()
    for logger, policy in (LOGGERS, LOGGERS[::-1]):
        for campaign in CAMPAIGNS:
            log = read_open_bandit(fetch(DATASETS[f"open-bandit-{logger}-{campaign}"]))
            other = read_open_bandit(fetch(DATASETS[f"open-bandit-{policy}-{campaign}"]))
            earned = float(np.concatenate([rows.reward for rows in other.batches()]).mean())
            if policy == "bts" and known is None:
                continue
            with tempfile.TemporaryDirectory() as folder:
                spec = "uniform"
                if policy == "bts" and known is not None:
                    path = Path(folder) / "policy.csv"
                    path.write_text(sampling_table(known[campaign]), "utf-8")
                    spec = f"table:file={path}"
                makers = build_estimators(["ips", "snips", "dr"], modelled=True)
                options = Options(estimators=makers, reward_range=(0.0, 1.0))
                result = evaluate(log, [build_target(spec)], options=options, model=fit_on(log))
            yield Found(campaign, logger, policy, result.policies[0], earned)


def cell(answer: Answer) -> str:
    """An answer in per cent."""
    if answer.estimate is None or answer.interval is None:
        return "none"
    low, high = 100 * answer.interval.low, 100 * answer.interval.high
    return f"{100 * answer.estimate.value:.2f} % ({low:.2f} to {high:.2f})"


def table(several: list[Found]) -> list[str]:
    """Rows in Markdown."""
    lines = [
        "| campaign | log | policy | really | published | IPS | SNIPS | DR | rows worth | verdict |",
        "|---" * 10 + "|",
    ]
    for one in several:
        answers = [cell(one.answer(name)) for name in ("ips", "snips", "dr")]
        estimate = one.answer("snips").estimate
        worth = "" if estimate is None else f"{estimate.effective_rows:,.1f}"
        cells = [
            one.campaign,
            NAMES[one.logger],
            NAMES[one.policy],
            f"{100 * one.earned:.2f} %",
            f"{PUBLISHED[one.campaign, one.policy]:.2f} %",
            *answers,
            worth,
            one.answer("snips").verdict.word,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def picture(several: list[Found]) -> str:
    """Intervals of SNIPS and DR, with what was really earned and what was published, as SVG."""
    rows: list[dict[str, Any]] = []
    for one in several:
        log = f"{NAMES[one.logger]} log"
        pair = f"{one.campaign}: {NAMES[one.policy]}, from the {log}"
        for name in ("snips", "dr"):
            place = {"pair": pair, "estimator": name.upper()}
            answer = one.answer(name)
            if answer.estimate is not None and answer.interval is not None:
                ends = {"low": 100 * answer.interval.low, "high": min(100 * answer.interval.high, CUT)}
                value = {"rate": 100 * answer.estimate.value, "what": answer.verdict.word}
                rows.append({**place, **value, **ends, "kind": "estimate"})
            rows += [
                {**place, "what": "earned in its own sample", "rate": 100 * one.earned, "kind": "truth"},
                {
                    **place,
                    "what": "published, whole log",
                    "rate": PUBLISHED[one.campaign, one.policy],
                    "kind": "truth",
                },
            ]
    colours = alt.Scale(
        domain=["trust", "caution", "cannot tell", "earned in its own sample", "published, whole log"],
        range=["#17633a", "#c98500", "#a01515", "#555555", "#2a6fdb"],
    )
    data: Any = alt.Data
    base = alt.Chart(data(values=rows)).encode(
        y=alt.Y("estimator:N", title=None), color=alt.Color("what:N", title=None, scale=colours)
    )
    estimates = base.transform_filter("datum.kind == 'estimate'")
    at = alt.X("rate:Q", title=f"clicks per 100 impressions (cut at {CUT:g})")
    drawn = (
        alt.layer(
            estimates.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q"), x2="high:Q"),
            estimates.mark_point(filled=True, size=60).encode(x=at),
            base.transform_filter("datum.kind == 'truth'").mark_tick(thickness=2, size=16).encode(x=at),
        )
        .properties(width=420, height=44)
        .facet(
            row=alt.Row(
                "pair:N",
                title=None,
                sort=list(dict.fromkeys(row["pair"] for row in rows)),
                header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=300),
            )
        )
    )
    svg: str = vl_convert.vegalite_to_svg(drawn.to_dict())
    return svg


def main() -> None:
    """Evaluate everything, write the page and the picture."""
    found = list(everything())
    lines = [
        "# The Open Bandit sample",
        "",
        "`python benchmarks/open_bandit.py` writes this page. 10,000 impressions a log; linear reward model;",
        "95 % intervals; really: what the evaluated policy earned in its own sample of 10,000 impressions;",
        "published: over the whole logs of 0.5 to 12 million (Saito et al. 2020, table 1).",
        "",
        *table(found),
    ]
    text = "\n".join(lines) + "\n"
    (HERE / "open_bandit.md").write_text(text, encoding="utf-8")
    PICTURE.write_text(picture(found), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
