# SPDX-License-Identifier: Apache-2.0
"""Arguments that several commands take, their types, and the environment variables that stand in for them."""

from __future__ import annotations

import math
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bandit.core.decoding import shorten
from bandit.errors import Invalid


class _FromEnvironment(str):
    """A value that argparse checks like one that was typed; it remembers the variable it came from."""

    __slots__ = ("variable",)

    variable: str


def add_setting(
    parser: ArgumentParser,
    flag: str,
    *,
    variable: str,
    kind: Callable[[str], Any],
    default: Any,
    help: str,  # noqa: A002 - argparse's word
    metavar: str,
    choices: tuple[str, ...] | None = None,
) -> None:
    """Add an option that may also be set by an environment variable; the option wins."""
    raw = os.environ.get(variable, "")
    given: Any = default
    if raw:
        given = _FromEnvironment(raw)
        given.variable = variable

    def checked(text: str) -> Any:
        try:
            if choices is not None and text not in choices:
                raise ArgumentTypeError(f"got {shorten(str(text))}; allowed {', '.join(choices)}")
            return kind(str(text))
        except ArgumentTypeError as error:
            if isinstance(text, _FromEnvironment):
                raise ArgumentTypeError(f"{error} (from {text.variable})") from None
            raise

    shown = f"{help} [{variable}; {default or 'unset'}]"
    # argparse reads a per cent sign as the start of a placeholder, and a path may hold one.
    parser.add_argument(flag, type=checked, default=given, metavar=metavar, help=shown.replace("%", "%%"))


def add_data_dir(parser: ArgumentParser) -> None:
    """Add --data-dir."""
    add_setting(
        parser,
        "--data-dir",
        variable="SLOTWISE_DATA_DIR",
        kind=Path,
        default=default_data_dir(),
        metavar="DIR",
        help="where the log, its snapshots and the secret live",
    )


def add_json(parser: ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def default_data_dir() -> Path:
    """The platform's folder for a user's data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "slotwise"
    # A relative XDG_DATA_HOME is invalid and is to be ignored (XDG base directory specification 0.8).
    folder = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (folder if folder.is_absolute() else Path.home() / ".local" / "share") / "slotwise"


def port(text: str) -> int:
    """A port to listen on; 0 lets the system choose."""
    number = _number(text, int)
    if number is None or not 0 <= number <= 65_535:
        raise ArgumentTypeError(f"got {shorten(text)}; allowed 0 to 65535")
    return int(number)


def positive_int(text: str) -> int:
    """A whole number above 0."""
    number = _number(text, int)
    if number is None or number < 1:
        raise ArgumentTypeError(f"got {shorten(text)}; allowed a whole number from 1")
    return int(number)


def positive_float(text: str) -> float:
    """A finite number above 0."""
    number = _number(text, float)
    if number is None or not (math.isfinite(number) and number > 0):
        raise ArgumentTypeError(f"got {shorten(text)}; allowed a number above 0")
    return number


def _number(text: str, kind: type[float]) -> float | None:
    try:
        return kind(text)
    except ValueError:
        return None


def from_environment(variable: str, kind: Callable[[str], Any], *, default: Any) -> Any:
    """The value of an environment variable for which there is no option."""
    raw = os.environ.get(variable, "")
    if not raw:
        return default
    try:
        return kind(raw)
    except ArgumentTypeError as error:
        raise Invalid(f"{variable}: {error}", field=variable) from None
