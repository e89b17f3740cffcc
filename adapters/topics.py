# SPDX-License-Identifier: Apache-2.0
"""Topics that are in the air, and how well an arm's tags match them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping

TAGS = "tags"  # key under which a request hands the tags of a placement's arms to the adapters
MOST_TAGS = 256  # of a placement that are matched
LONGEST_TAG = 64
REMEMBERED = 4096  # matches of an index
SHORTEST_WORD = 3
FILLERS = frozenset({
    "and", "are", "for", "from", "has", "have", "her", "his", "how", "its", "list", "not", "now", "off",
    "our", "out", "per", "the", "this", "via", "was", "who", "with", "you",
})  # fmt: skip

# Nobody wants to sell next to these; operators add their own words.
BLOCKED = frozenset({
    "dead", "death", "deaths", "died", "dies", "killed", "killing", "murder", "murdered", "massacre",
    "shooting", "suicide", "terror", "terrorist", "attack", "war", "genocide", "crash", "disaster",
    "earthquake", "tsunami", "epidemic", "pandemic", "cancer", "abuse", "rape", "porn", "election",
    "elections", "referendum",
})  # fmt: skip


def words(text: str) -> frozenset[str]:
    """The words of a text that mean something: lower case, without accents, long enough, plural s dropped."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    found = "".join(char if char.isalnum() else " " for char in plain).split()
    return frozenset(
        word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > SHORTEST_WORD else word
        for word in found
        if (len(word) >= SHORTEST_WORD or not word.isascii()) and word not in FILLERS
    )


class Tags:
    """The tags of a placement's arms; made once, so that it is a cheap key of memos."""

    __slots__ = ("names",)

    def __init__(self, names: Iterable[str]) -> None:
        """Keep the first MOST_TAGS different ones."""
        short = (name[:LONGEST_TAG] for name in names if isinstance(name, str) and name)
        self.names: tuple[str, ...] = tuple(dict.fromkeys(short))[:MOST_TAGS]


class TopicIndex:
    """Topics by their words.

    Args:
        topics: name to weight, 0 to 1.
        blocked: words that keep a topic out.
        until: seconds since 1970 after which the topics no longer count.
    """

    def __init__(self, topics: Mapping[str, float], *, blocked: Collection[str], until: float) -> None:
        barred = {stem for word in blocked for stem in words(word)}
        self.until = until
        self.kept = 0
        self._with_word: dict[str, dict[int, float]] = {}
        self._matches: dict[str, float] = {}
        for number, (name, weight) in enumerate(topics.items()):
            of_topic = words(name)
            if not of_topic or of_topic & barred:
                continue
            self.kept += 1
            for word in of_topic:
                self._with_word.setdefault(word, {})[number] = weight

    def match(self, tag: str) -> float:
        """How much of a tag's words stands in one topic, times the topic's weight; the best topic counts."""
        found = self._matches.get(tag)
        if found is None:
            if len(self._matches) >= REMEMBERED:
                self._matches.clear()
            found = self._matches[tag] = self._match(tag)
        return found

    def _match(self, tag: str) -> float:
        of_tag = words(tag)
        shares: dict[int, float] = {}
        for word in of_tag:
            for number, weight in self._with_word.get(word, {}).items():
                shares[number] = shares.get(number, 0.0) + weight / len(of_tag)
        return min(max(shares.values(), default=0.0), 1.0)
