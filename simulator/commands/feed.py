# SPDX-License-Identifier: Apache-2.0
"""`slotwise feed`: a recorded log through a running server."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp

from bandit.commands.arguments import add_json, from_environment, positive_int
from bandit.commands.command import Command
from bandit.commands.remote import RemoteAdministration, client_of
from bandit.commands.terminal import print_json, print_table, progress
from bandit.core.catalogue import check_name
from bandit.core.decoding import shorten
from bandit.errors import Invalid
from policies import POLICIES
from simulator.feeding.feeder import Fed, Feeder, placement_for
from simulator.feeding.impressions import RecordedLog, read_impressions

FORMATS = ("obd",)
MOST_CONNECTIONS = 64


def _connections(text: str) -> int:
    return min(positive_int(text), MOST_CONNECTIONS)


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "log", type=Path, metavar="LOG", help="CSV file, or a folder with one and item_context.csv"
    )
    parser.add_argument("--format", choices=FORMATS, default="obd", help="columns of the Open Bandit Dataset")
    parser.add_argument("--url", metavar="URL", help="a running server [SLOTWISE_URL; http://127.0.0.1:8080]")
    parser.add_argument(
        "--key",
        metavar="KEY",
        help="an admin key: it looks the placement up, may make it, and ranks [SLOTWISE_KEY; unset]",
    )
    parser.add_argument(
        "--placement",
        default="recorded",
        metavar="NAME",
        help="which is made from the log if it is not there yet [recorded]",
    )
    parser.add_argument(
        "--policy",
        choices=sorted(POLICIES),
        metavar="KIND",
        default="linucb",
        help=f"of a new placement: {', '.join(sorted(POLICIES))} [linucb]",
    )
    parser.add_argument("--limit", type=positive_int, metavar="N", help="only the first impressions [all]")
    parser.add_argument(
        "--connections",
        type=_connections,
        default=16,
        metavar="N",
        help=f"at once, at most {MOST_CONNECTIONS} [16]",
    )
    add_json(parser)


def _run(given: Namespace) -> int:
    check_name("placement", given.placement)
    log = read_impressions(given.log, limit=given.limit)
    fed = asyncio.run(_feed(given, log))
    if given.json:
        print_json(_plain(fed, log))
    else:
        print_table(("fed", "number"), _table(fed, log))
    return 0


async def _feed(given: Namespace, log: RecordedLog) -> Fed:
    url = given.url or from_environment("SLOTWISE_URL", str, default="http://127.0.0.1:8080")
    key = given.key or from_environment("SLOTWISE_KEY", str, default=None)
    async with client_of(url, key=key) as client:
        await _prepare(RemoteAdministration(client), given, log)
        headers = {"Authorization": client.headers["Authorization"]} if key else {}
    # aiohttp for the bulk: it takes a tenth of the processor time of httpx, which the server can use.
    async with aiohttp.ClientSession(headers=headers, trust_env=True) as session:
        with progress("feeding", total=len(log.impressions)) as advance:
            feeder = Feeder(
                session,
                url=url,
                placement=given.placement,
                connections=given.connections,
                on_progress=advance,
            )
            return await feeder.feed(log.impressions)


async def _prepare(server: RemoteAdministration, given: Namespace, log: RecordedLog) -> None:
    """Make the placement if it is not there; one that is there must have the log's arms."""
    present = (await server.placements()).get(given.placement)
    if present is None:
        await server.put({given.placement: placement_for(log, policy=given.policy)}, forget=False)
    elif missing := [arm for arm in log.arms if arm not in present.arms]:
        raise Invalid(
            f"placement: got {shorten(given.placement)} without the arm {shorten(missing[0])}; "
            "allowed one with all arms of the log, or a name that is free",
            field="placement",
        )


def _plain(fed: Fed, log: RecordedLog) -> dict[str, Any]:
    derived = {"click_rate": fed.click_rate, "requests_per_s": fed.requests_per_s}
    return {**asdict(fed), **derived, "logged_click_rate": log.click_rate}


def _table(fed: Fed, log: RecordedLog) -> list[tuple[str, str]]:
    rate = "none" if fed.click_rate is None else f"{fed.click_rate:.4f}"
    return [
        ("impressions", str(fed.impressions)),
        ("matches", str(fed.matches)),
        ("clicks on matches", f"{fed.clicks:g}"),
        ("click rate on matches", rate),
        ("click rate of the log", f"{log.click_rate:.4f}"),
        ("requests per second", f"{fed.requests_per_s:.0f}"),
    ]


command = Command(
    name="feed",
    help="Feed a recorded log through a running server: rank each impression, reward what matches.",
    example="slotwise feed ./open-bandit --url http://127.0.0.1:8080",
    configure=_configure,
    run=_run,
)
