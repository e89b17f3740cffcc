# SPDX-License-Identifier: Apache-2.0
"""A site: the real application over the real service, with a key for every role, and a client."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import BaseTestServer
from prometheus_client.parser import text_string_to_metric_families
from pytest_aiohttp.plugin import AiohttpClient

from bandit.core.catalogue import Role
from bandit.core.snapshot import dump
from bandit.log.memory import MemoryLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings
from bandit.web.app import create_app
from bandit.web.runner import Runner
from bandit.web.seen import SEEN

HOME: dict[str, Any] = {
    "slots": 2,
    "policy": {"kind": "linucb", "alpha": 0.5},
    "context": ["device"],
    "reward": {"events": {"click": 1.0, "purchase": 5.0}},
    "holdout": 0.0,
    "arms": {
        "coats": {"features": {"price": 89.0}, "payload": {"title": "Coats", "n": [1, 2.5, None]}},
        "boots": {"payload": "boots"},
        "hats": {},
    },
}


LABELS = ("route", "status", "code")


class AppServer(BaseTestServer):
    """Serves an application with the runner that serves it in production."""

    def __init__(self, app: web.Application) -> None:
        super().__init__()
        self.app = app

    async def _make_runner(self, **_: Any) -> Runner:
        return Runner(self.app)


@dataclass(frozen=True)
class Reply:
    """What came back; `data` is None when there was no body."""

    status: int
    data: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """The error, once it is known to have the one shape."""
        assert set(self.data) == {"error"}
        error: dict[str, Any] = self.data["error"]
        assert set(error) == {"code", "message", "field"}
        assert error["message"]
        assert isinstance(error["code"], str)
        return error


@dataclass(frozen=True)
class Site:
    """The service, a client of it, and a key by role."""

    service: Service
    client: Any
    keys: dict[str, str]

    async def ask(
        self, method: str, path: str, body: Any = None, *, role: str | None = "admin", **options: Any
    ) -> Reply:
        """Ask with the key of a role; `body` is sent as JSON, or as it is when it is bytes."""
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys[role]}")
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            options["data"] = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client.request(method, path, headers=headers, **options) as response:
            text = await response.text()
            data = json.loads(text) if text and response.content_type == "application/json" else text or None
            return Reply(response.status, data, response.headers)

    async def refused(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        """Ask for what must be refused; returns the reply, checked for all that holds for every refusal."""
        before = self.standing()
        seen = self.client.app[SEEN]
        counted = seen.refusals.copy()
        for _ in range(2):  # the second forgets the kinds that the first told of
            self.service.lines.flush()
        with structlog.testing.capture_logs() as lines:
            reply = await self.ask(method, path, body, **options)
        assert self.standing() == before
        assert [line["event"] for line in lines] == ["refused"], lines
        assert set(lines[0]) == {"event", "log_level", "status", "code", "route", "key"}
        assert lines[0]["code"] == reply.error["code"]
        kind = (lines[0]["route"], reply.status, reply.error["code"])
        assert seen.refusals - counted == {kind: 1}
        assert reply.headers["Content-Type"] == "application/json"
        assert len(reply.error["message"]) < 700
        return reply

    async def rank(self, *, role: str = "server", **body: Any) -> dict[str, Any]:
        """Rank for the placement home; returns the decision."""
        reply = await self.ask("POST", "/v1/rank", {"placement": "home", **body}, role=role)
        assert reply.status == 200, reply.data
        decision: dict[str, Any] = reply.data
        return decision

    async def metrics(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """What the metrics say, by name and the route, status and code that it is about."""
        async with self.client.get("/metrics", headers={"X-API-Key": self.keys["viewer"]}) as reply:
            assert reply.status == 200
            assert reply.headers["Content-Type"].startswith("text/plain; version=")
            families = text_string_to_metric_families(await reply.text())
        return {
            (
                sample.name,
                tuple(sample.labels[label] for label in LABELS if label in sample.labels),
            ): sample.value
            for family in families
            for sample in family.samples
        }

    def standing(self) -> tuple[int, bytes]:
        """Head of the log and the whole state: equal as long as nothing has changed."""
        live = self.service.live
        live.catch_up()
        return live.log.head, dump(live.state)


Open = Callable[..., Awaitable[Site]]


@pytest.fixture
async def open_site(aiohttp_client: AiohttpClient, tmp_path: Path) -> Open:
    """Opens a site; settings are given by name."""

    async def opened(**settings: Any) -> Site:
        # A clock that stands still: nothing depends on when a test runs.
        service = Service(
            replace(Settings(data_dir=tmp_path), **settings),
            open_store=lambda committed: MemoryLog(committed=committed),
            names=Identity(b"x" * 32),
            clock=lambda: 1_800_000_000.0,
        )
        await service.changes.put_placement("home", HOME, by="test")
        await service.changes.put_placement("other", {"arms": {"a": {}}}, by="test")
        keys = {}
        for role in get_args(Role):
            _, keys[role] = await service.changes.create_key(role, name=role, by="test")
        return Site(service, await aiohttp_client(AppServer(create_app(service))), keys)

    return opened


@pytest.fixture
async def site(open_site: Open) -> Site:
    """A site with the usual settings."""
    return await open_site()
