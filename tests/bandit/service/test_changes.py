# SPDX-License-Identifier: Apache-2.0
"""What people change: checked before, logged with who, in force when acknowledged."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bandit.core.catalogue import parse_catalogue, plain
from bandit.errors import Conflict, Invalid, NotFound, Unauthorized
from bandit.service.changes import merged


async def test_every_change_says_who_and_when(rig: Any) -> None:
    """Invariant 10: the audit is the log's own events, secrets left out."""
    changes = rig.service.changes
    await changes.put_placement("home", {"context": [], "arms": {"a": {}}}, by="ann")
    rig.clock.now += 5
    await changes.put_arm("home", "b", {}, by="bob")
    await changes.patch_arm("home", "b", {"paused": True}, by="bob")
    await changes.delete_arm("home", "a", by="bob")
    key, _ = await changes.create_key("server", name="shop", by="ann")
    await changes.revoke_key(key.id, by="ann")
    await changes.delete_placement("home", by="ann")
    audit = rig.service.reporting.audit(after=0, limit=100)
    assert [(entry["kind"], entry["by"]) for entry in audit] == [
        ("placement_put", "ann"),
        ("arm_put", "bob"),
        ("arm_put", "bob"),
        ("arm_deleted", "bob"),
        ("key_created", "ann"),
        ("key_revoked", "ann"),
        ("placement_deleted", "ann"),
    ]
    assert audit[1]["at"] == audit[0]["at"] + 5
    assert all("digest" not in entry for entry in audit)
    rig.check()


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda c: c.put_placement("a b", {}, by="t"), "placement"),
        (lambda c: c.put_placement("x", {"slots": 0}, by="t"), "slots"),
        (lambda c: c.put_placement("x", {"context": ["moon"]}, by="t"), "context"),
        (
            lambda c: c.put_placement("x", {"features": {"fields": {"moon": None}}}, by="t"),
            "features.fields.moon",
        ),
        (lambda c: c.patch_placement("home", {"floor": 2}, by="t"), "floor"),
        (lambda c: c.put_arm("home", "a b", {}, by="t"), "arm"),
        (lambda c: c.put_arm("home", "z", {"boost": 0}, by="t"), "boost"),
        (lambda c: c.patch_arm("home", "a", {"cap": {"per_user": 0}}, by="t"), "cap.per_user"),
        (lambda c: c.create_key("server", name="n" * 129, by="t"), "name"),
    ],
)
async def test_a_refused_change_changes_nothing(rig: Any, call: Any, field: str) -> None:
    """A mistake is named by its field, before anything is logged."""
    await rig.put()
    head = rig.log.head
    with pytest.raises(Invalid) as caught:
        await call(rig.service.changes)
    assert (caught.value.field, rig.log.head) == (field, head)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.patch_placement("none", {}, by="t"),
        lambda c: c.delete_placement("none", by="t"),
        lambda c: c.put_arm("none", "a", {}, by="t"),
        lambda c: c.patch_arm("home", "none", {}, by="t"),
        lambda c: c.delete_arm("home", "none", by="t"),
        lambda c: c.revoke_key("none", by="t"),
    ],
)
async def test_what_does_not_exist_cannot_be_changed(rig: Any, call: Any) -> None:
    """Changes of unknown things are not found."""
    await rig.put()
    with pytest.raises(NotFound):
        await call(rig.service.changes)


async def test_a_patch_merges(rig: Any) -> None:
    """Named fields change, null takes a field back to its default, the rest stays."""
    await rig.put(arms={"a": {"boost": 2, "cap": {"per_user": 3, "window": "1h"}}, "b": {}})
    await rig.service.changes.patch_arm("home", "a", {"cap": {"per_user": 5}, "boost": None}, by="t")
    put = await rig.service.changes.patch_placement("home", {"slots": 2, "arms": {"b": None}}, by="t")
    placement = put.placement
    assert plain(placement)["arms"] == {"a": {"cap": {"per_user": 5, "window": "1h"}}}
    assert rig.state.catalogue["home"].same_as(placement)


def test_a_merge_patch_is_that_of_the_standard() -> None:
    """The examples of RFC 7396 that merge objects."""
    assert merged({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}}) == {
        "a": "z",
        "c": {"d": "e"},
    }
    assert merged({"a": [1, 2]}, {"a": {"b": None}}) == {"a": {}}
    assert merged({"a": "b"}, ["c"]) == ["c"]
    assert merged({}, {"a": {"bb": {"ccc": None}}}) == {"a": {"bb": {}}}


async def test_changes_at_the_same_time_are_all_made(rig: Any) -> None:
    """Each change is checked against what the one before left: none is lost."""
    await rig.put()
    await asyncio.gather(*(rig.service.changes.put_arm("home", f"n{n}", {}, by="t") for n in range(20)))
    assert len(rig.state.catalogue["home"].arms) == 23
    rig.check()


async def test_applying_a_catalogue_changes_what_differs(rig: Any) -> None:
    """Placements that are as they should be are left alone; another order of arms is a difference."""
    data: dict[str, Any] = {"one": {"context": [], "arms": {"a": {}, "b": {}}}, "two": {"context": []}}
    changes = rig.service.changes
    assert await changes.apply(parse_catalogue({"placements": data}), by="t") == ["one", "two"]
    assert await changes.apply(parse_catalogue({"placements": data}), by="t") == []
    data["one"]["arms"] = {"b": {}, "a": {}}
    assert await changes.apply(parse_catalogue({"placements": data}), by="t") == ["one"]
    assert list(rig.state.catalogue["one"].arms) == ["b", "a"]


