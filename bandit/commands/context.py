# SPDX-License-Identifier: Apache-2.0
"""`slotwise context`: what would be known about a request, why the rest is missing, and its vector."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from bandit.commands.administration import Administration
from bandit.commands.arguments import add_json
from bandit.commands.catalogue_file import read_catalogue
from bandit.commands.command import Command
from bandit.commands.context_settings import add_context, context_settings
from bandit.commands.directory import in_memory
from bandit.commands.local import LocalAdministration
from bandit.commands.target import add_target, target
from bandit.commands.terminal import print_json, print_styled, print_table
from bandit.commands.visitor import Visitor, moment, visitor_of
from bandit.core.values import Value
from bandit.errors import Invalid
from bandit.service.explaining import ContextReport

_SHOWN_DIGITS = 4


def _configure(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument(
        "--catalog",
        type=Path,
        metavar="FILE",
        help="a YAML catalogue, instead of a server or a data directory",
    )
    parser.add_argument("--placement", required=True, metavar="P", help="whose adapters are asked")
    parser.add_argument("--ip", metavar="ADDRESS", help="the visitor's address")
    parser.add_argument("--user-agent", metavar="TEXT", help="the visitor's user agent")
    parser.add_argument(
        "--at", type=moment, metavar="TIME", help="e.g. 2026-12-24T18:00:00Z; now, if left out"
    )
    parser.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="Sec-GPC, User-Agent or a client hint; may be repeated",
    )
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="anything else of the context, e.g. location.country=US or page.section=news; may be repeated",
    )
    add_context(parser)
    add_json(parser)


def _run(given: Namespace) -> int:
    visitor = visitor_of(
        ip=given.ip, user_agent=given.user_agent, headers=given.header, fields=given.field, at=given.at
    )
    report = asyncio.run(_ask(given, visitor))
    if given.json:
        print_json(msgspec.to_builtins(report))
    else:
        _print(report)
    return 0


async def _ask(given: Namespace, visitor: Visitor) -> ContextReport:
    async with _administration(given) as administration:
        return await administration.context(given.placement, visitor)


@asynccontextmanager
async def _administration(given: Namespace) -> AsyncIterator[Administration]:
    if given.catalog is None:
        async with target(given, create=False, context=lambda: context_settings(given)) as administration:
            yield administration
        return
    if given.url is not None or given.data_dir is not None:
        raise Invalid("catalog: got one with --url or --data-dir; allowed one of the three", field="catalog")
    catalogue = read_catalogue(given.catalog)
    async with in_memory(catalogue, context=context_settings(given)) as service:
        yield LocalAdministration(service)


def _print(report: ContextReport) -> None:
    print_table(
        ("field", "value", "status", "why"),
        [(each.field, _text(each.value), each.status, each.reason) for each in report.fields],
    )
    print()
    kind = "hashed" if report.hashed else "declared"
    print(f"vector of {report.dimension} columns ({kind}), and what each field adds to them:")
    print_table(
        ("column", "weight", "fields"),
        [
            (str(each.index), _number(each.weight), ", ".join(map(_added, each.fields.items())))
            for each in report.vector
        ],
    )
    for adapter, state in report.sources.items():
        print(f"{adapter}: {state}")
    for name, reason in report.refused.items():
        print_styled(f"refused: {name}: {reason}", style="yellow")
    for adapter, problem in report.problems.items():
        print_styled(f"warning: {adapter}: {problem}", style="yellow")


def _added(part: tuple[str, float]) -> str:
    return f"{part[0]} {part[1]:+.{_SHOWN_DIGITS}g}"


def _text(value: Value | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return ", ".join(value)
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.{_SHOWN_DIGITS}g}"


command = Command(
    name="context",
    help="Show what would be known about a request, and the vector that it becomes.",
    example="slotwise context --placement home-hero --ip 203.0.113.7 --at 2026-12-24T18:00:00Z",
    configure=_configure,
    run=_run,
)
