# SPDX-License-Identifier: Apache-2.0
"""Which server or data directory a command changes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bandit.commands.administration import Administration
from bandit.commands.arguments import default_data_dir, from_environment
from bandit.commands.directory import opened, require_log
from bandit.commands.local import LocalAdministration
from bandit.commands.program_log import write_json_lines
from bandit.commands.remote import RemoteAdministration, client_of
from bandit.settings import Settings


def add_target(parser: ArgumentParser) -> None:
    """Add --url or --data-dir, and --key."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--url", metavar="URL", help="a running server, e.g. http://127.0.0.1:8080 [SLOTWISE_URL; unset]"
    )
    one.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="a data directory that no server is using, when there is no URL"
        f" [SLOTWISE_DATA_DIR; {default_data_dir()}]",
    )
    parser.add_argument(
        "--key",
        metavar="KEY",
        help="a key for the server; other users of this machine see options, not variables"
        " [SLOTWISE_KEY; unset]",
    )


@asynccontextmanager
async def target(given: Namespace, *, create: bool) -> AsyncIterator[Administration]:
    """What the options name, else what the environment names, else the default data directory.

    Args:
        create: whether a data directory is made if it is not there.
    """
    url = given.url
    if url is None and given.data_dir is None:
        url = from_environment("SLOTWISE_URL", str, default=None)
    if url is not None:
        key = given.key or from_environment("SLOTWISE_KEY", str, default=None)
        async with client_of(url, key=key) as client:
            yield RemoteAdministration(client)
        return
    data_dir = given.data_dir or from_environment("SLOTWISE_DATA_DIR", Path, default=default_data_dir())
    if not create:
        require_log(data_dir)
    write_json_lines("warning")
    async with opened(Settings(data_dir=data_dir)) as service:
        yield LocalAdministration(service)
