# SPDX-License-Identifier: Apache-2.0
"""A log of our own under another catalogue: what it can answer, and what it cannot tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from bandit.core.catalogue import Arm, Cap, Placement
from bandit.core.features import Encoder
from bandit.core.rules import Rule
from bandit.core.schema import FeatureSchema
from bandit.core.stage import Stage
from bandit.core.values import number_of
from bandit.errors import Invalid
from simulator.evaluation.results import Evaluation, Options
from simulator.evaluation.specs import build_estimators
from simulator.replaying.catalogued import CataloguedSource, stage_of
from simulator.replaying.players import followers, walkers
from simulator.replaying.recorded import Recorded
from simulator.replaying.results import Course
from simulator.replaying.run import Player, replay


def answered(own: Any, placement: Placement, **settings: Any) -> tuple[Evaluation, tuple[Course, ...]]:
    """What the log says about a placement, the policy as it was logged and anew."""
    source = CataloguedSource(Recorded.of(own.export), stage_of("hero", placement), **settings)
    specs = {"it": placement.policy}
    players: list[Player] = [*followers(source, specs), *walkers(source, specs, acceptance=0.2, seed=0)]
    estimators = build_estimators(["snips"], modelled=False)
    return replay(source, players, options=Options(estimators=estimators, reward_range=(0.0, 3.0)))


def with_arms(placement: Placement, **arms: Arm | None) -> Placement:
    """The placement with arms put in or, for None, taken out."""
    kept = {name: arm for name, arm in {**placement.arms, **arms}.items() if arm is not None}
    return replace(placement, arms=kept)


def test_the_same_catalogue_earns_what_was_earned(own: Any) -> None:
    """All weights are 1, so the value is the logger's, with nothing to add."""
    result, (followed, walked) = answered(own, own.placement)
    (snips,) = result.policies[0].answers
    assert snips.estimate is not None
    assert result.logged.estimate is not None
    assert snips.estimate.value == pytest.approx(result.logged.estimate.value, abs=1e-12)
    assert snips.estimate.effective_rows == pytest.approx(len(_rows(own)))
    assert (followed.changed, followed.closed) == (0.0, 0)
    assert walked.matches is not None
    assert 0 < walked.matches < len(_rows(own))


def _rows(own: Any) -> Any:
    (batch,) = CataloguedSource(Recorded.of(own.export), stage_of("hero", own.placement)).batches()
    return batch.rows


RATES = {"coats": 0.15, "hats": 0.5, "shoes": 0.3, "bags": 0.25}
# one, or one and three cut to three, or the same with a second click that counts for nothing: each a third
EARNED = 5 / 3


def test_intervals_contain_what_the_world_would_have_paid(own: Any) -> None:
    """The world is known, so what each player's choices are worth is; all intervals hold it."""
    arms = own.placement.arms
    changed = with_arms(
        own.placement, coats=replace(arms["coats"], paused=True), hats=replace(arms["hats"], boost=3.0)
    )
    source = CataloguedSource(Recorded.of(own.export), stage_of("hero", changed))
    worth = np.array([RATES[arm] * EARNED for arm in source.log.arms])
    specs = {"thompson": {"kind": "thompson"}, "uniform": {"kind": "uniform"}}
    players: list[Player] = [*followers(source, specs), *walkers(source, specs, acceptance=0.1, seed=0)]
    truths = []
    for player in players:
        (batch,) = source.batches()
        p = player.play(batch).p
        truths.append(float((p @ worth).sum() / p.sum()))
    # the log differs a little from run to run, so a miss must be next to impossible
    options = Options(
        estimators=build_estimators(["snips"], modelled=False), reward_range=(0.0, 3.0), level=0.999
    )
    fresh: list[Player] = [*followers(source, specs), *walkers(source, specs, acceptance=0.1, seed=0)]
    result, _ = replay(source, fresh, options=options)
    for policy, truth in zip(result.policies, truths, strict=True):
        interval = policy.answers[-1].interval
        assert interval is not None
        assert interval.low < truth < interval.high
        assert interval.high - interval.low < 1.5
    # uniform learns nothing, so it is the same either way
    assert truths[1] == pytest.approx(truths[3])
    assert truths[0] != truths[2]


def test_a_boost_moves_probability_to_its_arm(own: Any) -> None:
    """With ten times the boost the arm is shown more, and most rows are decided otherwise."""
    boosted = with_arms(own.placement, coats=replace(own.placement.arms["coats"], boost=20.0))
    rows, base = _rows(own), own.placement
    shares = []
    for placement in (base, boosted):
        source = CataloguedSource(Recorded.of(own.export), stage_of("hero", placement))
        (follower,) = followers(source, {"it": placement.policy})
        (batch,) = source.batches()
        first = batch.rows.position == 0
        shares.append(follower.play(batch).p[first, source.log.arms.index("coats")].mean())
        changed = follower.changed
    assert shares[1] > shares[0] + 0.1
    assert changed > len(rows) / 4


