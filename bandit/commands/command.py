# SPDX-License-Identifier: Apache-2.0
"""What a command is. The entry points of the group `slotwise.commands` are objects of this type."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the command line.

    Args:
        name: as it is typed.
        help: one sentence, for the list of commands and for the head of its own --help.
        example: one or more lines that work when pasted into a shell.
        configure: adds its arguments to a parser.
        run: does the work and returns the exit status; what it cannot do it raises as a SlotwiseError.
    """

    name: str
    help: str
    example: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
