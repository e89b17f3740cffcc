# SPDX-License-Identifier: Apache-2.0
"""The command line as tests use it: in this process, or as the real program."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest
import structlog

from bandit.cli import main
from bandit.commands.directory import opened
from bandit.core.join import Posted
from bandit.settings import Settings

CATALOGUE = """
placements:
  hero:
    slots: 2
    context: [daytime]
    features: {fields: {page.section: {levels: [news, sport]}}}
    reward: {events: {click: 1.0, purchase: 5.0}, clip: [0, 10]}
    holdout: 0
    arms:
      coats: {features: {price: 89.0}, payload: {title: Coats}}
      shoes: {boost: 1.5}
      hats: {paused: true}
  side:
    slots: 1
    context: []
    features: {fields: {page.section: {levels: [news, sport]}}}
    reward: {default: 0.25}
    holdout: 0
    arms: {one: {features: {colour: red}}, two: {}}
"""


class Outcome(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


class Slotwise(Protocol):
    """Runs the command line in this process."""

    def __call__(self, *arguments: str | Path) -> Outcome:
        """Give it the words after `slotwise`."""
        ...


class Server(NamedTuple):
    """A real `slotwise serve`."""

    process: subprocess.Popen[str]
    url: str
    key: str
    data_dir: Path

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send it a signal; its exit status and what it wrote to the standard error."""
        self.process.send_signal(number)
        _, err = self.process.communicate()
        return self.process.returncode, err


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable and no home of whoever runs the tests counts, and logging is left as it was found."""
    for name in [*os.environ]:
        if name.startswith(("SLOTWISE_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def slotwise(capfd: pytest.CaptureFixture[str]) -> Slotwise:
    """The command line."""

    def run(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        try:
            status = main([str(each) for each in arguments])
        except SystemExit as left:
            status = int(left.code or 0)
        return Outcome(status, *capfd.readouterr())

    return run


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A valid catalogue of two placements."""
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE, "utf-8")
    return path


@pytest.fixture
def data_dir(tmp_path: Path, slotwise: Slotwise, catalogue: Path) -> Path:
    """A data directory with the catalogue in it."""
    path = tmp_path / "data"
    assert slotwise("apply", catalogue, "--data-dir", path).status == 0
    return path


@pytest.fixture
def lived_in(data_dir: Path) -> Path:
    """The same after some decisions, one of them deferred and never shown, and rewards for two of them."""

    async def live() -> None:
        async with opened(Settings(data_dir=data_dir)) as service:
            page = {"page": {"section": "news"}}
            for name in ("h1", "h2", "h3"):
                await service.rank("hero", page, user="ada", decision_id=name)
            await service.rank("hero", page, decision_id="unseen", deferred=True)
            for name in ("s1", "s2"):
                await service.rank("side", page, decision_id=name)
            rewards = [
                Posted("h1", event="click", slot=1),
                Posted("h1", event="purchase", slot=1),
                Posted("h2", reward=50.0, slot=0),
                Posted("s2", event="click"),
            ]
            for each in rewards:
                await service.rewarding.reward(each, scope=frozenset(), at=service.clock())

    asyncio.run(live())
    return data_dir


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on free ports and waits until they are ready; stops them in the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, data_dir: Path | None = None) -> Server:
        folder = data_dir or tmp_path / "served"
        command = [
            sys.executable,
            "-P",
            "-m",
            "bandit",
            "serve",
            "--port",
            "0",
            "--data-dir",
            folder,
            *arguments,
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        key = url = ""
        for line in process.stdout:
            if line.startswith("admin key"):
                key = line.split()[-1]
            if line.startswith("slotwise is ready on "):
                url = line.split()[-1]
                break
        return Server(process, url, key, folder)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
