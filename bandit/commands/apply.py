# SPDX-License-Identifier: Apache-2.0
"""`slotwise apply`: checks a catalogue, shows what it changes, applies it."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path

import msgspec

from bandit.commands import arguments
from bandit.commands.catalogue_file import read_catalogue
from bandit.commands.command import Command
from bandit.commands.difference import Change, differences
from bandit.commands.target import add_target, is_new, target
from bandit.commands.terminal import print_json, print_styled
from bandit.core.catalogue import Catalogue
from bandit.core.succession import lost

_STYLES = {"added": "green", "changed": "yellow", "removed": "red"}


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("catalogue", type=Path, metavar="CATALOG.yaml", help="placements and their arms")
    add_target(parser)
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    parser.add_argument(
        "--forget", action="store_true", help="also where that forgets what was learned; refused without"
    )
    arguments.add_json(parser)


def _run(given: Namespace) -> int:
    catalogue = read_catalogue(given.catalogue)
    changes, forgotten = asyncio.run(_apply(given, catalogue))
    applied = bool(changes) and not given.dry_run
    if given.json:
        found = {"applied": applied, "changes": msgspec.to_builtins(changes), "forgotten": forgotten}
        print_json(found)
        return 0
    for change in changes:
        print_styled(str(change), style=_STYLES[change.kind])
    for placement, reasons in forgotten.items():
        for reason in reasons:
            print_styled(f"! {placement} forgets, by {reason}", style="red")
    count = len({change.placement for change in changes})
    if not changes:
        print("nothing changes")
    elif given.dry_run:
        print(f"would change {count} of {len(catalogue)} placements; nothing was applied (--dry-run)")
    else:
        print(f"applied: {count} of {len(catalogue)} placements changed")
    return 0


async def _apply(given: Namespace, catalogue: Catalogue) -> tuple[list[Change], dict[str, tuple[str, ...]]]:
    """What changes, and what is forgotten of which placement if it has learned anything."""
    if given.dry_run and is_new(given):
        return differences({}, catalogue), {}
    async with target(given, create=True) as administration:
        present = await administration.placements()
        changes = differences(present, catalogue)
        changed = {change.placement for change in changes}
        forgotten = {
            name: reasons
            for name, each in catalogue.items()
            if name in changed and name in present and (reasons := lost(present[name], each))
        }
        if not given.dry_run:
            # First those that may be refused: then nothing has changed yet.
            order = sorted(changed, key=lambda name: name not in forgotten)
            await administration.put({name: catalogue[name] for name in order}, forget=given.forget)
        return changes, forgotten


command = Command(
    name="apply",
    help="Check a catalogue, show what it changes, and apply it; placements that it does not name stay.",
    example="slotwise apply catalogue.yaml --url http://127.0.0.1:8080 --dry-run",
    configure=_configure,
    run=_run,
)
