# SPDX-License-Identifier: Apache-2.0
"""Talking to a running server: its errors become ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from bandit.commands.administration import KeyInfo
from bandit.commands.visitor import Visitor
from bandit.core.catalogue import Catalogue, Role, parse_catalogue, plain
from bandit.core.decoding import shorten
from bandit.errors import Invalid, SlotwiseError
from bandit.service.explaining import ContextReport
from bandit.service.quality import PlacementQuality

_TIMEOUT_S = 30.0
_NO_HEADERS: Mapping[str, str] = {}


class _NewKey(KeyInfo, frozen=True, kw_only=True):
    key: str


class _Keys(msgspec.Struct):
    keys: list[KeyInfo]


class _Problem(msgspec.Struct):
    message: str


class _Error(msgspec.Struct):
    error: _Problem


class RemoteAdministration:
    """Through a running server; made by `connected`, closed by its client."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def placements(self) -> Catalogue:
        """The catalogue as it is, as far as the key may see it."""
        data = msgspec.json.decode(await self._ask("GET", "/v1/placements"))
        return parse_catalogue(data)

    async def put(self, catalogue: Catalogue, *, forget: bool) -> None:
        """Create or replace these placements, one after the other."""
        may = "?forget=true" if forget else ""
        for name, placement in catalogue.items():
            await self._ask("PUT", f"/v1/placements/{quote(name, safe='')}{may}", body=plain(placement))

    async def keys(self) -> list[KeyInfo]:
        """All keys that are not revoked."""
        return msgspec.json.decode(await self._ask("GET", "/v1/keys"), type=_Keys).keys

    async def create_key(self, role: Role, *, name: str, placements: Sequence[str]) -> tuple[KeyInfo, str]:
        """Make a key; returns what is kept of it, and the key itself."""
        body = {"role": role, "name": name, "placements": list(placements)}
        made = msgspec.json.decode(await self._ask("POST", "/v1/keys", body=body), type=_NewKey)
        return msgspec.convert(made, KeyInfo, from_attributes=True), made.key

    async def revoke_key(self, key_id: str) -> None:
        """Revoke a key."""
        await self._ask("DELETE", f"/v1/keys/{quote(key_id, safe='')}")

    async def context(self, placement: str, visitor: Visitor) -> ContextReport:
        """What would be known about a visitor."""
        body = {"context": visitor.context, "at": visitor.at}
        headers = {"Sec-GPC": "1"} if visitor.gpc else {}
        path = f"/v1/placements/{quote(placement, safe='')}/context"
        return msgspec.json.decode(
            await self._ask("POST", path, body=body, headers=headers), type=ContextReport
        )

    async def quality(self, placement: str) -> PlacementQuality:
        """How good the context of a placement was lately."""
        found = await self._ask("GET", f"/v1/placements/{quote(placement, safe='')}/quality")
        return msgspec.json.decode(found, type=PlacementQuality)

    async def _ask(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] = _NO_HEADERS
    ) -> bytes:
        content = None if body is None else msgspec.json.encode(body)
        headers = {**headers, **({} if body is None else {"Content-Type": "application/json"})}
        try:
            reply = await self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SlotwiseError(
                f"url: got {self._client.base_url} ({reason}); allowed the address of a running slotwise",
                code="unreachable",
            ) from None
        if reply.is_success:
            return reply.content
        raise self._refused(reply)

    def _refused(self, reply: httpx.Response) -> SlotwiseError:
        try:
            message = msgspec.json.decode(reply.content, type=_Error).error.message
        except msgspec.MsgspecError:
            return SlotwiseError(
                f"url: got {self._client.base_url}, which answered {reply.status_code};"
                " allowed the address of a running slotwise"
            )
        return Invalid(message) if reply.status_code == httpx.codes.BAD_REQUEST else SlotwiseError(message)


def client_of(url: str, *, key: str | None) -> httpx.AsyncClient:
    """A client for the server at `url`.

    Raises:
        Invalid: not an http or https address, or a key that no header can hold.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Invalid(f"url: got {shorten(url)}; allowed e.g. http://127.0.0.1:8080", field="url")
    if key is not None and not (key.isascii() and key.isprintable()):
        raise Invalid("key: got one with other characters than a key has; allowed a key as it was shown")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(base_url=parsed, headers=headers, timeout=_TIMEOUT_S)
