# SPDX-License-Identifier: Apache-2.0
"""Which server or data directory a command changes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bandit.commands.administration import Administration
from bandit.commands.arguments import default_data_dir, from_environment
from bandit.commands.directory import has_log, opened, require_log
from bandit.commands.local import LocalAdministration
from bandit.commands.program_log import write_json_lines
from bandit.commands.remote import RemoteAdministration, client_of
from bandit.settings import ContextSettings, Settings


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
        f" [SLOTWISE_DATA_DIR; {default_data_dir()}]".replace("%", "%%"),
    )
    parser.add_argument(
        "--key",
        metavar="KEY",
        help="a key for the server; other users of this machine see options, not variables"
        " [SLOTWISE_KEY; unset]",
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A server's URL, or a data directory."""

    url: str | None
    data_dir: Path


def _chosen(given: Namespace) -> _Chosen:
    """What the options name, else what the environment names, else the default data directory."""
    url = given.url
    if url is None and given.data_dir is None:
        url = from_environment("SLOTWISE_URL", str, default=None)
    data_dir = given.data_dir or from_environment("SLOTWISE_DATA_DIR", Path, default=default_data_dir())
    return _Chosen(url, data_dir)


def is_new(given: Namespace) -> bool:
    """Whether the command is about a data directory that holds no log yet."""
    chosen = _chosen(given)
    return chosen.url is None and not has_log(chosen.data_dir)


@asynccontextmanager
async def target(
    given: Namespace, *, create: bool, context: Callable[[], ContextSettings] = dict
) -> AsyncIterator[Administration]:
    """The server or the data directory that a command is about.

    Args:
        create: whether a data directory is made if it is not there.
        context: reads the settings of the context sources, which a server has by itself.
    """
    chosen = _chosen(given)
    if chosen.url is not None:
        key = given.key or from_environment("SLOTWISE_KEY", str, default=None)
        async with client_of(chosen.url, key=key) as client:
            yield RemoteAdministration(client)
        return
    if not create:
        require_log(chosen.data_dir)
    write_json_lines("warning")
    async with opened(Settings(data_dir=chosen.data_dir, context=context())) as service:
        yield LocalAdministration(service)
