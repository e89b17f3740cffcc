# SPDX-License-Identifier: Apache-2.0
"""Reading a catalogue from a YAML file, checked as far as it can be without a data directory."""

from __future__ import annotations

from pathlib import Path

from bandit.commands.yaml_document import parse_yaml
from bandit.core.catalogue import Catalogue, parse_catalogue
from bandit.core.state import State
from bandit.errors import Invalid, SlotwiseError
from bandit.service.context import Context
from bandit.service.stages import Stages

MOST_BYTES = 32 * 1024 * 1024


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue and write into it what it takes from its adapters.

    Raises:
        SlotwiseError: the file cannot be read.
        Invalid: what it holds is not a catalogue; names the line or the field.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise SlotwiseError(
            f"catalogue: got {path} ({reason}); allowed a file that can be read", code="unreadable"
        ) from None
    if len(data) > MOST_BYTES:
        raise Invalid(f"catalogue: got more than {MOST_BYTES} bytes in {path}; allowed at most that")
    stages = Stages(State(), Context())
    return {
        name: stages.resolved(placement, at=f"placements.{name}")
        for name, placement in parse_catalogue(parse_yaml(data, name=str(path))).items()
    }
