# SPDX-License-Identifier: Apache-2.0
"""`slotwise verify`: every record, every snapshot against a refold from the beginning, the index."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from bandit.commands import arguments
from bandit.commands.command import Command
from bandit.commands.directory import require_log
from bandit.commands.reading import head_of
from bandit.commands.secret import judged
from bandit.commands.terminal import Advance, print_json, print_table, progress
from bandit.core.fold import Fold
from bandit.core.snapshot import dump
from bandit.core.state import State
from bandit.errors import Damaged
from bandit.log.base import Record, Snapshot
from bandit.log.verify import Problem, verify


class Refold:
    """Folds the records as they are read, and compares snapshots with what they lead to."""

    def __init__(self, advance: Advance) -> None:
        self._fold = Fold(State())
        self._advance = advance
        self.kinds: Counter[str] = Counter()

    def visit(self, records: Sequence[Record]) -> None:
        """Fold records that follow those before."""
        self._fold.apply(records)
        self.kinds.update(type(event).__name__ for _, event in records)
        self._advance(self._fold.state.position)

    @property
    def secret(self) -> str:
        """Fingerprint of the secret that the records were last written with, as far as they tell."""
        return self._fold.state.secret

    def judge(self, snapshot: Snapshot) -> str | None:
        """What is wrong with a snapshot of the position that the fold has reached."""
        if dump(self._fold.state) == snapshot.data:
            return None
        return f"snapshot {snapshot.position}: got other bytes than its records fold to"


def _configure(parser: ArgumentParser) -> None:
    arguments.add_data_dir(parser)
    arguments.add_json(parser)


def _run(given: Namespace) -> int:
    with progress("verifying", total=head_of(require_log(given.data_dir))) as advance:
        refold = Refold(advance)
        report = verify(given.data_dir, visit=refold.visit, judge=refold.judge)
    if wrong := judged(given.data_dir, known=refold.secret, head=report.records):
        report.problems.append(Problem("secret", None, wrong.message))
    counts = {
        "records": report.records,
        "decisions": refold.kinds["Decided"],
        "rewards": refold.kinds["Rewarded"],
        "snapshots": report.snapshots,
    }
    if given.json:
        print_json({**counts, "sound": report.sound, "problems": [asdict(each) for each in report.problems]})
    else:
        print_table(("checked", "good"), [(name, str(count)) for name, count in counts.items()])
    if report.problems:
        raise Damaged(_line(report.problems))
    if not given.json:
        print("everything is sound")
    return 0


def _line(problems: Sequence[Problem]) -> str:
    """The first damage by position, and how much more there is."""
    first = min(problems, key=lambda each: (each.position is None, each.position or 0))
    where = first.part if first.position is None else f"{first.part} at position {first.position}"
    more = f" (and {len(problems) - 1} more, see --json)" if len(problems) > 1 else ""
    return f"damaged: {where}: {first.what}{more}"


command = Command(
    name="verify",
    help="Check every record of the log, and every snapshot against a refold from the beginning.",
    example="slotwise verify --data-dir ./data",
    configure=_configure,
    run=_run,
)
