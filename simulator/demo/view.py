# SPDX-License-Identifier: Apache-2.0
"""The demo's live view in the terminal, made for 80 columns and 24 lines."""

from __future__ import annotations

from datetime import UTC, datetime

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bandit.core.catalogue import Arm
from simulator.demo.standing import Standing, interval, percent, times
from simulator.demo.store import ArmReport, Mean, title
from simulator.worlds.promos import PLACEMENT

LEARNED, HOLDOUT, ORACLE = "green", "yellow", "cyan"
BAR = 10
CURVE = 60
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"


def view(standing: Standing) -> RenderableType:
    """Everything at a glance."""
    return Group(_head(standing), _arms(standing), _rates(standing), _curve(standing), _foot(standing))


def _head(standing: Standing) -> Text:
    return Text.assemble(
        ("slotwise demo", "bold"),
        f"  {PLACEMENT}, {standing.report.policy}  ",
        (f"{standing.address}/console/", "bold underline"),
    )


def _arms(standing: Standing) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, width=80)
    table.add_column("promo", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("share of slots", no_wrap=True, width=BAR + 9)
    table.add_column("clicked", justify="right", no_wrap=True, width=7)
    table.add_column("95 %, any time", justify="right", no_wrap=True, width=14)
    widest = max((each.share for each in standing.report.arms), default=0.0)
    for each in standing.report.arms:
        arm = standing.placement.arms.get(each.arm)
        table.add_row(title(each.arm, arm), *_numbers(each, arm, widest))
    return table


def _numbers(each: ArmReport, arm: Arm | None, widest: float) -> tuple[Text, Text, Text]:
    if reason := _why_not_shown(arm):
        return Text(reason, style="dim"), Text(""), Text("")
    bounds = interval(each.reward).strip(" []")
    share = Text.assemble(
        (bar(each.share / widest if widest else 0.0, width=BAR), LEARNED), percent(each.share).rjust(8)
    )
    return share, Text(percent(each.reward.mean)), Text(bounds, style="dim")


def _why_not_shown(arm: Arm | None) -> str:
    now = datetime.now(UTC)
    if arm is None:
        return "deleted"
    if arm.paused:
        return "paused"
    if arm.starts_at and arm.starts_at > now:
        return f"starts {arm.starts_at:%Y-%m-%d}"
    return f"ended {arm.ends_at:%Y-%m-%d}" if arm.ends_at and arm.ends_at <= now else ""


def _rates(standing: Standing) -> Table:
    report = standing.report
    top = max(standing.oracle or 0.0, report.learned.mean or 0.0, report.holdout.mean or 0.0)
    table = Table.grid(padding=(0, 2))
    rows = (
        ("oracle", ORACLE, Mean(standing.oracle), "the best pages for these visitors"),
        ("learned", LEARNED, report.learned, _achieved(standing)),
        ("holdout", HOLDOUT, report.holdout, f"uniform at random{interval(report.holdout)}"),
    )
    for name, colour, rate, remark in rows:
        length = (rate.mean or 0.0) / top if top else 0.0
        table.add_row(
            Text(name, style=colour),
            Text(percent(rate.mean).rjust(6), style="bold"),
            Text(bar(length, width=22), style=colour),
            Text(remark, style="dim"),
        )
    return table


def _achieved(standing: Standing) -> str:
    of_oracle = percent(standing.share_of_oracle, digits=0)
    return f"{times(standing.times_holdout)} the holdout, {of_oracle} of the oracle"


def _curve(standing: Standing) -> Text:
    shares = standing.curve(points=CURVE)
    line = "".join(_LEVELS[min(int(max(share, 0.0) * len(_LEVELS)), len(_LEVELS) - 1)] for share in shares)
    return Text.assemble(
        "\nof the oracle ", (line, LEARNED), (f" {percent(shares[-1], digits=0)}" if shares else "")
    )


def _foot(standing: Standing) -> Text:
    met = standing.met
    text = Text.assemble(
        (f"{met.visitors:,}", "bold"),
        " visitors  ",
        (f"{standing.per_s():.1f}", "bold"),
        " decisions/s  ",
        (f"{met.clicks:,}", "bold"),
        f" clicks  {standing.at_s:.0f} s  ",
        ("Ctrl-C stops", "dim"),
    )
    if met.failed:
        text.append(f"\n{met.failed} requests failed: {met.problem}"[:79], style="red")
    return text


def bar(share: float, *, width: int) -> str:
    """A bar of eighths of a character, as long as its share of the width."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)
