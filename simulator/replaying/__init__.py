# SPDX-License-Identifier: Apache-2.0
"""Policies that learn, walked through a log; and what a log of our own says about another catalogue."""
