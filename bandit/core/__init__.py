# SPDX-License-Identifier: Apache-2.0
"""The pure part: every result is a function of the arguments."""
