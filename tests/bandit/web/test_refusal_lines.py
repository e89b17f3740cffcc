# SPDX-License-Identifier: Apache-2.0
"""A flood of refused requests does not become a flood of lines; the metrics have their number."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import structlog

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "http.md"
MANY = 200

FLOODS: dict[str, tuple[tuple[str, str, Any], dict[str, Any], tuple[str, str, str]]] = {
    "no key": (
        ("POST", "/v1/rank", {"placement": "home"}),
        {"role": None},
        ("POST /v1/rank", "401", "key_missing"),
    ),
    "role": (("GET", "/v1/keys", None), {"role": "viewer"}, ("GET /v1/keys", "403", "forbidden")),
    "malformed": (("POST", "/v1/rank", b"{"), {}, ("POST /v1/rank", "400", "malformed_json")),
    "unknown placement": (
        ("POST", "/v1/rank", {"placement": "nowhere"}),
        {},
        ("POST /v1/rank", "404", "placement_not_found"),
    ),
    "unknown path": (("GET", "/nowhere", None), {}, ("unknown path", "404", "route_not_found")),
    "too large": (("POST", "/v1/rank", b" " * 70_000), {}, ("POST /v1/rank", "413", "body_too_large")),
    "packed": (
        ("POST", "/v1/rank", b"{}"),
        {"headers": {"Content-Encoding": "gzip"}},
        ("POST /v1/rank", "415", "unsupported_encoding"),
    ),
    "method": (("PUT", "/v1/rank", {}), {}, ("other method /v1/rank", "405", "method_not_allowed")),
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_is_two_lines(site: Any, flood: str) -> None:
    """The first refusal of a kind has a line, and one more line a second stands for the others."""
    (method, path, body), options, kind = FLOODS[flood]
    with structlog.testing.capture_logs() as lines:
        for _ in range(MANY):
            assert (await site.ask(method, path, body, **options)).status == int(kind[1])
        site.service.lines.flush()
    assert len(lines) <= 4  # a real second may have passed
    assert {(line["route"], str(line["status"]), line["code"]) for line in lines} == {kind}
    assert sum(line.get("left_out", 1) for line in lines) == MANY
    found = await site.metrics()
    assert found["slotwise_refusals_total", kind] == MANY
    assert found["slotwise_answers_total", kind[:2]] == MANY


async def test_connections_that_speak_no_http(site: Any) -> None:
    """What never becomes a request is sampled and counted too."""
    with structlog.testing.capture_logs() as lines:
        for _ in range(20):
            reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
            writer.write(b"\x16\x03\x01\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.")
            writer.close()
        site.service.lines.flush()
    assert len(lines) <= 3
    assert sum(line.get("left_out", 1) for line in lines) == 20
    kind = ("connection", "400", "malformed_request")
    assert (await site.metrics())["slotwise_refusals_total", kind] == 20


async def test_what_callers_make_up_makes_no_new_kinds(site: Any) -> None:
    """Paths, names and ids that nobody has seen share the kinds that there are, so memory is bounded."""
    seen = len(await site.metrics())
    for number in range(50):
        await site.ask("GET", f"/nowhere-{number}")
        await site.ask("GET", f"/v1/placements/p{number}")
        await site.ask("POST", "/v1/reward", {"decision_id": f"d{number}", "event": "click"})
    assert len(await site.metrics()) - seen <= 8


async def test_faults_are_sampled(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours has its traceback once, however often a request runs into it."""

    def broken(_: str) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(site.service.reporting, "report", broken)
    with structlog.testing.capture_logs() as lines:
        for _ in range(20):
            assert (await site.ask("GET", "/v1/placements/home/report")).status == 500
        site.service.lines.flush()
    assert sum("exc_info" in line for line in lines) <= 2
    assert sum(line.get("left_out", 1) for line in lines) == 20


async def test_ranks_are_counted(site: Any) -> None:
    """What was answered is counted by route, with those that came without a policy or were not kept."""
    for _ in range(3):
        await site.rank()
    found = await site.metrics()
    assert found["slotwise_answers_total", ("POST /v1/rank", "200")] == 3
    assert (found["slotwise_ranks_fallback_total", ()], found["slotwise_ranks_unlogged_total", ()]) == (0, 0)
    assert found["slotwise_log_position", ()] == site.service.live.log.head


async def test_the_guide_names_every_metric(site: Any) -> None:
    """docs/http.md has one row a metric, with its labels."""
    await site.ask("GET", "/nowhere")
    async with site.client.get("/metrics", headers={"X-API-Key": site.keys["admin"]}) as reply:
        text = await reply.text()
    served = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    rows = dict(re.findall(r"^\| `(slotwise_\w+)` \|([^|]*)\|", GUIDE.read_text("utf-8"), re.MULTILINE))
    assert set(rows) == served
    for name, labels in rows.items():
        used = re.search(rf"^{name}{{(.*)}}", text, re.MULTILINE)
        assert re.findall(r"(\w+)=", used[1] if used else "") == sorted(re.findall(r"\w+", labels))
