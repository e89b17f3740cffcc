# SPDX-License-Identifier: Apache-2.0
"""The demo's server: the command `slotwise`, which stops when its stdin ends, and so with the demo."""

from __future__ import annotations

import os
import runpy
import signal
import sys
from threading import Thread


def _follow_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    Thread(target=_follow_stdin, name="follow-stdin", daemon=True).start()
    runpy.run_module("bandit", run_name="__main__", alter_sys=True)
