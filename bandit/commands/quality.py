# SPDX-License-Identifier: Apache-2.0
"""`slotwise quality`: how good the context of a placement was, field by field."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

import msgspec

from bandit.commands.arguments import add_json
from bandit.commands.command import Command
from bandit.commands.context_settings import add_context, context_settings
from bandit.commands.target import add_target, target
from bandit.commands.terminal import print_json, print_styled, print_table
from bandit.service.quality import PlacementQuality


def _configure(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument("--placement", required=True, metavar="P", help="whose context is looked at")
    add_context(parser)
    add_json(parser)


def _run(given: Namespace) -> int:
    report = asyncio.run(_ask(given))
    if given.json:
        print_json(msgspec.to_builtins(report))
    else:
        _print(report)
    return 0


async def _ask(given: Namespace) -> PlacementQuality:
    async with target(given, create=False, context=lambda: context_settings(given)) as administration:
        return await administration.quality(given.placement)


def _print(report: PlacementQuality) -> None:
    if report.since is None:
        print(f"{report.placement}: no decisions in the last five weeks")
        return
    since = datetime.fromtimestamp(report.since, UTC)
    print(
        f"{report.placement}: {report.decisions} decisions of the last seven days, {report.past} of the four"
        f" weeks before, the oldest of {since:%Y-%m-%d %H:%M} UTC"
    )
    print_table(
        ("field", "missing", "stale", "out of range", "no consent", "never seen", "moved (PSI)"),
        [
            (
                each.field,
                *map(_share, (each.missing, each.stale, each.out_of_range, each.no_consent, each.never_seen)),
                "-" if each.index is None else f"{'yes' if each.moved else 'no'} ({each.index:.2f})",
            )
            for each in report.fields
        ],
    )
    for adapter, states in report.states.items():
        print(f"{adapter}: {', '.join(f'{state} {_share(share)}' for state, share in states.items())}")
    for warning in report.warnings:
        print_styled(f"warning: {warning}", style="yellow")


def _share(share: float) -> str:
    return f"{share:.1%}" if share else "-"


command = Command(
    name="quality",
    help="Show how often each field of a placement's context was missing, stale or out of range.",
    example="slotwise quality --placement home-hero --url http://127.0.0.1:8080",
    configure=_configure,
    run=_run,
)
