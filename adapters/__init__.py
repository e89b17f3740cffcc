# SPDX-License-Identifier: Apache-2.0
"""Context sources, one file each."""
