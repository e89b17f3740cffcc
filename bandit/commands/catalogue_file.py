# SPDX-License-Identifier: Apache-2.0
"""Reading a catalogue from a YAML file, checked as far as it can be without a data directory."""

from __future__ import annotations

from pathlib import Path

from bandit.commands.file_reading import read_yaml
from bandit.core.catalogue import Catalogue, parse_catalogue
from bandit.core.state import State
from bandit.service.context import Context
from bandit.service.stages import Stages

MOST_BYTES = 32 * 1024 * 1024


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue and write into it what it takes from its adapters.

    Raises:
        SlotwiseError: the file cannot be read.
        Invalid: what it holds is not a catalogue; names the line or the field.
    """
    data = read_yaml(path, what="catalogue", most_bytes=MOST_BYTES)
    stages = Stages(State(), Context())
    return {
        name: stages.resolved(placement, at=f"placements.{name}")
        for name, placement in parse_catalogue(data).items()
    }
