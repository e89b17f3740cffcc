# SPDX-License-Identifier: Apache-2.0
"""Every kind of mistake in a placement or an arm is refused, by name, whichever way it comes in."""

from __future__ import annotations

from typing import Any

import pytest

DEEP: Any = []
for _ in range(40):
    DEEP = [DEEP]

RULE: Any = {"field": "a", "op": "==", "value": 1}
for _ in range(9):
    RULE = {"not": RULE}

# the field at fault, and a placement with the mistake
PLACEMENTS: list[tuple[str, Any]] = [
    ("slots", {"slots": 0}),
    ("slots", {"slots": 51}),
    ("slots", {"slots": "3"}),
    ("slots", {"slots": True}),
    ("slots", {"slots": None}),
    ("colour", {"colour": "red"}),
    ("floor", {"floor": 1.5}),
    ("holdout", {"holdout": -0.1}),
    ("context", {"context": ["horoscope"]}),
    ("context", {"context": ["device", "device"]}),
    ("context", {"context": "device"}),
    ("policy.kind", {"policy": {"kind": "oracle"}}),
    ("policy.kind", {"policy": {}}),
    ("policy.alpha", {"policy": {"kind": "linucb", "alpha": -1}}),
    ("policy.alpha", {"policy": {"kind": "linucb", "alpha": 10**30}}),
    ("policy.alpha", {"policy": {"kind": "linucb", "alpha": DEEP}}),
    ("policy.beta", {"policy": {"kind": "linucb", "beta": 1}}),
    ("policy", {"policy": "linucb"}),
    ("features.dimension", {"features": {"dimension": 1}}),
    ("features.fields.moon", {"features": {"fields": {"moon": None}}}),
    ("features.fields.a.levels", {"features": {"fields": {"a": {"kind": "category"}}}}),
    ("features.fields.a.range", {"features": {"fields": {"a": {"kind": "number", "range": [1, 0]}}}}),
    ("reward.clip", {"reward": {"clip": [1, 0]}}),
    ("reward.clip", {"reward": {"clip": [0]}}),
    ("reward.default", {"reward": {"default": 5, "clip": [0, 1]}}),
    ("reward.events.click", {"reward": {"events": {"click": 1e300}}}),
    ("reward.events.click", {"reward": {"events": {"click": "much"}}}),
    ("reward.events", {"reward": {"events": {"a b": 1}}}),
    ("reward.aggregate", {"reward": {"aggregate": "median"}}),
    ("reward.wait_s", {"reward": {"wait_s": -1}}),
    ("reward.late_s", {"reward": {"wait_s": 100, "late_s": 10}}),
    ("arms", {"arms": []}),
    ("arms", {"arms": {"a b": {}}}),
    ("arms", {"arms": {"": {}}}),
    ("arms.a", {"arms": {"a": None}}),
]

ARMS: list[tuple[str, Any]] = [
    ("boost", {"boost": 0}),
    ("boost", {"boost": 1e308}),
    ("share.min", {"share": {"min": 0.6, "max": 0.5}}),
    ("share.max", {"share": {"max": 2}}),
    ("cap.per_user", {"cap": {"per_user": 0}}),
    ("cap.per_user", {"cap": {}}),
    ("cap.window", {"cap": {"per_user": 1, "window": "1y"}}),
    ("cap.window", {"cap": {"per_user": 1, "window": "1d\n"}}),
    ("cap.window", {"cap": {"per_user": 1, "window": "1000d"}}),
    ("starts_at", {"starts_at": "2026-11-01T00:00:00"}),
    ("starts_at", {"starts_at": "soon"}),
    ("starts_at", {"starts_at": 1.0}),
    ("ends_at", {"starts_at": "2026-11-02T00:00:00Z", "ends_at": "2026-11-01T00:00:00Z"}),
    ("features", {"features": {f"f{number}": 1 for number in range(65)}}),
    ("features.f", {"features": {"f": 1e30}}),
    ("features.f", {"features": {"f": None}}),
    ("eligible", {"eligible": {}}),
    ("eligible", {"eligible": {"all": [], "any": []}}),
    ("eligible.op", {"eligible": {"field": "a"}}),
    ("eligible.op", {"eligible": {"field": "a", "op": "~", "value": 1}}),
    ("eligible.value", {"eligible": {"field": "a", "op": "<", "value": "x"}}),
    ("eligible.value", {"eligible": {"field": "a", "op": "in", "value": 1}}),
    ("eligible.all.0.value", {"eligible": {"all": [{"field": "a", "op": "exists", "value": 1}]}}),
    ("eligible", {"eligible": RULE}),
    ("eligible", {"eligible": "never"}),
    ("payload", {"payload": DEEP}),
    ("payload", {"payload": {"n": 10**30}}),
    ("paused", {"paused": "no"}),
    ("pause", {"pause": True}),
]


