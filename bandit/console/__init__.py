# SPDX-License-Identifier: Apache-2.0
"""The console: pages on which people watch how their placements do."""

from bandit.console.pages import add_console

__all__ = ["add_console"]
