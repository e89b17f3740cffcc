# SPDX-License-Identifier: Apache-2.0
"""`slotwise demo`: a server, the sample catalogue, and simulated visitors to learn from."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import signal
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec
from rich.console import Console
from rich.live import Live

from bandit.commands.arguments import add_json, port, positive_float
from bandit.commands.command import Command
from bandit.commands.terminal import print_json
from bandit.errors import SlotwiseError
from simulator.demo.children import Child, running, wait
from simulator.demo.standing import Standing
from simulator.demo.store import Store
from simulator.demo.view import view
from simulator.visitors import Met

POLICIES = ("linucb", "thompson")
LOOK_EVERY_S = 0.5
LINE_EVERY_S = 5.0
_READY = re.compile(r"slotwise is ready on (\S+)")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=port, default=8080, metavar="PORT", help="port on 127.0.0.1 [8080]")
    parser.add_argument(
        "--visitors-per-s", type=positive_float, default=20.0, metavar="N", help="on average [20]"
    )
    parser.add_argument("--policy", choices=POLICIES, help="who decides [linucb, or what the data has]")
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="keep the log here, and go on from it next time [a temporary folder, removed at the end]",
    )
    parser.add_argument(
        "--seconds",
        type=positive_float,
        metavar="N",
        help="stop so long after the first visitor [Ctrl-C stops]",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of who comes and what they click [1]"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="save the last view as SVG")
    add_json(parser)


def _run(given: Namespace) -> int:
    with _data_dir(given.data_dir) as folder:
        standing = asyncio.run(_show(given, folder))
    if given.picture:
        save_picture(standing, given.picture)
    if given.json:
        print_json({**standing.plain(), "data_dir": given.data_dir and str(given.data_dir)})
        return 0
    print("\n".join(standing.summary()))
    if given.data_dir:
        print(f"data is kept in {given.data_dir}: start again with --data-dir {given.data_dir}")
    return 0


@contextlib.contextmanager
def _data_dir(wanted: Path | None) -> Iterator[Path]:
    if wanted is not None:
        yield wanted
        return
    with TemporaryDirectory(prefix="slotwise-demo-") as folder:
        yield Path(folder)


async def _show(given: Namespace, folder: Path) -> Standing:
    """Run everything until it is time to stop; returns how it stood at the end."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[bool] = loop.create_future()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _happen, stop)
    ready: asyncio.Future[bool] = loop.create_future()
    address = ""

    def on_line(line: str) -> None:
        nonlocal address
        if match := _READY.match(line):
            address = match[1]
            _happen(ready)

    arguments = (
        "serve",
        "--open",
        "--host",
        "127.0.0.1",
        "--port",
        str(given.port),
        "--log-level",
        "warning",
        "--data-dir",
        str(folder),
    )
    async with running("simulator.demo.server", *arguments, on_line=on_line) as server:
        await wait([stop, ready], server)
        if stop.done():
            raise SlotwiseError("demo: stopped before the server was ready")
        # The server is ours and on this machine: no proxy of the environment stands in between.
        async with httpx.AsyncClient(base_url=address, timeout=30.0, trust_env=False) as client:
            store = Store(client)
            await store.stock(policy=given.policy)
            standing = Standing(
                address=address, report=await store.report(), placement=await store.placement()
            )
            await _receive(given, standing, store, server, stop)
            standing.report = await store.report()
    return standing


def _happen(news: asyncio.Future[bool]) -> None:
    if not news.done():
        news.set_result(True)


async def _receive(
    given: Namespace, standing: Standing, store: Store, server: Child, stop: asyncio.Future[bool]
) -> None:
    """Let visitors come, and show how it stands, until it is time to stop."""

    came: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def on_line(line: str) -> None:
        standing.met = msgspec.json.decode(line, type=Met)
        if standing.met.visitors or standing.met.failed:
            _happen(came)

    arguments = ("--url", standing.address, "--per-s", str(given.visitors_per_s), "--seed", str(given.seed))
    async with running("simulator.visitors", *arguments, "--follow-stdin", on_line=on_line) as visitors:
        with _shown(standing, quiet=given.json) as show:
            await wait([stop, came], server, visitors)
            began = time.monotonic()
            until = began + (given.seconds or float("inf"))
            while not stop.done() and (now := time.monotonic()) < until:
                await wait([stop], server, visitors, within_s=min(until - now, LOOK_EVERY_S))
                standing.report, standing.placement = await store.report(), await store.placement()
                standing.note(at_s=time.monotonic() - began)
                show()
    standing.note(at_s=time.monotonic() - began)


@contextlib.contextmanager
def _shown(standing: Standing, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """A live view on a terminal; elsewhere a line now and then."""
    console = Console()
    if quiet:
        yield lambda: None
    elif console.is_terminal:
        with Live(view(standing), console=console, auto_refresh=False) as live:
            yield lambda: live.update(view(standing), refresh=True)
    else:
        print(f"demo: {standing.address}/console/ learns from visitors now; Ctrl-C stops", flush=True)
        due = LINE_EVERY_S

        def show() -> None:
            nonlocal due
            if standing.at_s >= due:
                due += LINE_EVERY_S
                print(standing.line(), flush=True)

        yield show


def save_picture(standing: Standing, file: Path) -> None:
    """Write the view as SVG, with whatever fixed-width font the reader has."""
    console = Console(
        record=True, width=82, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(view(standing))
    svg = console.export_svg(title="slotwise demo")
    file.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), "utf-8")


command = Command(
    name="demo",
    help="Start a server with the sample catalogue, and simulated visitors for it to learn from.",
    example="slotwise demo --port 8080 --visitors-per-s 20",
    configure=_configure,
    run=_run,
)
