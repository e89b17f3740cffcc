# SPDX-License-Identifier: Apache-2.0
"""`slotwise export`: the decision log joined with its rewards, one decision a line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bandit.commands import arguments
from bandit.commands.command import Command
from bandit.commands.exports import FORMATS
from bandit.commands.exports.joined import check_placements, joined
from bandit.commands.reading import reading
from bandit.commands.terminal import progress


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--format", choices=tuple(FORMATS), default="jsonl", help="default: jsonl")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="where to write; - for the standard output"
    )
    parser.add_argument(
        "--placement",
        action="append",
        default=[],
        metavar="P",
        help="only this placement; may be given several times (default: all)",
    )
    arguments.add_data_dir(parser)


def _run(given: Namespace) -> int:
    write = FORMATS[given.format]
    written = left_out = 0
    with reading(given.data_dir) as log:
        check_placements(log, given.placement)
        with _output(given.output) as file, progress("exporting", total=log.head) as advance:
            for position, decision in joined(log, only=frozenset(given.placement)):
                if decision is not None:
                    line = write(decision)
                    if line is None:
                        left_out += 1
                    else:
                        file.write(line)
                        written += 1
                advance(position)
    more = f"; left out {left_out} that showed nothing to anyone" if left_out else ""
    print(f"exported {written} decisions up to position {log.head}{more}", file=sys.stderr)
    return 0


@contextmanager
def _output(name: str) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when it is whole."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


command = Command(
    name="export",
    help="Write the decision log, joined with its rewards; a server may be using it meanwhile.",
    example="slotwise export --format jsonl -o decisions.jsonl\n"
    "slotwise export --format dsjson --placement home-hero -o home-hero.dsjson",
    configure=_configure,
    run=_run,
)
