# SPDX-License-Identifier: Apache-2.0
"""What people configure: placements and arms, checked when they are made.

The same shape serves YAML files, JSON over HTTP and the events of the log. `parse_catalogue`, `parse_placement` and
`parse_arm` take plain data and name the offending field in full, e.g. `placements.home-hero.arms.winter-coats.boost`.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any, Literal

import msgspec
from policies import InvalidSetting, build

from bandit.core.decoding import convert, nested, shorten
from bandit.core.rules import Rule, Scalar
from bandit.core.schema import FeatureSchema
from bandit.errors import Invalid

Role = Literal["publishable", "server", "viewer", "marketer", "admin"]

MAX_SLOTS = 50
MAX_ARMS = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_SPAN = re.compile(r"([1-9]\d{0,6})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def check_name(kind: str, name: object) -> str:
    """Return `name` if it may name a thing of this `kind`: a placement, an arm, a reward event, a key."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Invalid(
            f"{kind}: got name {shorten(name)}; allowed 1 to 128 letters, digits, '.', '_', ':' or '-'",
            field=kind,
        )
    return name


class _Checked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value object that refuses to exist in a wrong state."""


def _within(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise Invalid(f"{name}: got {value}; allowed {low:g} to {high:g}", field=name)


class Share(_Checked, frozen=True):
    """Bounds on the probability of an arm in every slot, as far as the arms present can meet them."""

    min: float = 0.0
    max: float = 1.0

    def __post_init__(self) -> None:
        _within("min", self.min, 0, 1)
        _within("max", self.max, 0.001, 1)
        if self.min > self.max:
            raise Invalid(f"min: got {self.min}; allowed at most max, {self.max}", field="min")


class Cap(_Checked, frozen=True):
    """How often one user may be shown an arm within a sliding window, e.g. "1d", "12h", "30m"."""

    per_user: int
    window: str = "1d"

    def __post_init__(self) -> None:
        _within("per_user", self.per_user, 1, 1_000)
        if not _SPAN.fullmatch(self.window) or self.window_s > 90 * 86_400:
            raise Invalid(
                f"window: got {shorten(self.window)}; allowed e.g. 30m, 12h, 7d, at most 90d", field="window"
            )

    @property
    def window_s(self) -> int:
        """The window in seconds."""
        number, unit = _SPAN.fullmatch(self.window).groups()  # type: ignore[union-attr]
        return int(number) * _SECONDS[unit]


class RewardRule(_Checked, frozen=True):
    """How what is posted becomes the reward of a slot.

    Args:
        events: named rewards and what they are worth.
        default: reward of a slot for which nothing was posted.
        aggregate: how several rewards of one slot combine.
        clip: range of the aggregate; unset, it spans 0, 1, the default and all events.
        wait_s: how long a decision waits before it counts with the default reward; 0 counts it at once.
        late_s: rewards that come later than this are kept in the log but not learned.
    """

    events: dict[str, float] = msgspec.field(default_factory=lambda: {"click": 1.0})
    default: float = 0.0
    aggregate: Literal["sum", "first", "max", "last"] = "sum"
    clip: tuple[float, float] | None = None
    wait_s: float = 0.0
    late_s: float = 30 * 86_400.0

    def __post_init__(self) -> None:
        for name, value in {
            **{f"events.{k}": v for k, v in self.events.items()},
            "default": self.default,
        }.items():
            _within(name, value, -1e6, 1e6)
        for name in self.events:
            check_name("events", name)
        low, high = self.range
        _within("clip", low, -1e6, 1e6)
        _within("clip", high, -1e6, 1e6)
        if low >= high:
            raise Invalid(f"clip: got [{low:g}, {high:g}]; allowed a lower number first", field="clip")
        if not low <= self.default <= high:
            raise Invalid(
                f"default: got {self.default:g}; allowed within clip, {low:g} to {high:g}", field="default"
            )
        _within("wait_s", self.wait_s, 0, 30 * 86_400)
        _within("late_s", self.late_s, self.wait_s, 365 * 86_400)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest reward of a slot."""
        if self.clip is not None:
            return self.clip
        values = [0.0, 1.0, self.default, *self.events.values()]
        return min(values), max(values)

    @property
    def scale(self) -> float:
        """What a scaled reward of 1 stands for."""
        return max(abs(edge) for edge in self.range)

    def clipped(self, reward: float) -> float:
        """A reward within the range."""
        low, high = self.range
        return min(max(reward, low), high)


