# SPDX-License-Identifier: Apache-2.0
"""Signals: logged, audited, kept over a restart, and in the vector of the decisions that they touch."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.core.features import vector
from bandit.errors import Invalid, NotFound

ARMS = {
    "coats": {"features": {"tags": "winter coats, snow boots", "price": 89.0}},
    "cream": {"features": {"tags": "sunscreen"}},
    "card": {"features": {"price": 5.0}},
}
STORM = {"Winter storm, snow": 0.8}


async def put_storm(rig: Any, **data: Any) -> None:
    """A placement that asks for trends, and a signal."""
    await rig.put(context=["trends"], arms=ARMS, **data)
    await rig.service.signals.put("storm", STORM, ttl_s=600, by="ann")


async def test_a_signal_is_in_the_vector_of_the_decision(rig: Any) -> None:
    """What matches the tags of the placement's arms is known, logged and part of the vector."""
    await rig.put(context=["trends"], arms=ARMS, holdout=0)
    before = await rig.rank()
    await rig.service.signals.put("storm", STORM, ttl_s=600, by="ann")
    after = await rig.rank()
    assert before.context == {}
    assert after.context == {"trends.heat": 0.4, "trends.tag": "winter coats", "trends.state": "fresh"}
    assert before.x != after.x
    assert (before.sources, after.sources) == ({"trends": "missing"}, {})


async def test_an_arm_has_its_own_heat(rig: Any) -> None:
    """A policy that looks at features of arms finds how much its own tags are in the air."""
    await rig.put(context=["trends"], arms=ARMS, slots=3, policy={"kind": "linucb_shared"}, holdout=0)
    rows = []
    for weight in (0.2, 0.8):
        await rig.service.signals.put("storm", {"Snow": weight}, ttl_s=600, by="ann")
        found = await rig.rank()
        x = vector(found.x, dimension=len(found.x) // 2 // 3)
        rows.append(dict(zip(found.slots, x - x.mean(axis=0), strict=True)))
    apart = {arm: abs(rows[0][arm] - rows[1][arm]).max() for arm in ARMS}
    assert apart["coats"] > max(apart["cream"], apart["card"]) > 0


async def test_blocked_words_never_match(rig: Any) -> None:
    """A topic that nobody wants to sell next to heats nothing, whatever an operator pushes."""
    await rig.put(context=["trends"], arms=ARMS)
    await rig.service.signals.put("bad", {"Deaths in snow": 1.0}, ttl_s=600, by="ann")
    assert (await rig.rank()).context["trends.heat"] == 0.0


async def test_a_signal_ends_with_its_time(rig: Any) -> None:
    """After its time it is not listed, heats nothing, and cannot be taken back."""
    await put_storm(rig)
    assert rig.service.signals.live().keys() == {"storm"}
    rig.clock.now += 600
    assert (rig.service.signals.live(), (await rig.rank()).context) == ({}, {})
    with pytest.raises(NotFound):
        await rig.service.signals.drop("storm", by="ann")


async def test_a_restart_keeps_signals(rig: Any) -> None:
    """A service that is opened anew over the same log hands the signals to the trends again."""
    await put_storm(rig)
    rig.open()
    assert (await rig.rank()).context["trends.heat"] == 0.4
    await rig.service.signals.drop("storm", by="ann")
    assert (await rig.rank()).context == {}
    rig.check()


async def test_the_audit_has_who_and_when(rig: Any) -> None:
    """Putting and dropping stand in the audit with the key that asked for it."""
    await put_storm(rig)
    await rig.service.signals.drop("storm", by="bob")
    put, dropped = rig.service.reporting.audit(after=1, limit=9)
    assert (put["kind"], put["by"], put["at"]) == ("signal_put", "ann", rig.clock.now)
    assert (put["topics"], put["until"]) == (STORM, rig.clock.now + 600)
    assert (dropped["kind"], dropped["by"], dropped["name"]) == ("signal_dropped", "bob", "storm")


async def test_the_state_stays_bounded(rig: Any) -> None:
    """Signals whose time is over leave the state with the next one that is put."""
    await put_storm(rig)
    rig.clock.now += 600
    await rig.service.signals.put("sun", {"Sun": 1}, ttl_s=60, by="ann")
    assert rig.state.signals.keys() == {"sun"}
    rig.check()


@pytest.mark.parametrize(
    ("name", "topics", "ttl_s", "field"),
    [("Storm!", STORM, 60, "name"), ("x", {"a": 2}, 60, "topics.a"), ("x", STORM, 0, "ttl_s")],
)
async def test_bad_signals_change_nothing(rig: Any, name: str, topics: Any, ttl_s: Any, field: str) -> None:
    """A signal that is refused is in no event, and the error names the field."""
    before = rig.log.head
    with pytest.raises(Invalid) as caught:
        await rig.service.signals.put(name, topics, ttl_s=ttl_s, by="ann")
    assert (caught.value.field, rig.log.head) == (field, before)
