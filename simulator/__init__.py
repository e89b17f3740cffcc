# SPDX-License-Identifier: Apache-2.0
"""Worlds, logged data and estimators that answer what would have happened if."""
