# SPDX-License-Identifier: Apache-2.0
"""The event log: append, and read from a position."""
