# SPDX-License-Identifier: Apache-2.0
"""Whether a process lives, is ready, drains, and what a fault of its own looks like."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from bandit.errors import Damaged, Unavailable
from bandit.web.app import DRAIN


def full(_: object) -> Any:
    """A proposal that fails as all do on a full disk."""
    raise Unavailable("log: got no space; try again")


async def test_a_good_process_is_alive_and_ready(site: Any) -> None:
    """Both say so, to everyone."""
    assert (await site.ask("GET", "/healthz", role=None)).data == {"status": "ok"}
    assert (await site.ask("GET", "/readyz", role=None)).data == {"status": "ready"}


async def test_a_process_that_cannot_write_is_not_ready(site: Any) -> None:
    """It lives, but is not ready until something could be written again."""
    with pytest.raises(Unavailable):
        await site.service.live.append(full)
    reply = await site.refused("GET", "/readyz", role=None)
    assert (reply.status, reply.error["code"]) == (503, "log_not_writable")
    assert (await site.ask("GET", "/healthz", role=None)).status == 200
    assert (await site.rank())["logged"]
    assert (await site.ask("GET", "/readyz", role=None)).status == 200


async def test_a_log_that_fails_now_makes_it_unready(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even before any request found out."""
    append = site.service.live.log.append
    monkeypatch.setattr(site.service.live.log, "append", lambda _: append(full))
    assert (await site.refused("GET", "/readyz", role=None)).status == 503


async def test_a_draining_process_closes_connections(site: Any) -> None:
    """It is not ready, still answers, and asks every client to connect anew."""
    assert "close" not in (await site.ask("GET", "/healthz")).headers.get("Connection", "")
    site.client.app[DRAIN].begin()
    reply = await site.refused("GET", "/readyz", role=None)
    assert (reply.status, reply.error["code"], reply.headers["Retry-After"]) == (503, "draining", "1")
    for method, path in (
        ("POST", "/v1/rank"),
        ("GET", "/nowhere"),
        ("GET", "/healthz"),
        ("OPTIONS", "/v1/rank"),
    ):
        body = {"placement": "home"} if method == "POST" else None
        assert (await site.ask(method, path, body)).headers["Connection"] == "close"


async def test_draining_waits_for_clients_to_leave(site: Any) -> None:
    """No new client gets in, one that is there gets its answer and goes, and then the draining is over."""
    await site.ask("GET", "/healthz")
    draining = asyncio.create_task(site.client.server.runner.drain(at_most_s=60))
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection(site.client.host, site.client.port)
    assert not draining.done()
    reply = await site.ask("POST", "/v1/rank", {"placement": "home"})
    assert (reply.status, reply.headers["Connection"]) == (200, "close")
    await draining


async def test_draining_does_not_wait_for_ever(site: Any) -> None:
    """A client that asks nothing more is not waited for beyond the limit."""
    await site.ask("GET", "/healthz")
    await site.client.server.runner.drain(at_most_s=0)
    assert site.client.server.runner.server.connections


async def test_a_writer_that_is_down_refuses_rewards(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reward that could not be kept is not accepted."""
    decision = (await site.rank())["decision_id"]
    append = site.service.live.log.append
    monkeypatch.setattr(site.service.live.log, "append", lambda _: append(full))
    reply = await site.refused("POST", "/v1/reward", {"decision_id": decision, "event": "click"})
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")


async def test_a_fault_has_the_one_shape(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller learns nothing of a fault of ours; the program's log has it once, with its traceback."""

    def broken(_: str) -> Any:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(site.service.reporting, "report", broken)
    with structlog.testing.capture_logs() as lines:
        reply = await site.ask("GET", "/v1/placements/home/report")
    assert (reply.status, reply.error["code"]) == (500, "internal")
    assert "secret" not in str(reply.data)
    assert [(line["event"], type(line["exc_info"])) for line in lines] == [
        ("request_failed", ZeroDivisionError)
    ]


async def test_damaged_data_is_a_fault_of_ours(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace whose record fails its check is answered with 500, as damaged."""

    def damaged(_: str) -> Any:
        raise Damaged("record 7: got bytes that fail their check", position=7)

    monkeypatch.setattr(site.service.live.log, "history", damaged)
    reply = await site.refused("GET", "/v1/decisions/mine")
    assert (reply.status, reply.error["code"]) == (500, "damaged")


async def test_the_service_is_closed_with_the_application(site: Any) -> None:
    """After the server has stopped, nothing can be written any more."""
    await site.client.close()
    with pytest.raises(Unavailable):
        await site.service.live.append(lambda _: ())
