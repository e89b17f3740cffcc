# SPDX-License-Identifier: Apache-2.0
"""The replay decides and learns as the service does: equal to `decide`, `join` and `fold` to the byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from bandit.commands.reading import reading
from bandit.core import join
from bandit.core.caps import Caps
from bandit.core.decide import Ask, Chooser, decide
from bandit.core.events import AnyEvent, Changed, Decided, PlacementPut
from bandit.core.fold import Fold
from bandit.core.state import State
from simulator.replaying.batch import Batch
from simulator.replaying.catalogued import CataloguedSource, stage_of
from simulator.replaying.follower import Follower
from simulator.replaying.players import followers, walkers
from simulator.replaying.recorded import Page, Recorded

KINDS = ("thompson", "linucb", "linucb_shared", "logistic_thompson", "beta_thompson")
EXCLUDED = "excluded by the caller"


def ask_of(page: Page) -> Ask:
    """The request behind a page."""
    excluded = frozenset(arm for arm, why in page.left_out.items() if why == EXCLUDED)
    return Ask(
        decision=page.decision_id,
        at=page.at,
        known=dict(page.context),
        user=page.user,
        slots=len(page.slots),
        exclude=excluded,
    )


def one_batch(source: CataloguedSource) -> Batch:
    """All pages at once."""
    (batch,) = source.batches()
    return batch


def put(state: State, name: str, placement: Any) -> None:
    """Begin a state with a placement."""
    Fold(state).apply([(1, PlacementPut(at=0.0, by="test", name=name, placement=placement))])


@pytest.mark.parametrize("kind", KINDS)
def test_walking_is_deciding_and_folding(own: Any, kind: str) -> None:
    """Each first slot is decided as `decide` does; what is learned is what `fold` makes of the matches."""
    placement = replace(own.placement, policy={"kind": kind})
    stage = stage_of("hero", placement)
    source = CataloguedSource(Recorded.of(own.export), stage, first_only=True)
    batch = one_batch(source)
    (walker,) = walkers(source, {"it": placement.policy}, acceptance=0.3, seed=1)
    # one row at a time, as `decide` is asked below: quadratures depend a little on what is scored together
    walker.most = 1
    played = walker.play(batch)
    assert played.accepted is not None
    assert played.accepted.sum() > 20

    state, caps = State(), Caps()
    put(state, "hero", placement)
    caps.configure("hero", {name: arm.cap for name, arm in placement.arms.items() if arm.cap}, now=0.0)
    learner = state.learners["hero"]
    assert batch.pages is not None
    for row, page in enumerate(batch.pages.pages):
        (decided,) = decide(stage, Chooser(learner.policy, learner.epoch, 1), [ask_of(page)], caps)
        columns = [source.log.arms.index(arm) for arm in decided.arms]
        p = np.frombuffer(decided.p).reshape(len(decided.slots), -1)[0]
        np.testing.assert_array_equal(played.p[row, columns], p)
        for slot in page.slots:
            caps.add("hero", slot.arm, page.user, at=page.at, now=page.at)
        if played.accepted[row]:
            match = _shown(decided, page.slots[0].arm, stage, float(played.p[row, batch.rows.action[row]]))
            value = page.slots[0].reward
            earned = join.reward(
                match, None, placement.reward, slot=0, value=value, name="", reward_id="r", at=page.at
            )
            # a reward that is known at once is one lesson, as it is for a policy that has to wait for it
            events: list[AnyEvent] = [replace(match, counted=False), earned]
            contribution = earned.contribution
            assert contribution is not None
            whole = replace(contribution, weight=1.0, change=contribution.reward)
            events[1] = replace(earned, contribution=whole)
            Fold(state).apply(enumerate(events, state.position + 1))
    assert walker.policy.dump() == learner.policy.dump()


def _shown(decided: Decided, arm: str, stage: Any, propensity: float) -> Decided:
    """The same decision, had it drawn another arm."""
    x = decided.x
    if decided.per_arm:
        shared = np.frombuffer(stage.encoder.encode([dict(decided.context)]).tobytes(), dtype="<i2")[None]
        x = stage.arm_encoder.encode(shared)[0, stage.roster.names.index(arm)].tobytes()
    notes = decided.notes[:1]
    return replace(decided, slots=[arm], propensities=[propensity], scores=[0.0], x=x, notes=notes)


@pytest.mark.parametrize("name", ["own", "own_shared"])
def test_the_unchanged_catalogue_gives_the_logged_probabilities(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Rules, caps, boosts, shares, floor, holdout, every correction, every slot; so for vectors of arms."""
    log = request.getfixturevalue(name)
    source = CataloguedSource(Recorded.of(log.export), stage_of("hero", log.placement))
    follower = Follower("it", source.stage, len(source.log.arms))
    batch = one_batch(source)
    played = follower.play(batch)
    assert batch.rows.probabilities is not None
    # what was decided together may differ, and with it the last digits of an integral
    np.testing.assert_allclose(played.p, batch.rows.probabilities, rtol=0, atol=1e-8)
    assert (follower.changed, follower.closed, follower.rows) == (0, 0, len(batch.rows))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "linucb_shared"])
def test_following_is_the_fold_of_the_log_under_another_catalogue(own: Any, kind: str) -> None:
    """First slots have the probabilities of `decide` from the true log's fold with the catalogue swapped."""
    arms = own.placement.arms
    changed = replace(
        own.placement,
        policy={"kind": kind},
        floor=0.1,
        holdout=0.3,
        arms={"coats": replace(arms["coats"], boost=0.5), "bags": arms["bags"], "hats": arms["hats"]},
    )
    stage = stage_of("hero", changed)
    source = CataloguedSource(Recorded.of(own.export), stage)
    (follower,) = followers(source, {"it": changed.policy})
    batch = one_batch(source)
    played = follower.play(batch)

    state = State()
    put(state, "hero", changed)
    fold, at = Fold(state), 0
    with reading(own.data_dir) as log:
        records = log.read(0, limit=100_000)
    assert batch.pages is not None
    assert batch.rows.position is not None
    for number, page in enumerate(batch.pages.pages):
        while at < len(records) and records[at].position <= page.made_from:
            event = records[at].event
            at += 1
            if not isinstance(event, Changed):
                # of the swapped placement's only life
                fold.apply([(state.position + 1, replace(event, epoch=1))])
        chooser = Chooser(state.learners["hero"].policy, 1, 1)
        (decided,) = decide(stage, chooser, [ask_of(page)], state.caps)
        row = int(np.flatnonzero((batch.page == number) & (batch.rows.position == 0))[0])
        columns = [source.log.arms.index(arm) for arm in decided.arms]
        p = np.frombuffer(decided.p).reshape(len(decided.slots), -1)[0]
        np.testing.assert_allclose(played.p[row, columns], p, rtol=0, atol=1e-8)