def names(field: str | None, expected: str) -> bool:
    """Whether the field that was named is the expected one, or something inside it."""
    return field is not None and (field == expected or field.startswith(f"{expected}."))


@pytest.mark.parametrize(("field", "placement"), PLACEMENTS)
async def test_mistakes_in_placements(site: Any, field: str, placement: Any) -> None:
    """A mistake in a whole placement is refused, and names its field."""
    reply = await site.refused("PUT", "/v1/placements/home", placement, role="marketer")
    assert reply.status == 400
    assert names(reply.error["field"], field), reply.error


@pytest.mark.parametrize(("field", "arm"), ARMS)
async def test_mistakes_in_arms(site: Any, field: str, arm: Any) -> None:
    """A mistake in an arm is refused alone, as a change, and inside a placement."""
    put = await site.refused("PUT", "/v1/placements/home/arms/coats", arm, role="marketer")
    inside = await site.refused("PUT", "/v1/placements/home", {"arms": {"coats": arm}}, role="marketer")
    assert (put.status, inside.status) == (400, 400)
    assert names(put.error["field"], field), put.error
    assert names(inside.error["field"], f"arms.coats.{field}"), inside.error


@pytest.mark.parametrize("body", [[], "x", None, 7, True])
@pytest.mark.parametrize("path", ["/v1/placements/home", "/v1/placements/home/arms/coats"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_what_is_no_object_is_refused(site: Any, method: str, path: str, body: Any) -> None:
    """Placements, arms and patches are objects."""
    sent = b"null" if body is None else body
    assert (await site.refused(method, path, sent)).status == 400


@pytest.mark.parametrize(
    "patch", [{"slots": 0}, {"arms": {"coats": {"boost": 0}}}, {"policy": {"kind": None}}, {"colour": 1}]
)
async def test_mistakes_in_patches(site: Any, patch: Any) -> None:
    """What a patch would lead to is checked like any placement."""
    assert (await site.refused("PATCH", "/v1/placements/home", patch)).status == 400


@pytest.mark.parametrize("levels", [200, 2_000, 100_000])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_deep_documents_are_refused(site: Any, method: str, levels: int) -> None:
    """However deep a document is nested, it is refused and does no harm."""
    body = b'{"arms":{"a":{"payload":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}}}"
    reply = await site.refused(method, "/v1/placements/home", body)
    assert reply.status == 400


@pytest.mark.parametrize("name", ["a%20b", "%00", "a%2Fb", "-", "x" * 129, "%ff"])
async def test_strange_names_are_refused(site: Any, name: str) -> None:
    """Names of placements and arms are plain words."""
    placement = await site.refused("PUT", f"/v1/placements/{name}", {})
    arm = await site.refused("PUT", f"/v1/placements/home/arms/{name}", {})
    assert {placement.status, arm.status} <= {400, 404}


@pytest.mark.parametrize("path", ["/v1/placements/nowhere", "/v1/placements/home/arms/gloves"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_what_is_not_there(site: Any, method: str, path: str) -> None:
    """Placements and arms that do not exist can be neither read, nor changed, nor deleted."""
    reply = await site.refused(method, path, {} if method == "PATCH" else None)
    assert reply.status == 404


async def test_an_arm_needs_its_placement(site: Any) -> None:
    """An arm is not put into a placement that does not exist."""
    assert (await site.refused("PUT", "/v1/placements/nowhere/arms/a", {})).status == 404
