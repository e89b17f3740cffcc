# SPDX-License-Identifier: Apache-2.0
"""Whether a process lives, is ready, drains, and what a fault of its own looks like."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from bandit.errors import Damaged, Unavailable
from bandit.log.base import NOT_WRITABLE
from bandit.service import live
from bandit.web.app import DRAIN


def full(_: object) -> Any:
    """A proposal that fails as all do on a full disk."""
    raise Unavailable("log: got no space; try again", code=NOT_WRITABLE)


async def test_a_good_process_is_alive_and_ready(site: Any) -> None:
    """Both say so, to everyone."""
    assert (await site.ask("GET", "/healthz", role=None)).data == {"status": "ok"}
    assert (await site.ask("GET", "/readyz", role=None)).data == {"status": "ready", "log": "writable"}


async def readiness(site: Any) -> tuple[int, str, float]:
    """The status of /readyz, what it says of the log, and what the metrics say of it."""
    ready = await site.ask("GET", "/readyz", role=None)
    return ready.status, ready.data["log"], (await site.metrics())["slotwise_log_writable", ()]


async def test_a_process_that_cannot_write_still_gets_visitors(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers ranks, so it is ready; that nothing is kept is said apart, until something is again."""
    with structlog.testing.capture_logs() as lines, pytest.raises(Unavailable):
        await site.service.live.append(full)
    assert [line["event"] for line in lines] == ["log_not_writable"]
    assert await readiness(site) == (200, "not writable", 0.0)
    monkeypatch.setattr(live, "_CALM_S", 0.0)
    with structlog.testing.capture_logs() as lines:
        assert (await site.rank())["logged"]
    assert [line["event"] for line in lines] == ["log_writable_again"]
    assert await readiness(site) == (200, "writable", 1.0)


async def test_a_log_that_fails_is_found_out_without_requests(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service itself looks whether the log takes anything, and finds out when it does again."""
    with monkeypatch.context() as patch:
        append = site.service.live.log.append
        patch.setattr(site.service.live.log, "append", lambda _: append(full))
        await site.service.live.probe()
        assert await readiness(site) == (200, "not writable", 0.0)
    monkeypatch.setattr(live, "_CALM_S", 0.0)
    await site.service.live.probe()
    assert await readiness(site) == (200, "writable", 1.0)


async def test_a_log_that_fails_now_and_then_is_not_writable(site: Any) -> None:
    """A disk that is all but full takes one group and refuses the next: one line, and no flicker."""
    with structlog.testing.capture_logs() as lines:
        for _ in range(5):
            with pytest.raises(Unavailable):
                await site.service.live.append(full)
            assert (await site.rank())["logged"]
    assert [line["event"] for line in lines] == ["log_not_writable"]
    assert await readiness(site) == (200, "not writable", 0.0)


async def test_a_log_that_does_not_answer_is_not_writable(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that hangs is told like one that is full."""
    monkeypatch.setattr(live, "_PROBE_TIMEOUT_S", 0.001)
    hanging = asyncio.get_running_loop().create_future
    monkeypatch.setattr(site.service.live.log, "append", lambda _: hanging())
    await site.service.live.probe()
    assert await readiness(site) == (200, "not writable", 0.0)


async def test_overload_says_nothing_of_the_disk(site: Any) -> None:
    """An append that was turned away for want of room leaves the log writable."""

    def overloaded(_: object) -> Any:
        raise Unavailable("log: got more to write than may wait; try again")

    with pytest.raises(Unavailable):
        await site.service.live.append(overloaded)
    assert await readiness(site) == (200, "writable", 1.0)


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
    await site.service.live.probe()  # tells of the failure, which the refusal then need not
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
