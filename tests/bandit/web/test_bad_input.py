# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent, it is refused in the one shape, changes nothing, and leaves one line in our log."""

from __future__ import annotations

import gzip
import json
from itertools import islice, product
from string import ascii_lowercase
from typing import Any

import pytest

RANK, REWARD = "/v1/rank", "/v1/reward"


def rank(**fields: Any) -> bytes:
    """A rank that would be good but for `fields`."""
    return json.dumps({"placement": "home", **fields}, separators=(",", ":")).encode()


def reward(**fields: Any) -> bytes:
    """A reward that would be good, were there the decision, but for `fields`."""
    return json.dumps({"decision_id": "d", **fields}).encode()


def deep(levels: int) -> bytes:
    """Arrays within arrays."""
    return b"[" * levels + b"]" * levels


MANY = ["".join(letters) for letters in islice(product(ascii_lowercase, repeat=3), 10_000)]

MALFORMED = (400, "malformed_json", None)
BAD = (400, "invalid")
REWARDS, KEYS = "/v1/rewards", "/v1/keys"
LONG = b'{"role":"viewer","name":"' + b"n" * 129 + b'"}'

# name: path, body, status, code, field
BODIES: dict[str, tuple[str, bytes, int, str, str | None]] = {
    "nothing": (RANK, b"", *MALFORMED),
    "cut short": (RANK, b'{"placement":', *MALFORMED),
    "trailing": (RANK, rank() + b"}", *MALFORMED),
    "not utf-8": (RANK, b'{"placement":"\xff"}', *MALFORMED),
    "lone surrogate": (RANK, b'{"placement":"\\ud800"}', *MALFORMED),
    "list": (RANK, b"[]", *BAD, None),
    "null": (RANK, b"null", *BAD, None),
    "no placement": (RANK, b"{}", *BAD, "placement"),
    "placement a number": (RANK, rank(placement=3), *BAD, "placement"),
    "placement unknown": (RANK, rank(placement="nowhere"), 404, "placement_not_found", "placement"),
    "placement strange": (RANK, rank(placement="a\nb" * 500), 404, "placement_not_found", "placement"),
    "unknown field": (RANK, rank(colour="red"), *BAD, "colour"),
    "context a list": (RANK, rank(context=[1]), *BAD, "context"),
    "context NaN": (RANK, b'{"placement":"home","context":{"a":NaN}}', *MALFORMED),
    "context 1e999": (RANK, b'{"placement":"home","context":{"a":1e999}}', *BAD, "context"),
    "context 1e308": (RANK, rank(context={"a": 1e308}), *BAD, "context.a"),
    "context huge integer": (RANK, rank(context={"a": 10**400}), *BAD, "context.a"),
    "context too deep": (RANK, rank(context={"a": {"b": {"c": {"d": {"e": 1}}}}}), *BAD, "context.a.b.c.d"),
    "10,000 features": (RANK, rank(context={"t": MANY}), *BAD, "context.t"),
    "30,000 deep": (RANK, b'{"placement":"home","context":{"a":' + deep(30_000) + b"}}", *MALFORMED),
    "1 MB": (RANK, rank(context={"a": "x" * 1_000_000}), 413, "body_too_large", None),
    "user empty": (RANK, rank(user=""), *BAD, "user"),
    "user too long": (RANK, rank(user="u" * 257), *BAD, "user"),
    "slots 0": (RANK, rank(slots=0), *BAD, "slots"),
    "slots too many": (RANK, rank(slots=51), *BAD, "slots"),
    "slots none": (RANK, rank(slots=0), *BAD, "slots"),
    "slots huge": (RANK, rank(slots=10**40), *BAD, "slots"),
    "slots true": (RANK, rank(slots=True), *BAD, "slots"),
    "exclude too long": (RANK, rank(exclude=["hats", "a" * 257]), *BAD, "exclude.1"),
    "decision id strange": (RANK, rank(decision_id="a b"), *BAD, "decision_id"),
    "decision id too long": (RANK, rank(decision_id="a" * 129), *BAD, "decision_id"),
    "inline none": (RANK, rank(arms=[]), *BAD, "arms"),
    "inline too many": (RANK, rank(arms=[{"id": f"a{n}"} for n in range(501)]), *BAD, "arms"),
    "inline twice": (RANK, rank(arms=[{"id": "a"}, {"id": "a"}]), *BAD, "arms.1.id"),
    "inline id strange": (RANK, rank(arms=[{"id": "a/b"}]), *BAD, "arms.0.id"),
    "inline without id": (RANK, rank(arms=[{"payload": 1}]), *BAD, "arms.0.id"),
    "inline boost": (RANK, rank(arms=[{"id": "a", "boost": 2}]), *BAD, "arms.0.boost"),
    "inline feature": (RANK, rank(arms=[{"id": "a", "features": {"f": 1e30}}]), *BAD, "arms.0.features.f"),
    "inline payload deep": (
        RANK, b'{"placement":"home","arms":[{"id":"a","payload":' + deep(300) + b"}]}", *BAD,
        "arms.0.payload" + ".0" * 16,
    ),
    "reward of nothing": (REWARD, reward(reward=1), 404, "decision_not_found", "decision_id"),
    "reward id missing": (REWARD, b'{"reward":1}', *BAD, "decision_id"),
    "reward NaN": (REWARD, b'{"decision_id":"d","reward":NaN}', *MALFORMED),
    "reward -Infinity": (REWARD, b'{"decision_id":"d","reward":-Infinity}', *MALFORMED),
    "reward 1e999": (REWARD, b'{"decision_id":"d","reward":1e999}', *BAD, "reward"),
    "reward true": (REWARD, reward(reward=True), *BAD, "reward"),
    "reward text": (REWARD, reward(reward="1"), *BAD, "reward"),
    "reward unknown field": (REWARD, reward(reward=1, propensity=0.5), *BAD, "propensity"),
    "activate nothing": ("/v1/activate", reward(), 404, "decision_not_found", "decision_id"),
    "too many rewards": (REWARDS, b'{"rewards":[1' + b",1" * 1000 + b"]}", *BAD, "rewards"),
    "key of no role": (KEYS, b'{"role":"root"}', *BAD, "role"),
    "key with a role of its own": (KEYS, b'{"role":"viewer","digest":"x"}', *BAD, "digest"),
    "key with a long name": (KEYS, LONG, *BAD, "name"),
    "key for a strange placement": (KEYS, b'{"role":"viewer","placements":["a b"]}', *BAD, "placements"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_bad_bodies_are_refused(site: Any, name: str) -> None:
    """Each kind of bad body gets its status, its code and the field at fault."""
    path, body, status, code, field = BODIES[name]
    reply = await site.refused("POST", path, body)
    assert (reply.status, reply.error["code"], reply.error["field"]) == (status, code, field)


@pytest.mark.parametrize(
    ("body", "got"), [(b"[[[[", "a list"), (b"null", "null"), (b"7", "7"), (b'{"placement":null}', "null")]
)
async def test_what_was_got_is_told_in_words_of_json(site: Any, body: bytes, got: str) -> None:
    """Nobody needs to know Python to understand a refusal."""
    reply = await site.refused("POST", RANK, body)
    assert f"got {got}; allowed" in reply.error["message"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x-strange"])
@pytest.mark.parametrize("body", [gzip.compress(rank()), b"\x1f\x8bbroken"], ids=["whole", "broken"])
async def test_compressed_bodies_are_refused(site: Any, encoding: str, body: bytes) -> None:
    """Nothing that is compressed is unpacked, be it well compressed or not."""
    reply = await site.refused("POST", RANK, body, headers={"Content-Encoding": encoding})
    assert (reply.status, reply.error["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "", "json"],
)
async def test_other_content_types_are_refused(site: Any, kind: str) -> None:
    """A body must be JSON in UTF-8 if it says what it is."""
    reply = await site.refused("POST", RANK, rank(), headers={"Content-Type": kind})
    assert (reply.status, reply.error["code"]) == (415, "unsupported_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"]
)
async def test_ways_to_say_json_are_accepted(site: Any, kind: str) -> None:
    """Content types are compared as HTTP says."""
    reply = await site.ask("POST", RANK, rank(), headers={"Content-Type": kind})
    assert reply.status == 200


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({}, 400, "reward"),
        ({"event": "click", "reward": 1}, 400, "reward"),
        ({"event": "clik"}, 400, "event"),
        ({"reward": 1e308}, 400, "reward"),
        ({"reward": 1, "slot": 2}, 400, "slot"),
        ({"reward": 1, "slot": -1}, 400, "slot"),
        ({"reward": 1, "arm": "gloves"}, 400, "arm"),
        ({"reward": 1, "reward_id": "a b"}, 400, "reward_id"),
        ({"reward": 2, "reward_id": "r-1"}, 409, "reward_id"),
    ],
)
async def test_bad_rewards_of_a_decision_are_refused(
    site: Any, fields: dict[str, Any], status: int, field: str
) -> None:
    """A reward must fit its decision, its placement, and what was said under its id before."""
    decision = (await site.rank())["decision_id"]
    await site.ask("POST", REWARD, {"decision_id": decision, "reward": 1, "reward_id": "r-1"})
    reply = await site.refused("POST", REWARD, {"decision_id": decision, **fields})
    assert (reply.status, reply.error["field"]) == (status, field)


async def test_only_deferred_decisions_can_be_activated(site: Any) -> None:
    """Activating what counts already is a conflict."""
    decision = (await site.rank())["decision_id"]
    reply = await site.refused("POST", "/v1/activate", {"decision_id": decision})
    assert (reply.status, reply.error["field"]) == (409, "decision_id")


async def test_an_own_id_belongs_to_one_placement(site: Any) -> None:
    """The id of a decision cannot be used for another placement."""
    await site.rank(decision_id="mine")
    reply = await site.refused("POST", RANK, {"placement": "other", "decision_id": "mine"})
    assert (reply.status, reply.error["field"]) == (409, "decision_id")


@pytest.mark.parametrize(
    ("query", "field"),
    [("after=x", "after"), ("after=-1", "after"), ("limit=0", "limit"), ("limit=1001", "limit"), ("a=1", "a"),
     ("after=99999999999999999999", "after"), ("after=%ff", "after")],
)  # fmt: skip
async def test_bad_queries_are_refused(site: Any, query: str, field: str) -> None:
    """What follows the "?" is checked like a body."""
    reply = await site.refused("GET", f"/v1/audit?{query}", None)
    assert (reply.status, reply.error["field"]) == (400, field)
