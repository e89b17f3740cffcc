# SPDX-License-Identifier: Apache-2.0
"""`slotwise serve` as the real program: how it starts, what it says, how it stops."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

SERVED = {"placement": "hero", "context": {"page": {"section": "news"}}}


def asked(server: Any, path: str, body: object = None) -> httpx.Response:
    """A request with the server's key."""
    headers = {"X-API-Key": server.key} if server.key else {}
    method = "GET" if body is None else "POST"
    return httpx.request(method, f"{server.url}{path}", json=body, headers=headers)


def test_a_whole_life(serve: Callable[..., Any], slotwise: Any, catalogue: Path) -> None:
    """The first start prints a key that works, a stop loses nothing, a second start prints no key."""
    first = serve("--catalog", catalogue)
    assert re.fullmatch(r"ak_[0-9a-f]{12}_[\w-]{32}", first.key)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", first.url)
    assert httpx.get(f"{first.url}/readyz").status_code == 200
    assert httpx.get(f"{first.url}/console/").status_code == 200
    assert httpx.get(f"{first.url}/v1/keys").status_code == 401
    decision = asked(first, "/v1/rank", SERVED).json()["decision_id"]
    assert asked(first, "/v1/reward", {"decision_id": decision, "event": "click"}).status_code == 200
    status, err = first.stop(signal.SIGTERM)
    assert status == 0
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert events == ["catalogue_applied", "serving", "refused", "stopping", "stopped"]

    checked = json.loads(slotwise("verify", "--data-dir", first.data_dir, "--json").out)
    assert checked["sound"]
    assert (checked["decisions"], checked["rewards"], checked["snapshots"]) == (1, 1, 1)

    second = serve("--catalog", catalogue, data_dir=first.data_dir)
    assert second.key == ""
    again = second._replace(key=first.key)
    assert asked(again, f"/v1/decisions/{decision}").status_code == 200
    status, err = second.stop(signal.SIGINT)
    assert (status, json.loads(err.splitlines()[0])["changed"]) == (0, [])


def test_an_open_server_asks_for_no_key(serve: Callable[..., Any], catalogue: Path) -> None:
    """--open lets everyone in and makes no key; the next start without it does, even after a kill."""
    first = serve("--open", "--catalog", catalogue)
    assert first.key == ""
    decision = asked(first, "/v1/rank", SERVED).json()["decision_id"]
    assert asked(first, "/v1/keys").json() == {"keys": []}
    first.stop(signal.SIGKILL)
    second = serve(data_dir=first.data_dir)
    assert second.key.startswith("ak_")
    assert asked(second, f"/v1/decisions/{decision}").status_code == 200


def test_the_first_admin_key_is_made_once(serve: Callable[..., Any], slotwise: Any, data_dir: Path) -> None:
    """A start makes one unless there is a key that may do everything; one limited to a placement may not."""
    slotwise("keys", "create", "--role", "admin", "--placement", "hero", "--data-dir", data_dir)
    first = serve(data_dir=data_dir)
    assert asked(first, "/v1/keys").status_code == 200
    first.stop()
    second = serve(data_dir=data_dir)
    assert second.key == ""
    second.stop()


def test_variables_stand_in_for_options(
    serve: Callable[..., Any], catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment sets what no option sets."""
    monkeypatch.setenv("SLOTWISE_CATALOG", str(catalogue))
    monkeypatch.setenv("SLOTWISE_LOG_LEVEL", "error")
    monkeypatch.setenv("SLOTWISE_RANK_BODY_BYTES", "100")
    server = serve()
    assert asked(server, "/v1/placements/hero").status_code == 200
    large = {**SERVED, "context": {"page": {"section": "x" * 100}}}
    assert asked(server, "/v1/rank", large).status_code == 413
    assert server.stop() == (0, "")