class Arm(_Checked, frozen=True):
    """Something that can be shown. `payload` is returned as is; `features` describe it to the policy."""

    features: dict[str, Scalar] = {}
    payload: Any = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    eligible: Rule | None = None
    boost: float = 1.0
    share: Share = Share()
    cap: Cap | None = None
    paused: bool = False

    def __post_init__(self) -> None:
        for name in ("starts_at", "ends_at"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise Invalid(
                    f"{name}: got {moment.isoformat()}; allowed a time with its zone, e.g. ...Z", field=name
                )
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise Invalid(
                f"ends_at: got {self.ends_at.isoformat()}; allowed after starts_at", field="ends_at"
            )
        _within("boost", self.boost, 0.001, 1000)
        if len(self.features) > 64:
            raise Invalid(f"features: got {len(self.features)}; allowed at most 64", field="features")
        for name, value in self.features.items():
            if isinstance(value, float):
                _within(f"features.{name}", value, -1e18, 1e18)


class Placement(_Checked, frozen=True):
    """A spot that asks for slots.

    Args:
        slots: how many arms it shows, unless a request asks for fewer.
        policy: `kind` and that kind's settings.
        context: the adapters that feed it.
        features: how what is known becomes the vector.
        reward: how what is posted becomes a reward.
        floor: least probability of each eligible arm (an equal share where there are too many arms for it).
        holdout: share of decisions that is ranked uniformly at random, to measure the others against.
        arms: in the marketer's order.
    """

    slots: int = 1
    policy: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})
    context: tuple[str, ...] = ("device", "daytime")
    features: FeatureSchema = FeatureSchema()
    reward: RewardRule = RewardRule()
    floor: float = 0.005
    holdout: float = 0.02
    arms: dict[str, Arm] = {}

    def __post_init__(self) -> None:
        _within("slots", self.slots, 1, MAX_SLOTS)
        _within("floor", self.floor, 0, 1)
        _within("holdout", self.holdout, 0, 1)
        if len(set(self.context)) < len(self.context):
            raise Invalid(f"context: got {list(self.context)}; allowed each adapter once", field="context")
        if len(self.arms) > MAX_ARMS:
            raise Invalid(f"arms: got {len(self.arms)}; allowed at most {MAX_ARMS}", field="arms")
        try:
            build(self.policy, dimension=2)
        except InvalidSetting as error:
            raise Invalid(f"policy.{error}", code="invalid_policy", field=f"policy.{error.field}") from None


Catalogue = dict[str, Placement]


def parse_catalogue(data: object) -> Catalogue:
    """Check a whole catalogue, as read from YAML: {"placements": {name: placement}}."""
    if not isinstance(data, dict) or set(data) != {"placements"} or not isinstance(data["placements"], dict):
        raise Invalid(
            "catalogue: got something else; allowed a mapping with the one key 'placements'",
            field="placements",
        )
    return {
        check_name("placements", name): parse_placement(value, at=f"placements.{name}")
        for name, value in data["placements"].items()
    }


def parse_placement(data: object, *, at: str = "") -> Placement:
    """Check one placement with its arms."""
    if not isinstance(data, dict):
        raise Invalid(f"{at or 'placement'}: got {shorten(data)}; allowed a mapping", field=at or None)
    arms = data.get("arms", {})
    prefix = f"{at}.arms" if at else "arms"
    if not isinstance(arms, dict):
        raise Invalid(f"{prefix}: got {shorten(arms)}; allowed a mapping of arms by name", field=prefix)
    checked = {check_name(prefix, name): parse_arm(arm, at=f"{prefix}.{name}") for name, arm in arms.items()}
    placement = convert({**data, "arms": {}}, Placement, at=at)
    try:
        return msgspec.structs.replace(placement, arms=checked)
    except Invalid as error:
        raise nested(error, at=at) from None


def parse_arm(data: object, *, at: str = "") -> Arm:
    """Check one arm."""
    if not isinstance(data, dict):
        raise Invalid(f"{at or 'arm'}: got {shorten(data)}; allowed a mapping", field=at or None)
    if isinstance(data.get("eligible"), dict):
        eligible = convert(data["eligible"], Rule, at=f"{at}.eligible" if at else "eligible")
        data = {**data, "eligible": None}
        return msgspec.structs.replace(convert(data, Arm, at=at), eligible=eligible)
    return convert(data, Arm, at=at)


def plain(value: _Checked) -> dict[str, Any]:
    """The JSON shape of a placement or arm; what has its default is left out."""
    return dict(msgspec.to_builtins(value))
