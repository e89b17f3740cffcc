# SPDX-License-Identifier: Apache-2.0
"""Intervals for estimates: which holds when is in docs/evaluation.md."""
