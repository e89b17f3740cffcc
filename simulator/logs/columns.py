# SPDX-License-Identifier: Apache-2.0
"""Which columns of a table mean what: the mapping that CSV and Parquet readers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

import numpy as np

from bandit.errors import Invalid
from simulator.logs.partition import Floats, Ints
from simulator.logs.rows import Rows
from simulator.logs.spelling import NumberColumn, TimeColumn

# reads a column of numbers or of times
Read = Callable[[str], Floats]

SINGLE = ("action", "reward", "propensity", "logger", "mixture", "keep", "at", "identity", "position")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Names of the columns of a table; a trailing `*` stands for all columns that start so.

    Args:
        action: the shown arm, as a name or a number.
        reward: what it earned.
        propensity: the probability with which it was drawn.
        probabilities: one column an arm, `p_*`; what the star stands for is the arm's name.
        context: features, `x_*`; columns that are no numbers become one column a level.
        logger: which logger decided.
        mixture: the probability of the shown arm under all loggers, each counted by its share of the rows.
        keep: the probability with which the row survived sampling.
        at: time, as seconds or ISO 8601.
        identity: what must be unique.
        position: the slot.
        policies: probabilities that other policies give to the shown arm, `pi_*`, one column a policy.
    """

    action: str = "action"
    reward: str = "reward"
    propensity: str = "propensity"
    probabilities: str = "p_*"
    context: str = "x_*"
    logger: str = "logger"
    mixture: str = "mixture"
    keep: str = "keep"
    at: str = "at"
    identity: str = "decision_id"
    position: str = "position"
    policies: str = "pi_*"

    @classmethod
    def parse(cls, text: str) -> Mapped:
        """From `reward=click,action=item`; raise Invalid for an unknown meaning."""
        given: dict[str, str] = {}
        names = [one.name for one in fields(cls)]
        for part in filter(None, text.split(",")):
            meaning, equals, column = part.partition("=")
            if not equals or meaning not in names:
                raise Invalid(
                    f"columns: got {part!r}; allowed {', '.join(names)}, each =COLUMN", field="columns"
                )
            given[meaning] = column
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a table's columns go, once its header and its arms are known.

    Args:
        single: meaning to column, for those that the table has.
        vectors: arm's name to column of its probability.
        context: columns of features.
        policies: policy's name to column.
    """

    single: Mapping[str, str]
    vectors: Mapping[str, str]
    context: Sequence[str]
    policies: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, header: Sequence[str], mapped: Mapped) -> Layout:
        """Match a header; raise Invalid when it lacks the arm or the reward, or a column that was named."""
        single = {name: getattr(mapped, name) for name in SINGLE if getattr(mapped, name) in header}
        defaults = Mapped()
        for name in SINGLE:
            wanted = getattr(mapped, name)
            needed = name in ("action", "reward") or wanted != getattr(defaults, name)
            if needed and wanted not in header:
                shown = ", ".join(header[:12])
                raise Invalid(f"column {name}: got no {wanted!r} in the log; it has {shown}", field=name)
        taken = set(single.values())
        policies = starred(mapped.policies, header, taken)
        taken |= set(policies.values())
        vectors = starred(mapped.probabilities, header, taken)
        context = list(starred(mapped.context, header, taken | set(vectors.values())).values())
        return cls(single, vectors, context, policies)


def starred(pattern: str, header: Sequence[str], taken: set[str]) -> dict[str, str]:
    """What the star stands for, to the column's name."""
    if not pattern.endswith("*"):
        return {pattern: pattern} if pattern in header and pattern not in taken else {}
    start = pattern[:-1]
    return {
        column[len(start) :]: column for column in header if column.startswith(start) and column not in taken
    }


