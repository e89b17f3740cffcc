# SPDX-License-Identifier: Apache-2.0
"""The peer of rank_speed: a bare aiohttp endpoint that parses the same body and answers the same reply."""

from __future__ import annotations

import sys

import orjson
import uvloop
from aiohttp import web

from bandit.web.headers import CORS, JSON_BODY, SECURITY

_REPLY = {
    "decision_id": "0cfqt5q4d8lfgi3m6e2h1k9v7o",
    "placement": "bench",
    "policy": "linucb",
    "model": "linucb@123456",
    "fallback": False,
    "slots": [
        {
            "slot": slot,
            "arm": f"arm-{slot:02d}",
            "propensity": 0.905,
            "score": 0.1318359375,
            "payload": {"title": "A"},
        }
        for slot in range(3)
    ],
    "logged": True,
    "holdout": False,
}

# The same reply has the same headers.
_HEADERS = {**SECURITY, **CORS, **JSON_BODY}


async def _rank(request: web.Request) -> web.Response:
    orjson.loads(await request.read())
    return web.Response(body=orjson.dumps(_REPLY), headers=_HEADERS)


def main() -> None:
    """Serve on the port given as the only argument."""
    app = web.Application()
    app.router.add_post("/v1/rank", _rank)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
