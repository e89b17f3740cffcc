# SPDX-License-Identifier: Apache-2.0
"""The only store: an append-only log of events, and snapshots of what they add up to."""
