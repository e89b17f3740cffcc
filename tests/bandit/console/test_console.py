# SPDX-License-Identifier: Apache-2.0
"""The console as a real browser shows it, over a real server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bandit.console import add_console
from bandit.console.pages import FILES
from bandit.log.memory import MemoryLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings
from bandit.web.app import create_app

_HOSTILE = "<img src=x onerror=document.title='broken'>"
_PLACEMENT = {
    "context": [],
    "arms": {
        "coats": {"payload": {"title": "Winter coats"}, "boost": 2},
        "gifts": {"payload": {"title": _HOSTILE}},
        "later": {"paused": True},
    },
}

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A server with the console and one placement that has been shown and clicked."""
    service = Service(
        Settings(data_dir=tmp_path, authenticate=False),
        open_store=lambda committed: MemoryLog(committed=committed),
        names=Identity.open(tmp_path / "secret"),
    )
    app = create_app(service)
    add_console(app)
    async with TestClient(TestServer(app)) as client:
        await client.put("/v1/placements/home", json=_PLACEMENT)
        for _ in range(30):
            reply = await client.post("/v1/rank", json={"placement": "home"})
            decision = (await reply.json())["decision_id"]
            await client.post("/v1/reward", json={"decision_id": decision, "event": "click"})
        yield client


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI"):
        pytest.fail("chromium: not found; CI must install it")
    if found is None:
        pytest.skip("chromium: not found; the page is checked where there is one")
    return found


async def _seen(client: Client, tmp_path: Path, fragment: str = "") -> str:
    """The page as Chromium has it once its scripts have run."""
    flags = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    )
    browser = await asyncio.create_subprocess_exec(
        _chromium(),
        *flags,
        f"--user-data-dir={tmp_path / 'browser'}",
        "--virtual-time-budget=3000",
        "--dump-dom",
        str(client.make_url("/console/")) + fragment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    out, _ = await browser.communicate()
    return out.decode()


async def test_a_browser_shows_every_arm_with_its_numbers(client: Client, tmp_path: Path) -> None:
    """The report stands in the page: titles, counts, badges and the groups."""
    page = await _seen(client, tmp_path)
    assert "Winter coats" in page
    assert "boost 2" in page
    assert "paused" in page
    numbers = re.findall(r'class="number">([\d,]+)<', page.split("<tbody")[1])
    assert len(numbers) == 6
    assert sum(map(int, numbers[0::2])) == sum(map(int, numbers[1::2])) == 30


async def test_a_title_never_becomes_markup(client: Client, tmp_path: Path) -> None:
    """What a marketer writes is shown as text."""
    page = await _seen(client, tmp_path)
    assert "&lt;img src=x" in page
    assert "<title>slotwise</title>" in page


@pytest.mark.parametrize("path", FILES)
async def test_nothing_in_the_console_may_load_or_run_anything_foreign(client: Client, path: str) -> None:
    """Every file comes with a policy that allows this server's own files alone."""
    reply = await client.get(path)
    policy = reply.headers["Content-Security-Policy"]
    assert reply.status == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_the_console_asks_for_no_key_but_its_numbers_do(tmp_path: Path) -> None:
    """The page itself is public; a reader without a key is asked for one."""
    service = Service(
        Settings(data_dir=tmp_path),
        open_store=lambda committed: MemoryLog(committed=committed),
        names=Identity.open(tmp_path / "secret"),
    )
    app = create_app(service)
    add_console(app)
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/console/")).status == 200
        assert (await client.get("/v1/placements")).status == 401
        page = await _seen(client, tmp_path)
    assert 'id="sign-in">' in page
