# SPDX-License-Identifier: Apache-2.0
"""Any `--cb_explore_adf` command line of Vowpal Wabbit (Bietti, Agarwal & Langford 2021).

Features are in namespace `s`, the arm's name in namespace `a`: `-q sa` learns weights for each arm. Costs are
minus rewards. VW tells probabilities, not expected rewards, and cannot unlearn: its state is not a sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, cast
from zlib import crc32

import numpy as np
from vowpal_wabbit_next import CBLabel, Example, Workspace

from policies.errors import InvalidSetting, InvalidState, NotAdditive
from policies.inputs import check_dimension, check_vectors, checked
from policies.protocol import Belief, Bools, Contributions, Findings, Floats
from policies.selection import check_eligible
from policies.settings import Settings
from policies.state import seal, unseal
from policies.vw_arguments import complete_arguments
from policies.widening import narrower

_FEATURES, _ARM = ord("s"), ord("a")
# A reward that corrects an earlier one is learned as an example this light with a reward as much larger: the
# gradient of the correction, and little else.
_LIGHT = 0.125
_LEAST_PROPENSITY = 1e-6
# Without a weight, an example that is only asked about does not move VW's count of examples.
_ASKED = CBLabel(weight=0.0)
_ASKED_OF_ALL = CBLabel(weight=0.0, shared=True)


class VWSettings(Settings, frozen=True, kw_only=True):
    """Args: args: VW's command line; per_arm: whether arms have vectors of their own."""

    args: str = "--cb_explore_adf --epsilon 0.1 -q sa"
    per_arm: bool = False


class VW:
    """Serves what VW's exploration says, over the eligible arms."""

    kind: ClassVar[str] = "vw"
    additive: ClassVar[bool] = False
    Settings: ClassVar[type[VWSettings]] = VWSettings

    def __init__(self, settings: VWSettings | None = None, *, dimension: int) -> None:
        self.settings = settings or VWSettings()
        self.dimension = check_dimension(dimension)
        self._arguments = complete_arguments(self.settings.args)
        try:
            self._workspace: Workspace[Any] = Workspace(self._arguments)
        except (RuntimeError, ValueError) as error:
            raise InvalidSetting("args", got=self.settings.args, allowed=f"VW says: {error}") from error
        self._indices: Any = (np.arange(1, dimension + 1, dtype=np.uint64) * 2_654_435_761) % 2**32
        self._named: dict[str, list[Example]] = {}

    @property
    def per_arm(self) -> bool:
        """Whether arms have vectors of their own."""
        return self.settings.per_arm

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return zeros, as VW keeps its expectations to itself; `detail` is what it will be asked."""
        check_vectors(x, arms=arms, dimension=self.dimension)
        nothing = np.zeros((len(x), len(arms)))
        return Belief(nothing, nothing, detail=(tuple(arms), x))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Ask VW about the eligible arms of each request."""
        check_eligible(eligible, shape=belief.mean.shape)
        arms, x = belief.detail
        shares = np.zeros(eligible.shape)
        for b, row in enumerate(eligible):
            among = np.flatnonzero(row)
            if x.shape[1] == 1:
                examples = [self._shared(x[b, 0]), *self._names([arms[k] for k in among])]
            else:
                examples = [self._example(arms[k], x[b, k]) for k in among]
            answer = cast("list[tuple[int, float]]", self._workspace.predict_one(examples))
            for action, probability in answer:
                shares[b, among[action]] = probability
        # VW computes in single precision.
        shares /= shares.sum(axis=1, keepdims=True)
        return shares

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:  # noqa: ARG002
        """Nothing to note."""
        return None

    def update(self, learned: Contributions) -> None:
        """Learn one example for each contribution, in the given order."""
        learned = checked(learned, dimension=self.dimension)
        for i, arm in enumerate(learned.arms):
            weight, reward = float(learned.weight[i]), float(learned.reward[i])
            if weight <= 0.0:
                weight, reward = _LIGHT, float(learned.change[i]) / _LIGHT
            # With a weight for examination the reward stands for weight times what the arm would earn.
            elif weight != 1.0:
                reward /= weight
            example = self._example(arm, learned.x[i])
            propensity = max(float(learned.propensity[i]), _LEAST_PROPENSITY)
            example.set_label(CBLabel(label=(0, -reward, propensity), weight=weight))
            self._workspace.learn_one([example])

    def report(self, *, scale: float = 1.0) -> Findings:  # noqa: ARG002
        """Nothing to report."""
        return {}

    def dump(self) -> bytes:
        """Return VW's model."""
        return seal(self.kind, self.dimension, self._canonical(self._workspace.serialize()))

    def load(self, data: bytes) -> None:
        """Take over VW's model."""
        self._take_over(unseal(data, self.kind, self.dimension, bytes))

    def adopt(self, data: bytes) -> None:
        """Take over the model of a policy that knew only the first of the features: VW does not mind."""
        self._take_over(unseal(data, self.kind, narrower(data, dimension=self.dimension), bytes))

    def _take_over(self, model: bytes) -> None:
        try:
            self._workspace = Workspace(self._arguments, model_data=model)
        except (RuntimeError, ValueError) as error:
            raise InvalidState("model", got=f"{len(model)} bytes", allowed=f"VW says: {error}") from error

    def merge(self, data: bytes) -> None:  # noqa: ARG002
        """Refuse: VW's weights cannot be added."""
        raise NotAdditive("merge", got=self.kind, allowed="policies whose state is a sum")

    def move(self, arm: str, *, to: str) -> None:  # noqa: ARG002
        """Drop what was prepared for an arm: its weights stay where its name is hashed to."""
        self._named.pop(arm, None)

    def forget(self, *, today: int) -> None:
        """Days are not told apart."""

    def _canonical(self, model: bytes) -> bytes:
        """Leave out progress counters, which influence nothing and are lost when a model is loaded."""
        found: bytes = Workspace(self._arguments, model_data=model).serialize()
        return found

    def _shared(self, x: Floats) -> Example:
        example = Example()
        example.set_label(_ASKED_OF_ALL)
        self._push(example, x)
        return example

    def _names(self, arms: Sequence[str]) -> list[Example]:
        """An example for each arm; VW takes none twice at a time, so a name that recurs has several."""
        seen: Counter[str] = Counter()
        examples = []
        for arm in arms:
            named = self._named.setdefault(arm, [])
            if seen[arm] == len(named):
                example = Example()
                example.set_label(_ASKED)
                example[_ARM].push_feature(crc32(arm.encode()), 1.0)
                named.append(example)
            examples.append(named[seen[arm]])
            seen[arm] += 1
        return examples

    def _example(self, arm: str, x: Floats) -> Example:
        example = Example()
        example.set_label(_ASKED)
        self._push(example, x)
        example[_ARM].push_feature(crc32(arm.encode()), 1.0)
        return example

    def _push(self, example: Example, x: Floats) -> None:
        # The package's stubs name the element where numpy's names the array.
        values: Any = x.astype(np.float32)
        example[_FEATURES].push_many_features(self._indices, values)
