# SPDX-License-Identifier: Apache-2.0
"""Sources of trends, one file each, behind one protocol (`trend.TrendSource`)."""

from __future__ import annotations

from adapters.trend_sources.mastodon import Mastodon
from adapters.trend_sources.trend import Topics, TrendSource
from adapters.trend_sources.wikimedia import Wikimedia

SOURCES = (Wikimedia.name, Mastodon.name)

__all__ = ["SOURCES", "Mastodon", "Topics", "TrendSource", "Wikimedia"]
