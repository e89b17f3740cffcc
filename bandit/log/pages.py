# SPDX-License-Identifier: Apache-2.0
"""Finds rows of the table `log` in the pages of a database file by themselves, without the tree above them.

A file cut short has lost pages of the tree that lead to rows which are still there. Only the hash chain tells
whether what is found is a record. Format: https://sqlite.org/fileformat2.html, sections 1.6 and 2
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bandit.log.chain import LINK_BYTES, Row

_TABLE_LEAF = 0x0D
_HEADER_BYTES = 8
_FIRST_PAGE_OFFSET = 100
_NULL, _FIRST_BLOB = 0, 12  # serial types; the rowid stands in for a NULL position
_LINK_TYPE = _FIRST_BLOB + 2 * LINK_BYTES

Fetch = Callable[[int], bytes | None]


def log_rows(number: int, *, fetch: Fetch) -> Iterator[Row]:
    """What looks like rows of the log on a page; `fetch` returns a page by its number, None if it is lost."""
    page = fetch(number)
    start = _FIRST_PAGE_OFFSET if number == 1 else 0
    if page is None or page[start] != _TABLE_LEAF:
        return
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    for at in range(start + _HEADER_BYTES, min(start + _HEADER_BYTES + 2 * cells, len(page) - 1), 2):
        row = _row(page, int.from_bytes(page[at : at + 2], "big"), fetch=fetch)
        if row is not None:
            yield row


def _row(page: bytes, at: int, *, fetch: Fetch) -> Row | None:
    try:
        size, at = _varint(page, at)
        position, at = _varint(page, at)
        content = _content(page, at, size=size, fetch=fetch)
        header, at = _varint(content, 0)
        types = []
        while at < header:
            kind, at = _varint(content, at)
            types.append(kind)
    except (IndexError, LookupError):
        return None
    if (
        len(types) != 3
        or (types[0], types[2]) != (_NULL, _LINK_TYPE)
        or types[1] < _FIRST_BLOB
        or types[1] % 2
    ):
        return None
    end = header + (types[1] - _FIRST_BLOB) // 2
    if end + LINK_BYTES != len(content):
        return None
    return Row(position, content[header:end], content[end:])


def _content(page: bytes, at: int, *, size: int, fetch: Fetch) -> bytes:
    usable = len(page)
    most, least = usable - 35, (usable - 12) * 32 // 255 - 23
    if size <= most:
        return page[at : at + size]
    local = least + (size - least) % (usable - 4)
    local = local if local <= most else least
    content = bytearray(page[at : at + local])
    following = int.from_bytes(page[at + local : at + local + 4], "big")
    seen = {0}
    while len(content) < size:
        overflow = None if following in seen else fetch(following)
        if overflow is None:
            raise LookupError(following)
        seen.add(following)
        content += overflow[4 : 4 + size - len(content)]
        following = int.from_bytes(overflow[:4], "big")
    return bytes(content)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9
