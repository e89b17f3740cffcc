# SPDX-License-Identifier: Apache-2.0
"""Processes of the demo are followed while they run and gone when their block is left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from bandit.errors import SlotwiseError
from simulator.demo.children import running, wait


async def test_child_that_ends_by_itself_is_reported() -> None:
    """A child that fails takes the wait with it, and its last complaint is the message."""
    async with running("json.tool", "--no-such-option", on_line=lambda line: None) as child:
        with pytest.raises(SlotwiseError, match="unrecognized arguments: --no-such-option"):
            await wait([], child)


async def test_child_that_just_ends_is_reported_too() -> None:
    """Without a complaint the exit status has to do."""
    lines: list[str] = []
    async with running("this", on_line=lines.append) as child:
        with pytest.raises(SlotwiseError, match="this: ended with status 0"):
            await wait([], child)
    assert lines[0] == "The Zen of Python, by Tim Peters"


async def test_running_child_lets_the_wait_time_out() -> None:
    """As long as children run, a wait ends with its time, and leaving the block ends the children."""
    async with running("http.server", "0", "--bind", "127.0.0.1", on_line=lambda line: None) as child:
        await wait([], child, within_s=0.01)
        assert not child.end.done()
    assert child.end.done()


async def test_news_ends_the_wait() -> None:
    """What is waited for beside the children ends the wait at once."""
    news: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(news.set_result, True)
    async with running("http.server", "0", "--bind", "127.0.0.1", on_line=lambda line: None) as child:
        await wait([news], child)
        assert not child.end.done()


async def test_settings_of_a_real_server_do_not_reach_a_child(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A demo beside somebody's server uses none of its settings, and no package of the working directory."""
    monkeypatch.setenv("SLOTWISE_DATA_DIR", "somebody's")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "platform.py").write_text("print('mine')")
    lines: list[str] = []
    async with running("sysconfig", on_line=lines.append) as child:
        await child.end
    assert "mine" not in lines
    assert lines[0].startswith("Platform:")
    assert sys.version[:4] in "\n".join(lines)
