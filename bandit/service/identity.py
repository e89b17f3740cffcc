# SPDX-License-Identifier: Apache-2.0
"""Names that nobody can guess or trace back: decision ids, pseudonyms of users, keys and their secrets."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bandit.errors import Damaged
from bandit.log.modes import make_file

SECRET_BYTES = 32

_RANDOM_BYTES = 10
_IDS_AT_ONCE = 256

_PREFIX_OF = {"publishable": "pk", "server": "sk"}
_ADMINISTRATION = "ak"
_PREFIXES = frozenset({*_PREFIX_OF.values(), _ADMINISTRATION})


class Identity:
    """Makes ids; its secret never leaves the data directory. A forked process must open its own."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._random = memoryview(b"")

    @classmethod
    def open(cls, path: Path) -> Identity:
        """Read the secret, or make it on the first start.

        Raises:
            Damaged: the file is not such a secret; with another one every user would be a stranger.
        """
        try:
            secret = path.read_bytes()
        except FileNotFoundError:
            secret = _create(path)
        if len(secret) != SECRET_BYTES:
            raise Damaged(f"secret: got {len(secret)} bytes in {path.name}; allowed {SECRET_BYTES}")
        return cls(secret)

    @property
    def fingerprint(self) -> str:
        """What the log may know of the secret: it tells another one, and makes no pseudonyms."""
        return hashlib.blake2b(key=self._secret, person=b"fingerprint", digest_size=16).hexdigest()

    def decision_id(self, now: float) -> str:
        """A new id: milliseconds, so that ids sort by time, then 80 random bits."""
        if not self._random:
            # Asking the system for each id would cost more than the rest of it.
            self._random = memoryview(os.urandom(_RANDOM_BYTES * _IDS_AT_ONCE))
        random, self._random = self._random[:_RANDOM_BYTES], self._random[_RANDOM_BYTES:]
        return (int(now * 1000).to_bytes(6, "big") + random).hex()

    def pseudonym(self, user: str) -> str:
        """What stands for a user in the log; the same user always gets the same one."""
        if not user:
            return ""
        # Keyed BLAKE2 is a MAC by itself, at a fifth of the cost of an HMAC.
        text = user.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._secret, digest_size=12).hexdigest()


def _create(path: Path) -> bytes:
    """Write the secret whole or not at all: the file appears under its name only once it is on the disk."""
    secret = secrets.token_bytes(SECRET_BYTES)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = make_file(fresh)
    try:
        os.write(descriptor, secret)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    _sync_folder(path.parent)
    return secret


def _sync_folder(folder: Path) -> None:
    """Make a new name durable: a secret that a power cut undoes would make every user a stranger."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def new_key(role: str) -> tuple[str, str, bytes]:
    """A new key: its public id, the whole key as its owner sees it once, and the digest that is kept."""
    key_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(24)
    prefix = _PREFIX_OF.get(role, _ADMINISTRATION)
    return key_id, f"{prefix}_{key_id}_{secret}", digest(secret)


def digest(secret: str) -> bytes:
    """What is kept of a secret; it has 192 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def matches(secret: str, kept: bytes) -> bool:
    """Whether a secret is the one of which `kept` is the digest, in a time that does not tell how nearly."""
    return hmac.compare_digest(digest(secret), kept)


def split_key(key: str) -> tuple[str, str]:
    """The public id and the secret of a key as it was sent; both empty when it has not the form of one."""
    parts = key.split("_", 2)
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] in _PREFIXES else ("", "")
