# SPDX-License-Identifier: Apache-2.0
"""`slotwise serve`: one process with its log on disk, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import structlog
import uvloop
from aiohttp import web

from adapters.sources import Sources
from bandit.commands import arguments, listening
from bandit.commands.catalogue_file import read_catalogue
from bandit.commands.command import Command
from bandit.commands.context_settings import add_context, context_settings
from bandit.commands.directory import opened
from bandit.commands.program_log import LEVELS, write_json_lines
from bandit.commands.secret import COMMAND_LINE
from bandit.commands.settings_source import limits
from bandit.console import add_console
from bandit.core.catalogue import Catalogue
from bandit.core.decoding import shorten
from bandit.errors import Invalid
from bandit.service import Service
from bandit.service.context import sources_of
from bandit.settings import Settings
from bandit.web.app import create_app
from bandit.web.loopback import is_loopback
from bandit.web.runner import Runner

_GC_THRESHOLDS = (5_000, 20, 50)
_DRAIN_S = 1.0
_FINISH_S = 5.0

logger = structlog.get_logger(__name__)


def _configure(parser: ArgumentParser) -> None:
    arguments.add_data_dir(parser)
    arguments.add_setting(
        parser,
        "--catalog",
        variable="SLOTWISE_CATALOG",
        kind=Path,
        default=None,
        metavar="FILE",
        help="YAML catalogue to apply at the start",
    )
    arguments.add_setting(
        parser,
        "--host",
        variable="SLOTWISE_HOST",
        kind=str,
        default="127.0.0.1",
        metavar="HOST",
        help="address or name to listen on; 0.0.0.0 for all of IPv4",
    )
    arguments.add_setting(
        parser,
        "--port",
        variable="SLOTWISE_PORT",
        kind=arguments.port,
        default=8080,
        metavar="PORT",
        help="port to listen on; 0 for any that is free",
    )
    add_context(parser)
    # No variable: what lets everyone in should be typed by whoever starts the server.
    parser.add_argument(
        "--open",
        action="store_true",
        help="ask nobody for a key; for programs and pages of this machine only",
    )
    parser.add_argument(
        "--new-secret",
        action="store_true",
        help="go on when the secret that the log was written with is lost: all users become new ones",
    )
    arguments.add_setting(
        parser,
        "--log-level",
        variable="SLOTWISE_LOG_LEVEL",
        kind=str,
        choices=LEVELS,
        default="info",
        metavar="LEVEL",
        help=f"least level of the program's own log: {', '.join(LEVELS)}",
    )


def _run(given: Namespace) -> int:
    if given.open and not is_loopback(given.host):
        raise Invalid(
            f"host: got {shorten(given.host)} with --open; allowed a loopback address such as 127.0.0.1",
            field="host",
        )
    settings = Settings(
        data_dir=given.data_dir,
        host=given.host,
        port=given.port,
        authenticate=not given.open,
        context=context_settings(given),
        **limits(),
    )
    write_json_lines(given.log_level)
    sources = sources_of(settings.context)
    for adapter in sources.adapters:
        if adapter.problem:
            # Not a reason to stay down: a file that was lost or spoilt may be put right while we serve.
            logger.warning("context_source", adapter=adapter.name, problem=adapter.problem)
    catalogue = read_catalogue(given.catalog) if given.catalog else {}
    sockets = listening.bound(settings.host, settings.port)
    # While the log is being read nothing is under way that would need an orderly end.
    before = {each: signal.signal(each, _leave) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, catalogue, sockets, sources, new_secret=given.new_secret))
    finally:
        listening.close(sockets)
        for each, handler in before.items():
            signal.signal(each, handler)
    return 0


def _leave(*_: object) -> None:
    sys.exit(0)


async def _serve(
    settings: Settings,
    catalogue: Catalogue,
    sockets: list[socket.socket],
    sources: Sources,
    *,
    new_secret: bool,
) -> None:
    async with opened(settings, sources=sources, new_secret=new_secret) as service:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGINT, stop.set)
        app = create_app(service)
        add_console(app)
        runner = Runner(app, finish_s=_FINISH_S)
        await runner.setup()
        try:
            listening.listen(sockets, host=settings.host, port=settings.port)
            # Changes come last: a start that fails has made none.
            await _prepare(service, catalogue)
            for sock in sockets:
                await web.SockSite(runner, sock).start()
            address = listening.address_of(sockets, host=settings.host)
            # What was loaded stays: looking for garbage in it time and again costs a tenth of the throughput.
            gc.freeze()
            gc.set_threshold(*_GC_THRESHOLDS)
            logger.info("serving", address=address, position=service.live.state.position)
            print(f"slotwise is ready on {address}", flush=True)
            await stop.wait()
            logger.info("stopping")
            await runner.drain(at_most_s=_DRAIN_S)
        finally:
            # Lets what is still under way finish, then closes the service with a last snapshot.
            await runner.cleanup()
    logger.info("stopped", position=service.live.state.position)


async def _prepare(service: Service, catalogue: Catalogue) -> None:
    """Apply the catalogue that was given, and make the first admin key."""
    if catalogue:
        changed = await service.changes.apply(catalogue, by=COMMAND_LINE)
        logger.info("catalogue_applied", changed=changed)
    # The last such key cannot be revoked, so none means that there has never been one.
    if service.settings.authenticate and not any(key.rules for key in service.live.state.keys.values()):
        _, secret = await service.changes.create_key("admin", name="first start", by=COMMAND_LINE)
        print(f"admin key (shown only this once): {secret}", flush=True)


command = Command(
    name="serve",
    help="Start the service: HTTP API and console over one data directory.",
    example="slotwise serve --data-dir ./data --catalog catalogue.yaml --port 8080",
    configure=_configure,
    run=_run,
)
