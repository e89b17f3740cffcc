# SPDX-License-Identifier: Apache-2.0
"""Counts for a Prometheus server: plain numbers until somebody asks, so that they cost requests nothing."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from bandit.service.live import Live
from bandit.web.call import Answer, Call
from bandit.web.seen import SEEN, Seen


async def metrics(call: Call[None]) -> Answer:
    """What the process has answered and refused since it started, and whether its log can be written."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Process(call.app[SEEN], call.service.live))
    return Answer(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Process(Collector):
    def __init__(self, seen: Seen, live: Live) -> None:
        self._seen = seen
        self._live = live

    def collect(self) -> Iterator[Metric]:
        """Called by the library."""
        seen, live = self._seen, self._live
        answers = CounterMetricFamily(
            "slotwise_answers", "Requests answered, refusals included.", labels=("route", "status")
        )
        for route, by_status in seen.answers.items():
            for status, count in by_status.items():
                answers.add_metric((route, str(status)), count)
        yield answers
        refusals = CounterMetricFamily(
            "slotwise_refusals",
            "Requests and rewards of batches refused.",
            labels=("route", "status", "code"),
        )
        for (route, status, code), count in seen.refusals.items():
            refusals.add_metric((route, str(status), code), count)
        yield refusals
        yield CounterMetricFamily(
            "slotwise_ranks_fallback", "Ranks answered without their policy.", value=seen.fallbacks
        )
        yield CounterMetricFamily(
            "slotwise_ranks_unlogged", "Ranks answered though they could not be logged.", value=seen.unlogged
        )
        yield GaugeMetricFamily(
            "slotwise_log_writable", "1 while the log can be written, else 0.", value=live.writable
        )
        yield GaugeMetricFamily(
            "slotwise_log_position", "Position of the newest record of the log.", value=live.log.head
        )