async def test_a_catalogue_is_applied_whole_or_not_at_all(rig: Any) -> None:
    """One placement that cannot be made stops all of them, named in full."""
    catalogue = parse_catalogue({"placements": {"good": {"context": []}, "bad": {"context": ["moon"]}}})
    with pytest.raises(Invalid) as caught:
        await rig.service.changes.apply(catalogue, by="t")
    assert caught.value.field == "placements.bad.context"
    assert rig.state.catalogue == {}


async def test_a_key_is_limited_to_placements_that_exist(rig: Any) -> None:
    """A misspelt one is refused with the one that was meant, and no key is made."""
    await rig.service.changes.put_placement("home-hero", {"arms": {"a": {}}}, by="t")
    for placements in (["home-hreo"], ["home-hero", "home-hreo"]):
        with pytest.raises(NotFound, match="did you mean home-hero") as caught:
            await rig.service.changes.create_key("server", name="shop", placements=placements, by="t")
        assert (caught.value.code, caught.value.field) == ("placement_not_found", "placements")
    assert rig.state.keys == {}


async def test_a_key_works_until_it_is_revoked(rig: Any) -> None:
    """A key is known by its secret alone, and refused from the moment that its revocation returns."""
    await rig.service.changes.put_placement("home", {"arms": {"a": {}}}, by="t")
    key, secret = await rig.service.changes.create_key("server", name="shop", placements=["home"], by="t")
    assert rig.service.authenticate(secret) == key
    for wrong in ("", "sk", secret[:-1], secret + "x", f"sk_{key.id}_\udcff", "sk_none_" + secret):
        with pytest.raises(Unauthorized):
            rig.service.authenticate(wrong)
    await rig.service.changes.revoke_key(key.id, by="t")
    with pytest.raises(Unauthorized):
        rig.service.authenticate(secret)
    assert all(secret.encode() not in record for record in map(repr_bytes, rig.log.read(0, limit=9)))


def repr_bytes(record: Any) -> bytes:
    """A record as text, to look for secrets in it."""
    return repr(record).encode()


DECLARED = {"fields": {"seg": {"levels": ["a", "b"]}}}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"policy": {"kind": "thompson"}}, "policy.kind: changes from linucb to thompson"),
        ({"reward": {"clip": [0, 5]}}, "reward: the largest changes from 1 to 5"),
        ({"features": {"fields": {"seg": {"levels": ["b", "a"]}}}}, "features: columns of seg change"),
        ({"features": {"fields": {**DECLARED["fields"], "more": {"levels": ["x"]}}}}, "features: more added"),
        ({"features": {"fields": {}, "dimension": 16}}, "features: seg removed"),
        (
            {"policy": {"kind": "linucb", "half_life_days": 3}},
            "policy: with its new settings it cannot use it",
        ),
    ],
)
async def test_a_change_that_forgets_is_refused_unless_it_may(rig: Any, change: Any, why: str) -> None:
    """It says what would be lost and changes nothing; with leave it is made, and says what was lost."""
    home = {"context": [], "arms": {"a": {}, "b": {}}, "features": DECLARED, "policy": {"kind": "linucb"}}
    changes = rig.service.changes
    await changes.put_placement("home", home, by="t")
    await rig.rank()
    head, learner = rig.log.head, rig.state.learners["home"]
    with pytest.raises(Conflict, match=re.escape(why)) as refused:
        await changes.put_placement("home", {**home, **change}, by="t")
    assert refused.value.code == "would_forget"
    assert (rig.log.head, rig.state.learners["home"]) == (head, learner)
    put = await changes.put_placement("home", {**home, **change}, by="t", forget=True)
    assert [reason for reason in put.forgotten if why in reason]
    assert rig.state.learners["home"].epoch == rig.log.head


@pytest.mark.parametrize(
    "change",
    [
        {"slots": 2},
        {"policy": {"kind": "linucb", "alpha": 0.1}},
        {"arms": {"c": {}}},
        {"reward": {"events": {"click": 1, "view": 0.1}}},
        {"floor": 0.1, "holdout": 0.5},
    ],
)
async def test_what_forgets_nothing_needs_no_leave(rig: Any, change: Any) -> None:
    """Everyday changes keep what was learned, and are made at once."""
    home = {"context": [], "arms": {"a": {}, "b": {}}, "policy": {"kind": "linucb"}}
    await rig.service.changes.put_placement("home", home, by="t")
    await rig.rank()
    epoch = rig.state.learners["home"].epoch
    put = await rig.service.changes.put_placement("home", {**home, **change}, by="t")
    assert put.forgotten == ()
    assert rig.state.learners["home"].epoch == epoch


async def test_nothing_is_forgotten_where_nothing_was_decided(rig: Any) -> None:
    """A placement that is still being set up may change as it likes."""
    changes = rig.service.changes
    await changes.put_placement("home", {"arms": {"a": {}}, "context": []}, by="t")
    put = await changes.put_placement("home", {"policy": {"kind": "thompson"}, "context": []}, by="t")
    assert (put.forgotten, put.new) == ((), False)