def rows_of(
    texts: Mapping[str, Sequence[str]],
    layout: Layout,
    *,
    arms: Mapping[str, int],
    levels: Mapping[str, Mapping[str, int]],
    loggers: Mapping[str, int],
    spelled: Mapping[str, NumberColumn | TimeColumn],
    start: int,
) -> Rows:
    """A batch from columns of texts.

    Args:
        texts: columns by name, all of the same length.
        layout: where they go.
        arms: an arm's name to its column.
        levels: of context columns that are no numbers, a level to its column.
        loggers: a logger's name to its number.
        spelled: how columns of numbers and of times are spelled.
        start: number of the first row.

    Raises:
        Invalid: a cell is not spelled as its column is.
    """
    single = layout.single

    def read(column: str) -> Floats:
        how, cells = spelled[column], texts[column]
        if isinstance(how, TimeColumn):
            return how.seconds(cells, first=start)
        return how.numbers(cells, first=start)

    def numbers_of(name: str) -> Floats | None:
        return read(single[name]) if name in single else None

    position = numbers_of("position")
    return Rows(
        reward=read(single["reward"]),
        action=codes(texts[single["action"]], arms),
        propensity=numbers_of("propensity"),
        probabilities=_vectors(read, layout, arms, len(texts[single["reward"]])),
        context=_context(texts, read, layout, levels),
        logger=codes(texts[single["logger"]], loggers) if "logger" in single else None,
        mixture=numbers_of("mixture"),
        keep=numbers_of("keep"),
        at=numbers_of("at"),
        identity=np.array(texts[single["identity"]], dtype=np.str_) if "identity" in single else None,
        position=None if position is None else np.nan_to_num(position, nan=0.0).astype(np.int64),
        policies={name: read(column) for name, column in layout.policies.items()},
        start=start,
    )


def _vectors(read: Read, layout: Layout, arms: Mapping[str, int], n: int) -> Floats | None:
    if not layout.vectors:
        return None
    whole = np.zeros((n, len(arms)))
    for arm, column in layout.vectors.items():
        whole[:, arms[arm]] = read(column)
    return whole


def _context(
    texts: Mapping[str, Sequence[str]], read: Read, layout: Layout, levels: Mapping[str, Mapping[str, int]]
) -> Floats | None:
    if not layout.context:
        return None
    parts: list[Floats] = []
    for column in layout.context:
        if column in levels:
            code = codes(texts[column], levels[column])
            parts.append((code[:, None] == np.arange(len(levels[column]))).astype(np.float64))
        else:
            # what is missing gets its own column, so that it is not mistaken for a zero
            value = read(column)
            missing = ~np.isfinite(value)
            parts.append(np.stack([np.where(missing, 0.0, value), missing.astype(np.float64)], axis=1))
    return np.concatenate(parts, axis=1)


def feature_names(layout: Layout, levels: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Names of the context columns that `rows_of` makes."""
    names: list[str] = []
    for column in layout.context:
        if column in levels:
            names += [f"{column}={level}" for level in levels[column]]
        else:
            names += [column, f"{column} missing"]
    return tuple(names)


def number(text: str) -> float:
    """A number, NaN where it is none."""
    try:
        return float(text)
    except (ValueError, TypeError):
        return float("nan")


def numbers(texts: Sequence[str]) -> Floats:
    """Texts as numbers, NaN where they are none."""
    try:
        return np.array(texts, dtype=np.float64)
    except ValueError:
        return np.array([number(text) for text in texts], dtype=np.float64)


def codes(texts: Sequence[str], known: Mapping[str, int]) -> Ints:
    """Names as their numbers, -1 where they are not known."""
    return np.array([known.get(text, -1) for text in texts], dtype=np.int64)


def seconds(text: str) -> float:
    """Seconds since 1970 from a number or from ISO 8601; NaN if it is neither."""
    value = number(text)
    if value == value:
        return value
    try:
        at = datetime.fromisoformat(text.strip())
    except (ValueError, AttributeError):
        return float("nan")
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def in_order(names: set[str]) -> tuple[str, ...]:
    """Names sorted, as numbers where all are numbers."""
    if all(name.lstrip("-").isdigit() for name in names):
        return tuple(sorted(names, key=int))
    return tuple(sorted(names))
