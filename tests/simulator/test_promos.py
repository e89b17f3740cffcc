# SPDX-License-Identifier: Apache-2.0
"""The demo's world: believable, known exactly, and described to the service as the service sees it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import build
from bandit.core.catalogue import Placement
from bandit.core.features import Encoder, resolve
from bandit.core.schema import FieldSpec
from simulator.worlds.promo_tastes import Tastes, unheard_of
from simulator.worlds.promos import (
    AGENTS,
    DECLARED,
    PLACEMENT,
    SECTION,
    SECTION_SHARES,
    ZONES,
    Visitor,
    Visitors,
    sample_catalogue,
)

TASTES = Tastes()
NOON = 1_780_315_200.0
VISITORS = st.builds(
    Visitor,
    user=st.just("visitor-1"),
    form_factor=st.sampled_from(list(AGENTS)),
    time_zone=st.sampled_from(ZONES),
    section=st.sampled_from(list(SECTION_SHARES)),
)
MOMENTS = st.floats(NOON, NOON + 2 * 365 * 86_400)


@pytest.fixture(scope="module")
def sample() -> Placement:
    """The placement of the sample catalogue."""
    return sample_catalogue()[PLACEMENT]


def test_sample_is_a_dozen_promos_over_three_slots(sample: Placement) -> None:
    """The sample shows every lever that a marketer has."""
    arms = sample.arms.values()
    assert (len(arms), sample.slots) == (12, 3)
    assert all(arm.payload["title"] and arm.payload["url"] for arm in arms)
    levers = Counter[str]()
    for arm in arms:
        levers += Counter(
            boost=arm.boost != 1,
            rule=arm.eligible is not None,
            cap=arm.cap is not None,
            schedule=arm.starts_at is not None and arm.starts_at > datetime.now(UTC),
            paused=arm.paused,
        )
    assert set(levers) == {"boost", "rule", "cap", "schedule", "paused"}
    assert min(levers.values()) >= 1


def test_world_knows_what_adapters_declare(sample: Placement) -> None:
    """The world's copy of the adapters' declarations is what the adapters say."""
    said = {
        f"{adapter.name}.{field.name}": FieldSpec(levels=field.levels)
        for adapter in build(sample.context)
        for field in adapter.fields
        if field.kind == "category"
    }
    assert {name: said[name] for name in DECLARED} == DECLARED


@given(visitor=VISITORS, at=MOMENTS)
def test_service_sees_the_visitor_that_the_tastes_see(visitor: Visitor, at: float) -> None:
    """What the adapters make of a visitor's context is what the visitor's tastes depend on."""
    seen = {SECTION: visitor.section}
    for adapter in build(["device", "daytime"]):
        for name, value in adapter.features(visitor.context, at=datetime.fromtimestamp(at, UTC)).items():
            seen[f"{adapter.name}.{name}"] = str(value)
    known = visitor.known(at=at)
    assert {name: seen[name] for name in known} == known


@given(visitor=VISITORS, at=MOMENTS)
def test_vectors_are_one_hot(visitor: Visitor, at: float) -> None:
    """Each declared field fills exactly one column of its own, beside the constant one."""
    features = resolve(sample_catalogue()[PLACEMENT].features, DECLARED)
    row = Encoder(features, DECLARED).encode([visitor.known(at=at)])[0]
    assert sorted(row[row != 0].tolist()) == [1024] * (1 + len(features.fields))


def test_all_parts_of_the_day_are_visited_alike() -> None:
    """Whatever the hour of the demo, a quarter of the visitors is in each part of the day."""
    for hour in range(24):
        parts = Counter(
            Visitor("visitor-1", "phone", zone, "home").known(at=NOON + hour * 3600)["daytime.part"]
            for zone in ZONES
        )
        assert sorted(parts.values()) == [2, 2, 2, 2]


def test_people_keep_their_device_and_zone() -> None:
    """A user who comes again is the same person, perhaps in another section of the shop."""
    visitors = Visitors(seed=3)
    met: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for _ in range(20_000):
        visitor = visitors.next()
        met[visitor.user].add((visitor.form_factor, visitor.time_zone))
    assert {len(seen) for seen in met.values()} == {1}
    assert {form for seen in met.values() for form, _ in seen} == set(AGENTS)


def test_click_rates_are_believable(sample: Placement) -> None:
    """No visitor clicks a promo with more than 22 %, and each promo's average lies between 2 and 20 %."""
    visitors = Visitors(seed=4)
    sums: Counter[str] = Counter()
    for _ in range(2_000):
        known = visitors.next().known(at=NOON)
        rates = {arm: TASTES.rate(arm, known) for arm in sample.arms}
        assert all(0 < rate < 0.22 for rate in rates.values())
        sums.update(rates)
    averages = {arm: total / 2_000 for arm, total in sums.items()}
    assert {arm: rate for arm, rate in averages.items() if not 0.02 <= rate <= 0.20} == {}


@given(
    visitor=VISITORS,
    at=MOMENTS,
    arms=st.lists(st.sampled_from(list(sample_catalogue()[PLACEMENT].arms)), unique=True, max_size=6),
)
def test_no_page_beats_the_best_page(visitor: Visitor, at: float, arms: list[str]) -> None:
    """Trying all pages finds none that is expected to earn more than the oracle's."""
    tastes, known = TASTES, visitor.known(at=at)
    best = tastes.best(arms, known, slots=3)
    pages = permutations(arms, min(3, len(arms)))
    assert tastes.expected(best, known) == pytest.approx(max(tastes.expected(p, known) for p in pages))


@given(name=st.text(min_size=1, max_size=20), visitor=VISITORS)
def test_new_promos_have_tastes_too(name: str, visitor: Visitor) -> None:
    """An arm that a marketer adds has a click rate, always the same one."""
    known = visitor.known(at=NOON)
    assert 0 < TASTES.rate(name, known) < 0.22
    assert unheard_of(name) == unheard_of(name)