def test_an_arm_that_is_gone_is_never_shown_again(own: Any) -> None:
    """Rows that showed it weigh nothing, and its column comes last."""
    source = CataloguedSource(Recorded.of(own.export), stage_of("hero", with_arms(own.placement, hats=None)))
    assert source.log.arms == ("coats", "shoes", "bags", "hats")
    specs = {"it": own.placement.policy}
    players: list[Player] = [*followers(source, specs), *walkers(source, specs, acceptance=0.2, seed=0)]
    for player in players:
        (batch,) = source.batches()
        played = player.play(batch)
        np.testing.assert_allclose(played.p.sum(axis=1), 1.0, atol=1e-12)
        assert (played.p[:, 3] == 0).all()
        assert played.accepted is None or not played.accepted[batch.rows.action == 3].any()


def test_a_new_arm_cannot_be_told(own: Any) -> None:
    """The log never showed it, so the answer is that it cannot tell, and why."""
    result, _ = answered(own, with_arms(own.placement, gloves=Arm(boost=5.0)))
    for policy in result.policies:
        for answer in policy.answers:
            assert answer.verdict.word == "cannot tell"
            assert any("never logged (gloves)" in reason for reason in answer.verdict.reasons)


def test_pauses_rules_and_caps_of_the_new_catalogue_bind(own: Any) -> None:
    """Who is eligible follows from the new catalogue, by what the log knows of each visitor."""
    arms = own.placement.arms
    changed = with_arms(
        own.placement,
        coats=replace(arms["coats"], paused=True),
        shoes=replace(arms["shoes"], eligible=Rule(field="page.age", op="<", value=5.0)),
        bags=replace(arms["bags"], cap=Cap(per_user=1, window="1d")),
    )
    source = CataloguedSource(Recorded.of(own.export), stage_of("hero", changed))
    (batch,) = source.batches()
    assert batch.pages is not None
    eligible = dict(zip(source.stage.roster.names, batch.pages.eligible.T, strict=True))
    young = np.array([(number_of(page.context["page.age"]) or 0.0) < 5 for page in batch.pages.pages])
    unwanted = np.array([page.left_out.get("shoes", "").startswith("excl") for page in batch.pages.pages])
    assert not eligible["coats"].any()
    assert unwanted.any()
    np.testing.assert_array_equal(eligible["shoes"], young & ~unwanted)
    seen: set[str] = set()
    for page, may in zip(batch.pages.pages, eligible["bags"].tolist(), strict=True):
        assert may == (page.user not in seen)
        seen |= {page.user} if any(slot.arm == "bags" for slot in page.slots) else set()


def test_a_catalogue_that_shows_nothing_says_so(own: Any) -> None:
    """Where no arm is left the row counts for nothing, and is counted."""
    arms = {name: replace(arm, paused=name != "coats") for name, arm in own.placement.arms.items()}
    result, (followed, _) = answered(own, replace(own.placement, arms=arms))
    # the second slot is empty wherever the log showed the only arm in the first
    assert followed.closed == int(((_rows(own).position == 0) & (_rows(own).action == 0)).sum())
    for policy in result.policies:
        verdict = policy.answers[0].verdict
        assert verdict.word == "cannot tell"
        assert any("nothing may be shown" in reason for reason in verdict.reasons)


def test_first_slots_only(own: Any) -> None:
    """One row a page, and the follower still learns from all slots."""
    result, (followed, _) = answered(own, own.placement, first_only=True)
    assert result.used == Recorded.of(own.export).pages
    assert followed.changed == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slots": 3}, "slots: got 3; the log shows 2"),
        ({"arms": {}}, "arms: got none"),
        (
            {"arms": {"coats": Arm(eligible=Rule(field="weather.temp_c", op="<", value=5.0))}},
            "arms.coats.eligible: got field 'weather.temp_c', which no decision of the log knows",
        ),
    ],
)
def test_what_the_log_cannot_know_is_refused(own: Any, change: dict[str, Any], message: str) -> None:
    """One line says what the catalogue asks for and what the log has."""
    with pytest.raises(Invalid) as refusal:
        CataloguedSource(Recorded.of(own.export), stage_of("hero", replace(own.placement, **change)))
    assert refusal.value.message.startswith(message)


def test_vectors_are_taken_as_logged_or_refused(own: Any, own_shared: Any) -> None:
    """Hashed vectors of the same length are used as they are; of another length, or of arms, they are not."""
    length = own.placement.features.length
    for log, dimension, message in (
        (own, length, None),
        (own, length + 1, f"features.dimension: got {length + 1}; the log has vectors of {length}"),
        (own_shared, length, "log: got vectors of single arms from policy linucb_shared"),
    ):
        schema = FeatureSchema(dimension=dimension)
        placement = replace(log.placement, features=schema)
        source = CataloguedSource(Recorded.of(log.export), Stage("hero", placement, Encoder(schema, {})))
        if message is None:
            (batch,) = source.batches()
            assert batch.pages is not None
            np.testing.assert_array_equal(batch.pages.x / 1024, [page.x[0] for page in batch.pages.pages])
        else:
            with pytest.raises(Invalid, match=message):
                list(source.batches())
