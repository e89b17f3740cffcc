# SPDX-License-Identifier: Apache-2.0
"""Reading a whole YAML file that a user names, up to a size."""

from __future__ import annotations

from pathlib import Path

from bandit.commands.yaml_document import parse_yaml
from bandit.errors import Invalid, SlotwiseError


def read_yaml(path: Path, *, what: str, most_bytes: int) -> object:
    """The plain values in the file.

    Args:
        what: is in the file, for messages.

    Raises:
        SlotwiseError: the file cannot be read.
        Invalid: it is too large, or not one YAML document; names the line.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise SlotwiseError(
            f"{what}: got {path} ({reason}); allowed a file that can be read", code="unreadable"
        ) from None
    if len(data) > most_bytes:
        raise Invalid(f"{what}: got more than {most_bytes} bytes in {path}; allowed at most that")
    return parse_yaml(data, name=str(path))
