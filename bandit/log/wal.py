# SPDX-License-Identifier: Apache-2.0
"""Reads SQLite's write-ahead log by itself, to tell a torn tail from damage that SQLite would pass over.

SQLite uses the frames up to the first bad one and drops the rest without a word. That is right when a crash
tore the last transaction, and loses synced records when a frame before it went bad.
Format: https://sqlite.org/walformat.html
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
_MAGIC = {0x377F0682: "<u4", 0x377F0683: ">u4"}  # and the byte order of the words that are summed
_VERSION = 3_007_000
_ROWS = 512


class Wal(NamedTuple):
    """What a write-ahead log holds.

    Args:
        pages: by page number, where in the file the newest committed content of that page starts.
        size: pages of the database after the last committed transaction, 0 if there is none.
        cut: frames after the last committed one that belong to this log, which SQLite drops.
        damaged: among what SQLite drops is a transaction that was synced.
    """

    pages: dict[int, int]
    size: int
    cut: int
    damaged: bool


NOTHING = Wal(pages={}, size=0, cut=0, damaged=False)


def scan(path: Path) -> Wal:
    """Check every frame of a write-ahead log; a missing file holds nothing."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return NOTHING
    if len(content) < HEADER_BYTES:
        return NOTHING
    header = np.frombuffer(content, ">u4", 8).astype(np.uint32)
    page_bytes = int(header[2])
    order = _MAGIC.get(int(header[0]))
    whole = (
        order is not None
        and int(header[1]) == _VERSION
        and _is_page_size(page_bytes)
        and np.array_equal(_checksum(np.frombuffer(content, order, 6), np.zeros(2, np.uint32)), header[6:8])
    )
    if not whole:
        return _headless(content)
    frames = _Frames(content, page_bytes=page_bytes, order=order or "", seed=header[6:8])
    good = frames.linked & (frames.salts == header[4:6]).all(axis=1) & (frames.numbers > 0)
    usable = _leading(good)
    ours = (frames.salts == header[4:6]).all(axis=1)
    return _summary(frames, usable=usable, ours=ours)


def _headless(content: bytes) -> Wal:
    # The header is synced before any frame and fits in one sector, so no crash tears it.
    for page_bytes in (1 << shift for shift in range(9, 17)):
        for order in _MAGIC.values():
            frames = _Frames(content, page_bytes=page_bytes, order=order, seed=np.zeros(2, np.uint32))
            if frames.linked.any():
                return _summary(frames, usable=0, ours=np.ones(len(frames.numbers), bool))
    return NOTHING


def _summary(frames: _Frames, *, usable: int, ours: NDArray[np.bool_]) -> Wal:
    commits = frames.sizes > 0
    committed = int(np.flatnonzero(commits[:usable])[-1]) + 1 if commits[:usable].any() else 0
    # A frame that continues a commit frame was written after that commit was synced: both must be readable.
    boundary = commits[:-1] & frames.linked[1:] & ours[1:]
    pages = {
        int(number): frames.content_at(row) for row, number in enumerate(frames.numbers[:committed].tolist())
    }
    return Wal(
        pages=pages,
        size=int(frames.sizes[committed - 1]) if committed else 0,
        cut=int(ours[committed:].sum()),
        damaged=bool(boundary[usable:].any()),
    )


class _Frames:
    """The whole frames as arrays over frames; `linked`: the checksum continues that of the frame before."""

    def __init__(self, content: bytes, *, page_bytes: int, order: str, seed: Words) -> None:
        self._stride = FRAME_HEADER_BYTES + page_bytes
        count = (len(content) - HEADER_BYTES) // self._stride
        block = np.frombuffer(content, np.uint8, count * self._stride, HEADER_BYTES).reshape(
            count, self._stride
        )
        heads = np.ascontiguousarray(block[:, :FRAME_HEADER_BYTES]).view(">u4").astype(np.uint32)
        self.numbers, self.sizes, self.salts, stored = heads[:, 0], heads[:, 1], heads[:, 2:4], heads[:, 4:6]
        before = np.vstack([seed[None, :], stored])[:-1]
        self.linked = np.zeros(count, bool)
        for start in range(0, count, _ROWS):
            rows = slice(start, min(start + _ROWS, count))
            summed = np.delete(block[rows], np.s_[8:FRAME_HEADER_BYTES], axis=1).view(order)
            self.linked[rows] = (_checksum(summed, before[rows]) == stored[rows]).all(axis=1)

    def content_at(self, row: int) -> int:
        """Where in the file the page of a frame starts."""
        return HEADER_BYTES + row * self._stride + FRAME_HEADER_BYTES


def _checksum(words: NDArray[np.generic], before: Words) -> Words:
    # s0 += x + s1, s1 += y + s0 for each pair (x, y) is linear mod 2^32: s' = M s + (x, x + y) with
    # M = [[1, 1], [1, 2]], so that one product with the powers of M sums all frames at once.
    pairs = words.shape[-1] // 2
    weights = np.zeros((2 * pairs, 2), np.uint32)
    a, b, c = 1, 0, 1  # M^k = [[a, b], [b, c]]
    for pair in reversed(range(pairs)):
        weights[2 * pair] = ((a + b) % 2**32, (b + c) % 2**32)
        weights[2 * pair + 1] = (b, c)
        a, b, c = (a + b) % 2**32, (a + 2 * b) % 2**32, (b + 2 * c) % 2**32
    power = np.array([[a, b], [b, c]], np.uint32)
    total: Words = words.astype(np.uint32) @ weights + before @ power
    return total


def _leading(good: NDArray[np.bool_]) -> int:
    return len(good) if good.all() else int(np.argmin(good))


def _is_page_size(value: int) -> bool:
    return 512 <= value <= 65536 and value & (value - 1) == 0
