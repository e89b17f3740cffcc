# SPDX-License-Identifier: Apache-2.0
"""All that can be set about a running service, in one frozen object; docs/settings.md explains each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ContextSettings = Mapping[str, Mapping[str, object]]
"""Settings of context sources by adapter, and of consent under its own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one process.

    Args:
        data_dir: where the log, its snapshots and the secret live.
        host, port: where to listen.
        authenticate: whether requests need a key.
        snapshot_every: records between two snapshots.
        most_waiting: ranks that may wait to be decided; beyond it they are turned away with 503.
        rank_body_bytes, admin_body_bytes: largest bodies that are read.
        body_timeout_s: how long a body may take to arrive.
        context: settings of the context sources; never shown, for there are keys among them.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    authenticate: bool = True
    snapshot_every: int = 50_000
    most_waiting: int = 10_000
    rank_body_bytes: int = 64 * 1024
    admin_body_bytes: int = 4 * 1024 * 1024
    body_timeout_s: float = 5.0
    context: ContextSettings = field(default_factory=dict, repr=False)
