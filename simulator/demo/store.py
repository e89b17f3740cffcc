# SPDX-License-Identifier: Apache-2.0
"""What the demo asks of its server: to take the sample catalogue, and how the promos do."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from bandit.core.catalogue import Arm, Placement, parse_placement, plain
from bandit.errors import SlotwiseError
from simulator.worlds.promos import PLACEMENT, sample_catalogue

_PATH = f"/v1/placements/{PLACEMENT}"


class Mean(msgspec.Struct, frozen=True):
    """A click rate with its interval; nulls before there is one."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None


class ArmReport(msgspec.Struct, frozen=True):
    """How a promo does."""

    arm: str
    shown: int
    share: float
    reward: Mean


class Report(msgspec.Struct, frozen=True):
    """What the demo reads of a placement's report."""

    policy: str
    decisions: dict[str, int]
    reward: dict[str, Mean]
    arms: list[ArmReport]

    @property
    def learned(self) -> Mean:
        """The click rate of pages that the policy ranked."""
        return self.reward["policy"]

    @property
    def holdout(self) -> Mean:
        """The click rate of pages that were ranked uniformly at random."""
        return self.reward["holdout"]


class Store:
    """The demo's side of the HTTP API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def stock(self, *, policy: str | None) -> None:
        """Put the sample catalogue where there is none yet; what a marketer changed since stays.

        Args:
            policy: kind of the policy, None for what is there or the sample's own.
        """
        reply = await self._ask("GET", _PATH)
        if reply.status_code == httpx.codes.NOT_FOUND:
            placement = plain(sample_catalogue()[PLACEMENT])
        else:
            placement = _checked(reply).json()
            if policy is None or placement["policy"]["kind"] == policy:
                return
        if policy is not None and placement["policy"]["kind"] != policy:
            placement["policy"] = {"kind": policy}
        _checked(await self._ask("PUT", _PATH, msgspec.json.encode(placement)))

    async def placement(self) -> Placement:
        """The placement as it is now."""
        return parse_placement(_checked(await self._ask("GET", _PATH)).json())

    async def report(self) -> Report:
        """How the placement does."""
        reply = _checked(await self._ask("GET", f"{_PATH}/report"))
        return msgspec.json.decode(reply.content, type=Report)

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            return await self._client.request(method, path, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise SlotwiseError(f"server: {str(error) or type(error).__name__}", code="unreachable") from None


def title(name: str, arm: Arm | None) -> str:
    """What a promo says, as far as its payload tells."""
    payload: Any = arm.payload if arm else None
    said = payload.get("title") if isinstance(payload, dict) else None
    return said if isinstance(said, str) else name


def _checked(reply: httpx.Response) -> httpx.Response:
    if reply.is_success:
        return reply
    raise SlotwiseError(
        f"server: answered {reply.status_code} to {reply.request.url.path}: {reply.text[:200]}"
    )
