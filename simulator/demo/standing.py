# SPDX-License-Identifier: Apache-2.0
"""How the demo stands: the server's report, what the visitors tell, and the lines that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bandit.core.catalogue import Placement
from simulator.demo.store import Mean, Report
from simulator.visitors import Met


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The visitors' sums at one moment, in seconds since they came in."""

    at_s: float
    visitors: int
    shown: float
    best: float


@dataclass(slots=True, kw_only=True)
class Standing:
    """All that is shown.

    Args:
        address: of the server.
        report, placement: from the server; met: from the visitors.
        at_s: seconds since the visitors came in.
        samples: the visitors' sums so far, oldest first.
    """

    address: str
    report: Report
    placement: Placement
    met: Met = field(default_factory=Met)
    at_s: float = 0.0
    samples: list[Sample] = field(default_factory=lambda: [Sample(at_s=0.0, visitors=0, shown=0.0, best=0.0)])

    def note(self, *, at_s: float) -> None:
        """Take a sample of what was met by now."""
        self.at_s = at_s
        sums = self.met.policy
        self.samples.append(Sample(at_s=at_s, visitors=self.met.visitors, shown=sums.shown, best=sums.best))

    @property
    def oracle(self) -> float | None:
        """The click rate that the best pages would have had with the visitors so far."""
        return self.met.policy.oracle

    @property
    def times_holdout(self) -> float | None:
        """The learned click rate over the holdout's, both as observed."""
        return _ratio(self.report.learned.mean, self.report.holdout.mean)

    @property
    def share_of_oracle(self) -> float | None:
        """The learned click rate as observed over the oracle's."""
        return _ratio(self.report.learned.mean, self.oracle)

    def per_s(self, *, over_s: float = 10.0) -> float:
        """Visitors a second, lately."""
        now = self.samples[-1]
        then = next((each for each in self.samples if each.at_s >= now.at_s - over_s), now)
        return (now.visitors - then.visitors) / (now.at_s - then.at_s) if now.at_s > then.at_s else 0.0

    def curve(self, *, points: int) -> list[float]:
        """What the policy's pages were worth, of the best ones, in equal stretches of time."""
        end = self.samples[-1].at_s
        shares: list[float] = []
        before = self.samples[0]
        for each in self.samples[1:]:
            if each.at_s >= end * (len(shares) + 1) / points and each.best > before.best:
                shares.append((each.shown - before.shown) / (each.best - before.best))
                before = each
        return shares[:points]

    def line(self) -> str:
        """One plain line for output that is not a terminal."""
        learned, holdout = percent(self.report.learned.mean), percent(self.report.holdout.mean)
        return (
            f"{self.at_s:5.0f} s  {self.met.visitors} visitors, {self.per_s():.1f}/s  click rate: "
            f"learned {learned}, holdout {holdout} ({times(self.times_holdout)}), "
            f"oracle {percent(self.oracle)} ({percent(self.share_of_oracle, digits=0)} of it)"
        )

    def summary(self) -> list[str]:
        """What there is to say at the end."""
        mean_per_s = self.met.visitors / self.at_s if self.at_s else 0.0
        lines = [
            f"{self.met.visitors} visitors in {self.at_s:.0f} s ({mean_per_s:.1f} decisions a second), "
            f"{self.met.clicks} clicks",
            f"click rate: learned {percent(self.report.learned.mean)}{interval(self.report.learned)}, "
            f"uniform holdout {percent(self.report.holdout.mean)}{interval(self.report.holdout)}, "
            f"oracle {percent(self.oracle)}",
            f"{self.report.policy} earned {times(self.times_holdout)} the holdout "
            f"and {percent(self.share_of_oracle, digits=0)} of the oracle",
        ]
        if self.met.failed:
            lines.append(f"{self.met.failed} requests of visitors failed, the last one: {self.met.problem}")
        return lines

    def plain(self) -> dict[str, Any]:
        """The summary as JSON."""
        return {
            "address": self.address,
            "policy": self.report.policy,
            "seconds": round(self.at_s, 3),
            "visitors": self.met.visitors,
            "clicks": self.met.clicks,
            "failed": self.met.failed,
            "decisions": self.report.decisions,
            "click_rate": {
                "learned": self.report.learned.mean,
                "holdout": self.report.holdout.mean,
                "oracle": self.oracle,
            },
            "times_holdout": self.times_holdout,
            "share_of_oracle": self.share_of_oracle,
            "expected_share_of_oracle": self.met.policy.share,
            "arms": {each.arm: {"shown": each.shown, "share": each.share} for each in self.report.arms},
        }


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def percent(share: float | None, *, digits: int = 1) -> str:
    """A share in percent, a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def times(factor: float | None) -> str:
    """How many times something."""
    return "–" if factor is None else f"{factor:.1f} x"


def interval(rate: Mean) -> str:
    """The bounds of a click rate, within what a rate can be."""
    if rate.low is None or rate.high is None:
        return ""
    return f" [{100 * max(rate.low, 0):.1f} to {100 * min(rate.high, 1):.1f}]"
