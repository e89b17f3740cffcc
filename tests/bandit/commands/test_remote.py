# SPDX-License-Identifier: Apache-2.0
"""`slotwise apply` and `slotwise keys` through a running server, and what a server can answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def other_server() -> Any:
    """The address of a web server that is not slotwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(502)
            self.end_headers()
            self.wfile.write(b"<html>bad gateway</html>")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_is_changed_while_it_runs(
    serve: Callable[..., Any], slotwise: Any, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catalogue and keys are changed over HTTP with the key that the first start printed."""
    server = serve()
    monkeypatch.setenv("SLOTWISE_URL", server.url)
    monkeypatch.setenv("SLOTWISE_KEY", server.key)

    assert slotwise("apply", catalogue, "--dry-run").out.endswith("nothing was applied (--dry-run)\n")
    assert slotwise("apply", catalogue).out.endswith("applied: 2 of 2 placements changed\n")
    assert slotwise("apply", catalogue).out == "nothing changes\n"

    made = json.loads(slotwise("keys", "create", "--role", "viewer", "--name", "ann", "--json").out)
    listed = json.loads(slotwise("keys", "list", "--json").out)
    assert [(key["role"], key["name"]) for key in listed] == [("admin", "first start"), ("viewer", "ann")]
    refused = slotwise("keys", "list", "--key", made["key"])
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert slotwise("keys", "revoke", made["id"]).status == 0
    assert slotwise("keys", "list", "--key", made["key"]).err.startswith(
        "slotwise: key: got one that is not valid"
    )

    busy = slotwise("keys", "list", "--data-dir", server.data_dir)
    assert busy.status == 1
    assert f"in use by process {server.process.pid}" in busy.err


def test_nobody_listens(slotwise: Any) -> None:
    """A server that cannot be reached is a failure, named by its address."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        status, out, err = slotwise("keys", "list", "--url", url)
    assert (status, out) == (1, "")
    assert err.startswith(f"slotwise: url: got {url} (")
    assert err.endswith("); allowed the address of a running slotwise\n")


def test_somebody_else_listens(slotwise: Any, other_server: str) -> None:
    """An answer that is not ours is said to be one."""
    status, _, err = slotwise("keys", "list", "--url", other_server)
    assert (status, err) == (
        1,
        f"slotwise: url: got {other_server}, which answered 502; allowed the address of a running slotwise\n",
    )
