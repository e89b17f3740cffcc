# SPDX-License-Identifier: Apache-2.0
"""What pages of other sites can do with a server that asks nobody for a key."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bandit.console import add_console
from bandit.web.app import create_app
from bandit.web.loopback import is_loopback
from bandit.web.runner import Runner

OWN = ["localhost:8080", "LOCALHOST", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "[::1]", "shop.localhost:80"]
FOREIGN = [
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.7:8080",
    "0.0.0.0:8080", "[::]:8080", "[fe80::1]", "0x7f.1", "2130706433", "::1", "", "localhost:", ".localhost",
    "localhost:8080:1", "localhost@evil.example", "localhost, evil.example", "evil.example/localhost",
    "[localhost]", "127.0.0.1:http",
]  # fmt: skip
# method, path, body: all that is served directly, through the router, from the console, and nowhere
REACHED: list[tuple[str, str, Any]] = [
    ("GET", "/v1/keys", None),
    ("GET", "/v1/placements/home", None),
    ("HEAD", "/v1/placements", None),
    ("GET", "/healthz", None),
    ("GET", "/openapi.json", None),
    ("GET", "/console/", None),
    ("GET", "/nowhere", None),
    ("POST", "/v1/rank", {"placement": "home"}),
    ("PATCH", "/v1/placements/home/arms/coats", {"paused": True}),
    ("DELETE", "/v1/placements/home", None),
    ("OPTIONS", "/v1/rank", None),
]
CHANGING = [each for each in REACHED if each[0] not in ("GET", "HEAD")]


async def ask_raw(site: Any, method: str, path: str, body: Any, **headers: str) -> tuple[int, str]:
    """Ask with exactly these headers; the status and the code of the error."""
    url = f"http://{site.client.host}:{site.client.port}{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json=body, headers=headers) as reply,
    ):
        return reply.status, (await reply.json())["error"][
            "code"
        ] if reply.status == 403 and method != "HEAD" else ""


@pytest.fixture
async def open_to_all(open_site: Any) -> Any:
    """A site that asks nobody for a key."""
    return await open_site(authenticate=False)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),  # noqa: S104 - the point of the test
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("0x7f.1", False),
    ],
)
def test_what_is_a_loopback_address(host: str, expected: bool) -> None:
    """Only what this machine alone can reach; a name that merely looks like it is not."""
    assert is_loopback(host) is expected


async def test_a_foreign_host_gets_nothing(open_to_all: Any) -> None:
    """A page whose name was made to lead here can neither read nor change anything, whatever it asks for."""
    before = open_to_all.standing()
    for method, path, body in REACHED:
        status, code = await ask_raw(open_to_all, method, path, body, Host="evil.example:8080")
        assert (status, code) == (403, "" if method == "HEAD" else "host_not_allowed"), (method, path)
    assert open_to_all.standing() == before


async def test_hosts(open_to_all: Any) -> None:
    """Names of this machine are served on whatever port, for it may have been forwarded; no others are."""
    for host in OWN:
        assert (await ask_raw(open_to_all, "GET", "/v1/keys", None, Host=host))[0] == 200, host
        assert (await ask_raw(open_to_all, "POST", "/v1/rank", {"placement": "home"}, Host=host))[0] == 200
    for host in FOREIGN:
        assert await ask_raw(open_to_all, "GET", "/v1/keys", None, Host=host) == (403, "host_not_allowed"), (
            host
        )


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1:8080"},
        {"Origin": "http://localhost:8080.evil.example"},
        {"Origin": "http://localhost:8080, https://evil.example"},
        {"Origin": "file://"},
        {"Origin": "localhost:8080"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
async def test_another_origin_changes_nothing(open_to_all: Any, headers: dict[str, str]) -> None:
    """Neither another site, nor another port of this machine, nor a page that hides where it is from."""
    before = open_to_all.standing()
    for method, path, body in CHANGING:
        status, code = await ask_raw(open_to_all, method, path, body, Host="localhost:8080", **headers)
        assert (status, code) == (403, "origin_not_allowed"), (method, path)
    assert open_to_all.standing() == before


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("localhost:8080", {}),
        ("localhost:8080", {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"}),
        ("LocalHost:8080", {"Origin": "http://localhost:8080"}),
        ("localhost", {"Origin": "http://localhost"}),
        ("localhost:80", {"Origin": "http://localhost"}),
        ("localhost", {"Origin": "https://localhost:443"}),
        ("[::1]:8080", {"Origin": "http://[::1]:8080"}),
        ("localhost:8080", {"Sec-Fetch-Site": "none"}),
    ],
)
async def test_own_pages_and_programs_may(open_to_all: Any, host: str, headers: dict[str, str]) -> None:
    """What has no origin is no page, and pages of the server itself may do all."""
    for method, path, body in (CHANGING[0], CHANGING[1]):
        assert (await ask_raw(open_to_all, method, path, body, Host=host, **headers))[0] == 200


async def test_links_from_elsewhere_may_be_followed(open_to_all: Any) -> None:
    """Reading stays allowed from anywhere: without a header that allows it, no other page sees the answer."""
    reply = await open_to_all.ask(
        "GET", "/v1/placements", headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    )
    assert reply.status == 200
    assert "Access-Control-Allow-Origin" not in reply.headers


async def test_a_guarded_server_may_have_any_name(site: Any) -> None:
    """With keys nothing depends on the host, nor on where a page that has a key is from."""
    headers = {"Host": "shop.example", "Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    assert (await site.ask("GET", "/v1/placements", headers=headers)).status == 200
    assert (await site.ask("POST", "/v1/rank", {"placement": "home"}, headers=headers)).status == 200


async def test_a_refusal_says_what_is_allowed(open_to_all: Any) -> None:
    """In the one shape, with one line in the program's log."""
    reply = await open_to_all.refused("GET", "/v1/keys", headers={"Host": "evil.example"})
    assert reply.error["message"] == (
        "host: got 'evil.example'; with --open allowed localhost or a loopback address"
    )
    origin = {"Origin": "http://localhost:3000", "Host": "localhost:8080"}
    reply = await open_to_all.refused("DELETE", "/v1/placements/home", headers=origin)
    assert "publishable key" in reply.error["message"]


async def test_the_console_is_guarded_too(open_to_all: Any) -> None:
    """Pages that were added to the application stand behind the same guard."""
    app = create_app(open_to_all.service)
    add_console(app)
    app.cleanup_ctx.clear()
    runner = Runner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        url = f"http://{host}:{port}/console/"
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as reply:
                assert reply.status == 200
            async with session.get(url, headers={"Host": "evil.example"}) as reply:
                assert reply.status == 403
    finally:
        await runner.cleanup()
