# SPDX-License-Identifier: Apache-2.0
"""The simulator's commands; they reach the command line through the entry points of `slotwise.commands`."""
