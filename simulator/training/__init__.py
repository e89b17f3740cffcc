# SPDX-License-Identifier: Apache-2.0
"""Policies that learn from the first part of a log and are judged, as they then are, on the rest of it."""
