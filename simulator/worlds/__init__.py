# SPDX-License-Identifier: Apache-2.0
"""Worlds: visitors with hidden tastes, so that what the best choice would have earned is known exactly."""
